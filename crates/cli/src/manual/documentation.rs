//! Checks the commands in the documentation: all parse, also those that `tests/test_pages.py` does not run.

use clap::Parser;

use crate::arguments::{Arguments, parsable_arguments};

/// Shell lines of a page; of a console, those behind a prompt.
fn typed(page: &str) -> Vec<&str> {
    let mut language = None;
    let mut found = Vec::new();
    for line in page.lines().map(str::trim_start) {
        match (line.strip_prefix("```"), language) {
            (Some(named), None) => language = Some(named),
            (Some(_), Some(_)) => language = None,
            (None, Some("sh" | "bash" | "shell")) => found.push(line),
            (None, Some("console")) => found.extend(line.strip_prefix("$ ")),
            (None, _) => {}
        }
    }
    found
}

/// Commands of a page that call the program, without shell syntax.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in typed(page) {
        let line = line.split(" #").next().unwrap_or(line).trim();
        let mut is_quoted = false;
        for command in line.split(|letter| {
            is_quoted ^= letter == '\'';
            !is_quoted && matches!(letter, '|' | ';' | '$' | '(' | ')')
        }) {
            let command = command.trim().replace("kedro argo ", "argo-kedro ");
            if let Some(at) = command.find("argo-kedro ") {
                // Variables may come before the program.
                let is_first = command[..at]
                    .split_whitespace()
                    .all(|word| word.contains('='));
                if is_first {
                    found.push(command[at..].to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn each_command_of_the_documentation_can_be_typed() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut pages = vec![format!("{root}/README.md")];
    for entry in fs_err::read_dir(format!("{root}/docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "md") {
            pages.push(path.display().to_string());
        }
    }
    let mut seen = 0;
    for page in pages {
        for command in commands(&fs_err::read_to_string(&page).unwrap()) {
            // A substitution of the shell may have cut a quote off.
            let typed = shlex::split(&command).unwrap_or_else(|| {
                let words = command.split_whitespace();
                words
                    .map(|word| word.trim_matches('"').to_owned())
                    .collect()
            });
            let typed = typed.into_iter().map(Into::into);
            if let Err(error) = Arguments::try_parse_from(parsable_arguments(typed)) {
                let is_shown = !error.use_stderr();
                assert!(is_shown, "{page}: {command}: {error}");
            }
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen}");
}
