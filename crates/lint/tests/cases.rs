//! Each rule with the smallest manifest that it reports, and the smallest one that it does not.
//!
//! `cases/CODE.txt` holds both, separated by a line `===`. In the first, `#! COLUMN CODE` at the end of a line names a
//! finding on that line; there may be no other. In the second, there may be no finding at all. A few lines stand for
//! text that most cases share, see `expand`.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use lint::RULES;
use lint::manifest::{ManifestFile, check};

/// Codes whose cases are too large for a file, see `limits.rs`.
const LARGE: &[&str] = &[
    "deep-dependency-chain",
    "many-tasks",
    "too-many-metrics",
    "too-many-parameters",
    "too-many-tasks",
    "too-many-templates",
    "workflow-template-too-large",
    "workflow-too-large",
];

fn expand(text: &str) -> String {
    let head =
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:";
    let mut lines = Vec::new();
    for line in text.lines() {
        let (bare, marks) = line.split_once(" #! ").unwrap_or((line, ""));
        let mut expanded = match bare {
            "%spec" => head.to_owned(),
            "%main" => format!("{head}\n  entrypoint: main\n  templates:"),
            "%say" => "  - {name: say, container: {image: a}}".to_owned(),
            "%make" => "  - {name: make, script: {image: a, source: b}}".to_owned(),
            "%use" => {
                "  - {name: use, inputs: {parameters: [{name: x}]}, container: {image: \"{{inputs.parameters.x}}\"}}"
                    .to_owned()
            }
            _ => bare.to_owned(),
        };
        if !marks.is_empty() {
            expanded = format!("{expanded} #! {marks}");
        }
        lines.push(expanded);
    }
    lines.join("\n") + "\n"
}

fn found(text: &str) -> Vec<(usize, usize, String, String)> {
    let documents = diagnostic::yaml::parse("case", text).expect("a case is YAML");
    let file = ManifestFile {
        path: "case".to_owned(),
        documents,
    };
    check(&[file])
        .into_iter()
        .map(|diagnostic| {
            let span = diagnostic.place.span.expect("a finding has a span");
            (
                span.line,
                span.column,
                diagnostic.code.into_owned(),
                diagnostic.message,
            )
        })
        .collect()
}

fn expected(text: &str) -> Vec<(usize, usize, String)> {
    let mut expected = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let Some((_, marks)) = line.split_once(" #! ") else {
            continue;
        };
        for mark in marks.split(", ") {
            let (column, code) = mark.split_once(' ').expect("a mark is a column and a code");
            expected.push((
                number + 1,
                column.parse().expect("a column is a number"),
                code.to_owned(),
            ));
        }
    }
    expected
}

fn cases() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut cases: Vec<_> = fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| entry.expect("a case is readable").path())
        .map(|path| {
            let name = path
                .file_stem()
                .expect("a case has a name")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(path).expect("a case is text"))
        })
        .collect();
    cases.sort();
    cases
}

#[test]
fn bad_manifests_are_found_fault_with_and_good_ones_are_not() {
    let mut failures = Vec::new();
    for (name, text) in cases() {
        let (bad, good) = text.split_once("\n===\n").expect("a case has two parts");
        let bad = expand(bad);
        let found_bad = found(&bad);
        let places: Vec<_> = found_bad
            .iter()
            .map(|one| (one.0, one.1, one.2.clone()))
            .collect();
        let expected = expected(&bad);
        if places != expected {
            failures.push(format!(
                "{name}: expected {expected:?}, found {found_bad:#?}"
            ));
        }
        if !expected.iter().any(|(_, _, code)| *code == name) {
            failures.push(format!("{name}: the case does not expect its own code"));
        }
        let found_good = found(&expand(good));
        if !found_good.is_empty() {
            failures.push(format!(
                "{name}: nothing expected in the good part, found {found_good:#?}"
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_code_found_is_a_rule() {
    for (name, text) in cases() {
        for part in text.split("\n===\n") {
            for (_, _, code, _) in found(&expand(part)) {
                assert!(lint::explain(&code).is_some(), "{name}: {code}");
            }
        }
        assert!(lint::explain(&name).is_some(), "{name}: no such rule");
    }
    for code in LARGE {
        assert!(lint::explain(code).is_some(), "{code}: no such rule");
    }
}

#[test]
fn messages_are_one_sentence_without_a_full_stop() {
    for (name, text) in cases() {
        for part in text.split("\n===\n") {
            for (_, _, _, message) in found(&expand(part)) {
                assert!(
                    !message.ends_with('.') && !message.contains('\n'),
                    "{name}: {message}"
                );
            }
        }
    }
    assert!(RULES.iter().all(|rule| !rule.summary.ends_with('.')));
}
