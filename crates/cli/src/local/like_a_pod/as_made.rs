//! Restores the folder of an ended task for the next one: finding the changes takes much less time
//! than copying and removing all files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::copying;

/// Mark that shows whether a file is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Mode of a folder; its content has marks of its own.
    Folder { mode: u32 },
    /// Inode of anything else, and the time of its last change. Only the system sets this time: at
    /// each write, each change of rights and each new link or name.
    File { inode: u64, changed: (i64, i64) },
}

impl Mark {
    fn of(metadata: &Metadata) -> Self {
        if metadata.is_dir() {
            Self::Folder {
                mode: metadata.mode(),
            }
        } else {
            Self::File {
                inode: metadata.ino(),
                changed: (metadata.ctime(), metadata.ctime_nsec()),
            }
        }
    }
}

/// Wait after a copy. The clock of a disk has steps, on Linux of at most 10 milliseconds: a task
/// that gets the copy one step later cannot change a file with the time of the copy.
const STEP: Duration = Duration::from_millis(20);

/// Copy of the image, with a mark for each path.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct AsMade(BTreeMap<PathBuf, Mark>);

impl AsMade {
    /// Copies an image, and keeps the marks of the copy.
    pub(super) fn copy(image: &Path, to: &Path) -> io::Result<Self> {
        copying::copy_folder(image, to)?;
        let mut marks = BTreeMap::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(to.join(&folder))? {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                let metadata = entry.metadata()?;
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                marks.insert(path, Mark::of(&metadata));
            }
        }
        marks.insert(PathBuf::new(), Mark::of(&fs_err::symlink_metadata(to)?));
        std::thread::sleep(STEP);
        Ok(Self(marks))
    }

    /// Restores the copy: removes new files, and takes changed or missing ones from the image.
    ///
    /// # Errors
    ///
    /// A file cannot be read, removed or copied. The copy is then useless.
    pub(super) fn restore(&mut self, image: &Path, copy: &Path) -> io::Result<()> {
        let mut same = BTreeSet::from([PathBuf::new()]);
        if self.0.get(Path::new("")) != Some(&Mark::of(&fs_err::symlink_metadata(copy)?)) {
            return Err(io::Error::other("the folder itself is another one"));
        }
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(copy.join(&folder))? {
                let entry = entry?;
                let path = folder.join(entry.file_name());
                let metadata = entry.metadata()?;
                if self.0.get(&path) != Some(&Mark::of(&metadata)) {
                    if metadata.is_dir() {
                        copying::remove(&entry.path())?;
                    } else {
                        fs_err::remove_file(entry.path())?;
                    }
                    continue;
                }
                if metadata.is_dir() {
                    folders.push(path.clone());
                }
                same.insert(path);
            }
        }
        let gone: Vec<PathBuf> = self
            .0
            .keys()
            .filter(|path| !same.contains(*path))
            .cloned()
            .collect();
        // The order has a folder before its content.
        let mut files = Vec::new();
        for path in &gone {
            let (from, to) = (image.join(path), copy.join(path));
            let kind = fs_err::symlink_metadata(&from)?.file_type();
            if kind.is_dir() {
                fs_err::create_dir(to)?;
            } else if kind.is_symlink() {
                symlink(fs_err::read_link(from)?, to)?;
            } else {
                files.push((from, to));
            }
        }
        copying::copy_all(&files)?;
        if !files.is_empty() {
            std::thread::sleep(STEP);
        }
        for path in gone {
            let mark = Mark::of(&fs_err::symlink_metadata(copy.join(&path))?);
            self.0.insert(path, mark);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::SystemTime;

    use super::*;

    /// Every path with its content: the text of a file, the target of a link, the rights of a folder.
    fn all(root: &Path) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![root.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs_err::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let metadata = fs_err::symlink_metadata(&path).unwrap();
                let what = if metadata.is_dir() {
                    folders.push(path.clone());
                    "a folder".to_owned()
                } else if metadata.is_symlink() {
                    format!("to {}", fs_err::read_link(&path).unwrap().display())
                } else {
                    fs_err::read_to_string(&path).unwrap()
                };
                let inside = path.strip_prefix(root).unwrap().to_owned();
                found.insert(inside, format!("{:o} {what}", metadata.mode()));
            }
        }
        found
    }

    #[test]
    fn whatever_a_task_does_the_next_one_finds_the_image() {
        let folder = tempfile::tempdir().unwrap();
        let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
        fs_err::create_dir_all(image.join("app/conf/base")).unwrap();
        fs_err::create_dir_all(image.join("app/data/empty")).unwrap();
        for name in ["a", "b", "c", "d", "e", "f"] {
            fs_err::write(image.join("app/conf/base").join(name), name).unwrap();
        }
        fs_err::write(image.join("app/run"), "run").unwrap();
        let mode = |path: &Path, mode| {
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(&image.join("app/run"), 0o500);
        symlink("conf/base/a", image.join("app/link")).unwrap();
        let before = all(&image);
        let mut made = AsMade::copy(&image, &copy).unwrap();
        assert_eq!(all(&copy), before);
        let base = copy.join("app/conf/base");

        // A text of the same length, with the old time.
        let time = SystemTime::UNIX_EPOCH;
        fs_err::write(base.join("a"), "x").unwrap();
        let file = std::fs::File::options()
            .write(true)
            .open(base.join("a"))
            .unwrap();
        file.set_modified(time).unwrap();
        fs_err::remove_file(base.join("b")).unwrap();
        fs_err::rename(base.join("c"), base.join("new")).unwrap();
        mode(&base.join("d"), 0o666);
        fs_err::remove_file(base.join("e")).unwrap();
        fs_err::create_dir(base.join("e")).unwrap();
        fs_err::hard_link(base.join("f"), folder.path().join("kept")).unwrap();
        fs_err::remove_dir_all(copy.join("app/data")).unwrap();
        fs_err::create_dir(base.join("__pycache__")).unwrap();
        fs_err::write(base.join("__pycache__/a.pyc"), "").unwrap();
        fs_err::remove_file(copy.join("app/link")).unwrap();
        symlink("elsewhere", copy.join("app/link")).unwrap();
        mode(&copy.join("app/conf"), 0o700);
        made.restore(&image, &copy).unwrap();
        assert_eq!(all(&copy), before);
        fs_err::write(folder.path().join("kept"), "of another task").unwrap();
        assert_eq!(all(&copy), before);

        // Repeat: a file that was copied again has a mark too.
        fs_err::write(base.join("b"), "y").unwrap();
        made.restore(&image, &copy).unwrap();
        assert_eq!(all(&copy), before);
        mode(&copy, 0o700);
        assert!(made.restore(&image, &copy).is_err());
    }

    #[test]
    fn what_nobody_has_touched_is_not_copied_again() {
        let folder = tempfile::tempdir().unwrap();
        let (image, copy) = (folder.path().join("image"), folder.path().join("copy"));
        fs_err::create_dir_all(image.join("app")).unwrap();
        for name in ["a", "b"] {
            fs_err::write(image.join("app").join(name), name).unwrap();
        }
        let mut made = AsMade::copy(&image, &copy).unwrap();
        let inode = |name: &str| fs_err::metadata(copy.join("app").join(name)).unwrap().ino();
        let (a, b) = (inode("a"), inode("b"));
        fs_err::read(copy.join("app/a")).unwrap();
        // Both files exist for a moment, so the new one has another inode.
        let held = fs_err::File::open(copy.join("app/b")).unwrap();
        fs_err::write(copy.join("app/b"), "x").unwrap();
        made.restore(&image, &copy).unwrap();
        assert_eq!(inode("a"), a);
        assert_ne!(inode("b"), b);
        drop(held);
    }
}
