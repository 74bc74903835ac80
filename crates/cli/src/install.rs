//! The command that installs a package.

use std::path::Path;

use crate::render::path::shown;
use crate::render::shell_word::shell_word;

/// Writes the command that installs packages into an interpreter's environment. An environment
/// without pip, such as uv makes, gets uv's command.
pub(crate) fn install_command(interpreter: &Path, packages: &str) -> String {
    let python = shell_word(&shown(interpreter));
    if lacks_pip(interpreter) {
        format!("uv pip install --python {python} {packages}")
    } else {
        format!("{python} -m pip install {packages}")
    }
}

/// Says whether an interpreter is in a virtual environment without pip. Other interpreters count as having pip.
fn lacks_pip(interpreter: &Path) -> bool {
    let Some(environment) = interpreter.parent().and_then(Path::parent) else {
        return false;
    };
    let Ok(settings) = fs_err::read_to_string(environment.join("pyvenv.cfg")) else {
        return false;
    };
    let sees_others = settings.lines().any(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        key.trim() == "include-system-site-packages" && value.trim() == "true"
    });
    let Ok(versions) = fs_err::read_dir(environment.join("lib")) else {
        return false;
    };
    !sees_others
        && !versions
            .flatten()
            .any(|version| version.path().join("site-packages/pip").is_dir())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_without_pip_gets_the_command_of_uv() {
        let folder = tempfile::tempdir().unwrap();
        let python = folder.path().join("bin/python");
        let packages = folder.path().join("lib/python3.12/site-packages");
        fs_err::create_dir_all(&packages).unwrap();
        let shown = python.display();
        let pip = format!("{shown} -m pip install gcsfs");
        let uv = format!("uv pip install --python {shown} gcsfs");
        // An interpreter of the system, where pip may be anywhere.
        assert_eq!(install_command(&python, "gcsfs"), pip);
        let settings = folder.path().join("pyvenv.cfg");
        fs_err::write(&settings, "home = /usr/bin\n").unwrap();
        assert_eq!(install_command(&python, "gcsfs"), uv);
        fs_err::write(&settings, "include-system-site-packages = true\n").unwrap();
        assert_eq!(install_command(&python, "gcsfs"), pip);
        fs_err::write(&settings, "include-system-site-packages = false\n").unwrap();
        fs_err::create_dir(packages.join("pip")).unwrap();
        assert_eq!(install_command(&python, "gcsfs"), pip);
    }
}
