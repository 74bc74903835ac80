use std::path::{Path, PathBuf};

use crate::Error;

/// Finds the Python with the project's packages.
///
/// In this order: the one that the user named, the one that ran `kedro argo` (`from_kedro`), the active virtual
/// environment's, the project's `.venv` if argo-kedro is in it, the one beside this program (a wheel installs both into
/// one environment), the project's `.venv` in any case, and the first `python3` on the search path.
///
/// The project's own comes before the program's: `uv tool install` and pipx put the program into an environment without
/// the project's packages.
pub fn find_interpreter(
    named: Option<&Path>,
    from_kedro: Option<&Path>,
    virtual_environment: Option<&Path>,
    program: Option<&Path>,
    project: &Path,
    search_path: Option<&std::ffi::OsStr>,
) -> Result<PathBuf, Error> {
    if let Some(named) = named {
        return if named.is_file() {
            Ok(named.to_owned())
        } else if named.components().count() == 1 {
            on_path(&named.to_string_lossy(), search_path)
                .ok_or_else(|| Error::NoSuchInterpreter(named.to_owned()))
        } else {
            Err(Error::NoSuchInterpreter(named.to_owned()))
        };
    }
    let own = project.join(".venv");
    let places = [
        from_kedro.map(Path::to_owned),
        virtual_environment.map(|folder| folder.join("bin/python")),
        Some(own.join("bin/python")).filter(|_| has_plugin(&own)),
        program
            .and_then(Path::parent)
            .map(|folder| folder.join("python")),
        Some(own.join("bin/python")),
    ];
    places
        .into_iter()
        .flatten()
        .find(|path| path.is_file())
        .or_else(|| on_path("python3", search_path))
        .or_else(|| on_path("python", search_path))
        .ok_or(Error::NoInterpreter)
}

/// Says whether argo-kedro is installed in a virtual environment; `false` if its folders cannot be read: then its
/// Python would not work either.
fn has_plugin(environment: &Path) -> bool {
    let names = |folder: PathBuf| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name())
    };
    names(environment.join("lib")).any(|python| {
        let packages = environment.join("lib").join(python).join("site-packages");
        names(packages).any(|name| name.to_string_lossy().starts_with("argo_kedro"))
    })
}

fn on_path(name: &str, search_path: Option<&std::ffi::OsStr>) -> Option<PathBuf> {
    std::env::split_paths(search_path?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &Path) -> PathBuf {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, "").unwrap();
        path.to_owned()
    }

    #[test]
    fn the_order_is_named_kedro_environment_project_beside_path() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        let kedro = file(&root.join("kedro/python"));
        let environment = file(&root.join("venv/bin/python"));
        let beside = file(&root.join("tools/python"));
        let own = file(&root.join("project/.venv/bin/python"));
        let path = file(&root.join("bin/python3"));
        let find = |named: Option<&Path>, kedro, environment, program| {
            find_interpreter(
                named,
                kedro,
                environment,
                program,
                &root.join("project"),
                Some(root.join("bin").as_os_str()),
            )
            .unwrap()
        };
        let venv = root.join("venv");
        let program = root.join("tools/argo-kedro");
        let elsewhere = root.join("elsewhere/argo-kedro");
        assert_eq!(find(Some(&own), Some(&kedro), None, None), own);
        assert_eq!(find(Some(Path::new("python3")), None, None, None), path);
        assert_eq!(find(None, Some(&kedro), Some(&venv), None), kedro);
        assert_eq!(find(None, None, Some(&venv), Some(&program)), environment);
        // A `.venv` without argo-kedro belongs to another tool.
        assert_eq!(find(None, None, None, Some(&program)), beside);
        let packages = root.join("project/.venv/lib/python3.12/site-packages");
        file(&packages.join("argo_kedro/__init__.py"));
        assert_eq!(find(None, None, None, Some(&program)), own);
        fs_err::remove_file(&own).unwrap();
        assert_eq!(find(None, None, None, Some(&program)), beside);
        assert_eq!(find(None, None, None, Some(&elsewhere)), path);
    }

    #[test]
    fn a_named_interpreter_has_to_exist() {
        let missing = Path::new("/nowhere/python");
        let found = find_interpreter(Some(missing), None, None, None, Path::new("/"), None);
        assert!(matches!(found, Err(Error::NoSuchInterpreter(path)) if path == missing));
    }
}
