//! Fields that the API server refuses, led back to what the user wrote: the line of
//! `argo.yml`, the Kedro nodes.

use std::collections::BTreeMap;

use cluster::{ClusterError, Refusal};
use diagnostic::yaml::{self, Yaml};
use diagnostic::{Diagnostic, Place, Subject};
use project::config::ArgoConfig;
use serde_json::Value;
use workflow::TaskOutline;
use workflow::manifest::WorkflowSpec;

use crate::error::CommandError;

const CODE: &str = "refused-by-cluster";
/// Shorter texts stand in many places by chance.
const TELLING: usize = 3;
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
        "" => format!("the cluster refuses the manifest: {}", refusal.message),
        field => format!("the cluster refuses `{field}`: {}", refusal.message),
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
            many if many.len() <= NAMED => Some(format!("it is for the nodes {}", listed(many))),
            many => Some(format!(
                "it is for the nodes {} and {} more",
                listed(&many[..NAMED]),
                many.len() - NAMED
            )),
        })
}

fn listed(nodes: &[String]) -> String {
    let quoted: Vec<String> = nodes.iter().map(|node| format!("`{node}`")).collect();
    quoted.join(", ")
}

/// The parts of a field's path: `spec.templates[0].metadata.labels[a.b/c]` has six.
fn steps(field: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut inside = false;
    for letter in field.chars() {
        match letter {
            '[' if !inside => {
                inside = true;
                found.push(String::new());
            }
            ']' if inside => inside = false,
            '.' if !inside => found.push(String::new()),
            other => {
                if let Some(last) = found.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    found.retain(|step| !step.is_empty());
    found
}

fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    }
}

/// The Kedro nodes that a field is for: those of the task it belongs to, or of all tasks of
/// its template.
fn nodes_at(steps: &[String], manifest: &Value) -> Vec<String> {
    let Ok(spec) = serde_json::from_value::<WorkflowSpec>(spec_of(manifest).clone()) else {
        return Vec::new();
    };
    let nodes: BTreeMap<String, Vec<String>> = workflow::outline(&spec)
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

/// Where in `argo.yml` a field was said: the place with its key and its value that shares
/// most of its path. None where nothing there looks like it.
fn origin(steps: &[String], manifest: &Value, config: &ArgoConfig) -> Option<Place> {
    let mut known = steps.len();
    let mut value = manifest;
    for (count, step) in steps.iter().enumerate() {
        let Some(next) = child(value, step) else {
            known = count;
            break;
        };
        value = next;
    }
    let steps = &steps[..known];
    let leaf = steps
        .iter()
        .rev()
        .find(|step| step.parse::<usize>().is_err())?;
    let wanted = Wanted {
        leaf: plain(leaf),
        above: steps.iter().map(|step| plain(step)).collect(),
        value,
    };
    let mut best: Option<(usize, Place)> = None;
    for (file, root) in config.places.sources() {
        wanted.search(file, root, &mut Vec::new(), &mut best);
    }
    best.map(|(_, place)| place)
}

struct Wanted<'a> {
    /// Name of the field.
    leaf: String,
    /// The parts of its whole path.
    above: Vec<String>,
    value: &'a Value,
}

impl Wanted<'_> {
    fn search(
        &self,
        file: &str,
        node: &Yaml,
        path: &mut Vec<String>,
        best: &mut Option<(usize, Place)>,
    ) {
        for (key, inner) in node.entries() {
            path.push(plain(&key.name));
            let score = self.score(&key.name, inner, path);
            // Of two alike, the file that is merged later says it.
            if score > 0 && best.as_ref().is_none_or(|(known, _)| score >= *known) {
                let span = match inner.value {
                    yaml::Value::Sequence(_) | yaml::Value::Mapping(_) => key.span,
                    _ => inner.span,
                };
                *best = Some((score, Place::in_file(file, span)));
            }
            self.search(file, inner, path, best);
            path.pop();
        }
        for item in node.items() {
            self.search(file, item, path, best);
        }
    }

    fn score(&self, key: &str, there: &Yaml, path: &[String]) -> usize {
        const SAME_VALUE: usize = 100;
        const SAME_NAME: usize = 10;
        let same_name = plain(key) == self.leaf;
        let same_value = same(self.value, &there.to_json());
        let telling = match self.value {
            Value::Object(_) | Value::Array(_) => same_name,
            Value::String(text) => same_value && (same_name || text.len() >= TELLING),
            _ => same_value && same_name,
        };
        if !telling {
            return 0;
        }
        let shared = path.iter().filter(|part| self.above.contains(part)).count();
        shared + SAME_NAME * usize::from(same_name) + SAME_VALUE * usize::from(same_value)
    }
}

/// Whether the manifest holds what stands there; texts of numbers are numbers in YAML.
fn same(ours: &Value, theirs: &Value) -> bool {
    ours == theirs
        || match (ours, theirs) {
            (Value::String(text), Value::Number(number)) => *text == number.to_string(),
            (Value::String(text), Value::Bool(truth)) => *text == truth.to_string(),
            _ => false,
        }
}

/// A key without what tells `camelCase` from `snake_case`.
fn plain(key: &str) -> String {
    key.chars()
        .filter(|letter| *letter != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
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
        let both = || Some("it is for the nodes `load`, `join_all`".to_owned());
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
        assert!(error.message().contains("refuses the manifest: no"));
    }
}
