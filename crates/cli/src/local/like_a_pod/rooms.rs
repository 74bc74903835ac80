//! Makes and removes folders of tasks beside the run: to copy and to delete many files takes a while.
//!
//! While a task runs, the files for the next one are copied into a spare folder, which that one takes for its own; where
//! there is none, it copies them itself (`room.rs`).

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::copying;
use super::pod::{Pod, ROOT, Written};

/// Paths that are remembered of what tasks write on their own disks.
const MOST: usize = 10_000;

/// So many files are copied before it is noticed.
const FEW: usize = 500;
/// Most spare folders at once.
const MOST_SPARE: usize = 2;

/// What the thread is told.
enum Told {
    /// A task has begun.
    Started,
    /// A task has ended, and all of its processes.
    Ended(String),
}

/// The folders of the tasks of a run.
pub(super) struct Rooms {
    told: Sender<Told>,
    thread: JoinHandle<std::io::Result<Written>>,
}

impl Rooms {
    /// `known` are the paths of the image, `tasks` how many are to run.
    pub(super) fn new(pod: &Pod, known: BTreeSet<PathBuf>, tasks: usize) -> Self {
        let (told, messages) = channel::<Told>();
        let (folder, image) = (pod.rooms.clone(), pod.image.clone());
        let spares = (known.len() > FEW).then(|| pod.spares.clone());
        let thread = std::thread::spawn(move || {
            let mut written = Written::new();
            let mut left = tasks;
            for told in messages {
                let Told::Ended(task) = told else {
                    left = left.saturating_sub(1);
                    if let Some(spares) = spares.as_ref().filter(|_| left > 0) {
                        make_spare(&image, spares, left);
                    }
                    continue;
                };
                let room = folder.join(&task);
                for path in new_in(&room.join(ROOT), &known)? {
                    if written.len() < MOST {
                        written.insert(path, task.clone());
                    }
                }
                copying::remove(&room)?;
            }
            Ok(written)
        });
        Self { told, thread }
    }

    /// A task has begun.
    pub(super) fn started(&self) {
        self.tell(Told::Started);
    }

    /// A task has ended, and all of its processes.
    pub(super) fn ended(&self, task: &str) {
        self.tell(Told::Ended(task.to_owned()));
    }

    fn tell(&self, message: Told) {
        // Who is gone has met an error, which its end tells.
        let _ = self.told.send(message);
    }

    /// Waits until all are gone; gives what the tasks had written there.
    pub(super) fn end(self) -> std::io::Result<Written> {
        drop(self.told);
        let ended = || std::io::Error::other("the thread that removes folders of tasks has ended");
        self.thread.join().unwrap_or_else(|_| Err(ended()))
    }
}

/// Copies the image into a spare folder, unless there are enough. Where there is no room for it, there is none: the task
/// that has no room either says so.
fn make_spare(image: &Path, spares: &Path, number: usize) {
    let there = fs_err::read_dir(spares).map_or(0, Iterator::count);
    if there >= MOST_SPARE {
        return;
    }
    let part = spares.join(format!("{number}.part"));
    let made = copying::copy_folder(image, &part)
        .and_then(|()| fs_err::rename(&part, spares.join(number.to_string())));
    if made.is_err() {
        let _ = copying::remove(&part);
    }
}

/// Takes a spare folder for a path; says whether there was one.
pub(super) fn take_spare(spares: &Path, root: &Path) -> bool {
    let entries = fs_err::read_dir(spares).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut whole = paths.filter(|path| path.extension().is_none());
    // Another task may be faster.
    whole.any(|path| fs_err::rename(path, root).is_ok())
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

    /// The pods of a run in a folder.
    fn pod(folder: &Path) -> Pod {
        let pod = Pod {
            image: folder.join("image"),
            rooms: folder.join("rooms"),
            spares: folder.join("spares"),
            ..Pod::default()
        };
        for path in [&pod.image, &pod.rooms, &pod.spares] {
            fs_err::create_dir_all(path).unwrap();
        }
        pod
    }

    #[test]
    fn what_a_task_has_written_is_remembered_and_gone() {
        let folder = tempfile::tempdir().unwrap();
        let pod = pod(folder.path());
        let root = pod.room("make").join(ROOT);
        fs_err::create_dir_all(root.join("data/__pycache__")).unwrap();
        for path in ["data/new.csv", "data/old.csv", "data/__pycache__/a.pyc"] {
            fs_err::write(root.join(path), "").unwrap();
        }
        let known = BTreeSet::from([PathBuf::from("data/old.csv")]);
        let rooms = Rooms::new(&pod, known, 2);
        rooms.started();
        rooms.ended("make");
        rooms.ended("never began");
        let written = rooms.end().unwrap();
        let expected = (PathBuf::from("data/new.csv"), "make".to_owned());
        assert_eq!(written, Written::from([expected]));
        assert!(!pod.room("make").exists());
        assert!(!take_spare(&pod.spares, &root), "there are few files");
    }

    #[test]
    fn a_spare_folder_is_taken_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let pod = pod(folder.path());
        fs_err::write(pod.image.join("a"), "a").unwrap();
        for number in 0..3 {
            make_spare(&pod.image, &pod.spares, number);
        }
        fs_err::create_dir(pod.spares.join("7.part")).unwrap();
        for name in ["x", "y"] {
            let root = pod.rooms.join(name);
            assert!(take_spare(&pod.spares, &root));
            assert_eq!(fs_err::read_to_string(root.join("a")).unwrap(), "a");
        }
        assert!(!take_spare(&pod.spares, &pod.rooms.join("z")));
    }
}
