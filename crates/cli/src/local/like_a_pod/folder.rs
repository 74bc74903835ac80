//! Folder in a run's folder for files that are removed at the run's end.

use std::path::{Path, PathBuf};

use runs::{RunLock, private};

use super::copying;
use crate::error::CommandError;
use crate::record::store::Store;

/// Name of this folder.
pub(super) const NAME: &str = "pod";

/// Removes what a killed run has left of its pods.
pub(crate) fn remove_left(run: &Path) -> std::io::Result<()> {
    copying::remove(&run.join(NAME))
}

/// Removes the folders that killed runs have left.
pub(super) fn clean_up(store: &Store) -> Result<(), CommandError> {
    let folder = store.runs();
    for entry in fs_err::read_dir(&folder)? {
        let run = entry?.path();
        if run.join(NAME).is_dir()
            && let Some(_lock) = RunLock::take(&run)?
            && let Some(_tasks) = runs::lock_tasks(&run)?
        {
            remove_left(&run)?;
        }
    }
    Ok(())
}

/// Folder that is removed on drop.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    /// Makes the folder, empty.
    pub(super) fn make(path: PathBuf) -> Result<Self, CommandError> {
        copying::remove(&path)?;
        private::make_folder(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // The next run removes the rest, or the deletion of this run.
        let _ = copying::remove(&self.0);
    }
}
