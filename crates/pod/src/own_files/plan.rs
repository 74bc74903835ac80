//! Plan of the mounts of a pod, as a file that the pod reads when it starts.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Subcommand of this program that starts in place of a pod's command.
pub const SUBCOMMAND: &str = "enter-pod";
/// Exit code of a pod whose command cannot start, as in Argo's `emissary`.
pub const NOT_STARTED: u8 = 64;

/// Name of the plan in the folder of the room.
pub(super) const PLAN: &str = "plan";
/// Name of the file in the room with the reason why the command did not start.
pub(super) const WHY_NOT: &str = "not-started";

/// Mounts of a pod, in order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) mounts: Vec<Mount>,
    /// Folder that becomes `/`, if any. `mounts` come before that.
    pub(super) root: Option<PathBuf>,
    /// Mounts inside of the new root, after all others.
    pub(super) last: Vec<Mount>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) from: PathBuf,
    pub(super) to: PathBuf,
    pub(super) read_only: bool,
}

impl Plan {
    /// Encodes the plan as fields that each end with a NUL, which no path contains.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut field = |bytes_of_field: &[u8]| {
            bytes.extend_from_slice(bytes_of_field);
            bytes.push(0);
        };
        field(
            self.root
                .as_deref()
                .unwrap_or(Path::new(""))
                .as_os_str()
                .as_bytes(),
        );
        for (kind, mounts) in [("", &self.mounts), ("last", &self.last)] {
            for mount in mounts {
                field(kind.as_bytes());
                field(if mount.read_only { b"ro" } else { b"" });
                field(mount.from.as_os_str().as_bytes());
                field(mount.to.as_os_str().as_bytes());
            }
        }
        bytes
    }

    /// Decodes a plan.
    ///
    /// # Errors
    ///
    /// The bytes are no plan.
    pub(super) fn from_bytes(bytes: &[u8]) -> io::Result<Self> {
        let broken = || {
            io::Error::new(
                io::ErrorKind::InvalidData,
                "the plan of the pod's room is broken",
            )
        };
        let bytes = bytes.strip_suffix(&[0]).ok_or_else(broken)?;
        let mut fields = bytes.split(|byte| *byte == 0);
        let path = |bytes: &[u8]| PathBuf::from(std::ffi::OsString::from_vec(bytes.to_vec()));
        let root = fields.next().ok_or_else(broken)?;
        let mut plan = Self {
            root: (!root.is_empty()).then(|| path(root)),
            ..Self::default()
        };
        while let Some(kind) = fields.next() {
            let mut next = || fields.next().ok_or_else(broken);
            let mount = Mount {
                read_only: !next()?.is_empty(),
                from: path(next()?),
                to: path(next()?),
            };
            if kind.is_empty() {
                plan.mounts.push(mount);
            } else {
                plan.last.push(mount);
            }
        }
        Ok(plan)
    }
}

/// Appends an absolute path to a folder.
pub(super) fn below(folder: &Path, path: &Path) -> PathBuf {
    match path.strip_prefix("/") {
        Ok(rest) if rest.as_os_str().is_empty() => folder.to_owned(),
        Ok(rest) => folder.join(rest),
        Err(_) => folder.join(path),
    }
}

/// Argument for the working folder, which may be empty.
pub(super) fn word(folder: Option<&Path>) -> &OsStr {
    folder.map_or(OsStr::new(""), Path::as_os_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let mount = |from: &str, read_only| Mount {
            from: from.into(),
            to: PathBuf::from(OsStr::from_bytes(b"/a\n\xff")),
            read_only,
        };
        for plan in [
            Plan::default(),
            Plan {
                mounts: vec![mount("/x", true), mount("/y", false)],
                root: Some("/r".into()),
                last: vec![mount("/z", true)],
            },
        ] {
            assert_eq!(Plan::from_bytes(&plan.to_bytes()).unwrap(), plan);
        }
        for broken in ["", "x", "\0\0\0", "\0\0\0x\0"] {
            assert!(Plan::from_bytes(broken.as_bytes()).is_err(), "{broken:?}");
        }
    }
}
