//! Folders below `/tmp` that a command needs although `/tmp` belongs to the pod alone.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

/// Variables that name folders of installed programs, or of the user.
const FOLDERS: [&str; 8] = [
    "CONDA_PREFIX",
    "HOME",
    "LD_LIBRARY_PATH",
    "PATH",
    "PYTHONHOME",
    "PYTHONPATH",
    "UV_PROJECT_ENVIRONMENT",
    "VIRTUAL_ENV",
];

/// Folders below `/tmp` without which a command cannot start: those of its program and of its variables. A pod sees
/// other folders anyway.
pub fn needed<'a>(
    program: Option<&OsStr>,
    variables: impl IntoIterator<Item = (&'a OsStr, &'a OsStr)>,
) -> Vec<PathBuf> {
    let named = variables
        .into_iter()
        .filter(|(name, _)| FOLDERS.iter().any(|folder| name == folder));
    let named = named.flat_map(|(_, value)| std::env::split_paths(value).collect::<Vec<_>>());
    let program = program
        .map(Path::new)
        .and_then(Path::parent)
        .map(Path::to_owned);
    let mut found = BTreeSet::new();
    for folder in named.chain(program) {
        // An installation has its programs in `bin`, and other files beside that.
        let whole = match folder.parent() {
            Some(parent) if folder.ends_with("bin") && parent != Path::new("/tmp") => {
                parent.to_owned()
            }
            _ => folder,
        };
        if whole.starts_with("/tmp") && whole != Path::new("/tmp") && whole.exists() {
            found.insert(whole);
        }
    }
    found.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_below_tmp_is_needed_and_nothing_else() {
        let root = tempfile::tempdir_in("/tmp").unwrap();
        let environment = root.path().join("environment");
        let bin = environment.join("bin");
        fs_err::create_dir_all(&bin).unwrap();
        let path = std::env::join_paths([
            &bin,
            Path::new("/usr/bin"),
            &root.path().join("nothing"),
            Path::new("/tmp"),
        ]);
        let path = path.unwrap();
        let home = root.path().as_os_str();
        let variables = |name: &'static str, value| [(OsStr::new(name), value)];
        assert_eq!(
            needed(None, variables("PATH", path.as_os_str())),
            std::slice::from_ref(&environment)
        );
        assert_eq!(needed(None, variables("HOME", home)), [root.path()]);
        assert_eq!(
            needed(None, variables("OTHER", home)),
            [""; 0].map(PathBuf::from)
        );
        let python = bin.join("python");
        assert_eq!(needed(Some(python.as_os_str()), []), [environment]);
        assert_eq!(
            needed(Some(OsStr::new("sh")), []),
            [""; 0].map(PathBuf::from)
        );
    }
}
