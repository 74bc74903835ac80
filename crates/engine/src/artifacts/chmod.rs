//! The field `mode` of an artifact (`chmod` in `workflow/executor/executor.go`).

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::walk::{EntryKind, walk};

/// Permissions that the owner of a folder keeps: a pod's user is mostly root, who enters every folder.
const OWNER: u32 = 0o700;

/// Sets the permissions of a file or folder, and of everything in it if `recurse`.
pub(super) fn chmod(path: &Path, mode: i64, recurse: bool) -> io::Result<()> {
    let mode = u32::try_from(mode & 0o777).unwrap_or_default();
    let mut set = |entry: &super::walk::Entry| {
        let mode = match entry.kind {
            EntryKind::File => mode,
            EntryKind::Folder => mode | OWNER,
            // Links and special files keep their mode; the walk visits a link's target separately.
            EntryKind::Link(_) | EntryKind::Special(_) => return Ok(()),
        };
        std::fs::set_permissions(&entry.path, Permissions::from_mode(mode))
    };
    if recurse {
        return walk(path, &mut set);
    }
    let mode = if std::fs::symlink_metadata(path)?.is_dir() {
        mode | OWNER
    } else {
        mode
    };
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}
