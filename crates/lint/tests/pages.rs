//! Rules and their pages.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use lint::RULES;

#[test]
fn rules_are_sorted_and_named_once() {
    for pair in RULES.windows(2) {
        assert!(
            pair[0].code < pair[1].code,
            "{} and {}",
            pair[0].code,
            pair[1].code
        );
    }
    for rule in RULES {
        assert_eq!(
            lint::explain(rule.code).map(|found| found.code),
            Some(rule.code)
        );
    }
    assert!(lint::explain("no-such-rule").is_none());
}

#[test]
fn every_page_has_its_headings_in_order() {
    for rule in RULES {
        let headings: Vec<_> = rule
            .page
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        let title = format!("# {}", rule.code);
        let expected = [
            title.as_str(),
            "## What it does",
            "## Why is this bad?",
            "## Example",
            "## Use instead",
        ];
        let headings: Vec<_> = headings
            .into_iter()
            .filter(|line| line.starts_with("## ") || *line == title)
            .collect();
        assert_eq!(headings, expected, "{}", rule.code);
    }
}

#[test]
fn every_page_belongs_to_a_rule() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/rules");
    for entry in fs::read_dir(folder).expect("there are pages") {
        let path = entry.expect("a page is readable").path();
        let code = path
            .file_stem()
            .expect("a page has a name")
            .to_string_lossy()
            .into_owned();
        assert!(
            lint::explain(&code).is_some(),
            "{code} has a page and no rule"
        );
    }
}
