//! The files from which outputs are read: each task has its own, as each pod has its own disk.
//!
//! Here tasks share this machine's disk. So the declared path becomes one in the run's folder, wherever it stands in the
//! words and variables of the task. A program that knows the path by itself writes to the path itself: so tasks that
//! declare the same path never run at the same time, the file counts only if the task has changed it, and it does not
//! stay there for the next one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use runs::private;

use crate::resolve::{Launch, Unit};

/// The declared files of a task that runs.
#[derive(Debug, Default)]
pub(crate) struct DeclaredFiles(Vec<DeclaredFile>);

#[derive(Debug)]
struct DeclaredFile {
    /// Name of the output.
    output: String,
    /// Path in the container.
    declared: String,
    /// Path of the task's own.
    own: PathBuf,
    /// The file at the declared path before the task began.
    before: Option<Stamp>,
}

/// What changes when a file is written.
type Stamp = (u64, u64, i64, i64, u64);

impl DeclaredFiles {
    /// Makes room for the files of a task, and has its words and variables name them.
    pub(crate) fn prepare(unit: &Unit, launch: &mut Launch, folder: &Path) -> io::Result<Self> {
        let mut files = Vec::with_capacity(unit.outputs.len());
        for (output, declared) in &unit.outputs {
            let own = own_path(folder, unit, declared);
            if let Some(parent) = own.parent() {
                private::make_folder(parent)?;
            }
            match fs_err::remove_file(&own) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let shown = own.display().to_string();
            for word in &mut launch.command {
                *word = renamed(word, declared, &shown);
            }
            for (_, value) in &mut launch.variables {
                if let Some(text) = value.to_str() {
                    *value = OsString::from(renamed(text, declared, &shown));
                }
            }
            files.push(DeclaredFile {
                output: output.clone(),
                declared: declared.clone(),
                own,
                before: stamp(Path::new(declared)),
            });
        }
        Ok(Self(files))
    }

    /// Reads what the task has written, and keeps it: name of the output and text. An output without a file is an error,
    /// as on a cluster (`workflow/executor/executor.go:738`).
    pub(crate) fn read(&self) -> io::Result<Vec<(String, String)>> {
        let mut texts = Vec::with_capacity(self.0.len());
        for file in &self.0 {
            let text = match std::fs::read_to_string(&file.own) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    let declared = Path::new(&file.declared);
                    if stamp(declared) == file.before {
                        let path = &file.declared;
                        return Err(io::Error::other(format!(
                            "the task did not write its output file {path}"
                        )));
                    }
                    let text = fs_err::read_to_string(declared)?;
                    fs_err::write(&file.own, &text)?;
                    if file.before.is_none() {
                        // As the disk of a pod goes with the pod.
                        fs_err::remove_file(declared)?;
                    }
                    text
                }
                read => read.map_err(|error| {
                    io::Error::other(format!("cannot read {}: {error}", file.declared))
                })?,
            };
            texts.push((file.output.clone(), value(&text)));
        }
        Ok(texts)
    }
}

/// The tasks that declare the same path, path by path.
pub(crate) fn sharing(units: &[Unit]) -> Vec<Vec<usize>> {
    let mut declaring: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        for (_, declared) in &unit.outputs {
            let units = declaring.entry(declared).or_default();
            if units.last() != Some(&index) {
                units.push(index);
            }
        }
    }
    declaring
        .into_values()
        .filter(|units| units.len() > 1)
        .collect()
}

/// What a task that is done has handed on; none if that is not there any more.
pub(crate) fn kept(unit: &Unit, folder: &Path) -> Option<Vec<(String, String)>> {
    let outputs = unit.outputs.iter();
    outputs
        .map(|(output, declared)| {
            let text = std::fs::read_to_string(own_path(folder, unit, declared)).ok()?;
            Some((output.clone(), value(&text)))
        })
        .collect()
}

/// The path that a task has in place of a declared one: named after the first output that is read from it.
fn own_path(folder: &Path, unit: &Unit, declared: &str) -> PathBuf {
    let mut outputs = unit.outputs.iter();
    let output = outputs.find(|(_, path)| path == declared);
    let name = output.and_then(|(output, _)| output.rsplit('.').next());
    let name = name.unwrap_or(declared);
    folder.join(&unit.name).join(name)
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
