//! Settings of a task from the selectors of `argo.yml`, and which selectors win.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use diagnostic::Diagnostic;
use plan::{Plan, plan};
use project::Snapshot;
use project::config::{ArgoConfig, ConfigFile, check};
use serde_json::{Value, json};

fn config(text: &str) -> ArgoConfig {
    let documents = diagnostic::yaml::parse("argo.yml", text).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text: text.to_owned(),
    }];
    check(&documents[0].to_json(), &files).unwrap()
}

fn snapshot(nodes: &Value) -> Snapshot {
    serde_json::from_value(json!({
        "project": {"name": "p", "package": "p", "path": "/p"},
        "environment": "base", "pipelines": ["__default__"],
        "registered": ["__default__", "training"],
        "nodes": nodes, "datasets": {}, "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
    }))
    .unwrap()
}

fn planned(nodes: &Value, text: &str) -> Result<Plan, Vec<Diagnostic>> {
    plan(&snapshot(nodes), &config(text))
}

/// One node that every kind of selector can match.
fn node() -> Value {
    json!([{
        "name": "training.fit_model", "namespace": "training", "inputs": [], "outputs": [],
        "tags": ["gpu"], "pipelines": ["training"],
        "group": {"name": "fit"},
    }])
}

fn won(nodes: &Value, text: &str, setting: &str) -> String {
    let plan = planned(nodes, text).unwrap();
    let settings = plan.settings_of(&plan.tasks[0]).unwrap();
    let mut found = settings.set_by.iter();
    let found = found.find(|set| set.setting == setting).unwrap();
    found.selector.clone()
}

#[test]
fn the_most_specific_selector_wins_whatever_the_order_in_the_file() {
    let order = [
        "'*'",
        "pipeline:training",
        "namespace:training",
        "tag:gpu",
        "group:fit",
        "'*fit*'",
        "'training.*'",
        "training.fit_model",
    ];
    for (index, wins) in order.iter().enumerate().skip(1) {
        for reversed in [false, true] {
            let mut lines: Vec<String> = order[..=index]
                .iter()
                .map(|selector| format!("  {selector}: {{priority_class: x}}\n"))
                .collect();
            if reversed {
                lines.reverse();
            }
            let text = format!("nodes:\n{}", lines.concat());
            assert_eq!(
                won(&node(), &text, "priority_class"),
                wins.trim_matches('\'')
            );
        }
    }
}

#[test]
fn of_two_alike_the_later_one_wins_and_named_things_win_one_by_one() {
    let text = "nodes:
  '*model': {labels: {a: one, b: one}, environment: [{name: A, value: one}]}
  'train*': {labels: {b: two}, environment: [{name: B, value: two}]}
";
    let plan = planned(&node(), text).unwrap();
    let settings = plan.settings_of(&plan.tasks[0]).unwrap();
    insta::assert_json_snapshot!(settings);
}

#[test]
fn a_machine_is_named_by_a_name_then_by_code_then_by_other_selectors() {
    let machines = "machine_types: {small: {mem: 1, cpu: 1}, large: {mem: 8, cpu: 4}}\n";
    let nodes = json!([
        {"name": "a", "inputs": [], "outputs": [], "tags": ["t"], "machine_type": "small"},
        {"name": "b", "inputs": [], "outputs": [], "tags": ["t"]},
        {"name": "c", "inputs": [], "outputs": []},
    ]);
    let shown = |text: &str| -> Vec<String> {
        let plan = planned(&nodes, &format!("{machines}{text}")).unwrap();
        let tasks = plan.tasks.iter().map(|task| {
            let machine = &task.machine;
            format!(
                "{} {} {}: {}",
                machine.machine_type,
                machine.cpu,
                machine.memory,
                machine.rule_words()
            )
        });
        tasks.collect()
    };
    assert_eq!(
        shown("nodes: {tag:t: {machine_type: large}}"),
        [
            "small 1 1Gi: from the node",
            "large 4 8Gi: tag:t",
            "default 1 2Gi: default"
        ]
    );
    assert_eq!(
        shown("nodes: {tag:t: {machine_type: large}, a: {machine_type: large, mem: 3}}"),
        [
            "large 4 3Gi: a",
            "large 4 8Gi: tag:t",
            "default 1 2Gi: default"
        ]
    );
    assert_eq!(
        shown("nodes: {'*': {cpu: 2}}"),
        [
            "small 2 1Gi: from the node",
            "default 2 2Gi: default",
            "default 2 2Gi: default"
        ]
    );
}

fn fused() -> Value {
    json!([
        {"name": "a", "inputs": [], "outputs": ["x"], "tags": ["t"], "group": {"name": "g"}},
        {"name": "b", "inputs": ["x"], "outputs": [], "tags": ["u"], "group": {"name": "g"}},
    ])
}

#[test]
fn a_group_has_what_its_nodes_have_and_the_most_of_their_machines() {
    let text = "nodes:
  '*': {timeout: 5, priority_class: low}
  a: {timeout: 10, mem: 3}
  b: {service_account: s, mem: 4, cpu: 2}
";
    let plan = planned(&fused(), text).unwrap();
    let task = &plan.tasks[0];
    let values = &plan.settings_of(task).unwrap().values;
    assert_eq!(values.timeout.as_ref().unwrap().as_str(), "10s");
    assert_eq!(values.service_account.as_deref(), Some("s"));
    assert_eq!(values.priority_class.as_deref(), Some("low"));
    assert_eq!(task.machine.memory.to_string(), "4Gi");
    assert_eq!(task.machine.cpu.to_string(), "2");
}

#[test]
fn two_values_for_one_group_are_refused_unless_the_group_has_its_own() {
    let text = "nodes:\n  tag:t: {timeout: 5}\n  b: {timeout: 10}\n";
    let findings = planned(&fused(), text).unwrap_err();
    let place = findings[0].place.span.unwrap();
    assert_eq!((place.line, place.column), (3, 7));
    assert_eq!(
        findings[0].message,
        "group `g` has two values for `timeout`: the selector `tag:t` sets it for node `a`, and `b` sets it for node `b`"
    );
    assert_eq!(
        findings[0].help.as_deref(),
        Some("set it for the whole group: `group:g`")
    );
    let text = format!("{text}  group:g: {{timeout: 7}}\n");
    let findings = planned(&fused(), &text);
    assert_eq!(
        findings.unwrap().settings[0]
            .values
            .timeout
            .as_ref()
            .unwrap()
            .as_str(),
        "7s"
    );
}

#[test]
fn tasks_with_the_same_selectors_share_their_settings() {
    let nodes: Vec<Value> = (0..50)
        .map(|index| json!({"name": format!("n{index}"), "inputs": [], "outputs": [], "tags": [format!("t{}", index % 2)]}))
        .collect();
    let text = "nodes:\n  tag:t0: {timeout: 5}\n  nobody: {timeout: 1}\npatches: {templates: {tag:no: {}}}\n";
    let plan = planned(&json!(nodes), text).unwrap();
    assert_eq!(plan.settings.len(), 1);
    assert_eq!(plan.tasks[0].settings, Some(0));
    assert_eq!(plan.tasks[1].settings, None);
    assert_eq!(
        plan.unmatched,
        [
            vec!["patches", "templates", "tag:no"],
            vec!["nodes", "nobody"]
        ]
    );
}
