//! The files from which outputs are read: each task has its own, as each pod has its own disk.
//!
//! Here tasks share this machine's disk. So the declared path becomes one in the run's folder, wherever it stands in the
//! words and variables of the task. A program that knows the path by itself writes to the path itself: so tasks that
//! declare the same path never run at the same time, the file counts only if the task has changed it, and it does not
//! stay there for the next one.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use runs::private;

use argo::spec::Template;
use argo::status::Parameter;

use crate::launch::Launch;

/// An output that a template declares as a file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Declared {
    name: String,
    /// Path in the container.
    path: String,
    default: Option<String>,
    global_name: String,
}

/// The declared files of a pod that runs.
#[derive(Debug, Default)]
pub(crate) struct DeclaredFiles(Vec<DeclaredFile>);

#[derive(Debug)]
struct DeclaredFile {
    output: Declared,
    /// Path of the pod's own.
    own: PathBuf,
    /// The file at the declared path before the pod began.
    before: Option<Stamp>,
}

/// What changes when a file is written.
type Stamp = (u64, u64, i64, i64, u64);

/// The outputs of a template that are files. Of a container that runs Kedro nodes, what it used is measured here instead.
fn declared(template: &Template, runs_worker: bool) -> Vec<Declared> {
    let outputs = template.outputs.parameters.iter();
    let outputs = outputs.filter_map(|output| {
        let from = output
            .value_from
            .as_ref()
            .filter(|from| !from.path.is_empty())?;
        Some(Declared {
            name: output.name.clone(),
            path: from.path.clone(),
            default: from.default.as_ref().map(ToString::to_string),
            global_name: output.global_name.clone().unwrap_or_default(),
        })
    });
    outputs
        .filter(|output| !runs_worker || !output.global_name.is_empty())
        .collect()
}

/// The paths that a pod shares with no other one that runs.
pub(crate) fn paths(template: &Template, runs_worker: bool) -> Vec<String> {
    let declared = declared(template, runs_worker).into_iter();
    declared.map(|output| output.path).collect()
}

impl DeclaredFiles {
    /// Makes room for the files of a pod, and has its words, its text and its variables name them.
    ///
    /// # Arguments
    ///
    /// * `folder`: A folder of the pod's own.
    pub(crate) fn prepare(
        template: &Template,
        launch: &mut Launch,
        folder: &Path,
    ) -> io::Result<Self> {
        let declared = declared(template, launch.worker_words().is_some());
        let mut files: Vec<DeclaredFile> = Vec::with_capacity(declared.len());
        for output in declared {
            private::make_folder(folder)?;
            let read_too = |file: &&DeclaredFile| file.output.path == output.path;
            if let Some(file) = files.iter().find(read_too) {
                files.push(DeclaredFile {
                    output,
                    own: file.own.clone(),
                    before: file.before,
                });
                continue;
            }
            let own = folder.join(file_name(&output.name));
            match fs_err::remove_file(&own) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let shown = own.display().to_string();
            for word in launch.command.iter_mut().chain(&mut launch.source) {
                *word = renamed(word, &output.path, &shown);
            }
            for (_, value) in &mut launch.variables {
                if let Some(text) = value.to_str() {
                    *value = OsString::from(renamed(text, &output.path, &shown));
                }
            }
            files.push(DeclaredFile {
                before: stamp(Path::new(&output.path)),
                own,
                output,
            });
        }
        Ok(Self(files))
    }

    /// Reads what the pod has written, and keeps it. An output without a file and a default has no value, and is an error,
    /// as on a cluster (`workflow/executor/executor.go:738`): the first one is told.
    pub(crate) fn read(&self) -> (Vec<Parameter>, io::Result<()>) {
        let mut outcome = Ok(());
        let mut parameters = Vec::with_capacity(self.0.len());
        for file in &self.0 {
            let (parameter, read) = file.read();
            parameters.push(parameter);
            outcome = outcome.and(read);
        }
        (parameters, outcome)
    }
}

