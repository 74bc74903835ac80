//! Makes and removes folders of tasks beside the run: copying and deleting many files takes a while.
//!
//! A spare folder with the files waits for the next task, which takes it. When the task has ended,
//! the folder is restored and waits again. Without a spare folder, when several tasks begin at
//! once, a task copies the files itself (`room.rs`), and the thread makes the next spare meanwhile.
//! So there are as many folders as tasks run at once, not one for each task.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use super::as_made::AsMade;
use super::copying;
use super::pod::{Pod, ROOT, Written};

/// Most paths to remember of what tasks write on their own disks.
const MOST: usize = 10_000;

/// Number of files that copy in too short a time to announce.
const FEW: usize = 500;

/// Message to the thread.
enum RoomMessage {
    /// A task has begun.
    Started,
    /// A task has ended, with all of its processes.
    Ended(String),
}

/// The folders of the tasks of a run.
pub(super) struct Rooms {
    told: Sender<RoomMessage>,
    thread: JoinHandle<std::io::Result<Written>>,
}

impl Rooms {
    /// `known` has the paths of the image, `spares` the folders for the first tasks, `tasks` the number of tasks.
    pub(super) fn new(
        pod: &Pod,
        known: BTreeSet<PathBuf>,
        mut spares: Spares,
        tasks: usize,
    ) -> Self {
        let (told, messages) = channel::<RoomMessage>();
        let folder = pod.rooms.clone();
        let thread = std::thread::spawn(move || {
            let mut written = Written::new();
            let (mut left, mut running) = (tasks, 0_usize);
            for told in messages {
                let RoomMessage::Ended(task) = told else {
                    left = left.saturating_sub(1);
                    running += 1;
                    if left > 0 && known.len() > FEW && spares.made.len() <= running {
                        spares.make_one();
                    }
                    continue;
                };
                running = running.saturating_sub(1);
                let room = folder.join(&task);
                for path in new_in(&room.join(ROOT), &known)? {
                    if written.len() < MOST {
                        written.insert(path, task.clone());
                    }
                }
                if left > 0 {
                    spares.take_back(&room.join(ROOT));
                }
                copying::remove(&room)?;
            }
            Ok(written)
        });
        Self { told, thread }
    }

    /// Tells the thread that a task has begun.
    pub(super) fn started(&self) {
        self.tell(RoomMessage::Started);
    }

    /// Tells the thread that a task has ended, with all of its processes.
    pub(super) fn ended(&self, task: &str) {
        self.tell(RoomMessage::Ended(task.to_owned()));
    }

    fn tell(&self, message: RoomMessage) {
        // If the thread is gone, it met an error, which `end` reports.
        let _ = self.told.send(message);
    }

    /// Waits until all folders are gone; gives what the tasks had written there.
    pub(super) fn end(self) -> std::io::Result<Written> {
        drop(self.told);
        let ended = || std::io::Error::other("the thread that removes folders of tasks has ended");
        self.thread.join().unwrap_or_else(|_| Err(ended()))
    }
}

/// Folders with the files of the image that no task has.
#[derive(Debug)]
pub(super) struct Spares {
    image: PathBuf,
    folder: PathBuf,
    /// Folders that this program made, by inode: a task may have moved them.
    made: HashMap<u64, AsMade>,
}

impl Spares {
    pub(super) fn new(image: &Path, folder: &Path) -> Self {
        Self {
            image: image.to_owned(),
            folder: folder.to_owned(),
            made: HashMap::new(),
        }
    }

    /// Makes the spare folder for the first task, if the image has many paths.
    pub(super) fn make_first(&mut self, paths: usize) {
        if paths > FEW {
            self.make_one();
        }
    }

