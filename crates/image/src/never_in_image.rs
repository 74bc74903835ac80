//! Files that are never part of an image, whatever `.dockerignore` says: those that a run of the project and its tools
//! leave in its folder, and the configuration that only this program reads.
//!
//! They neither change the tag nor reach the builder, so that a run on this machine does not make another image. If a
//! `!` line of the ignore file or the Dockerfile names such a file, the project needs it, and its pattern is omitted.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::pattern::{Pattern, clean};

/// Names of files that tools leave in any folder.
const ANYWHERE: [&str; 26] = [
    "__pycache__",
    "*.pyc",
    "*.pyo",
    ".ipynb_checkpoints",
    ".pytest_cache",
    ".ruff_cache",
    ".mypy_cache",
    ".pytype",
    ".hypothesis",
    ".tox",
    ".nox",
    ".coverage",
    ".coverage.*",
    "*.egg-info",
    ".eggs",
    ".viz",
    ".venv",
    GIT,
    ".github",
    ".gitlab",
    ".gitlab-ci.yml",
    ".idea",
    ".vscode",
    ".DS_Store",
    ".*.swp",
    ".argo-kedro",
];
const GIT: &str = ".git";
/// Parts of Git's folder that do not depend on commits, tags or changed files.
const OF_GIT: [&str; 7] = [
    "logs",
    "hooks",
    "FETCH_HEAD",
    "ORIG_HEAD",
    "COMMIT_EDITMSG",
    "gc.log",
    "*.lock",
];
/// Folders in which tools run and leave files: the project's, and that of its notebooks.
const WHERE_TOOLS_RUN: [&str; 2] = ["", "notebooks"];
const BESIDE: [&str; 6] = [
    "mlruns",
    "mlflow.db",
    "htmlcov",
    "coverage.xml",
    "spark-warehouse",
    "metastore_db",
];
/// Log files, and rotated ones.
const LOGS: [&str; 2] = ["*.log", "*.log.[0-9]*"];
/// Folders of a project without data of its pipelines: a log below `data` may be an input of a pipeline.
const WITHOUT_DATA: [&str; 6] = ["src", "conf", "notebooks", "tests", "docs", "scripts"];
/// Folder of a project for logs.
const LOG_FOLDER: &str = "logs";
/// Files that mark a folder as a virtual environment, of Python or of Conda.
const ENVIRONMENTS: [&str; 2] = ["pyvenv.cfg", "conda-meta"];

/// The project of an image.
#[derive(Debug, Clone, Default)]
pub struct ProjectFolder {
    /// Folder of the project.
    pub root: PathBuf,
    /// This program's own folder.
    pub state: Option<PathBuf>,
    /// The files from which `argo.yml` was read, relative to the project: `conf/base/argo.yml`. A pod does not read
    /// them.
    pub argo_files: Vec<PathBuf>,
}

/// Patterns of the files that are never part of a project's image.
#[derive(Debug, Default)]
pub(crate) struct NeverInImage {
    /// Path from the build context to the project; none if the project is outside.
    project: Option<PathBuf>,
    /// Paths that the ignore file and the Dockerfile name.
    named: Vec<String>,
    /// Names that the ignore file and the Dockerfile give for any folder.
    named_anywhere: Vec<String>,
    /// Says whether the build of the project needs Git's folder.
    needs_git: bool,
}

impl NeverInImage {
    /// Collects the named files. `readmitted` are the ignore file's patterns after a `!`; `dockerfile` is the
    /// Dockerfile's text.
    pub(crate) fn new(
        project: &ProjectFolder,
        context: &Path,
        readmitted: &[&str],
        dockerfile: &str,
        needs_git: bool,
    ) -> Self {
        let mut named: Vec<String> = readmitted.iter().map(|text| (*text).to_owned()).collect();
        named.extend(copied(dockerfile));
        let anywhere = named.iter().filter_map(|text| text.strip_prefix("**/"));
        Self {
            project: below(&project.root, context),
            named_anywhere: anywhere.map(str::to_owned).collect(),
            named: named.iter().flat_map(|text| forms(text)).collect(),
            needs_git,
        }
    }

    /// The patterns, as lines of an ignore file.
    pub(crate) fn patterns(&self, project: &ProjectFolder, context: &Path) -> Vec<String> {
        let names = ANYWHERE
            .iter()
            .filter(|name| **name != GIT || !self.needs_git);
        let mut patterns: Vec<String> = names.map(|name| format!("**/{name}")).collect();
        if self.needs_git {
            patterns.extend(OF_GIT.map(|name| format!("**/{GIT}/{name}")));
        }
        if let Some(root) = self.project.as_deref().and_then(literal) {
            let inside = |path: &str| join(&root, path);
            for folder in WHERE_TOOLS_RUN {
                patterns.extend(BESIDE.map(|name| inside(&join(folder, name))));
            }
            for log in LOGS {
                patterns.push(inside(log));
                let folders = WITHOUT_DATA.iter();
                patterns.extend(folders.map(|folder| inside(&format!("{folder}/**/{log}"))));
            }
            let configuration: BTreeSet<String> = project
                .argo_files
                .iter()
                .filter_map(|file| of_every_environment(file))
                .collect();
            patterns.extend(configuration.iter().map(|file| inside(file)));
        }
        let state = project.state.as_deref();
        let state = state.and_then(|state| below(state, context));
        patterns.extend(state.as_deref().and_then(literal));
        patterns.retain(|pattern| !pattern.is_empty() && !self.is_named(pattern));
        patterns
    }

