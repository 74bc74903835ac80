//! Walks through a file or folder to save, in the order of names (Go's `filepath.Walk`).

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

/// Kind of file that an archive does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileType {
    /// Link, in an archive format without links.
    Link,
    /// Hard link: a second name of a file.
    HardLink,
    /// Named pipe.
    Pipe,
    /// A socket.
    Socket,
    /// A device.
    Device,
    /// Other kind that Argo does not unpack.
    Other,
}

impl FileType {
    /// Word for the kind, e.g. `device`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::HardLink => "hard link",
            Self::Pipe => "pipe",
            Self::Socket => "socket",
            Self::Device => "device",
            Self::Other => "special file",
        }
    }
}

/// File that was not saved or not loaded, because Argo does not do it either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Path inside the artifact.
    pub path: PathBuf,
    /// Kind of the file.
    pub thing: FileType,
}

/// Kind of the entry at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum EntryKind {
    Folder,
    File,
    Link(PathBuf),
    Special(FileType),
}

/// File, folder, link or special file.
#[derive(Debug)]
pub(super) struct Entry {
    /// Path on this machine.
    pub(super) path: PathBuf,
    /// Path inside the artifact; empty for the artifact itself.
    pub(super) inside: PathBuf,
    pub(super) kind: EntryKind,
    pub(super) metadata: Metadata,
}

impl Entry {
    fn at(path: PathBuf, inside: PathBuf) -> io::Result<Self> {
        let metadata =
            std::fs::symlink_metadata(&path).map_err(|error| about("lstat", &inside, &error))?;
        let file_type = metadata.file_type();
        let kind = if file_type.is_dir() {
            EntryKind::Folder
        } else if file_type.is_file() {
            EntryKind::File
        } else if file_type.is_symlink() {
            EntryKind::Link(
                std::fs::read_link(&path).map_err(|error| about("readlink", &inside, &error))?,
            )
        } else if file_type.is_fifo() {
            EntryKind::Special(FileType::Pipe)
        } else if file_type.is_socket() {
            EntryKind::Special(FileType::Socket)
        } else {
            EntryKind::Special(FileType::Device)
        };
        Ok(Self {
            path,
            inside,
            kind,
            metadata,
        })
    }

    /// Opens the file; refuses a link that has replaced it since.
    pub(super) fn open(&self) -> io::Result<File> {
        open(&self.path).map_err(|error| about("open", &self.inside, &error))
    }
}

/// Opens a regular file for reading: follows no link, and does not wait for a writer of a pipe.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

/// Visits a file or folder and everything in it. Does not follow links.
pub(super) fn walk(root: &Path, visit: &mut dyn FnMut(&Entry) -> io::Result<()>) -> io::Result<()> {
    let mut left = vec![Entry::at(root.to_owned(), PathBuf::new())?];
    while let Some(entry) = left.pop() {
        visit(&entry)?;
        if entry.kind != EntryKind::Folder {
            continue;
        }
        let names = names(&entry.path).map_err(|error| about("open", &entry.inside, &error))?;
        // The stack is popped from its end, so push the names in reverse.
        for name in names.into_iter().rev() {
            left.push(Entry::at(entry.path.join(&name), entry.inside.join(&name))?);
        }
    }
    Ok(())
}

/// Sorted names of the entries of a folder.
pub(super) fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let names = std::fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names = names.collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names)
}

/// Error with the call and the path in front, as in Go.
pub(super) fn about(call: &str, path: &Path, error: &io::Error) -> io::Error {
    let reason = super::error::reason(error);
    io::Error::new(error.kind(), format!("{call} {}: {reason}", path.display()))
}
