//! Paths for users.

use std::path::Path;

/// Writes a path as short as it can be from the current folder.
pub(crate) fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    here.and_then(|here| path.strip_prefix(&here).ok().map(Path::to_owned))
        .unwrap_or_else(|| path.to_owned())
        .display()
        .to_string()
}
