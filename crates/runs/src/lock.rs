use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::private;

/// Number of tries for a lock: a check whether it is held takes it for a moment (`RunLock::is_held`).
const TRIES: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(5);

/// Lock of a run, held while a process executes the run, and released however the process ends.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
    id: String,
}

/// Process that executes a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Id of the process.
    pub process: i32,
    /// Machine of the process: folders are shared over networks.
    pub machine: String,
    /// Id that is unique among all programs that have executed the run; empty for an older version.
    #[serde(default)]
    pub id: String,
}

impl Holder {
    /// Says whether the process is on this machine.
    pub fn is_here(&self) -> bool {
        self.machine == machine()
    }
}

fn machine() -> String {
    let names = rustix::system::uname();
    names.nodename().to_string_lossy().into_owned()
}

impl RunLock {
    /// Takes the lock of a run's folder; `None` if another process executes the run.
    pub fn take(folder: &Path) -> io::Result<Option<Self>> {
        let Some(mut file) = lock(&folder.join("lock"))? else {
            return Ok(None);
        };
        // Note the process, so that others know whom to ask to end the run.
        let process = rustix::process::getpid().as_raw_nonzero().get();
        let holder = Holder {
            process,
            machine: machine(),
            // Process ids are reused, but not at the same time.
            id: format!("{process}-{}", jiff::Timestamp::now().as_nanosecond()),
        };
        file.set_len(0)?;
        file.write_all(serde_json::to_string(&holder)?.as_bytes())?;
        Ok(Some(Self {
            _file: file,
            id: holder.id,
        }))
    }

    /// Id of this program, unique among all programs that have executed the run.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Says whether a process executes a run; `false` if the run has no lock.
    ///
    /// # Errors
    ///
    /// The lock exists but cannot be read, so the answer is unknown.
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

    /// Process that executes a run; none if there is none.
    ///
    /// # Errors
    ///
    /// The note in the lock cannot be read: an older version did not write one.
    pub fn holder(folder: &Path) -> io::Result<Option<Holder>> {
        if !Self::is_held(folder)? {
            return Ok(None);
        }
        let text = fs_err::read_to_string(folder.join("lock"))?;
        Ok(Some(serde_json::from_str(&text)?))
    }
}

/// Takes the lock for tasks that may still run although nobody executes their run; `None` if another process holds it.
/// The lock is held as long as any process has the file open.
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
