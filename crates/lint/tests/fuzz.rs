//! Lint accepts any manifest: it returns findings or none, and never panics.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a long trial says how far it is")]

#[path = "../../argo/tests/fuzz/trial/mod.rs"]
mod trial;

use std::fs;
use std::path::Path;
use std::thread;

use lint::manifest::{ManifestFile, check};
use trial::{read_made, read_texts};

/// Stack of the program's main thread in bytes. A test has less, and an unoptimized frame is larger.
const STACK: usize = 8 << 20;

/// Runs a trial with the stack of the program.
fn as_in_the_program(trial: impl FnOnce() + Send) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let running = thread
            .spawn_scoped(scope, trial)
            .expect("a thread can start");
        if let Err(panic) = running.join() {
            std::panic::resume_unwind(panic);
        }
    });
}

fn lint(text: &str) {
    if let Ok(documents) = diagnostic::yaml::parse("any", text) {
        let found = check(&[ManifestFile {
            path: "any".to_owned(),
            documents,
        }]);
        for one in found {
            assert!(!one.message.is_empty() && lint::explain(&one.code).is_some());
        }
    }
}

fn texts() -> Vec<String> {
    let head =
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {generateName: a-}\nspec:";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("there are cases")
        .map(|entry| entry.expect("a case is readable").path())
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| fs::read_to_string(path).expect("a case is text"))
        .map(|text| {
            text.replace("\n===\n", "\n---\n")
                .replace(
                    "%main",
                    &format!("{head}\n  entrypoint: main\n  templates:"),
                )
                .replace("%spec", head)
        })
        .collect()
}

#[test]
fn manifests_like_those_of_the_cases() {
    let texts = texts();
    let seeds: Vec<&str> = texts.iter().map(String::as_str).collect();
    as_in_the_program(|| read_texts("manifests", &seeds, lint));
}

#[test]
fn values_of_every_kind_in_any_place() {
    let values = [
        "null",
        "1",
        "1.5",
        "true",
        "text",
        "[1, [a]]",
        "{a: {b: [c]}}",
        "\"{{x.y}}\"",
        "-1",
        "9999999999999999999",
        "\"\"",
        "{}",
        "[]",
    ];
    let texts = texts();
    let make = |random: &mut trial::Random| {
        let text = random.one(&texts);
        let places: Vec<usize> = text
            .match_indices(": ")
            .map(|(place, _)| place + 2)
            .collect();
        let mut text = text.clone();
        if places.is_empty() {
            return text;
        }
        let place = *random.one(&places);
        let end = text[place..]
            .find('\n')
            .map_or(text.len(), |end| place + end);
        text.replace_range(place..end, random.one::<&str>(&values));
        text
    };
    as_in_the_program(|| read_made("values", make, lint));
}
