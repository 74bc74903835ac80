//! A folder that stands for the configured repository of artifacts.

use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use runs::private;
use tempfile::TempDir;

use super::error::reason;
use super::walk::{self, EntryKind, LeftOut, walk};

/// Folder for incomplete files. No key begins with it.
const INCOMING: &str = ".incoming";
const FILE: u32 = 0o600;

/// Folder that stands for the configured repository of artifacts: a key is a path in it, as in a bucket. Only the user
/// can read it, and a file appears only when it is complete.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// Reason why the store cannot give a key.
#[derive(Debug)]
pub(super) enum NotGot {
    NotFound,
    Other(String),
}

impl From<io::Error> for NotGot {
    fn from(error: io::Error) -> Self {
        Self::Other(reason(&error))
    }
}

impl Store {
    /// Opens a store in a folder; saving makes the folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    /// Path of a key, whether or not the key exists.
    ///
    /// # Errors
    ///
    /// The key is empty, or would lead out of the store.
    pub fn path(&self, key: &str) -> Result<PathBuf, String> {
        let mut path = self.folder.clone();
        let parts = key.split('/').filter(|part| !part.is_empty());
        for (index, part) in parts.enumerate() {
            if part == "."
                || part == ".."
                || part.contains('\0')
                || (index == 0 && part == INCOMING)
            {
                return Err(format!(
                    "the key `{key}` has the part `{part}`, which no key may have here"
                ));
            }
            path.push(part);
        }
        if path == self.folder {
            return Err(format!("the key `{key}` is empty"));
        }
        Ok(path)
    }

    /// Temporary folder for incomplete files, on the disk of the store. Dropping it removes it.
    pub(super) fn incoming(&self) -> io::Result<TempDir> {
        let folder = self.folder.join(INCOMING);
        private::make_folder(&folder)?;
        tempfile::tempdir_in(folder)
    }

    /// Moves a file, or all files of a folder, to a key. Other keys stay, as in a bucket. Links and special files are
    /// left out.
    ///
    /// # Arguments
    ///
    /// * `made`: A file or folder inside [`Self::incoming`].
    pub(super) fn put(&self, made: &Path, key: &str) -> Result<Vec<LeftOut>, String> {
        let at = self.path(key)?;
        let mut left_out = Vec::new();
        let put = walk(made, &mut |entry| {
            match &entry.kind {
                EntryKind::Folder => {}
                EntryKind::File => {
                    let at = if entry.inside.as_os_str().is_empty() {
                        at.clone()
                    } else {
                        at.join(&entry.inside)
                    };
                    if let Some(parent) = at.parent() {
                        private::make_folder(parent)?;
                    }
                    std::fs::set_permissions(&entry.path, Permissions::from_mode(FILE))?;
                    std::fs::rename(&entry.path, &at)
                        .map_err(|error| walk::about("rename", &at, &error))?;
                }
                EntryKind::Link(_) => left_out.push(LeftOut {
                    path: entry.inside.clone(),
                    thing: walk::FileType::Link,
                }),
                EntryKind::Special(thing) => left_out.push(LeftOut {
                    path: entry.inside.clone(),
                    thing: *thing,
                }),
            }
            Ok(())
        });
        match put {
            Ok(()) => Ok(left_out),
            Err(error) => Err(format!(
                "cannot save under the key `{key}`: {}",
                reason(&error)
            )),
        }
    }

    /// Copies a key to a free path: a file, or all files below the key as a folder.
    pub(super) fn get(&self, key: &str, to: &Path) -> Result<(), NotGot> {
        let at = self.path(key).map_err(NotGot::Other)?;
        // A task may have put a link into the store.
        let mut above = at.ancestors().take_while(|above| *above != self.folder);
        if above.any(Path::is_symlink) {
            return Err(NotGot::Other(format!("the key `{key}` leads over a link")));
        }
        if !at.exists() {
            return Err(NotGot::NotFound);
        }
        walk(&at, &mut |entry| {
            if entry.kind != EntryKind::File {
                return Ok(());
            }
            let to = if entry.inside.as_os_str().is_empty() {
                to.to_owned()
            } else {
                to.join(&entry.inside)
            };
            if let Some(parent) = to.parent() {
                private::make_folder(parent)?;
            }
            copy(&mut entry.open()?, &to)
        })?;
        // A folder without files is no key.
        if to.exists() {
            Ok(())
        } else {
            Err(NotGot::NotFound)
        }
    }
}

/// Copies a file to a free path. Only the user can read the copy, like a download from a bucket.
pub(super) fn copy(from: &mut File, to: &Path) -> io::Result<()> {
    let mut made = std::os::unix::fs::OpenOptionsExt::mode(&mut std::fs::OpenOptions::new(), FILE)
        .write(true)
        .create_new(true)
        .open(to)?;
    io::copy(from, &mut made)?;
    Ok(())
}
