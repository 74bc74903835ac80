//! Unpacks archives as Argo's executor does (`untar`, `unzip` and `unpack` in `workflow/executor/executor.go`), but
//! never outside of the given folder.
//!
//! Argo checks only the text of a link's target. This module also resolves each link, and never writes through one: a
//! link to a link can lead out although neither text does.

use std::collections::{HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

use flate2::read::MultiGzDecoder;
use rustix::fs::OFlags;
use zip::ZipArchive;

use super::limits::RemainingLimits;
use super::walk::{self, Entry, EntryKind, FileType, LeftOut};

/// Permissions of folders from an archive.
const FOLDER: u32 = 0o755;
/// Permissions of a file from a zip that names none.
const FILE: u32 = 0o666;
/// Maximum number of links in a chain; a longer chain leads nowhere.
const LINKS: usize = 40;

/// Tells whether a file is a gzipped tar with at least one entry.
pub(super) fn is_tarball(path: &Path) -> io::Result<bool> {
    let mut tar = tar::Archive::new(MultiGzDecoder::new(File::open(path)?));
    // A file that cannot be read as tar is something else.
    let is_tarball = match tar.entries() {
        Ok(mut entries) => matches!(entries.next(), Some(Ok(_))),
        Err(_) => false,
    };
    Ok(is_tarball)
}

/// Unpacks a gzipped tar into an existing, empty folder.
pub(super) fn tar(
    archive: &Path,
    folder: &Path,
    room: &RemainingLimits,
) -> io::Result<Vec<LeftOut>> {
    let mut unpacker = Unpacker::new(folder, room);
    let gzip = MultiGzDecoder::new(File::open(archive)?);
    if gzip.header().is_none() {
        return Err(io::Error::other("gzip: invalid header"));
    }
    let mut tar = tar::Archive::new(gzip);
    for entry in tar.entries()? {
        let mut entry = entry?;
        let name = entry.path_bytes().into_owned();
        let is_old_folder = entry.header().as_old().linkflag == [0] && name.ends_with(b"/");
        let kind = entry.header().entry_type();
        if kind.is_symlink() {
            let target = entry.link_name_bytes().unwrap_or_default().into_owned();
            unpacker.link(&name, OsStr::from_bytes(&target))?;
        } else if kind.is_dir() || is_old_folder {
            unpacker.folder(&name)?;
        } else if kind.is_file() {
            let mode = entry.header().mode()?;
            let changed = entry.header().mtime()?;
            let changed = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(changed));
            unpacker.file(&name, mode, changed, &mut entry)?;
        } else {
            let thing = match kind {
                tar::EntryType::Link => FileType::HardLink,
                tar::EntryType::Fifo => FileType::Pipe,
                tar::EntryType::Char | tar::EntryType::Block => FileType::Device,
                tar::EntryType::XGlobalHeader => continue,
                _ => FileType::Other,
            };
            unpacker.leave_out(&name, thing)?;
        }
    }
    unpacker.finish()
}

/// Unpacks a zip into an existing, empty folder. Every entry that is no folder becomes a file, as in Argo.
pub(super) fn zip(
    archive: &Path,
    folder: &Path,
    room: &RemainingLimits,
) -> io::Result<Vec<LeftOut>> {
    let mut unpacker = Unpacker::new(folder, room);
    let mut zip = ZipArchive::new(File::open(archive)?)?;
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index)?;
        let name = entry.name_raw().to_owned();
        if inside(&name).is_none() {
            let name = String::from_utf8_lossy(&name);
            return Err(io::Error::other(format!("{name}: Illegal file path")));
        }
        if name.ends_with(b"/") {
            unpacker.folder(&name)?;
        } else {
            let mode = entry.unix_mode().filter(|mode| *mode != 0).unwrap_or(FILE);
            unpacker.file(&name, mode, None, &mut entry)?;
        }
    }
    unpacker.finish()
}

/// Copies a file or folder with the same effect as packing it as tar and unpacking it again.
pub(super) fn through_tar(
    root: &Path,
    name: &OsStr,
    folder: &Path,
    room: &RemainingLimits,
) -> io::Result<Vec<LeftOut>> {
    let mut unpacker = Unpacker::new(folder, room);
    walk::walk(root, &mut |entry: &Entry| {
        let path = PathBuf::from(name).join(&entry.inside);
        let path = path.as_os_str().as_bytes();
        match &entry.kind {
            EntryKind::Folder => unpacker.folder(path),
            EntryKind::Link(target) => unpacker.link(path, target.as_os_str()),
            EntryKind::File => {
                let mut file = entry.open()?;
                let metadata = file.metadata()?;
                let mode = std::os::unix::fs::MetadataExt::mode(&metadata);
                let mut file = (&mut file).take(metadata.len());
                unpacker.file(path, mode, metadata.modified().ok(), &mut file)
            }
            EntryKind::Special(FileType::Socket) => {
                Err(super::pack::sockets(Path::new(OsStr::from_bytes(path))))
            }
            EntryKind::Special(thing) => unpacker.leave_out(path, *thing),
        }
    })?;
    unpacker.finish()
}

/// Path of the unpacked artifact: the only file or folder, or the folder that holds them all.
pub(super) fn result(folder: &Path) -> io::Result<PathBuf> {
    let mut names = walk::names(folder)?;
    Ok(match names.len() {
        1 => folder.join(names.remove(0)),
        _ => folder.to_owned(),
    })
}

/// Creates the entries of an archive in a folder.
struct Unpacker<'a> {
    folder: &'a Path,
    room: &'a RemainingLimits,
    /// Real folders (no links) inside the target. No entry replaces one.
    folders: HashSet<PathBuf>,
    links: Vec<(PathBuf, OsString)>,
    left_out: Vec<LeftOut>,
}

