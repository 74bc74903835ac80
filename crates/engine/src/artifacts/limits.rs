//! Limits on the size of an unpacked archive or a download.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Share of a disk that stays free for others: a tenth.
const KEPT_FREE: u64 = 10;

/// Limits on an archive or a download: a small archive can unpack to any amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes in all files together.
    pub bytes: u64,
    /// Files, folders and links.
    pub entries: u64,
}

impl Limits {
    /// Derives limits from the free space on the disk of a folder.
    ///
    /// # Errors
    ///
    /// The system cannot tell the free space.
    pub fn of_disk(folder: &Path) -> io::Result<Self> {
        let disk = rustix::fs::statvfs(folder)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        Ok(Self {
            bytes: free - free / KEPT_FREE,
            // Systems that do not limit the number of entries report 0.
            entries: match disk.f_favail {
                0 => u64::MAX,
                free => free - free / KEPT_FREE,
            },
        })
    }
}

/// Remaining part of the limits.
#[derive(Debug)]
pub(super) struct RemainingLimits {
    limits: Limits,
    bytes: AtomicU64,
    entries: AtomicU64,
}

impl RemainingLimits {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            bytes: AtomicU64::new(limits.bytes),
            entries: AtomicU64::new(limits.entries),
        }
    }

    /// Takes bytes from the limits.
    pub(super) fn take(&self, bytes: usize) -> io::Result<()> {
        let left = u64::try_from(bytes)
            .ok()
            .and_then(|bytes| self.bytes.load(Ordering::Relaxed).checked_sub(bytes));
        let left = left.ok_or_else(|| {
            let most = self.limits.bytes;
            io::Error::other(format!(
                "it holds more than {most} bytes, which is the limit here"
            ))
        })?;
        self.bytes.store(left, Ordering::Relaxed);
        Ok(())
    }

    /// Takes one file, folder or link from the limits.
    pub(super) fn take_entry(&self) -> io::Result<()> {
        let left = self
            .entries
            .load(Ordering::Relaxed)
            .checked_sub(1)
            .ok_or_else(|| {
                let most = self.limits.entries;
                io::Error::other(format!(
                    "it holds more than {most} files, which is the limit here"
                ))
            })?;
        self.entries.store(left, Ordering::Relaxed);
        Ok(())
    }

    /// Copies everything from a reader to a writer, within the limits.
    pub(super) fn copy(&self, from: &mut impl io::Read, to: &mut impl io::Write) -> io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let read = match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            self.take(read)?;
            to.write_all(&buffer[..read])?;
        }
    }
}
