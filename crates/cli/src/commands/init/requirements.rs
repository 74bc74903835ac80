//! Adds the package of a store to the requirements that the project's image installs.

use std::ops::Range;
use std::path::Path;

use lint::pod::installs_package;
use project::proposal::{Edit, Note};
use serde::Deserialize;
use toml::Spanned;

use crate::error::CommandError;

const PYPROJECT: &str = "pyproject.toml";

/// Adds a missing package: gives the new text, and what is left to the user.
pub(super) fn add(
    project: &Path,
    package: &str,
) -> Result<(Option<Edit>, Option<Note>), CommandError> {
    let has = |file: &str| project.join(file).is_file();
    let lock = ["uv.lock", "poetry.lock"]
        .into_iter()
        .find(|lock| has(lock));
    let lists = ["requirements.txt", "src/requirements.txt"];
    if lock.is_none()
        && let Some(list) = lists.into_iter().find(|list| has(list))
    {
        return to_list(project, list, package);
    }
    let text = read(project, PYPROJECT)?;
    let found: PyProject = toml::from_str(&text).map_err(|error| {
        CommandError::new(format!(
            "{PYPROJECT} is not valid TOML: {}",
            error.message()
        ))
    })?;
    let dependencies = found.project.and_then(|project| project.dependencies);
    let Some(dependencies) = dependencies else {
        let of_lists = found.tool.setuptools.dynamic.dependencies.files();
        if let Some(list) = of_lists.iter().find(|list| has(list)) {
            return to_list(project, list, package);
        }
        let known = found.tool.poetry.dependencies;
        if known.keys().any(|name| installs_package(name, package)) {
            return Ok((None, None));
        }
        let how = if lock == Some("poetry.lock") || !known.is_empty() {
            format!("run: poetry add {package}")
        } else {
            "add it to the packages that the image installs".to_owned()
        };
        return Ok((None, Some(left(package, PYPROJECT, &how))));
    };
    let known = dependencies.get_ref();
    if known
        .iter()
        .any(|line| installs_package(line.get_ref(), package))
    {
        return Ok((None, None));
    }
    let spans: Vec<Range<usize>> = known.iter().map(Spanned::span).collect();
    let edit = Edit {
        path: PYPROJECT.to_owned(),
        after: with_item(&text, dependencies.span(), &spans, package),
        before: Some(text),
    };
    let note = lock.map(|lock| {
        let tool = lock.trim_end_matches(".lock");
        left(package, lock, &format!("run: {tool} lock"))
    });
    Ok((Some(edit), note))
}

/// The sections of `pyproject.toml` that list the packages to install.
#[derive(Deserialize)]
struct PyProject {
    project: Option<Project>,
    #[serde(default)]
    tool: Tool,
}