impl<'a> Unpacker<'a> {
    fn new(folder: &'a Path, room: &'a RemainingLimits) -> Self {
        Self {
            folder,
            room,
            folders: HashSet::from([PathBuf::new()]),
            links: Vec::new(),
            left_out: Vec::new(),
        }
    }

    fn folder(&mut self, name: &[u8]) -> io::Result<()> {
        let inside = checked(name)?;
        self.room.take_entry()?;
        self.make_folders(&inside)
    }

    fn file(
        &mut self,
        name: &[u8],
        mode: u32,
        changed: Option<SystemTime>,
        content: &mut impl Read,
    ) -> io::Result<()> {
        let inside = checked(name)?;
        self.room.take_entry()?;
        self.make_parents(&inside)?;
        let path = self.folder.join(&inside);
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode & 0o777)
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(|error| walk::about("open", &inside, &error))?;
        self.room.copy(content, &mut file)?;
        if let Some(changed) = changed {
            file.set_modified(changed)?;
        }
        Ok(())
    }

    fn link(&mut self, name: &[u8], target: &OsStr) -> io::Result<()> {
        let inside = checked(name)?;
        self.room.take_entry()?;
        let parent = inside.parent().unwrap_or(Path::new(""));
        let leads_to = self::inside(parent.join(target).as_os_str().as_bytes());
        if target.as_bytes().first() == Some(&b'/') || leads_to.is_none() {
            return Err(illegal_target(&inside, target));
        }
        self.make_parents(&inside)?;
        std::os::unix::fs::symlink(target, self.folder.join(&inside))
            .map_err(|error| walk::about("symlink", &inside, &error))?;
        self.links.push((inside, target.to_owned()));
        Ok(())
    }

    fn leave_out(&mut self, name: &[u8], thing: FileType) -> io::Result<()> {
        let path = checked(name)?;
        self.room.take_entry()?;
        self.left_out.push(LeftOut { path, thing });
        Ok(())
    }

    fn make_parents(&mut self, inside: &Path) -> io::Result<()> {
        match inside.parent() {
            Some(parent) => self.make_folders(parent),
            None => Ok(()),
        }
    }

    fn make_folders(&mut self, inside: &Path) -> io::Result<()> {
        if self.folders.contains(inside) {
            return Ok(());
        }
        self.make_parents(inside)?;
        let path = self.folder.join(inside);
        let made = std::fs::DirBuilder::new().mode(FOLDER).create(&path);
        match made {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                let there = std::fs::symlink_metadata(&path)?;
                if there.is_symlink() {
                    return Err(io::Error::other(format!(
                        "illegal file path after symlink resolution: {} is behind a link",
                        inside.display()
                    )));
                }
                if !there.is_dir() {
                    return Err(io::Error::other(format!(
                        "mkdir {}: not a directory",
                        inside.display()
                    )));
                }
            }
            Err(error) => return Err(walk::about("mkdir", inside, &error)),
        }
        self.folders.insert(inside.to_owned());
        Ok(())
    }

    /// Checks where the links lead, after all entries exist.
    fn finish(self) -> io::Result<Vec<LeftOut>> {
        for (link, target) in &self.links {
            if !leads_inside(self.folder, link) {
                return Err(illegal_target(link, target));
            }
        }
        Ok(self.left_out)
    }
}

fn illegal_target(link: &Path, target: &OsStr) -> io::Error {
    io::Error::other(format!(
        "illegal symlink target: {} -> {}",
        link.display(),
        target.display()
    ))
}

/// Path inside of the folder for the name of an entry.
fn checked(name: &[u8]) -> io::Result<PathBuf> {
    inside(name).ok_or_else(|| {
        let name = String::from_utf8_lossy(name);
        io::Error::other(format!("illegal file path: {name}"))
    })
}

/// Path inside of a folder for a name, without `.` and `..`; none if it is the folder itself, or leaves it.
fn inside(name: &[u8]) -> Option<PathBuf> {
    if name.contains(&0) {
        return None;
    }
    let is_absolute = name.first() == Some(&b'/');
    let mut path = PathBuf::new();
    for component in Path::new(OsStr::from_bytes(name)).components() {
        match component {
            Component::Normal(name) => path.push(name),
            // `..` above the root stays at the root.
            Component::ParentDir if path.pop() || is_absolute => {}
            Component::ParentDir | Component::Prefix(_) => return None,
            Component::CurDir | Component::RootDir => {}
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Tells whether a link leads to a place in the folder, existing or not. All folders on the way have to exist.
fn leads_inside(folder: &Path, link: &Path) -> bool {
    let mut at = PathBuf::new();
    let mut left: VecDeque<OsString> = link.iter().map(OsStr::to_owned).collect();
    let mut links = 0;
    while let Some(part) = left.pop_front() {
        if part == ".." {
            if !at.pop() {
                return false;
            }
            continue;
        }
        at.push(&part);
        let Ok(target) = std::fs::read_link(folder.join(&at)) else {
            continue;
        };
        links += 1;
        if links > LINKS {
            // The system refuses to open such a link.
            return true;
        }
        if target.is_absolute() {
            return false;
        }
        at.pop();
        for part in target.iter().rev() {
            left.push_front(part.to_owned());
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_an_archive_stands_for_a_path_inside() {
        for (name, path) in [
            ("a/b", Some("a/b")),
            ("./a//b/", Some("a/b")),
            ("/etc/passwd", Some("etc/passwd")),
            ("/../a", Some("a")),
            ("a/../b", Some("b")),
            ("../a", None),
            ("a/../../b", None),
            (".", None),
            ("a/..", None),
            ("", None),
            ("a\0b", None),
        ] {
            assert_eq!(inside(name.as_bytes()), path.map(PathBuf::from), "{name}");
        }
    }
}
