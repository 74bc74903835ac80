//! Settings of nodes, and patches: faults are reported at their place in `argo.yml`.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use diagnostic::{Diagnostic, Severity};
use lint::Target;
use project::Snapshot;
use project::config::{ConfigFile, check};
use project::snapshot::{MlflowStore, MlflowUse};
use serde_json::json;

fn findings(text: &str) -> Vec<Diagnostic> {
    let documents = diagnostic::yaml::parse("argo.yml", text).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text: text.to_owned(),
    }];
    let config = check(&documents[0].to_json(), &files).unwrap();
    let snapshot = snapshot();
    let plan = plan::plan(&snapshot, &config).unwrap();
    let mut found = lint::project::check(&snapshot, &config, &plan, Target::Cluster);
    found.retain(|finding| finding.code != "image-not-configured");
    found
}

fn snapshot() -> Snapshot {
    serde_json::from_value(json!({
        "project": {"name": "p", "package": "p", "path": "/p"},
        "environment": "base", "pipelines": ["__default__"],
        "registered": ["__default__", "training"],
        "nodes": [
            {"name": "fit_model", "inputs": [], "outputs": [], "tags": ["gpu"]},
            {"name": "score", "inputs": [], "outputs": [], "group": {"name": "report"}},
        ],
        "other_nodes": [
            {"name": "tell", "namespace": "out", "tags": ["slow", "group.mail"], "pipelines": ["mails"]},
        ],
        "datasets": {}, "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
    }))
    .unwrap()
}

/// All findings, each as `line:column code: message; help`.
fn shown(text: &str) -> String {
    let lines = findings(text).into_iter().map(|finding| {
        let span = finding.place.span.unwrap();
        let help = finding.help.map(|help| format!("; {help}"));
        format!(
            "{}:{} {}: {}{}\n",
            span.line,
            span.column,
            finding.code,
            finding.message,
            help.unwrap_or_default()
        )
    });
    lines.collect()
}

#[test]
fn a_selector_that_picks_nothing_is_named_with_what_was_meant() {
    insta::assert_snapshot!(shown(
        "\
nodes:
  fit_modl: {timeout: 1}
  gpu: {timeout: 2}
  tag:gpus: {timeout: 3}
  group:reports: {timeout: 4}
  pipeline:trainin: {timeout: 5}
  zzz*: {timeout: 6}
  fit*: {timeout: 7}
patches: {templates: {tag:training: {}, template:x: {}}}
"
    ));
}

#[test]
fn a_selector_that_picks_a_node_of_another_pipeline_is_no_typo() {
    let selectors = [
        "tell",
        "te*",
        "tag:slow",
        "namespace:out",
        "pipeline:mails",
        "group:mail",
    ];
    let lines = selectors.map(|selector| format!("  {selector}: {{timeout: 1}}\n"));
    let text = format!("grouping: tag\nnodes:\n{}", lines.concat());
    assert_eq!(shown(&text), "");
    assert!(shown("nodes: {tel: {timeout: 1}}").ends_with("; did you mean `tell`?\n"));
}

#[test]
fn schedules_are_checked_where_they_stand() {
    insta::assert_snapshot!(shown(
        "\
schedules:
  one: {cron: '0 3 * * * ', timezone: Europe/Berlni}
  several:
    cron:
      - '@daily'
      - '61 3 * * *'
  fine: {cron: '@every 5m', timezone: Europe/Berlin}
"
    ));
}

#[test]
fn structures_of_kubernetes_and_argo_are_checked_where_they_stand() {
    insta::assert_snapshot!(shown(
        "\
synchronization: {mutex: {name: a}}
metrics: [{name: a, help: b, counter: {valu: '1'}}]
nodes:
  '*':
    affinity: {nodeAffinty: {}}
    security_context: {runAsUser: '1000'}
    container_security_context: {privileged: yes please}
    volumes:
      - {name: a, mount_path: /a, empty_dir: {medium: Memory, size: 8Gi}}
      - {name: b, mount_path: /b, persistent_volume_claim: {}}
      - {name: c, mount_path: /c, source: {nsf: {}}}
patches:
  workflow: {templates: [{name: a, $patch: delete}], paralelism: 1}
  pods: {containers: [{name: main, imag: x}]}
  templates: {fit_model: {container: {env: [{name: A, value: 1}]}}}
"
    ));
}

