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
        let file = private::open_to_append(&folder.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether a process works on a run.
    pub fn is_held(folder: &Path) -> bool {
        let Ok(file) = File::open(folder.join("lock")) else {
            return false;
        };
        matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock))
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
}