    /// Copies the image into a spare folder, unless there is one. A full disk leaves none: the task reports that.
    fn make_one(&mut self) {
        let is_there =
            fs_err::read_dir(&self.folder).is_ok_and(|mut entries| entries.next().is_some());
        if is_there {
            return;
        }
        let part = self.folder.join("new.part");
        let made = AsMade::copy(&self.image, &part).and_then(|made| {
            let inode = fs_err::metadata(&part)?.ino();
            fs_err::rename(&part, self.folder.join(inode.to_string()))?;
            Ok((inode, made))
        });
        match made {
            Ok((inode, made)) => {
                self.made.insert(inode, made);
            }
            Err(_) => {
                let _ = copying::remove(&part);
            }
        }
    }

    /// Makes a task's folder a spare one again, if it was one. A folder that cannot be restored stays in place.
    fn take_back(&mut self, root: &Path) {
        let Ok(inode) = fs_err::metadata(root).map(|metadata| metadata.ino()) else {
            return;
        };
        if let Some(mut made) = self.made.remove(&inode)
            && made.restore(&self.image, root).is_ok()
            && fs_err::rename(root, self.folder.join(inode.to_string())).is_ok()
        {
            self.made.insert(inode, made);
        }
    }
}

/// Moves a spare folder to a path; says whether there was one.
pub(super) fn take_spare(spares: &Path, root: &Path) -> bool {
    let entries = fs_err::read_dir(spares).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut whole = paths.filter(|path| path.extension().is_none());
    // Another task may take the folder first.
    whole.any(|path| fs_err::rename(path, root).is_ok())
}

/// Files below a folder that are not in `known`, by their paths in the folder.
fn new_in(root: &Path, known: &BTreeSet<PathBuf>) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let entries = match fs_err::read_dir(root.join(&folder)) {
            Ok(entries) => entries,
            // The task never began, or has removed or locked the folder.
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
        let mut spares = Spares::new(&pod.image, &pod.spares);
        spares.make_first(known.len());
        let rooms = Rooms::new(&pod, known, spares, 2);
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
        fs_err::create_dir(pod.spares.join("7.part")).unwrap();
        assert!(!take_spare(&pod.spares, &pod.rooms.join("x")));
        fs_err::remove_dir(pod.spares.join("7.part")).unwrap();
        let mut spares = Spares::new(&pod.image, &pod.spares);
        for _ in 0..3 {
            spares.make_one();
        }
        let root = pod.rooms.join("x");
        assert!(take_spare(&pod.spares, &root));
        assert_eq!(fs_err::read_to_string(root.join("a")).unwrap(), "a");
        assert!(!take_spare(&pod.spares, &pod.rooms.join("y")));
    }

    #[test]
    fn tasks_one_after_the_other_share_two_folders() {
        let folder = tempfile::tempdir().unwrap();
        let pod = pod(folder.path());
        let known: BTreeSet<PathBuf> = (0..=FEW).map(|at| format!("{at}").into()).collect();
        for path in &known {
            fs_err::write(pod.image.join(path), "as it was").unwrap();
        }
        let mut spares = Spares::new(&pod.image, &pod.spares);
        spares.make_first(known.len());
        let mut folders = BTreeSet::new();
        let names: Vec<String> = (0..5).map(|at| format!("task{at}")).collect();
        let rooms = Rooms::new(&pod, known, spares, names.len());
        for name in &names {
            let root = pod.room(name).join(ROOT);
            fs_err::create_dir_all(pod.room(name)).unwrap();
            rooms.started();
            // A test may wait for the thread; a task would copy the files itself.
            while !take_spare(&pod.spares, &root) {
                std::thread::yield_now();
            }
            folders.insert(fs_err::metadata(&root).unwrap().ino());
            assert_eq!(fs_err::read_to_string(root.join("0")).unwrap(), "as it was");
            assert!(!root.join("new").exists());
            fs_err::write(root.join("0"), name).unwrap();
            fs_err::write(root.join("new"), name).unwrap();
            rooms.ended(name);
        }
        let written = rooms.end().unwrap();
        assert_eq!(written.get(Path::new("new")), names.last());
        assert!(folders.len() <= 2, "{folders:?}");
    }
}
