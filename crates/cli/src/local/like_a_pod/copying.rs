//! Copies and removes folders of pods.
//!
//! Copies files; the system makes that a reflink if its disk can (`copy_file_range` on Linux,
//! `clonefile` on macOS). Hard links would not do: a write into a file would change the project's
//! file, or that of the next task, and a read-only file would differ from that in a pod.

use std::io::{self, Read, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;

/// Copies a folder with its content.
pub(super) fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    let mut files = Vec::new();
    let mut folders = vec![(from.to_owned(), to.to_owned())];
    while let Some((from, to)) = folders.pop() {
        fs_err::create_dir_all(&to)?;
        for entry in fs_err::read_dir(&from)? {
            let entry = entry?;
            let (path, target) = (entry.path(), to.join(entry.file_name()));
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push((path, target));
            } else if kind.is_symlink() {
                symlink(fs_err::read_link(&path)?, target)?;
            } else {
                files.push((path, target));
            }
        }
    }
    copy_all(&files)
}

/// Copies files, as many at once as there are cores.
pub(super) fn copy_all(files: &[(PathBuf, PathBuf)]) -> io::Result<()> {
    /// Number of files from which a thread pays off.
    const FEW: usize = 64;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = files.len().div_ceil(cores).max(FEW);
    std::thread::scope(|scope| {
        let copying: Vec<_> = files
            .chunks(share)
            .map(|files| {
                scope.spawn(move || files.iter().try_for_each(|(from, to)| copy_file(from, to)))
            })
            .collect();
        copying.into_iter().try_for_each(|copying| {
            copying
                .join()
                .unwrap_or_else(|_| Err(io::Error::other("a thread that copies files has ended")))
        })
    })
}

/// Copies a file with its owner's rights. For a small file, the system's copy takes longer than a read and a write.
fn copy_file(from: &Path, to: &Path) -> io::Result<()> {
    const SMALL: u64 = 64 << 10;
    const ALLOWED: u32 = 0o777;
    let mut source = fs_err::File::open(from)?;
    let metadata = source.metadata()?;
    if metadata.len() > SMALL {
        return fs_err::copy(from, to).map(drop);
    }
    let mut bytes = Vec::new();
    source.read_to_end(&mut bytes)?;
    let mut target = fs_err::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(metadata.permissions().mode() & ALLOWED)
        .open(to)?;
    target.write_all(&bytes)
}

/// Removes a folder, whatever the rights of its files and folders.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unlock(folder)?;
            fs_err::remove_dir_all(folder)
        }
        other => other,
    }
}

/// Lets the owner change a folder and the folders below it.
fn unlock(folder: &Path) -> io::Result<()> {
    const OWNER: u32 = 0o700;
    fs_err::set_permissions(folder, std::fs::Permissions::from_mode(OWNER))?;
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_removed_whatever_it_allows() {
        let folder = tempfile::tempdir().unwrap();
        let locked = folder.path().join("a/b");
        fs_err::create_dir_all(&locked).unwrap();
        fs_err::write(locked.join("c"), "").unwrap();
        fs_err::set_permissions(&locked, std::fs::Permissions::from_mode(0o500)).unwrap();
        remove(&folder.path().join("a")).unwrap();
        remove(&folder.path().join("a")).unwrap();
        assert!(!folder.path().join("a").exists());
    }
}