#[test]
fn mlflow_without_a_server_records_nothing_on_this_machine() {
    let found = |text: &str, is_joined: bool, has_address: bool| {
        let argo = diagnostic::yaml::parse("argo.yml", text).unwrap()[0].to_json();
        let files = [ConfigFile {
            path: "argo.yml".to_owned(),
            text: text.to_owned(),
        }];
        let config = check(&argo, &files).unwrap();
        let mut snapshot = snapshot();
        snapshot.argo = Some(argo);
        snapshot.mlflow = Some(MlflowUse {
            is_joined,
            store: MlflowStore::None,
            has_address,
        });
        let plan = plan::plan(&snapshot, &config).unwrap();
        let found = lint::project::check(&snapshot, &config, &plan, Target::Local);
        let mut found = found.iter().map(|finding| &*finding.code);
        found.any(|code| code == "mlflow-without-server")
    };
    let asks = "mlflow: {run_name: nightly}\n";
    assert!(found(asks, false, false));
    assert!(!found(asks, false, true));
    // MLflow records beside the project without a server.
    assert!(!found(asks, true, false));
    assert!(!found("runner: {}\n", false, false));
    let named = "template: {environment: [{name: MLFLOW_TRACKING_URI, value: a}]}\n";
    assert!(!found(&format!("{asks}{named}"), false, false));
}

#[test]
fn mlflow_that_this_machine_does_not_have_is_a_warning_for_a_run_on_it() {
    let found = |text: &str, has_mlflow: Option<bool>, target: Target| {
        let documents = diagnostic::yaml::parse("argo.yml", text).unwrap();
        let argo = documents[0].to_json();
        let files = [ConfigFile {
            path: "argo.yml".to_owned(),
            text: text.to_owned(),
        }];
        let config = check(&argo, &files).unwrap();
        let mut snapshot = snapshot();
        snapshot.argo = Some(argo);
        snapshot.has_mlflow = has_mlflow;
        let plan = plan::plan(&snapshot, &config).unwrap();
        let mut found = lint::project::check(&snapshot, &config, &plan, target);
        found.retain(|finding| finding.code == "missing-mlflow");
        found
    };
    let asks = "runner: {}\nmlflow: {enabled: true}\n";
    let here = found(asks, Some(false), Target::Local);
    assert_eq!(here.len(), 1);
    assert_eq!(here[0].severity, Severity::Warning);
    assert_eq!(here[0].place.span.unwrap().line, 2);
    assert_eq!(found(asks, Some(true), Target::Local), []);
    // The pods have an environment of their own.
    assert_eq!(found(asks, Some(false), Target::Cluster), []);
    for asks_not in ["mlflow: {enabled: false}\n", "mlflow: {}\n"] {
        assert_eq!(found(asks_not, Some(false), Target::Local), []);
    }
}

#[test]
fn memory_that_a_retry_cannot_raise_is_named_where_its_limit_stands() {
    insta::assert_snapshot!(shown(
        "\
machine_types:
  default: {mem: 8, cpu: 1}
nodes:
  \"*\": {retry: {memory: {max: 8}}}
  tag:gpu: {mem: 2, retry: {memory: {max: 4}}}
"
    ));
}

#[test]
fn a_limit_that_some_tasks_reach_and_others_do_not_is_a_limit() {
    let text = "\
machine_types:
  default: {mem: 8, cpu: 1}
nodes:
  \"*\": {retry: {memory: {max: 16}}}
  tag:gpu: {mem: 16}
";
    assert_eq!(shown(text), "");
}
