//! Projects whose build needs `.git`, because their version comes from Git.

use std::io;
use std::path::Path;

use serde::Deserialize;

/// Packages that take a version from Git, with normalized names.
const TOOLS: [&str; 11] = [
    "setuptools-scm",
    "vcs-versioning",
    "setuptools-git-versioning",
    "hatch-vcs",
    "uv-dynamic-versioning",
    "poetry-dynamic-versioning",
    "versioningit",
    "dunamai",
    "versioneer",
    "flit-scm",
    "pbr",
];
/// Tool that takes a version from Git without a further package, if `pyproject.toml` says so.
const PDM: &str = "pdm";
/// Files besides `pyproject.toml` that name the build tools of a project.
const SETUP_FILES: [&str; 2] = ["setup.cfg", "setup.py"];

/// Keys of `pyproject.toml` about versions. All tools read them in the same way.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
struct PyProject {
    build_system: BuildSystem,
    tool: toml::Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BuildSystem {
    requires: Vec<String>,
}

/// The tool that takes a project's version from Git, and the file that names it.
///
/// # Errors
///
/// A file that exists but cannot be read. Invalid TOML names no tool: the project's own build reports it.
pub fn version_from_git(project: &Path) -> io::Result<Option<(&'static str, &'static str)>> {
    const PYPROJECT: &str = "pyproject.toml";
    let text = text_of(&project.join(PYPROJECT))?;
    let read: PyProject = toml::from_str(&text).unwrap_or_default();
    let required = read.build_system.requires.iter();
    let mut named: Vec<String> = required.map(|word| package(word)).collect();
    named.extend(read.tool.keys().map(|key| package(key)));
    if let Some(tool) = TOOLS.iter().find(|tool| named.iter().any(|it| it == *tool)) {
        return Ok(Some((tool, PYPROJECT)));
    }
    let source = read.tool.get(PDM).and_then(|pdm| pdm.get("version"));
    let source = source.and_then(|version| version.get("source")?.as_str());
    if source == Some("scm") {
        return Ok(Some((PDM, PYPROJECT)));
    }
    for file in SETUP_FILES {
        let text = text_of(&project.join(file))?;
        let lines = text
            .lines()
            .filter(|line| !line.trim_start().starts_with(['#', ';']));
        let words: Vec<String> = lines
            .flat_map(|line| line.split(|letter: char| !is_of_name(letter)))
            .map(package)
            .collect();
        let is_named = |tool: &&&str| {
            let by_keyword =
                **tool == "setuptools-scm" && words.iter().any(|it| it == "use-scm-version");
            by_keyword || words.iter().any(|it| it == **tool)
        };
        if let Some(tool) = TOOLS.iter().find(is_named) {
            return Ok(Some((tool, file)));
        }
    }
    Ok(None)
}

/// The text of a file; empty if the file does not exist.
fn text_of(file: &Path) -> io::Result<String> {
    match fs_err::read(file) {
        Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

fn is_of_name(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.')
}

/// The normalized name of the package at the start of a requirement (PEP 503).
fn package(requirement: &str) -> String {
    let name = requirement.trim_start();
    let end = name
        .find(|letter| !is_of_name(letter))
        .unwrap_or(name.len());
    name[..end].to_ascii_lowercase().replace(['_', '.'], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_comes_from_git_where_a_tool_for_that_is_named() {
        let build =
            |package: &str| format!("[build-system]\nrequires = ['setuptools>=61', '{package}']\n");
        let project = |text: &str| format!("[project]\nname = 'shop'\n{text}");
        for (file, text, tool) in [
            (
                "pyproject.toml",
                build("setuptools_scm[toml]>=8"),
                Some("setuptools-scm"),
            ),
            ("pyproject.toml", build("Hatch.VCS"), Some("hatch-vcs")),
            (
                "pyproject.toml",
                build("versioningit~=3.0"),
                Some("versioningit"),
            ),
            (
                "pyproject.toml",
                project("[tool.setuptools_scm]\n"),
                Some("setuptools-scm"),
            ),
            (
                "pyproject.toml",
                project("[tool.uv-dynamic-versioning]\nvcs = 'git'\n"),
                Some("uv-dynamic-versioning"),
            ),
            (
                "pyproject.toml",
                project("[tool.poetry-dynamic-versioning]\nenable = true\n"),
                Some("poetry-dynamic-versioning"),
            ),
            (
                "pyproject.toml",
                project("[tool.pdm.version]\nsource = 'scm'\n"),
                Some("pdm"),
            ),
            (
                "pyproject.toml",
                project("[tool.pdm.version]\nsource = 'file'\n"),
                None,
            ),
            // A dependency of the project is not a build tool.
            (
                "pyproject.toml",
                project("dependencies = ['dunamai']\n"),
                None,
            ),
            (
                "pyproject.toml",
                build("setuptools-scm-git-archive-not"),
                None,
            ),
            ("pyproject.toml", "# setuptools-scm\n[".to_owned(), None),
            (
                "setup.cfg",
                "[options]\nsetup_requires =\n  setuptools_scm\n".to_owned(),
                Some("setuptools-scm"),
            ),
            ("setup.cfg", "# setuptools_scm\n".to_owned(), None),
            (
                "setup.py",
                "setup(use_scm_version=True)".to_owned(),
                Some("setuptools-scm"),
            ),
            ("other.toml", build("hatch-vcs"), None),
        ] {
            let folder = tempfile::tempdir().unwrap();
            fs_err::write(folder.path().join(file), &text).unwrap();
            let found = version_from_git(folder.path()).unwrap();
            assert_eq!(found, tool.map(|tool| (tool, file)), "{file}: {text}");
        }
    }
}
