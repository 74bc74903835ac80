use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use crate::private;

/// Held as long as a process works on a run; gone with the process, however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

impl RunLock {
    /// Takes the lock of a run's folder; `None` if another process works on it.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        let file = lock(&folder.join("lock"))?;
        Ok(file.map(|file| Self { _file: file }))
    }

    /// Whether a process works on a run.
    pub fn is_held(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join("lock")) else {
            return false;
        };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
    }
}

/// Takes the lock that says that tasks of a run may still run though nobody works on it; `None`
/// if another process holds it. It is held as long as any process has the file open.
pub fn lock_tasks(folder: &Path) -> io::Result<Option<File>> {
    lock(&folder.join("tasks.lock"))
}

fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = private::open_to_append(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!RunLock::is_held(folder.path()));
        let lock = RunLock::take(folder.path()).unwrap();
        assert!(lock.is_some());
        assert!(RunLock::is_held(folder.path()));
        assert!(RunLock::take(folder.path()).unwrap().is_none());
        drop(lock);
        assert!(!RunLock::is_held(folder.path()));
    }

    #[test]
    fn the_lock_of_the_tasks_is_held_by_whoever_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let lock = lock_tasks(folder.path()).unwrap().unwrap();
        assert!(!RunLock::is_held(folder.path()));
        let handed_on = lock.try_clone().unwrap();
        drop(lock);
        assert!(lock_tasks(folder.path()).unwrap().is_none());
        drop(handed_on);
        assert!(lock_tasks(folder.path()).unwrap().is_some());
    }
}
