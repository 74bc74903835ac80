//! Digests of files that have not changed since they were read.
//!
//! Size, times of content and status in nanoseconds, and inode identify an unchanged file. The cache does not keep a
//! file whose times are within two seconds of the moment of the digests: another write could leave it looking the same
//! (git's "racy" entries). That moment is the time of a file created beside the cache, so the clock is the file
//! system's own.

use std::collections::HashMap;
use std::fs::{DirBuilder, Metadata};
use std::io::Write as _;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt};
use std::path::{Path, PathBuf};

use crate::ImageError;

const HEADER: &[u8] = b"argo-kedro digests 1\n";
const UNSETTLED: i64 = 2_000_000_000;
const DIGEST: usize = 32;
/// Size of an entry without its path: length of the path, digest, size, two times, inode.
const FIXED: usize = 4 + DIGEST + 8 * 4;

/// Properties that identify an unchanged file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stat {
    /// Bytes.
    pub size: u64,
    /// Time of the last change of the content, in nanoseconds since 1970.
    pub modified: i64,
    /// Time of the last change of content or status, in nanoseconds since 1970.
    pub changed: i64,
    /// Inode number.
    pub inode: u64,
}

impl Stat {
    pub(crate) fn of(metadata: &Metadata) -> Self {
        let nanoseconds =
            |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            size: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// Says whether a later change would be visible.
    fn is_settled(&self, now: i64) -> bool {
        self.modified.max(self.changed) < now.saturating_sub(UNSETTLED)
    }
}

/// Cached digests of files.
#[derive(Debug)]
pub(crate) struct StatCache {
    file: PathBuf,
    /// Replaces `file` when it is complete.
    next: tempfile::NamedTempFile,
    /// The file system's time when the cache was opened.
    now: i64,
    known: HashMap<PathBuf, (Stat, [u8; DIGEST])>,
}

impl StatCache {
    /// Opens a cache; empty if the file is missing or damaged.
    pub(crate) fn open(file: &Path) -> Result<Self, ImageError> {
        let folder = file.parent().unwrap_or(Path::new("."));
        // Only the user may read this folder, which also holds the runs.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        let next = tempfile::NamedTempFile::new_in(folder)?;
        let now = Stat::of(&next.as_file().metadata()?).modified;
        let known = match fs_err::read(file) {
            Ok(bytes) => read(&bytes).unwrap_or_default(),
            Err(_) => HashMap::new(),
        };
        Ok(Self {
            file: file.to_owned(),
            next,
            now,
            known,
        })
    }

    /// The digest of a file that looks unchanged.
    pub(crate) fn get(&self, path: &Path, stat: &Stat) -> Option<[u8; DIGEST]> {
        let (known, digest) = self.known.get(path)?;
        (known == stat).then_some(*digest)
    }

    /// Writes the digests, unless nothing has changed.
    ///
    /// Each `Stat` in `digests` must be from before the file was read.
    pub(crate) fn save<'a>(
        mut self,
        digests: impl Iterator<Item = (&'a Path, &'a Stat, [u8; DIGEST])>,
    ) -> std::io::Result<()> {
        let mut bytes = HEADER.to_vec();
        let (mut written, mut same) = (0, 0);
        for (path, stat, digest) in digests {
            if !stat.is_settled(self.now) {
                continue;
            }
            written += 1;
            same += usize::from(self.get(path, stat) == Some(digest));
            let path = path.as_os_str().as_bytes();
            let Ok(length) = u32::try_from(path.len()) else {
                continue;
            };
            bytes.extend(length.to_le_bytes());
            bytes.extend(digest);
            bytes.extend(stat.size.to_le_bytes());
            bytes.extend(stat.modified.to_le_bytes());
            bytes.extend(stat.changed.to_le_bytes());
            bytes.extend(stat.inode.to_le_bytes());
            bytes.extend(path);
        }
        if written == same && same == self.known.len() {
            return Ok(());
        }
        let check = blake3::hash(&bytes);
        bytes.extend(check.as_bytes());
        self.next.write_all(&bytes)?;
        self.next.persist(&self.file).map_err(|error| error.error)?;
        Ok(())
    }
}

fn read(bytes: &[u8]) -> Option<HashMap<PathBuf, (Stat, [u8; DIGEST])>> {
    let (content, check) = bytes.split_at_checked(bytes.len().checked_sub(DIGEST)?)?;
    if blake3::hash(content).as_bytes() != check {
        return None;
    }
    let mut rest = content.strip_prefix(HEADER)?;
    let mut known = HashMap::with_capacity(rest.len() / (FIXED + 32));
    while !rest.is_empty() {
        let (fixed, after) = rest.split_at_checked(FIXED)?;
        let number = |from: usize| <[u8; 8]>::try_from(fixed.get(from..from + 8)?).ok();
        let length = u32::from_le_bytes(fixed.get(..4)?.try_into().ok()?);
        let digest = fixed.get(4..4 + DIGEST)?.try_into().ok()?;
        let numbers = 4 + DIGEST;
        let stat = Stat {
            size: u64::from_le_bytes(number(numbers)?),
            modified: i64::from_le_bytes(number(numbers + 8)?),
            changed: i64::from_le_bytes(number(numbers + 16)?),
            inode: u64::from_le_bytes(number(numbers + 24)?),
        };
        let (path, after) = after.split_at_checked(length as usize)?;
        let path = PathBuf::from(std::ffi::OsString::from_vec(path.to_vec()));
        known.insert(path, (stat, digest));
        rest = after;
    }
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000_000;

    fn old(now: i64) -> Stat {
        Stat {
            size: 1,
            modified: now - DAY,
            changed: now - DAY,
            inode: 7,
        }
    }

    /// Says whether the cache keeps a file with a changed stat.
    fn saved(change: impl Fn(Stat, i64) -> Stat) -> bool {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("digests");
        let cache = StatCache::open(&file).unwrap();
        let stat = change(old(cache.now), cache.now);
        let path = Path::new("a/\u{e9}\n");
        cache.save([(path, &stat, [1; 32])].into_iter()).unwrap();
        let cache = StatCache::open(&file).unwrap();
        cache.get(path, &stat) == Some([1; 32])
    }

    #[test]
    fn an_old_file_is_remembered() {
        assert!(saved(|stat, _| stat));
    }

    #[test]
    fn a_file_that_was_just_written_is_not() {
        let second = 1_000_000_000;
        assert!(!saved(|stat, now| Stat {
            modified: now,
            ..stat
        }));
        assert!(!saved(|stat, now| Stat {
            changed: now - second,
            ..stat
        }));
        assert!(!saved(|stat, now| Stat {
            modified: now + DAY,
            ..stat
        }));
        assert!(saved(|stat, now| Stat {
            changed: now - 3 * second,
            ..stat
        }));
    }

    #[test]
    fn a_file_that_looks_different_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("digests");
        let cache = StatCache::open(&file).unwrap();
        let stat = old(cache.now);
        cache
            .save([(Path::new("a"), &stat, [1; 32])].into_iter())
            .unwrap();
        let cache = StatCache::open(&file).unwrap();
        for other in [
            Stat { size: 2, ..stat },
            Stat {
                modified: stat.modified + 1,
                ..stat
            },
            Stat {
                changed: stat.changed + 1,
                ..stat
            },
            Stat { inode: 8, ..stat },
        ] {
            assert_eq!(cache.get(Path::new("a"), &other), None);
        }
        assert_eq!(cache.get(Path::new("b"), &stat), None);
        assert_eq!(cache.get(Path::new("a"), &stat), Some([1; 32]));
    }
}
