//! The table of fields in `docs/engine.md` agrees with the code for each field of Argo.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fmt::Write as _;
use std::path::Path;

use engine::fields::{Part, Support, support};

const BEGIN: &str = "<!-- fields: made by crates/engine/tests/fields.rs -->\n";
const END: &str = "<!-- end of fields -->";

/// Argo's fields: those of the named types in `fields.txt`.
fn fields(types: &[&str]) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lint/src/manifest/fields.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let mut found = Vec::new();
    let mut is_meant = false;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.strip_prefix(' ') {
            None => is_meant = types.contains(&line),
            Some(field) if is_meant => {
                let name = field.trim().split(' ').next().unwrap();
                found.push(name.trim_end_matches('!').to_owned());
            }
            Some(_) => {}
        }
    }
    found.sort();
    found.dedup();
    assert!(!found.is_empty(), "{types:?}");
    found
}

fn table() -> String {
    let mut table =
        "| of | runs here | has no effect here | a run with it does not begin |\n| --- | --- | --- | --- |\n"
            .to_owned();
    for (title, part, types) in [
        ("`spec`", Part::Workflow, &["WorkflowSpec"][..]),
        ("a template", Part::Template, &["Template"]),
        (
            "a container or script",
            Part::Container,
            &[
                "Container",
                "UserContainer",
                "ScriptTemplate",
                "ContainerNode",
            ],
        ),
        ("`valueFrom`", Part::Value, &["ValueFrom"]),
        ("a volume", Part::Volume, &["Volume"]),
    ] {
        let fields = fields(types);
        let list = |wanted: Support| {
            let those = fields.iter().filter(|field| support(part, field) == wanted);
            let names: Vec<String> = those.map(|field| format!("`{field}`")).collect();
            names.join(", ")
        };
        let [runs, none, refused] = [Support::Runs, Support::NoEffect, Support::Refused].map(list);
        writeln!(table, "| {title} | {runs} | {none} | {refused} |").unwrap();
    }
    table
}

#[test]
fn the_page_has_every_field() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/engine.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let begin = page.find(BEGIN).unwrap() + BEGIN.len();
    let end = page.find(END).unwrap();
    let expected = table();
    if std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always") {
        let updated = format!("{}{expected}{}", &page[..begin], &page[end..]);
        std::fs::write(path, updated).unwrap();
    } else {
        assert_eq!(&page[begin..end], expected);
    }
}