    /// The pattern for a folder whose content makes it one of these; `absolute` is its absolute path.
    pub(crate) fn pattern_of_folder(&self, path: &Path, absolute: &Path) -> Option<String> {
        let pattern = literal(path).filter(|pattern| !self.is_named(pattern))?;
        let is_environment = ENVIRONMENTS.iter().any(|mark| absolute.join(mark).exists());
        if is_environment {
            return Some(pattern);
        }
        let project = self.project.as_deref()?;
        if path != project.join(LOG_FOLDER) {
            return None;
        }
        // A file such as `.gitkeep` means that the project needs the folder itself.
        let is_kept = fs_err::read_dir(absolute)
            .ok()?
            .filter_map(Result::ok)
            .any(|entry| entry.file_name().to_string_lossy().starts_with('.'));
        Some(if is_kept {
            format!("{pattern}/[^.]*")
        } else {
            pattern
        })
    }

    fn is_named(&self, pattern: &str) -> bool {
        let last = pattern.rsplit('/').next().unwrap_or(pattern);
        is_one(pattern, &self.named) || is_one(last, &self.named_anywhere)
    }
}

/// Says whether a pattern matches one of the names.
fn is_one(pattern: &str, names: &[String]) -> bool {
    Pattern::new(&clean(pattern), false, 0).is_ok_and(|pattern| {
        let matches = |name: &String| pattern.matches(name).unwrap_or(false);
        names.iter().any(matches)
    })
}

/// The path relative to the build context. Also compares the real paths, because either may contain a link.
fn below(path: &Path, context: &Path) -> Option<PathBuf> {
    let real = |path: &Path| fs_err::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let below = |path: &Path, context: &Path| path.strip_prefix(context).ok().map(Path::to_owned);
    below(path, context).or_else(|| below(&real(path), &real(context)))
}

fn join(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// A pattern that matches only this path; none if no line of an ignore file can name it.
fn literal(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    if text.contains(['\n', '\r']) || text.trim() != text {
        return None;
    }
    let mut pattern = String::new();
    for (at, letter) in text.char_indices() {
        if "*?[]\\{}|^".contains(letter) || at == 0 && "!#".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    Some(pattern)
}

/// `conf/*/argo.yml` from `conf/base/argo.yml`, so that the image does not depend on the environment of its build.
fn of_every_environment(file: &Path) -> Option<String> {
    if file.is_absolute() {
        return None;
    }
    let file = literal(file)?;
    let mut parts: Vec<&str> = file.split('/').collect();
    // A deeper file such as `parameters/argo.yml` may be another part of the configuration.
    if parts.len() != 3 {
        return None;
    }
    parts[1] = "*";
    Some(parts.join("/"))
}

/// Paths that a Dockerfile copies from the build context.
fn copied(dockerfile: &str) -> Vec<String> {
    let mut sources = Vec::new();
    for line in dockerfile.replace("\\\n", " ").lines() {
        let line = line.trim();
        let (instruction, words) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let split = |text: &str| -> Vec<String> {
            text.split(|letter: char| letter.is_whitespace() || "[]\",'=".contains(letter))
                .filter(|word| !word.is_empty())
                .map(|word| clean(word).trim_start_matches('/').to_owned())
                .collect()
        };
        match instruction.to_ascii_uppercase().as_str() {
            "COPY" | "ADD" if !words.contains("--from=") => {
                let words: Vec<&str> = words
                    .split_whitespace()
                    .filter(|word| !word.starts_with("--"))
                    .collect();
                let mut words = split(&words.join(" "));
                // The last word is a path in the image.
                words.pop();
                sources.extend(words);
            }
            "RUN" => {
                let mounts = words
                    .split_whitespace()
                    .filter(|word| word.starts_with("--mount=") && !word.contains("from="));
                sources.extend(mounts.flat_map(split));
            }
            _ => {}
        }
    }
    sources
}

/// The forms of a named path or pattern: without leading and trailing stars, and the folders that contain it.
fn forms(text: &str) -> Vec<String> {
    let text = text.strip_suffix("/**").unwrap_or(text);
    let text = text.strip_suffix("/*").unwrap_or(text);
    let mut forms = Vec::new();
    for text in [text, text.strip_prefix("**/").unwrap_or(text)] {
        let ends = text.match_indices('/').map(|(at, _)| at);
        forms.extend(ends.map(|end| text[..end].to_owned()));
        forms.push(text.to_owned());
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dockerfile_copies_is_named() {
        let text = "FROM x\n# COPY a b\nCOPY --chown=1:1 .git/HEAD \\\n  conf /app/.venv/\nADD [\"./logs\", \"/logs\"]\n\
                    COPY --from=build /app/.venv /app/.venv\ncopy . .\n\
                    RUN --mount=type=bind,source=.git,target=/g pip install > build.log\n";
        let found = copied(text);
        for source in [".git/HEAD", "conf", "logs", ".", ".git"] {
            assert!(found.iter().any(|word| word == source), "{found:?}");
        }
        for other in ["a", "app/.venv", "build.log"] {
            assert!(!found.iter().any(|word| word == other), "{found:?}");
        }
    }

    #[test]
    fn a_literal_pattern_matches_the_path_alone() {
        for path in [
            "a b",
            "!x",
            "#x",
            "a*b?[c]",
            "x{1}|^",
            "back\\slash",
            "ü.venv",
        ] {
            let pattern = literal(Path::new(path)).unwrap();
            let pattern = Pattern::new(&clean(&pattern), false, 1).unwrap();
            assert_eq!(pattern.matches(path), Ok(true), "{path}");
            assert_eq!(pattern.matches("axb?c"), Ok(false), "{path}");
        }
        for path in ["x\ny", " x", "x "] {
            assert_eq!(literal(Path::new(path)), None, "{path:?}");
        }
    }
}