impl DeclaredFile {
    fn read(&self) -> (Parameter, io::Result<()>) {
        let output = &self.output;
        let found = match std::fs::read(&self.own) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => self.read_declared(),
            read => read.map(Some),
        };
        let (text, outcome) = match found {
            Ok(Some(bytes)) => (Some(String::from_utf8_lossy(&bytes).into_owned()), Ok(())),
            Ok(None) => {
                let path = &output.path;
                let missing = format!(
                    "wait: Error (exit code 64): open /var/run/argo/outputs/parameters{path}: no such file or directory"
                );
                (None, Err(io::Error::other(missing)))
            }
            Err(error) => {
                let error = format!("cannot read {}: {error}", output.path);
                (None, Err(io::Error::other(error)))
            }
        };
        let (value, outcome) = match (text, &output.default) {
            (Some(text), _) => (Some(value(&text)), outcome),
            (None, Some(default)) => (Some(default.clone()), Ok(())),
            (None, None) => (None, outcome),
        };
        let parameter = Parameter {
            name: output.name.clone(),
            value,
            value_from: Some(serde_json::json!({"path": output.path})),
            global_name: output.global_name.clone(),
            ..Parameter::default()
        };
        (parameter, outcome)
    }

    /// What stands at the declared path itself, if the pod has written there.
    fn read_declared(&self) -> io::Result<Option<Vec<u8>>> {
        let declared = Path::new(&self.output.path);
        if stamp(declared) == self.before {
            return Ok(None);
        }
        let bytes = fs_err::read(declared)?;
        fs_err::write(&self.own, &bytes)?;
        if self.before.is_none() {
            // As the disk of a pod goes with the pod.
            fs_err::remove_file(declared)?;
        }
        Ok(Some(bytes))
    }
}

/// A name as that of a folder whose path may come into a script without quotes.
pub(crate) fn folder_name(name: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.chars().all(is_plain) {
        return file_name(name);
    }
    let plain: String = name.chars().filter(|letter| is_plain(*letter)).collect();
    file_name(&format!("{plain}-{:08x}", digest(name)))
}

/// A name as that of a file: what cannot stand there becomes `_`, and a long one is cut.
pub fn file_name(name: &str) -> String {
    const LONGEST: usize = 180;
    let safe: String = name
        .chars()
        .map(|letter| {
            if letter == '/' || letter.is_control() {
                '_'
            } else {
                letter
            }
        })
        .collect();
    let plain = !safe.starts_with('.') && safe == name && safe.len() <= LONGEST;
    if plain {
        return safe;
    }
    // What differs by more than what is left of it still has another name.
    let digest = digest(name);
    let start: String = safe.trim_start_matches('.').chars().take(40).collect();
    format!("{start}-{digest:016x}")
}

/// A digest of a name (FNV-1a).
fn digest(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// One end of line goes, as with Argo (`workflow/executor/executor.go:738`).
fn value(text: &str) -> String {
    text.strip_suffix('\n').unwrap_or(text).to_owned()
}

fn stamp(path: &Path) -> Option<Stamp> {
    let stamp = |file: Metadata| {
        let (seconds, nanoseconds) = (file.mtime(), file.mtime_nsec());
        (file.dev(), file.ino(), seconds, nanoseconds, file.size())
    };
    std::fs::metadata(path).ok().map(stamp)
}

/// The text with another path in place of the declared one. `/tmp/token.part` is beside it, `/tmp/tokens` is another file,
/// and so is `/srv/tmp/token`.
fn renamed(text: &str, declared: &str, own: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(declared) {
        let (before, found) = rest.split_at(start);
        let after = &found[declared.len()..];
        let is_in_path = |letter: char| letter.is_alphanumeric() || "_-/".contains(letter);
        let goes_on = after.chars().next().is_some_and(is_in_path);
        let preceding = result.chars().chain(before.chars()).next_back();
        let begins_before = preceding.is_some_and(|letter| is_in_path(letter) || letter == '.');
        result.push_str(before);
        result.push_str(if goes_on || begins_before {
            declared
        } else {
            own
        });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::renamed;

    #[test]
    fn the_declared_path_is_another_one_wherever_it_stands() {
        for (text, expected) in [
            ("echo 1 > /tmp/token", "echo 1 > /run/token"),
            ("/tmp/token", "/run/token"),
            (
                "--file=/tmp/token;cat '/tmp/token'",
                "--file=/run/token;cat '/run/token'",
            ),
            (
                "mv /tmp/token.part /tmp/token",
                "mv /run/token.part /run/token",
            ),
            (
                "/tmp/tokens /tmp/token-2 /tmp/token/a",
                "/tmp/tokens /tmp/token-2 /tmp/token/a",
            ),
            ("/srv/tmp/token ./tmp/token", "/srv/tmp/token ./tmp/token"),
            ("/tmp/token/tmp/token", "/tmp/token/tmp/token"),
            ("", ""),
        ] {
            assert_eq!(renamed(text, "/tmp/token", "/run/token"), expected);
        }
    }
}
