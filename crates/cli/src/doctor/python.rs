//! The interpreter and its packages.

use std::path::Path;
use std::process::Stdio;

use project::Snapshot;
use serde::Deserialize;
use tokio::process::Command;

use super::check::Check;
use crate::install::install_command;
use crate::render::path::shown;

pub(super) const NAME: &str = "Python";
pub(super) const PACKAGES: &str = "storage packages";

/// The oldest Python that argo-kedro runs under (`requires-python` in `pyproject.toml`).
const OLDEST: (u32, u32) = (3, 10);
/// Asks for versions without importing packages, which may be broken.
const QUESTION: &str = "
import json, platform
from importlib import metadata

def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None

print(json.dumps({
    'python': platform.python_version(),
    'kedro': version('kedro'),
    'argo_kedro': version('argo-kedro'),
}))
";

/// The versions of an interpreter and of its packages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Versions {
    python: String,
    kedro: Option<String>,
    argo_kedro: Option<String>,
}

/// Asks an interpreter for its versions.
pub(super) async fn ask(interpreter: &Path) -> Result<Versions, String> {
    let asked = Command::new(interpreter)
        .args(["-c", QUESTION])
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await;
    let output = asked.map_err(|error| format!("cannot start {}: {error}", shown(interpreter)))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let answer = said.lines().last().unwrap_or_default();
    serde_json::from_str(answer).map_err(|_| {
        let errors = String::from_utf8_lossy(&output.stderr);
        let last = errors.lines().rfind(|line| !line.trim().is_empty());
        format!(
            "{} does not work: {}",
            shown(interpreter),
            last.unwrap_or("it printed nothing")
        )
    })
}

/// Says whether Kedro and argo-kedro are installed, in versions that fit.
pub(super) fn verdict(interpreter: &Path, found: &Versions, ours: &str) -> Check {
    let Versions {
        python,
        kedro,
        argo_kedro,
    } = found;
    let place = shown(interpreter);
    if number(python).is_some_and(|version| version < OLDEST) {
        let detail = format!("{place} is Python {python}; argo-kedro needs Python 3.10");
        return Check::failed(NAME, detail)
            .mend("activate an environment with a newer Python, or name it: --python FILE");
    }
    let Some(kedro) = kedro else {
        return Check::failed(NAME, format!("{place} does not have Kedro"))
            .mend("activate the project's environment, name its Python (--python FILE), or install Kedro")
            .command(install_command(interpreter, "'kedro>=1.0,<2'"));
    };
    if number(kedro).is_none_or(|(major, _)| major != 1) {
        let detail = format!("{place} has Kedro {kedro}; argo-kedro needs Kedro 1");
        return Check::failed(NAME, detail)
            .mend("install Kedro 1")
            .command(install_command(interpreter, "'kedro>=1.0,<2'"));
    }
    let Some(argo_kedro) = argo_kedro else {
        return Check::failed(NAME, format!("{place} does not have argo-kedro")).mend(
            "install argo-kedro into the project's environment, or name its Python: --python FILE",
        );
    };
    let detail = format!("{python}, Kedro {kedro}, argo-kedro {argo_kedro}");
    if *argo_kedro != of_python(ours) {
        let detail = format!(
            "{detail}, but this program is argo-kedro {}",
            of_python(ours)
        );
        return Check::warning(NAME, detail)
            .mend("use the program of the project's environment: `kedro argo …`, or install one version of both");
    }
    Check::ok(NAME, detail)
}

/// The packages that fsspec needs for the paths of a project.
pub(super) fn packages(snapshot: &Snapshot, interpreter: &Path) -> Check {
    let wanted = &snapshot.storage;
    if wanted.is_empty() {
        return Check::ok(PACKAGES, "none needed: no path of the project is remote");
    }
    let missing: Vec<String> = wanted
        .iter()
        .filter(|(_, library)| !library.installed)
        .map(|(protocol, library)| format!("{} (for {protocol}://)", library.package))
        .collect();
    let mut names: Vec<&str> = wanted
        .values()
        .filter(|library| missing.is_empty() || !library.installed)
        .map(|library| library.package.as_str())
        .collect();
    names.sort_unstable();
    names.dedup();
    if missing.is_empty() {
        return Check::ok(PACKAGES, names.join(", "));
    }
    Check::failed(PACKAGES, format!("not installed: {}", missing.join(", ")))
        .mend("install what is missing, and add it to the requirements of the image")
        .command(install_command(interpreter, &names.join(" ")))
}

/// Major and minor number of a version.
fn number(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.split('.');
    let digits = |part: Option<&str>| -> Option<u32> {
        let part = part?;
        let end = part.find(|letter: char| !letter.is_ascii_digit());
        part[..end.unwrap_or(part.len())].parse().ok()
    };
    Some((digits(parts.next())?, digits(parts.next()).unwrap_or(0)))
}

/// A version of Cargo's as Python writes it (PEP 440): `1.0.0-alpha.1` is `1.0.0a1`.
fn of_python(version: &str) -> String {
    let Some((release, pre)) = version.split_once('-') else {
        return version.to_owned();
    };
    let pre = pre
        .replace("alpha", "a")
        .replace("beta", "b")
        .replace('.', "");
    format!("{release}{pre}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::check::State;

    fn versions(python: &str, kedro: &str, argo_kedro: &str) -> Versions {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Versions {
            python: python.to_owned(),
            kedro: some(kedro),
            argo_kedro: some(argo_kedro),
        }
    }

    #[test]
    fn versions_that_do_not_fit_are_told_with_what_to_install() {
        for (found, state, words) in [
            (
                versions("3.12.1", "1.4.0", "1.0.0a1"),
                State::Ok,
                "Kedro 1.4.0",
            ),
            (
                versions("3.9.7", "1.0.0", "1.0.0a1"),
                State::Failed,
                "Python 3.10",
            ),
            (
                versions("3.12.1", "", ""),
                State::Failed,
                "does not have Kedro",
            ),
            (
                versions("3.12.1", "0.19.9", "1.0.0a1"),
                State::Failed,
                "Kedro 0.19.9",
            ),
            (
                versions("3.12.1", "2.0.0", "1.0.0a1"),
                State::Failed,
                "Kedro 2.0.0",
            ),
            (
                versions("3.12.1", "1.4.0rc1", ""),
                State::Failed,
                "argo-kedro",
            ),
            (
                versions("3.12.1", "1.4.0", "0.1.41"),
                State::Warning,
                "this program",
            ),
        ] {
            let check = verdict(Path::new("/venv/bin/python"), &found, "1.0.0-alpha.1");
            assert_eq!(check.state, state, "{check:?}");
            assert!(check.detail.contains(words), "{check:?}");
            assert_eq!(check.mend.is_none(), state == State::Ok, "{check:?}");
        }
    }

    #[test]
    fn versions_of_cargo_are_written_as_pythons() {
        for (cargo, python) in [
            ("1.0.0", "1.0.0"),
            ("1.0.0-alpha.1", "1.0.0a1"),
            ("1.2.0-beta.3", "1.2.0b3"),
            ("1.2.0-rc.1", "1.2.0rc1"),
        ] {
            assert_eq!(of_python(cargo), python);
        }
    }
}
