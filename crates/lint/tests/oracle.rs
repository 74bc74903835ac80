//! Recorded answers of Argo's own code to conditions: in the folder `../shared/oracle` beside the repository, or in the
//! folder that `ARGO_ORACLE` names. Without the folder, the test does nothing.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "it says what it did not test")]

use std::fs;
use std::path::{Path, PathBuf};

use diagnostic::yaml;
use lint::manifest::{ManifestFile, check};
use serde_json::{Value, json};

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle");
    let folder = std::env::var_os("ARGO_ORACLE").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not tested: there is no {}", folder.display());
    None
}

/// Says whether lint refuses a task with this condition.
fn is_refused(condition: &str) -> bool {
    let manifest = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "conditions"},
        "spec": {
            "entrypoint": "main",
            "templates": [
                {"name": "main", "steps": [[{"name": "a", "template": "work", "when": condition}]]},
                {"name": "work", "container": {"image": "busybox", "command": ["true"]}},
            ],
        },
    });
    let documents = yaml::parse("a.yaml", &manifest.to_string()).expect("JSON is YAML");
    let file = ManifestFile {
        path: "a.yaml".to_owned(),
        documents,
    };
    check(&[file]).iter().any(diagnostic::Diagnostic::is_error)
}

#[test]
fn a_condition_that_fails_in_argo_is_found_and_no_other() {
    let Some(folder) = folder() else { return };
    let text = fs::read_to_string(folder.join("conditions.jsonl")).expect("it is there");
    let mut wrong = Vec::new();
    for line in text.lines() {
        let case: Value = serde_json::from_str(line).expect("a line is JSON");
        let condition = case["when"].as_str().expect("a text");
        let fails = case["argo"].get("err").is_some();
        if is_refused(condition) != fails {
            wrong.push(line.to_owned());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
