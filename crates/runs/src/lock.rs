use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::private;

/// Somebody who only looks whether a lock is held has it for a moment (`RunLock::is_held`).
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Held as long as a process works on a run; gone with the process, however it ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    id: String,
}

/// The process that works on a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Id of the process.
    pub process: i32,
    /// The machine that it is on: folders are shared over networks.
    pub machine: String,
    /// Id that tells it from all programs that have ever worked on the run; empty where an older version works on it.
    #[serde(default)]
    pub id: String,
}

impl Holder {
    /// Says whether it is on this machine.
    pub fn is_here(&self) -> bool {
        self.machine == machine()
    }
}

fn machine() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

impl RunLock {
    /// Takes the lock of a run's folder; `None` if another process works on it.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        let Some(mut file) = lock(&folder.join("lock"))? else {
            return Ok(None);
        };
        // Whoever wants it to end finds whom to tell.
        let process = rustix::process::getpid().as_raw_nonzero().get();
        let holder = Holder {
            process,
            machine: machine(),
            // A process id comes again, but not at the same time.
            id: format!("{process}-{}", jiff::Timestamp::now().as_nanosecond()),
        };
        file.set_len(0)?;
        file.write_all(serde_json::to_string(&holder)?.as_bytes())?;
        Ok(Some(Self {
            _file: file,
            id: holder.id,
        }))
    }

    /// Gives the id that tells this program from all that have ever worked on the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says whether a process works on a run; `false` if the run has no lock.
    ///
    /// # Errors
    ///
    /// The lock is there and cannot be read, so that nobody knows.
    pub fn is_held(folder: &Path) -> io::Result<bool> {
        let file = match fs_err::File::open(folder.join("lock")) {
            Ok(file) => file.into_file(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        match file.try_lock_shared() {
            Ok(()) => Ok(false),
            Err(TryLockError::WouldBlock) => Ok(true),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// The process that works on a run; none if none does.
    ///
    /// # Errors
    ///
    /// The note of the lock cannot be read: an older version did not write one.
    pub fn holder(folder: &Path) -> io::Result<Option<Holder>> {
        if !Self::is_held(folder)? {
            return Ok(None);
        }
        let text = fs_err::read_to_string(folder.join("lock"))?;
        Ok(Some(serde_json::from_str(&text)?))
    }
}

/// Takes the lock that says that tasks of a run may still run though nobody works on it; `None`
/// if another process holds it. It is held as long as any process has the file open.
pub fn lock_tasks(folder: &Path) -> io::Result<Option<File>> {
    lock(&folder.join("tasks.lock"))
}

fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = private::open_to_append(path)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => sleep(BETWEEN_TRIES),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!RunLock::is_held(folder.path()).unwrap());
        let lock = RunLock::take(folder.path()).unwrap();
        assert!(lock.is_some());
        let id = lock.as_ref().unwrap().id().to_owned();
        assert!(RunLock::is_held(folder.path()).unwrap());
        assert!(RunLock::take(folder.path()).unwrap().is_none());
        let holder = RunLock::holder(folder.path()).unwrap().unwrap();
        assert_eq!(u32::try_from(holder.process).unwrap(), std::process::id());
        assert!(holder.is_here());
        assert_eq!(holder.id, id);
        drop(lock);
        assert_eq!(RunLock::holder(folder.path()).unwrap(), None);
        assert!(!RunLock::is_held(folder.path()).unwrap());
    }

    #[test]
    fn who_only_looks_keeps_nobody_from_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        drop(RunLock::take(folder.path()).unwrap());
        let looker = File::open(folder.path().join("lock")).unwrap();
        looker.try_lock_shared().unwrap();
        let taken = std::thread::scope(|scope| {
            let taker = scope.spawn(|| RunLock::take(folder.path()).unwrap());
            drop(looker);
            taker.join().unwrap()
        });
        assert!(taken.is_some());
    }

    #[test]
    fn a_lock_that_cannot_be_read_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let no_folder = folder.path().join("file");
        fs_err::write(&no_folder, "").unwrap();
        RunLock::is_held(&no_folder).unwrap_err();
        RunLock::holder(&no_folder).unwrap_err();
    }

    #[test]
    fn the_lock_of_the_tasks_is_held_by_whoever_has_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let lock = lock_tasks(folder.path()).unwrap().unwrap();
        assert!(!RunLock::is_held(folder.path()).unwrap());
        let handed_on = lock.try_clone().unwrap();
        drop(lock);
        assert!(lock_tasks(folder.path()).unwrap().is_none());
        drop(handed_on);
        assert!(lock_tasks(folder.path()).unwrap().is_some());
    }
}
