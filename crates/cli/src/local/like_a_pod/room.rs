//! Room of one task: its own folder with the files of the image, a home and a temporary folder.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use pod::report;
use runs::private;

use super::pod::{HOME, Pod, ROOT};
use super::rooms::take_spare;
use super::{copying, tree};
use crate::error::CommandError;
use crate::settings::variables;

/// Becomes the worker of a task, in a new folder.
pub(crate) fn become_worker(file: &Path, words: &[String]) -> CommandError {
    match prepare(file) {
        Ok(mut command) => {
            let error = command.args(words).exec();
            let program = command.get_program().display().to_string();
            CommandError::new(format!("cannot start {program}: {error}"))
        }
        Err(error) => error,
    }
}

fn prepare(file: &Path) -> Result<Command, CommandError> {
    let pod: Pod = serde_json::from_slice(&fs_err::read(file)?)
        .map_err(|error| io::Error::other(format!("cannot read `{}`: {error}", file.display())))?;
    let missing = |name: &str| CommandError::new(format!("the variable {name} is not set"));
    let report = std::env::var_os(report::VARIABLE).ok_or_else(|| missing(report::VARIABLE))?;
    let interpreter =
        std::env::var_os(variables::PYTHON).ok_or_else(|| missing(variables::PYTHON))?;
    let task = Path::new(&report).file_stem().unwrap_or_default();
    let room = pod.rooms.join(task);
    // An earlier try may have left its room.
    copying::remove(&room)?;
    let (home, temporary) = (room.join(HOME), room.join("tmp"));
    for folder in [&home, &temporary] {
        private::make_folder(folder)?;
    }
    let root = room.join(ROOT);
    if !take_spare(&pod.spares, &root) {
        copying::copy_folder(&pod.image, &root)?;
    }
    let mut command = Command::new(interpreter);
    command
        .args(["-u", "-m", "argo_kedro.worker", "task"])
        .current_dir(root.join(&pod.working_dir))
        .env("HOME", home)
        .env("TMPDIR", temporary);
    for (name, value) in &pod.paths {
        // A value from the manifest wins.
        if std::env::var_os(name).as_deref() == Some(value.as_ref()) {
            command.env(name, in_room(value, &pod.image, &root));
        }
    }
    Ok(command)
}

/// Turns a list of paths of the image into paths of the task's room.
fn in_room(value: &str, image: &Path, root: &Path) -> OsString {
    let parts = value.split(':').map(|part| {
        let inside = tree::inside(part);
        if part.starts_with('/') && image.join(&inside).exists() {
            root.join(inside).into_os_string()
        } else {
            part.into()
        }
    });
    parts.collect::<Vec<OsString>>().join(":".as_ref())
}
