//! Whatever a file holds, lint ends and does not panic.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::Path;

use lint::manifest::{ManifestFile, check};

/// Numbers that look random and are the same every time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit.max(1) as u64).unwrap_or(0)
    }
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

/// The end of at most six characters from here.
fn next(text: &str, from: usize) -> usize {
    text[from..]
        .char_indices()
        .nth(6)
        .map_or(text.len(), |(index, _)| from + index)
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

const PIECES: &[&str] = &[
    "null",
    "[]",
    "{}",
    "-1",
    "9999999999999999999",
    "\"\"",
    "{{",
    "}}",
    "{{=",
    "\"{{item}}\"",
    ": ",
    "- ",
    "\n",
    " ",
    "ä",
    "'",
    "&& ||",
    "()",
    "yes",
    "1.5",
    "..",
    "a.b.c",
    "{{tasks.a.outputs.result}}",
    "~",
];

#[test]
fn changed_manifests() {
    let texts = texts();
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..1_500 {
        let mut text = texts[round % texts.len()].clone();
        for _ in 0..=numbers.below(3) {
            let places: Vec<usize> = text.char_indices().map(|(index, _)| index).collect();
            let Some(from) = places.get(numbers.below(places.len())).copied() else {
                break;
            };
            let to = places
                .get(numbers.below(places.len()))
                .copied()
                .unwrap_or(from);
            let piece = PIECES[numbers.below(PIECES.len())];
            match numbers.below(3) {
                0 => text.insert_str(from, piece),
                1 => text.replace_range(
                    from.min(to)..from.max(to).min(next(&text, from.min(to))),
                    "",
                ),
                _ => {
                    let end = text[from..]
                        .find(['\n', ',', '}', ']'])
                        .map_or(text.len(), |end| from + end);
                    text.replace_range(from..end, piece);
                }
            }
        }
        lint(&text);
    }
}

#[test]
fn values_of_every_kind_in_every_place() {
    let values = [
        "null",
        "1",
        "1.5",
        "true",
        "text",
        "[1, [a]]",
        "{a: {b: [c]}}",
        "\"{{x.y}}\"",
    ];
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for text in texts() {
        for (index, _) in text.match_indices(": ") {
            let line = text[index..]
                .find('\n')
                .map_or(text.len(), |end| index + end);
            let mut changed = text.clone();
            changed.replace_range(index + 2..line, values[numbers.below(values.len())]);
            lint(&changed);
        }
    }
}
