//! Takes the folders of tasks away when these have ended, beside the run: deleting many files takes a while.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::room::ROOT;
use super::{Written, tree};

/// Paths that are remembered of what tasks write on their own disks.
const MOST: usize = 10_000;

/// The folders of the tasks of a run.
pub(super) struct Rooms {
    ended: Sender<String>,
    thread: JoinHandle<std::io::Result<Written>>,
}

impl Rooms {
    /// `folder` has those of the tasks, `known` are the paths of the image.
    pub(super) fn new(folder: PathBuf, known: BTreeSet<PathBuf>) -> Self {
        let (ended, tasks) = channel::<String>();
        let thread = std::thread::spawn(move || {
            let mut written = Written::new();
            for task in tasks {
                let room = folder.join(&task);
                for path in new_in(&room.join(ROOT), &known)? {
                    if written.len() < MOST {
                        written.insert(path, task.clone());
                    }
                }
                tree::remove(&room)?;
            }
            Ok(written)
        });
        Self { ended, thread }
    }

    /// A task has ended, and all of its processes.
    pub(super) fn ended(&self, task: &str) {
        // Who is gone has met an error, which its end tells.
        let _ = self.ended.send(task.to_owned());
    }

    /// Waits until all are gone; gives what the tasks had written there.
    pub(super) fn end(self) -> std::io::Result<Written> {
        drop(self.ended);
        let ended = || std::io::Error::other("the thread that removes folders of tasks has ended");
        self.thread.join().unwrap_or_else(|_| Err(ended()))
    }
}

/// The files below a folder that are not known, by their paths from there.
fn new_in(root: &Path, known: &BTreeSet<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = match fs_err::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            // The task never began, or has taken it away, or has closed it.
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied
                ) =>
            {
                continue;
            }
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                if entry.file_name() != "__pycache__" {
                    folders.push(path);
                }
            } else if !known.contains(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_task_has_written_is_remembered_and_gone() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("make").join(ROOT);
        fs_err::create_dir_all(root.join("data/__pycache__")).unwrap();
        for path in ["data/new.csv", "data/old.csv", "data/__pycache__/a.pyc"] {
            fs_err::write(root.join(path), "").unwrap();
        }
        let known = BTreeSet::from([PathBuf::from("data/old.csv")]);
        let rooms = Rooms::new(folder.path().to_owned(), known);
        rooms.ended("make");
        rooms.ended("never began");
        let written = rooms.end().unwrap();
        let expected = (PathBuf::from("data/new.csv"), "make".to_owned());
        assert_eq!(written, Written::from([expected]));
        assert!(!folder.path().join("make").exists());
    }
}
