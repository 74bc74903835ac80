use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;

#[derive(Deserialize)]
struct PyProject {
    tool: Option<Tool>,
}

#[derive(Deserialize)]
struct Tool {
    kedro: Option<toml::Table>,
}

/// Finds the Kedro project of a folder: the nearest `pyproject.toml` with a `[tool.kedro]` table, in the folder or
/// above it, as Kedro itself does (`kedro.utils.find_kedro_project`).
///
/// # Errors
///
/// No folder is a project; a `pyproject.toml` is no TOML; or one cannot be read and no folder above it is a project.
pub fn find_project(from: &Path) -> Result<PathBuf, Error> {
    let mut unreadable = None;
    for folder in from.ancestors() {
        let file = folder.join("pyproject.toml");
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(source) => {
                let is_there = file.is_file();
                if is_there && unreadable.is_none() {
                    unreadable = Some(Error::UnreadablePyProject { file, source });
                }
                continue;
            }
        };
        match toml::from_str::<PyProject>(&text) {
            Ok(found) if found.tool.as_ref().is_some_and(|tool| tool.kedro.is_some()) => {
                return Ok(folder.to_owned());
            }
            Ok(_) => {}
            Err(source) => {
                return Err(Error::BrokenPyProject {
                    file,
                    source: Box::new(source),
                });
            }
        }
    }
    Err(unreadable.unwrap_or_else(|| Error::NotAProject(from.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_project_upwards_is_found() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("src/package");
        fs_err::create_dir_all(&inner).unwrap();
        assert!(matches!(
            find_project(&inner),
            Err(Error::NotAProject(path)) if path == inner
        ));
        fs_err::write(root.path().join("pyproject.toml"), "[tool.kedro]\nx = 1\n").unwrap();
        fs_err::write(root.path().join("src/pyproject.toml"), "[project]\n").unwrap();
        assert_eq!(find_project(&inner).unwrap(), root.path());
    }

    #[test]
    fn a_pyproject_that_cannot_be_read_is_named() {
        let root = tempfile::tempdir().unwrap();
        let inner = root.path().join("inner");
        fs_err::create_dir(&inner).unwrap();
        // Use invalid UTF-8: a test that runs as root can read every file.
        fs_err::write(inner.join("pyproject.toml"), b"[tool.kedro]\n# \xff\n").unwrap();
        assert!(matches!(
            find_project(&inner),
            Err(Error::UnreadablePyProject { file, .. }) if file.starts_with(&inner)
        ));
        // Kedro also continues upwards.
        fs_err::write(root.path().join("pyproject.toml"), "[tool.kedro]\n").unwrap();
        assert_eq!(find_project(&inner).unwrap(), root.path());
    }

    #[test]
    fn a_broken_pyproject_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs_err::write(root.path().join("pyproject.toml"), "[tool.kedro\n").unwrap();
        assert!(matches!(
            find_project(root.path()),
            Err(Error::BrokenPyProject { .. })
        ));
    }
}
