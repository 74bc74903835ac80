//! Fields that the API server refuses, led back to what the user wrote: the line of
//! `argo.yml`, the Kedro nodes.

use std::collections::BTreeMap;

use cluster::{ClusterError, Refusal};
use diagnostic::{Diagnostic, Subject};
use marks::TaskOutline;
use project::config::ArgoConfig;
use serde_json::Value;

use crate::error::CommandError;
use crate::record::manifest::outline_of_spec;
use crate::spine::origin::{child, origin, steps};

const CODE: &str = "refused-by-cluster";
/// Nodes that are named one by one.
const NAMED: usize = 3;

/// The error for what a cluster said about a manifest made with `config`.
pub(crate) fn explain(error: ClusterError, manifest: &Value, config: &ArgoConfig) -> CommandError {
    match error {
        ClusterError::Invalid(refusals) if refusals.iter().any(|one| !one.field.is_empty()) => {
            let findings = refusals
                .iter()
                .map(|refusal| finding(refusal, manifest, config))
                .collect();
            CommandError::findings(findings)
        }
        other => other.into(),
    }
}

fn finding(refusal: &Refusal, manifest: &Value, config: &ArgoConfig) -> Diagnostic {
    let steps = steps(&refusal.field);
    let message = match refusal.field.as_str() {
        "" => format!("the cluster rejects the manifest: {}", refusal.message),
        field => format!("the cluster rejects `{field}`: {}", refusal.message),
    };
    let nodes = nodes_at(&steps, manifest);
    let mut place = origin(&steps, manifest, config).unwrap_or_default();
    place.subject = match nodes.as_slice() {
        [] => None,
        [node] => Some(Subject::Node(node.clone())),
        _ => place.subject,
    };
    Diagnostic::error(CODE, message)
        .at(place)
        .maybe_help(match nodes.as_slice() {
            [] | [_] => None,
            many if many.len() <= NAMED => {
                Some(format!("this field is for the nodes {}", listed(many)))
            }
            many => Some(format!(
                "this field is for the nodes {} and {} more",
                listed(&many[..NAMED]),
                many.len() - NAMED
            )),
        })
}

fn listed(nodes: &[String]) -> String {
    let quoted: Vec<String> = nodes.iter().map(|node| format!("`{node}`")).collect();
    quoted.join(", ")
}

/// The Kedro nodes that a field is for: those of the task it belongs to, or of all tasks of
/// its template.
fn nodes_at(steps: &[String], manifest: &Value) -> Vec<String> {
    let nodes: BTreeMap<String, Vec<String>> = outline_of_spec(spec_of(manifest))
        .into_iter()
        .map(|TaskOutline { name, nodes, .. }| (name, nodes))
        .collect();
    let mut tasks = Vec::new();
    tasks_in(manifest, &mut tasks);
    let mut value = manifest;
    let mut owner: Option<&str> = None;
    for step in steps {
        let Some(next) = child(value, step) else {
            break;
        };
        value = next;
        owner = value["name"]
            .as_str()
            .filter(|name| {
                tasks
                    .iter()
                    .any(|(task, template)| task == name || template == name)
            })
            .or(owner);
    }
    let Some(owner) = owner else {
        return Vec::new();
    };
    let of_owner = |pick: fn(&(String, String)) -> &String| -> Vec<String> {
        tasks
            .iter()
            .filter(|entry| pick(entry) == owner)
            .flat_map(|(task, _)| nodes.get(task).into_iter().flatten().cloned())
            .collect()
    };
    let by_task = of_owner(|(task, _)| task);
    if by_task.is_empty() {
        of_owner(|(_, template)| template)
    } else {
        by_task
    }
}

fn spec_of(manifest: &Value) -> &Value {
    match manifest["kind"].as_str() {
        Some("CronWorkflow") => &manifest["spec"]["workflowSpec"],
        _ => &manifest["spec"],
    }
}