#[derive(Deserialize)]
struct Project {
    dependencies: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tool {
    poetry: Poetry,
    setuptools: Setuptools,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Poetry {
    dependencies: toml::Table,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Setuptools {
    dynamic: Dynamic,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Dynamic {
    dependencies: Files,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Files {
    file: Option<toml::Value>,
}

impl Files {
    fn files(&self) -> Vec<String> {
        match &self.file {
            Some(toml::Value::String(file)) => vec![file.clone()],
            Some(toml::Value::Array(files)) => files
                .iter()
                .filter_map(|file| Some(file.as_str()?.to_owned()))
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn left(package: &str, file: &str, how: &str) -> Note {
    Note {
        text: format!("the image needs the package `{package}`: {how}"),
        is_left: true,
        file: Some(file.to_owned()),
        line: None,
        paste: None,
    }
}

fn read(project: &Path, file: &str) -> Result<String, CommandError> {
    let bytes = fs_err::read(project.join(file))?;
    String::from_utf8(bytes)
        .map_err(|_| CommandError::new(format!("{file}: it is not UTF-8: convert the file")))
}

/// Adds the package to a file for pip, which has one requirement per line.
fn to_list(
    project: &Path,
    file: &str,
    package: &str,
) -> Result<(Option<Edit>, Option<Note>), CommandError> {
    let text = read(project, file)?;
    let mut files = vec![(file.to_owned(), text.clone())];
    let mut next = 0;
    while let Some((name, lines)) = files.get(next).cloned() {
        next += 1;
        for line in requirements(&lines) {
            if installs_package(line, package) {
                return Ok((None, None));
            }
            let other = ["--requirement", "-r"]
                .iter()
                .find_map(|word| line.strip_prefix(word))
                .map(|rest| rest.trim_start_matches('=').trim());
            let Some(other) = other else { continue };
            let folder = Path::new(&name).parent().unwrap_or(Path::new(""));
            let other = folder.join(other).to_string_lossy().into_owned();
            let is_new = !files.iter().any(|(known, _)| *known == other);
            // pip itself reports a missing file.
            if is_new && project.join(&other).is_file() {
                let lines = read(project, &other)?;
                files.push((other, lines));
            }
        }
    }
    let is_made = text.contains("autogenerated by ") || text.contains("--hash=");
    if is_made {
        let how = "the file is made by a tool: add the package to its source, and make it again";
        return Ok((None, Some(left(package, file, how))));
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let before = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        newline
    };
    let edit = Edit {
        path: file.to_owned(),
        after: format!("{text}{before}{package}{newline}"),
        before: Some(text),
    };
    Ok((Some(edit), None))
}

/// The lines of a file for pip, without comments.
fn requirements(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.find(" #").map_or(line, |at| &line[..at]).trim())
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The text with one more item in an array of strings.
fn with_item(text: &str, array: Range<usize>, items: &[Range<usize>], item: &str) -> String {
    let close = array.end - 1;
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let Some(last) = items.last() else {
        let (before, after) = text.split_at(close);
        return format!("{before}\"{item}\"{after}");
    };
    let comma = comma_in(&text[last.end..close]).map(|at| last.end + at + 1);
    let line_of = |at: usize| text[..at].rfind('\n').map_or(0, |at| at + 1);
    let line = line_of(close);
    let is_alone = text[line..close].trim().is_empty() && line > array.start;
    if !is_alone {
        let at = comma.unwrap_or(last.end);
        let separator = if comma.is_some() { " " } else { ", " };
        let (before, after) = text.split_at(at);
        return format!("{before}{separator}\"{item}\"{after}");
    }
    let indent = &text[line_of(last.start)..last.start];
    let indent = if indent.trim().is_empty() {
        indent.to_owned()
    } else {
        format!("{}    ", &text[line..close])
    };
    let comma = if comma.is_some() { "" } else { "," };
    format!(
        "{}{comma}{}{indent}\"{item}\",{newline}{}",
        &text[..last.end],
        &text[last.end..line],
        &text[line..]
    )
}

/// Finds a comma that is no part of a comment.
fn comma_in(text: &str) -> Option<usize> {
    let mut is_comment = false;
    for (at, letter) in text.char_indices() {
        match letter {
            '\n' => is_comment = false,
            '#' => is_comment = true,
            ',' if !is_comment => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(files: &[(&str, &str)]) -> String {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        match add(folder.path(), "s3fs").unwrap() {
            (None, None) => "nothing".to_owned(),
            (None, Some(note)) => format!("{}: {}", note.file.unwrap(), note.text),
            (Some(edit), note) => {
                let note = note.map_or_else(String::new, |note| format!("\n{}", note.text));
                assert_eq!(
                    edit.before.as_deref(),
                    files
                        .iter()
                        .find(|(name, _)| *name == edit.path)
                        .map(|(_, text)| *text)
                );
                format!("{}: {}{note}", edit.path, edit.after)
            }
        }
    }

    #[test]
    fn a_list_gets_a_line_unless_something_brings_the_package() {
        for (text, expected) in [
            ("kedro\n", "kedro\ns3fs\n"),
            ("kedro", "kedro\ns3fs\n"),
            ("kedro\r\n", "kedro\r\ns3fs\r\n"),
            ("", "s3fs\n"),
            ("kedro # s3fs\n", "kedro # s3fs\ns3fs\n"),
            ("# s3fs\n", "# s3fs\ns3fs\n"),
            ("s3fs-supplement\n", "s3fs-supplement\ns3fs\n"),
        ] {
            assert_eq!(
                added(&[("requirements.txt", text), (PYPROJECT, "")]),
                format!("requirements.txt: {expected}"),
                "{text}"
            );
        }
        for text in [
            "s3fs\n",
            "S3FS>=2024 # x\n",
            "fsspec[s3]\n",
            "-r more.txt\n",
        ] {
            let files = [
                ("requirements.txt", text),
                ("more.txt", "s3fs\n"),
                (PYPROJECT, ""),
            ];
            assert_eq!(added(&files), "nothing", "{text}");
        }
    }

    #[test]
    fn an_array_gets_an_item_and_all_else_stays() {
        for (array, expected) in [
            ("[]", r#"["s3fs"]"#),
            (r#"["kedro"]"#, r#"["kedro", "s3fs"]"#),
            (r#"["kedro",]"#, r#"["kedro", "s3fs"]"#),
            (
                "[\n    'kedro' # a, b\n]",
                "[\n    'kedro', # a, b\n    \"s3fs\",\n]",
            ),
            (
                "[\n  \"kedro[a]\",\n  # end\n]",
                "[\n  \"kedro[a]\",\n  # end\n  \"s3fs\",\n]",
            ),
            (
                "[\r\n\t\"kedro\",\r\n]",
                "[\r\n\t\"kedro\",\r\n\t\"s3fs\",\r\n]",
            ),
            ("[\"kedro\",\n \"x\"]", "[\"kedro\",\n \"x\", \"s3fs\"]"),
        ] {
            let around = |array: &str| {
                format!("[project]\nname = 'x' # a\ndependencies = {array} # b\n[tool.x]\ny=1")
            };
            assert_eq!(
                added(&[(PYPROJECT, &around(array))]),
                format!("{PYPROJECT}: {}", around(expected)),
                "{array}"
            );
        }
        let there = "[project]\ndependencies = ['s3fs[boto3]>=1']\n";
        assert_eq!(added(&[(PYPROJECT, there)]), "nothing");
    }

    #[test]
    fn the_file_that_the_project_uses_is_changed() {
        let project = "[project]\ndependencies = []\n";
        let changed = |files: &[(&str, &str)]| added(files);
        assert_eq!(
            changed(&[
                ("uv.lock", ""),
                ("requirements.txt", ""),
                (PYPROJECT, project)
            ]),
            "pyproject.toml: [project]\ndependencies = [\"s3fs\"]\n\n\
             the image needs the package `s3fs`: run: uv lock"
        );
        let dynamic = "[project]\ndynamic = ['dependencies']\n[tool.setuptools.dynamic]\n\
                       dependencies = {file = ['needs/all.txt']}\n";
        assert_eq!(
            changed(&[("needs/all.txt", "kedro\n"), (PYPROJECT, dynamic)]),
            "needs/all.txt: kedro\ns3fs\n"
        );
        assert_eq!(
            changed(&[
                ("poetry.lock", ""),
                (PYPROJECT, "[tool.poetry.dependencies]\nkedro = '1'\n")
            ]),
            "pyproject.toml: the image needs the package `s3fs`: run: poetry add s3fs"
        );
        assert_eq!(
            changed(&[(PYPROJECT, "[tool.poetry.dependencies]\ns3fs = '*'\n")]),
            "nothing"
        );
        assert_eq!(
            changed(&[(
                "requirements.txt",
                "# autogenerated by pip-compile\nkedro==1\n"
            )]),
            "requirements.txt: the image needs the package `s3fs`: the file is made by a tool: add the package to its \
             source, and make it again"
        );
    }
}
