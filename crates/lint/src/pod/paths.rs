//! Paths of datasets on the machine's disk.

use project::Snapshot;

use crate::dockerfile::resolve;

/// A path as a pod sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataPath {
    /// In the project's folder; empty for the folder itself.
    Inside(String),
    /// Outside of the project's folder.
    Outside(String),
}

impl DataPath {
    /// The path of a dataset; for a pattern, the folder in which it searches.
    pub(super) fn of(path: &str, snapshot: &Snapshot) -> Self {
        let path = path.rsplit("::").next().unwrap_or(path);
        let path = ["file://", "local://", "file:"]
            .iter()
            .find_map(|protocol| path.strip_prefix(protocol))
            .unwrap_or(path);
        if path.starts_with('~') {
            return Self::Outside(path.to_owned());
        }
        let path = match path.find(['*', '?', '[']) {
            Some(pattern) => path[..pattern]
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder),
            None => path,
        };
        let root = snapshot.project.path.trim_end_matches('/');
        let whole = resolve(Some(root), path).unwrap_or_else(|| path.to_owned());
        match whole.strip_prefix(root) {
            Some("") => Self::Inside(String::new()),
            Some(rest) if rest.starts_with('/') => Self::Inside(rest[1..].to_owned()),
            _ => Self::Outside(whole),
        }
    }

    /// The path as the user would type it.
    pub(super) fn shown(&self) -> &str {
        match self {
            Self::Inside(path) | Self::Outside(path) => path,
        }
    }

    /// The path in a container; `root` is the project's folder there. `None` if that is unknown.
    pub(super) fn in_container(&self, root: Option<&str>) -> Option<String> {
        match self {
            Self::Inside(path) => resolve(root, path),
            Self::Outside(path) => Some(path.clone()),
        }
    }

    /// Says whether the path is `folder` or below it. If the project's folder in the container is unknown, it is enough
    /// that some absolute `folder` ends with the beginning of the path.
    pub(super) fn is_below(&self, folder: &str, root: Option<&str>) -> bool {
        let folder = folder.trim_end_matches('/');
        match (self.in_container(root), self) {
            (Some(path), _) => is_below(&path, folder),
            (None, Self::Inside(path)) => ancestors(path).any(|beginning| {
                let above = folder.strip_suffix(beginning);
                !beginning.is_empty()
                    && above.is_some_and(|above| above.len() > 1 && above.ends_with('/'))
            }),
            (None, Self::Outside(_)) => false,
        }
    }
}

/// Says whether a path is a folder or below it.
pub(super) fn is_below(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// A path and the folders that contain it, the longest first.
pub(super) fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| {
        path.rsplit_once('/').map(|(folder, _)| folder)
    })
}

/// Says whether one path equals the other or contains it.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (one, other) = (one.trim_end_matches('/'), other.trim_end_matches('/'));
    is_below(one, other) || is_below(other, one)
}
