//! Packs a file or folder as Argo does (`util/archive/archive.go`).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header, HeaderMode};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::walk::{Entry, EntryKind, FileType, LeftOut, open, walk};

/// Size from which a file needs the 64-bit fields of zip.
const LARGE: u64 = u32::MAX as u64;

/// Converts a level of gzip; an error if gzip has no such level.
pub(super) fn level(level: Option<i64>) -> Result<Compression, String> {
    match level {
        None | Some(-1) => Ok(Compression::default()),
        // Go's -2 turns off the search for repetitions; the fastest level searches least.
        Some(-2) => Ok(Compression::fast()),
        Some(level) => match u32::try_from(level) {
            Ok(level) if level <= 9 => Ok(Compression::new(level)),
            _ => Err(format!("gzip: invalid compression level: {level}")),
        },
    }
}

/// File or folder to pack.
#[derive(Debug)]
pub(super) struct Packed<'a> {
    /// Path on this machine. Its last part may be a link.
    pub(super) path: &'a Path,
    /// File or folder itself: `path`, or the target of its link in the pod.
    pub(super) resolved: &'a Path,
    /// Name in the archive: the last part of the path in the container.
    pub(super) name: &'a OsStr,
}

/// Packs as tar and gzip. A folder keeps its name, a link to a file becomes the file, a link to a folder stays a link.
pub(super) fn tar(packed: &Packed<'_>, level: Compression, to: File) -> io::Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    let mut tar = Builder::new(GzEncoder::new(BufWriter::new(to), level));
    if std::fs::symlink_metadata(packed.resolved)?.is_file() {
        append_file(&mut tar, Path::new(packed.name), open(packed.resolved)?)?;
    } else {
        walk(packed.path, &mut |entry| {
            append(&mut tar, packed.name, entry, &mut left_out)
        })?;
    }
    let mut buffer = tar.into_inner()?.finish()?;
    buffer.flush()?;
    Ok(left_out)
}

fn append<W: Write>(
    tar: &mut Builder<W>,
    name: &OsStr,
    entry: &Entry,
    left_out: &mut Vec<LeftOut>,
) -> io::Result<()> {
    let path = inside(name, entry);
    match &entry.kind {
        EntryKind::File => append_file(tar, &path, entry.open()?),
        EntryKind::Folder => {
            let mut header = header(&entry.metadata, EntryType::Directory);
            tar.append_data(&mut header, &path, io::empty())
        }
        EntryKind::Link(target) => {
            let mut header = header(&entry.metadata, EntryType::Symlink);
            // Keep a target as it is if it fits into the header; `append_link` would normalise it.
            match header.set_link_name_literal(target.as_os_str().as_bytes()) {
                Ok(()) => tar.append_data(&mut header, &path, io::empty()),
                Err(_) => tar.append_link(&mut header, &path, target),
            }
        }
        EntryKind::Special(FileType::Socket) => Err(sockets(&path)),
        EntryKind::Special(thing) => {
            // Argo records the special file in the archive, but does not unpack it.
            left_out.push(LeftOut {
                path,
                thing: *thing,
            });
            Ok(())
        }
    }
}

/// Error of Go's package about a socket, which names its path.
pub(super) fn sockets(path: &Path) -> io::Error {
    let text = format!("archive/tar: sockets not supported: {}", path.display());
    io::Error::new(io::ErrorKind::Unsupported, text)
}

fn append_file<W: Write>(tar: &mut Builder<W>, path: &Path, file: File) -> io::Result<()> {
    let metadata = file.metadata()?;
    let mut header = header(&metadata, EntryType::Regular);
    header.set_size(metadata.len());
    let mut file = Exactly::new(file, metadata.len(), path);
    tar.append_data(&mut header, path, &mut file)?;
    file.check()
}

fn header(metadata: &std::fs::Metadata, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_metadata_in_mode(metadata, HeaderMode::Deterministic);
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(metadata.permissions().mode() & 0o7777);
    header.set_mtime(u64::try_from(metadata.mtime()).unwrap_or_default());
    header
}

/// Path of an entry in the archive.
fn inside(name: &OsStr, entry: &Entry) -> PathBuf {
    let mut path = PathBuf::from(name);
    // Joining an empty path would add a slash.
    if !entry.inside.as_os_str().is_empty() {
        path.push(&entry.inside);
    }
    path
}

/// Reader of exactly as many bytes as a file had at first, even if its size changes meanwhile.
struct Exactly<'a> {
    file: io::Take<File>,
    path: &'a Path,
}

impl<'a> Exactly<'a> {
    fn new(file: File, size: u64, path: &'a Path) -> Self {
        Self {
            file: file.take(size),
            path,
        }
    }

    /// Checks that the file still had all its bytes.
    fn check(&self) -> io::Result<()> {
        if self.file.limit() == 0 {
            return Ok(());
        }
        Err(io::Error::other(format!(
            "{} became smaller while it was read",
            self.path.display()
        )))
    }
}

impl Read for Exactly<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

/// Packs a folder, or a single file under the given name, as zip. Folders have no entries, so the zip loses empty ones.
/// Links and special files become empty files.
pub(super) fn zip(root: &Path, name: &str, to: File) -> io::Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    let mut zip = ZipWriter::new(BufWriter::new(to));
    walk(root, &mut |entry| {
        let path = inside(OsStr::new(name), entry);
        let text = path.to_str().ok_or_else(|| {
            io::Error::other(format!(
                "zip cannot hold the name {}: it is not UTF-8",
                path.display()
            ))
        })?;
        let options = SimpleFileOptions::default().large_file(entry.metadata.len() >= LARGE);
        match &entry.kind {
            EntryKind::Folder => return Ok(()),
            EntryKind::File => {
                zip.start_file(text, options)?;
                let file = entry.open()?;
                let size = file.metadata()?.len();
                let mut file = Exactly::new(file, size, &path);
                io::copy(&mut file, &mut zip)?;
                return file.check();
            }
            EntryKind::Link(_) | EntryKind::Special(_) => zip.start_file(text, options)?,
        }
        left_out.push(LeftOut {
            thing: match &entry.kind {
                EntryKind::Special(thing) => *thing,
                _ => FileType::Link,
            },
            path,
        });
        Ok(())
    })?;
    zip.finish()?.flush()?;
    Ok(left_out)
}
