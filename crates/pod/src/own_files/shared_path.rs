//! Declared paths that a program may write to although it was given a replacement.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Declared path that other pods see as well.
#[derive(Debug, Clone)]
pub(super) struct SharedPath {
    /// The declared path.
    pub(super) path: PathBuf,
    /// Replacement path.
    pub(super) own: PathBuf,
    /// Stamp of the file at the declared path before the pod began.
    before: Option<Stamp>,
}

/// Values that change when a file is written.
type Stamp = (u64, u64, i64, i64, u64);

/// Place of the pod's output.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutputPlace {
    /// Replacement path, even if nothing was made.
    Own,
    /// Declared path.
    Itself,
}

impl SharedPath {
    pub(super) fn new(path: PathBuf, own: PathBuf) -> Self {
        let before = stamp(&path);
        Self { path, own, before }
    }

    /// Finds the output of the pod. A file at the declared path counts if it has changed. A new one moves away, so that
    /// the next pod does not see it.
    pub(super) fn collect(&self) -> io::Result<OutputPlace> {
        if self.own.symlink_metadata().is_ok() {
            return Ok(OutputPlace::Own);
        }
        let now = stamp(&self.path);
        if self.before.is_some() && (now != self.before || self.path.is_dir()) && now.is_some() {
            // A stamp does not show changes below a folder.
            return Ok(OutputPlace::Itself);
        }
        if now.is_none() || now == self.before {
            return Ok(OutputPlace::Own);
        }
        match std::fs::rename(&self.path, &self.own) {
            Err(error) if error.kind() == io::ErrorKind::CrossesDevices => {}
            renamed => return renamed.map(|()| OutputPlace::Own),
        }
        if self.path.is_dir() {
            // A folder is too much to copy to another disk, so it stays.
            return Ok(OutputPlace::Itself);
        }
        std::fs::copy(&self.path, &self.own)?;
        std::fs::remove_file(&self.path)?;
        Ok(OutputPlace::Own)
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let stamp = |file: Metadata| {
        let (seconds, nanoseconds) = (file.mtime(), file.mtime_nsec());
        (file.dev(), file.ino(), seconds, nanoseconds, file.size())
    };
    std::fs::metadata(path).ok().map(stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_there_and_is_as_it_was_was_not_made() {
        let root = tempfile::tempdir().unwrap();
        let (path, own) = (root.path().join("path"), root.path().join("own"));
        fs_err::write(&path, "before").unwrap();
        let shared_path = SharedPath::new(path.clone(), own.clone());
        assert_eq!(shared_path.collect().unwrap(), OutputPlace::Own);
        assert!(!own.exists());
        fs_err::write(&path, "after!!").unwrap();
        assert_eq!(shared_path.collect().unwrap(), OutputPlace::Itself);
        assert!(path.exists());
        fs_err::remove_file(&path).unwrap();
        fs_err::create_dir(&path).unwrap();
        assert_eq!(
            SharedPath::new(path.clone(), own.clone())
                .collect()
                .unwrap(),
            OutputPlace::Itself
        );
        fs_err::remove_dir(&path).unwrap();
        let shared_path = SharedPath::new(path.clone(), own.clone());
        fs_err::write(&path, "new").unwrap();
        assert_eq!(shared_path.collect().unwrap(), OutputPlace::Own);
        assert_eq!(fs_err::read_to_string(&own).unwrap(), "new");
        assert!(!path.exists());
    }
}