/// Every task of every DAG, and its template.
fn tasks_in(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(entries) => {
            for task in entries
                .get("dag")
                .and_then(|dag| dag["tasks"].as_array())
                .into_iter()
                .flatten()
            {
                if let (Some(name), Some(template)) =
                    (task["name"].as_str(), task["template"].as_str())
                {
                    found.push((name.to_owned(), template.to_owned()));
                }
            }
            entries.values().for_each(|inner| tasks_in(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|inner| tasks_in(inner, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use diagnostic::yaml;
    use project::config::{ConfigFile, check};
    use serde_json::json;

    use super::*;

    const ARGO: &str = "\
nodes:
  '*':
    volumes:
      - {name: settings, mount_path: /etc/settings, config_map: {name: settings, defaultMode: 888}}
    environment:
      - {name: MODE, value: fast}
  fit:
    labels: {team: two words}
parallelism: 5
patches:
  workflow:
    archiveLogs: true
template:
  templates:
    - name: other
      container: {command: [sh]}
";

    fn config() -> ArgoConfig {
        let merged = yaml::parse("argo.yml", ARGO).unwrap().remove(0).to_json();
        let file = ConfigFile {
            path: "conf/base/argo.yml".to_owned(),
            text: ARGO.to_owned(),
        };
        check(&merged, &[file]).unwrap()
    }

    fn manifest() -> Value {
        let container =
            json!({"image": "i:1", "command": ["c"], "env": [{"name": "MODE", "value": "fast"}]});
        json!({"kind": "Workflow", "metadata": {"name": "x"}, "spec": {
        "entrypoint": "pipeline",
        "archiveLogs": true,
        "parallelism": 5,
        "templates": [
            {"name": "pipeline", "dag": {"tasks": [
                {"name": "load", "template": "default", "arguments": {"parameters": [
                    {"name": "kedro_nodes", "value": "load"}]}},
                {"name": "join", "template": "default", "arguments": {"parameters": [
                    {"name": "kedro_nodes", "value": "join_all"}]}},
                {"name": "fit", "template": "default-2", "arguments": {"parameters": [
                    {"name": "kedro_nodes", "value": "fit"}]}},
            ]}},
            {"name": "default", "container": container.clone(), "volumes": [
                {"name": "settings", "configMap": {"name": "settings", "defaultMode": 888}}]},
            {"name": "default-2", "container": container, "metadata": {"labels": {"team": "two words"}}},
        ]}})
    }

    fn found(field: &str) -> (Option<usize>, Option<Subject>, Option<String>) {
        let refusal = Refusal {
            field: field.to_owned(),
            message: "Invalid value".to_owned(),
        };
        let finding = finding(&refusal, &manifest(), &config());
        let line = finding.place.span.map(|span| span.line);
        (line, finding.place.subject, finding.help)
    }

    #[test]
    fn a_field_is_led_back_to_its_line_and_its_nodes() {
        let fit = || Some(Subject::Node("fit".to_owned()));
        let both = || Some("this field is for the nodes `load`, `join_all`".to_owned());
        for (field, line, subject, help) in [
            (
                "spec.templates[1].volumes[0].configMap.defaultMode",
                Some(4),
                None,
                both(),
            ),
            (
                "spec.templates[2].metadata.labels[team]",
                Some(8),
                fit(),
                None,
            ),
            ("spec.templates[2].metadata.labels", Some(8), fit(), None),
            (
                "spec.templates[1].container.env[0].value",
                Some(6),
                None,
                both(),
            ),
            ("spec.archiveLogs", Some(12), None, None),
            ("spec.parallelism", Some(9), None, None),
            // Written by us, for a node.
            (
                "spec.templates[0].dag.tasks[1].name",
                None,
                Some(Subject::Node("join_all".to_owned())),
                None,
            ),
            // Like something in argo.yml by name alone.
            ("spec.templates[1].container", None, None, both()),
            ("metadata.name", None, None, None),
            ("spec.nothing.like[3].it", None, None, None),
            ("", None, None, None),
            ("]][[..", None, None, None),
        ] {
            assert_eq!(found(field), (line, subject, help), "{field}");
        }
    }

    #[test]
    fn an_error_without_fields_stays_as_it_is() {
        let refusal = Refusal {
            field: String::new(),
            message: "no".to_owned(),
        };
        let error = explain(ClusterError::Invalid(vec![refusal]), &manifest(), &config());
        assert!(error.findings.is_empty());
        assert!(error.message().contains("rejects the manifest: no"));
    }
}
