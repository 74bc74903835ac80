//! Removal of containers that have lost their process.

use std::fs;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::engine::is_gone;
use super::plan::{ImagePlan, PLAN};

/// Removes the remaining containers of a pod: their plans still exist in the folder of its files. This blocks.
///
/// # Errors
///
/// The container engine cannot be asked, or refuses.
pub fn remove_left(pod: &Path) -> io::Result<()> {
    remove_one(pod)?;
    for folder in folders(&pod.join("containers"))? {
        remove_one(&folder)?;
    }
    Ok(())
}

/// Removes the remaining containers of a run. This blocks.
///
/// # Arguments
///
/// * `pods`: Folder with a folder for the files of each pod; there may be none.
///
/// # Errors
///
/// As [`remove_left`].
pub fn remove_left_of_run(pods: &Path) -> io::Result<()> {
    for pod in folders(pods)? {
        remove_left(&pod)?;
    }
    Ok(())
}

fn remove_one(folder: &Path) -> io::Result<()> {
    let file = folder.join(PLAN);
    let plan = match ImagePlan::read(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        // Nobody has read a truncated plan, so it has no container.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return fs::remove_file(&file);
        }
        plan => plan?,
    };
    let asked = Command::new(&plan.engine.program)
        .args(["rm", "--force", "--volumes", &plan.name])
        .stdin(Stdio::null())
        .output()?;
    if !asked.status.success() {
        let why = String::from_utf8_lossy(&asked.stderr);
        if !is_gone(&why) {
            return Err(io::Error::other(format!(
                "cannot remove the container {}: {}",
                plan.name,
                why.trim()
            )));
        }
    }
    fs::remove_file(&file)
}

fn folders(above: &Path) -> io::Result<Vec<std::path::PathBuf>> {
    let entries = match fs::read_dir(above) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}
