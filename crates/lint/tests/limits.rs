//! Workflows too large for a file: the limits of the cluster, and lint's own.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::fmt::Write as _;

use lint::manifest::{ManifestFile, check};

fn codes(text: &str) -> Vec<String> {
    let documents = diagnostic::yaml::parse("large", text).expect("a case is YAML");
    let file = ManifestFile {
        path: "large".to_owned(),
        documents,
    };
    check(&[file])
        .into_iter()
        .map(|diagnostic| diagnostic.code.into_owned())
        .collect()
}

fn workflow(kind: &str, spec: &str) -> String {
    format!(
        "apiVersion: argoproj.io/v1alpha1\nkind: {kind}\nmetadata: {{name: a}}\nspec:\n  entrypoint: main\n{spec}"
    )
}

/// A DAG of `count` tasks; each depends on the task `behind` places before it.
fn tasks(count: usize, behind: usize, indent: &str) -> String {
    let mut text = String::new();
    for number in 0..count {
        let after = number
            .checked_sub(behind)
            .map_or(String::new(), |before| format!("t{before}"));
        writeln!(
            text,
            "{indent}- {{name: t{number}, template: say, dependencies: [{after}]}}"
        )
        .expect("a string takes everything");
    }
    text
}

const SAY: &str = "  - {name: say, container: {image: a}}\n";

fn dag(count: usize, behind: usize) -> String {
    let tasks = tasks(count, behind, "      ");
    workflow(
        "Workflow",
        &format!("  templates:\n{SAY}  - name: main\n    dag:\n      tasks:\n{tasks}"),
    )
}

fn inline(count: usize, behind: usize) -> String {
    let tasks = tasks(count, behind, "            ");
    let steps =
        "    steps:\n    - - name: all\n        inline:\n          dag:\n            tasks:\n";
    workflow(
        "Workflow",
        &format!("  templates:\n{SAY}  - name: main\n{steps}{tasks}"),
    )
}

#[test]
fn two_hundred_tasks_and_no_more() {
    assert!(codes(&dag(200, 1)).is_empty());
    assert_eq!(codes(&dag(201, 1)), ["too-many-tasks"]);
    assert!(codes(&inline(1_000, 1)).is_empty());
}

#[test]
fn many_tasks_and_long_chains() {
    assert_eq!(codes(&inline(2_001, 100)), ["many-tasks"]);
    assert_eq!(codes(&inline(1_001, 1)), ["deep-dependency-chain"]);
    // Nothing recurses over the chain, so it can have any length.
    assert_eq!(
        codes(&inline(10_000, 1)),
        ["deep-dependency-chain", "many-tasks"]
    );
}

#[test]
fn a_circle_of_many_tasks_is_one_finding() {
    let text = inline(5_000, 1).replacen("dependencies: []", "dependencies: [t4999]", 1);
    assert_eq!(codes(&text), ["many-tasks", "dependency-cycle"]);
}

#[test]
fn two_hundred_templates_and_no_more() {
    let templates = |count: usize| {
        let mut text = String::from("  templates:\n  - name: main\n    steps:\n");
        for number in 1..count {
            writeln!(text, "    - [{{name: s{number}, template: t{number}}}]").expect("a string");
        }
        for number in 1..count {
            writeln!(text, "  - {{name: t{number}, suspend: {{}}}}").expect("a string");
        }
        workflow("Workflow", &text)
    };
    assert!(codes(&templates(200)).is_empty());
    assert_eq!(codes(&templates(201)), ["too-many-templates"]);
}

#[test]
fn five_hundred_parameters_and_a_hundred_metrics() {
    let parameters: Vec<_> = (0..501)
        .map(|number| format!("{{name: p{number}, value: a}}"))
        .collect();
    let parameters = parameters.join(", ");
    let inputs = format!("    inputs: {{parameters: [{parameters}]}}\n");
    let container = "    container: {image: \"{{inputs.parameters}}\"}\n";
    let text = workflow(
        "Workflow",
        &format!("  templates:\n  - name: main\n{inputs}{container}"),
    );
    assert_eq!(codes(&text), ["too-many-parameters"]);

    let metrics: Vec<_> = (0..101)
        .map(|number| format!("{{name: m{number}, help: a, counter: {{value: \"1\"}}}}"))
        .collect();
    let metrics = metrics.join(", ");
    let metrics = format!("    metrics: {{prometheus: [{metrics}]}}\n");
    let text = workflow(
        "Workflow",
        &format!("  templates:\n  - name: main\n{metrics}    container: {{image: a}}\n"),
    );
    assert_eq!(codes(&text), ["too-many-metrics"]);
}

#[test]
fn sizes() {
    let template = |kind: &str, bytes: usize| {
        let text = "x".repeat(bytes);
        workflow(
            kind,
            &format!("  templates:\n  - {{name: main, script: {{image: a, source: {text}}}}}\n"),
        )
    };
    assert!(codes(&template("Workflow", 500_000)).is_empty());
    assert_eq!(
        codes(&template("Workflow", 1_100_000)),
        ["workflow-too-large"]
    );
    assert_eq!(
        codes(&template("WorkflowTemplate", 500_000)),
        ["workflow-template-too-large"]
    );
    assert_eq!(
        codes(&template("WorkflowTemplate", 1_100_000)),
        ["workflow-too-large"]
    );
}
