//! Paths to which a task in a container has written its datasets.

use std::io::{ErrorKind, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use runs::{Disk, Notes, Written};

use crate::Redactor;

/// Variable with the file in which tasks note the paths (`python/argo_kedro/results.py`).
pub const VARIABLE: &str = "ARGO_KEDRO_RESULTS";
/// Maximum size of the notes in bytes on a cluster: the status of all tasks is one object, with a limit.
const LONGEST: usize = 8 << 10;

/// Reads the notes of a task in a container, for the output of its template: without secrets, and with the disks of the
/// files. Nothing if the task has written no dataset with a path.
pub(crate) fn of_container(notes: &Path, redactor: &Redactor) -> String {
    let text = match fs_err::read_to_string(notes) {
        Ok(text) => text,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                let _ = writeln!(std::io::stderr(), "cannot tell where results are: {error}");
            }
            return String::new();
        }
    };
    let root = device(Path::new("/"));
    let notes = Notes::read(&text);
    if notes.unread > 0 {
        let _ = writeln!(
            std::io::stderr(),
            "cannot read {} of the notes on where results are, so `status` may not show all datasets that this task has written",
            notes.unread
        );
    }
    let written = Written::last(notes.written).into_iter();
    let written = written.filter(Written::is_there);
    let lines = written.filter_map(|written| {
        let is_file = written.mlflow.is_none() && !written.is_url();
        let disk = is_file.then(|| {
            if device(Path::new(&written.path)) == root {
                Disk::Pod
            } else {
                Disk::Volume
            }
        });
        serde_json::to_string(&Written { disk, ..written }).ok()
    });
    let lines: Vec<String> = lines.map(|line| redactor.redact(&line) + "\n").collect();
    let mut length = 0;
    let fit = lines.iter().take_while(|line| {
        length += line.len();
        length <= LONGEST
    });
    let fit = fit.count();
    if fit < lines.len() {
        let _ = writeln!(
            std::io::stderr(),
            "`status` shows {fit} of the {} datasets that this task has written: the others do not fit into the Workflow",
            lines.len()
        );
    }
    lines[..fit].concat()
}

fn device(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().map(|file| file.dev())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dataset: &str, path: &str, disk: Option<Disk>) -> Written {
        Written {
            dataset: dataset.to_owned(),
            path: path.to_owned(),
            disk,
            ..Written::default()
        }
    }

    #[test]
    fn a_container_says_no_secret_and_not_more_than_fits() {
        let folder = tempfile::tempdir().unwrap();
        let notes = folder.path().join("results.jsonl");
        let redactor = Redactor::new(["hunter2"].into_iter());
        assert_eq!(of_container(&notes, &redactor), "");
        let there = folder.path().join("there");
        fs_err::write(&there, "").unwrap();
        let mut lines = vec![
            written("a", "s3://hunter2/a", None),
            written("gone", "/no/such/file", None),
            written("there", there.to_str().unwrap(), None),
        ];
        lines.extend((0..500).map(|number| written(&format!("d{number}"), "s3://b/d", None)));
        let text: Vec<String> = lines
            .iter()
            .map(|line| serde_json::to_string(line).unwrap())
            .collect();
        fs_err::write(&notes, text.join("\n")).unwrap();
        let said = of_container(&notes, &redactor);
        assert!(said.len() <= LONGEST);
        let read = Notes::read(&said).written;
        assert!(read.len() > 100 && read.len() < 500);
        assert_eq!(read[0], written("a", "s3://***/a", None));
        assert_eq!((&*read[1].dataset, read[1].disk.is_some()), ("there", true));
        assert_eq!(read[2], written("d0", "s3://b/d", None));
    }
}
