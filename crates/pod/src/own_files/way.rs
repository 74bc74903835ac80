//! Resolution of a path of the pod to its place on this machine, over links.

use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::io;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

use rustix::io::Errno;

/// Maximum number of links that the kernel follows.
const LINKS: usize = 40;

/// A file or folder of the pod on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolvedPath {
    /// Path on this machine. Its last part may be a link, whose target is a path of the pod.
    pub path: PathBuf,
    /// The file or folder itself, with links resolved.
    pub resolved: PathBuf,
}

/// Paths of the pod with their places on this machine. All other paths are the same in both.
#[derive(Debug, Default, Clone)]
pub(super) struct Places(BTreeMap<PathBuf, PathBuf>);

impl Places {
    pub(super) fn insert(&mut self, path: PathBuf, at: PathBuf) {
        self.0.insert(path, at);
    }

    pub(super) fn insert_if_new(&mut self, path: PathBuf, at: PathBuf) {
        self.0.entry(path).or_insert(at);
    }

    /// Path on this machine of a path without links.
    pub(super) fn at(&self, path: &Path) -> PathBuf {
        let known = path
            .ancestors()
            .find_map(|above| Some((above, self.0.get(above)?)));
        match known {
            Some((above, at)) => match path.strip_prefix(above) {
                Ok(rest) if !rest.as_os_str().is_empty() => at.join(rest),
                _ => at.clone(),
            },
            None => path.to_owned(),
        }
    }

    /// Tells whether a path is above one of these: the pod has a folder there although the machine has none.
    fn is_above(&self, path: &Path) -> bool {
        let mut after = self
            .0
            .range::<Path, _>((Bound::Excluded(path), Bound::Unbounded));
        after.next().is_some_and(|(next, _)| next.starts_with(path))
    }

    /// Resolves the links in a path of the pod, as far as it exists; the last part only if `follow_last`.
    ///
    /// # Errors
    ///
    /// Links form a circle, or a part of the path is no folder or cannot be read; with `all` also if a part is missing.
    pub(super) fn without_links(
        &self,
        path: &Path,
        follow_last: bool,
        all: bool,
    ) -> io::Result<PathBuf> {
        let mut at = PathBuf::from("/");
        let mut left: VecDeque<OsString> = parts(path).collect();
        let mut links = 0;
        while let Some(part) = left.pop_front() {
            if part == ".." {
                at.pop();
                continue;
            }
            at.push(&part);
            let here = self.at(&at);
            let there = match std::fs::symlink_metadata(&here) {
                Ok(there) => there,
                Err(error)
                    if error.kind() == io::ErrorKind::NotFound && (!all || self.is_above(&at)) =>
                {
                    continue;
                }
                Err(error) => return Err(error),
            };
            if there.is_symlink() && (follow_last || !left.is_empty()) {
                links += 1;
                if links > LINKS {
                    return Err(Errno::LOOP.into());
                }
                let target = std::fs::read_link(&here)?;
                at.pop();
                if target.is_absolute() {
                    at = PathBuf::from("/");
                }
                for part in parts(&target).rev() {
                    left.push_front(part);
                }
            } else if !there.is_dir() && !left.is_empty() {
                return Err(Errno::NOTDIR.into());
            }
        }
        Ok(at)
    }
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = OsString> {
    path.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}
