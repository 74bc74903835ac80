//! Look-up of programs. With the full path of a program, a process starts without a copy of this one's memory
//! (`posix_spawn`), and searches no other folder.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Paths of programs, by program name and search path.
#[derive(Debug, Default)]
pub(crate) struct Programs(HashMap<(OsString, OsString), PathBuf>);

impl Programs {
    /// Finds a program as the system does. None for a name that is a path already, or that no folder has.
    ///
    /// # Arguments
    ///
    /// * `path`: The variable `PATH`.
    pub(crate) fn find(&mut self, name: &OsStr, path: &OsStr) -> Option<PathBuf> {
        if name.is_empty() || name.as_encoded_bytes().contains(&b'/') {
            return None;
        }
        let key = (name.to_owned(), path.to_owned());
        if let Some(known) = self.0.get(&key).filter(|known| is_program(known)) {
            return Some(known.clone());
        }
        // An empty entry of `PATH` is the working folder of the process, which is unknown here.
        let mut folders = std::env::split_paths(path).take_while(|folder| folder.is_absolute());
        let found =
            folders.find_map(|folder| Some(folder.join(name)).filter(|file| is_program(file)))?;
        self.0.insert(key, found.clone());
        Some(found)
    }
}

fn is_program(file: &Path) -> bool {
    file.is_file() && access(file, Access::EXEC_OK).is_ok()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_first_file_that_can_be_run_counts() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["a/tool", "b", "c"] {
            fs_err::create_dir_all(at(folder)).unwrap();
        }
        for (file, mode) in [("b/tool", 0o644), ("c/tool", 0o755)] {
            fs_err::write(at(file), "").unwrap();
            fs_err::set_permissions(at(file), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = |folders: &[&str]| {
            std::env::join_paths(folders.iter().map(|folder| at(folder))).unwrap()
        };
        let mut programs = Programs::default();
        let mut find = |name: &str, path: &OsStr| programs.find(name.as_ref(), path);
        assert_eq!(find("tool", &path(&["a", "b", "c"])), Some(at("c/tool")));
        assert_eq!(find("tool", &path(&["a", "b"])), None);
        assert_eq!(find("./tool", &path(&["c"])), None);
        assert_eq!(find("", &path(&["c"])), None);
        let here = std::env::join_paths([Path::new("."), &at("c")]).unwrap();
        assert_eq!(find("tool", &here), None);
        fs_err::remove_file(at("c/tool")).unwrap();
        assert_eq!(find("tool", &path(&["a", "b", "c"])), None);
    }
}
