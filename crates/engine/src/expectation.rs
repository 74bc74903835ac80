//! Result of a run, in a form that people write down and compare: phases, messages, outputs, and the tree of nodes.
//!
//! Nodes have short names: the node's name without that of the Workflow, `.` for the first one. Texts have `WF` in
//! place of the name of the Workflow, and the short name of a node in place of its id.

use std::collections::{BTreeMap, BTreeSet};

use argo::status::{NodeKind, NodeStatus, Outputs, Parameter, WorkflowStatus};
use serde_json::{Map, Value, json};

/// Fields of a node to compare, if the file has them.
const OF_NODE: [&str; 13] = [
    "type",
    "phase",
    "message",
    "template",
    "templateScope",
    "boundary",
    "inputs",
    "outputs",
    "children",
    "outbound",
    "flags",
    "memoization",
    "synchronization",
];

/// Writes down the result of a run.
///
/// # Arguments
///
/// * `name`: Name of the run.
pub fn of_status(name: &str, status: &WorkflowStatus) -> Value {
    let reading = Reading { name, status };
    let mut found = Map::new();
    let phase = status.phase.map_or("", |phase| phase.as_str());
    found.insert("phase".to_owned(), phase.into());
    if let Some(message) = &status.message {
        found.insert("message".to_owned(), message.as_str().into());
    }
    if let Some(outputs) = status.outputs.as_ref().and_then(outputs) {
        found.insert("outputs".to_owned(), outputs);
    }
    let nodes = reading.order().into_iter().map(|id| reading.node(id));
    found.insert("nodes".to_owned(), nodes.collect());
    reading.clean(Value::Object(found))
}

/// Lists the differences between the result of a run and the expected one; none if they agree.
///
/// # Arguments
///
/// * `expected`: Output of [`of_status`], or a part of it: a missing field may have any value.
/// * `is_exact`: Whether a field that `expected` lacks must be missing in `found` too.
pub fn differences(expected: &Value, found: &Value, is_exact: bool) -> Vec<String> {
    let mut differences = Vec::new();
    for key in ["phase", "message", "outputs"] {
        compare(
            key,
            expected.get(key),
            found.get(key),
            is_exact,
            &mut differences,
        );
    }
    let Some(wanted) = expected.get("nodes").and_then(Value::as_array) else {
        return differences;
    };
    let by_name = |nodes: &[Value]| -> BTreeMap<String, Value> {
        let named = nodes
            .iter()
            .filter_map(|node| Some((node.get("name")?.as_str()?.to_owned(), node.clone())));
        named.collect()
    };
    let wanted = by_name(wanted);
    let there = found.get("nodes").and_then(Value::as_array);
    let there = by_name(there.map_or(&[][..], Vec::as_slice));
    let names: BTreeSet<&String> = wanted.keys().chain(there.keys()).collect();
    for name in names {
        match (wanted.get(name), there.get(name)) {
            (Some(_), None) => differences.push(format!("node {name}: it is missing")),
            (None, Some(_)) => differences.push(format!("node {name}: nobody expects it")),
            (Some(wanted), Some(there)) => {
                for key in OF_NODE {
                    let path = format!("node {name}: {key}");
                    compare(
                        &path,
                        wanted.get(key),
                        there.get(key),
                        is_exact,
                        &mut differences,
                    );
                }
            }
            (None, None) => {}
        }
    }
    differences
}

fn compare(
    path: &str,
    expected: Option<&Value>,
    found: Option<&Value>,
    is_exact: bool,
    differences: &mut Vec<String>,
) {
    if expected.is_none() && !is_exact {
        return;
    }
    let (expected, found) = (expected.map(comparable), found.map(comparable));
    if expected != found {
        let shown =
            |value: Option<Value>| value.map_or_else(|| "nothing".to_owned(), |it| it.to_string());
        differences.push(format!(
            "{path} is {}, but {} is expected",
            shown(found),
            shown(expected)
        ));
    }
}

/// Value without the error texts of expr-lang and govaluate, which this engine words differently.
fn comparable(value: &Value) -> Value {
    match value {
        Value::String(text) => without_words_of_others(text).into(),
        Value::Array(items) => items.iter().map(comparable).collect(),
        Value::Object(entries) => {
            let entries = entries.iter();
            let entries: Map<String, Value> = entries
                .map(|(key, value)| (key.clone(), comparable(value)))
                .collect();
            Value::Object(entries)
        }
        other => other.clone(),
    }
}

fn without_words_of_others(text: &str) -> String {
    const PLAIN: &str = "failed to evaluate expression: ";
    const QUOTED: [&str; 3] = [
        "Failed to evaluate 'when' expresion '",
        "Invalid 'when' expression '",
        "unable to evaluate expression '",
    ];
    if let Some(at) = text.find(PLAIN) {
        return format!("{}…", &text[..at + PLAIN.len()]);
    }
    for start in QUOTED {
        if let Some(at) = text.find(start) {
            let rest = &text[at + start.len()..];
            let end = rest.find("': ").map_or(rest.len(), |end| end + 3);
            // govaluate may report either of the two `when` errors first, so they compare as equal.
            let kind = if start.contains("when") {
                "when '"
            } else {
                start
            };
            return format!("{}{kind}{}…", &text[..at], &rest[..end]);
        }
    }
    text.to_owned()
}

struct Reading<'a> {
    name: &'a str,
    status: &'a WorkflowStatus,
}

impl<'a> Reading<'a> {
    fn short(&self, id: &str) -> String {
        match self.status.nodes.get(id) {
            Some(node) => {
                let rest = node.name.strip_prefix(self.name).unwrap_or(&node.name);
                let rest = rest.strip_prefix('.').unwrap_or(rest);
                if rest.is_empty() { "." } else { rest }.to_owned()
            }
            None => id.to_owned(),
        }
    }

    /// Ids of the nodes: depth first from the first node on, then the nodes that no node has as a child.
    fn order(&self) -> Vec<&'a str> {
        let nodes = &self.status.nodes;
        let mut order: indexmap::IndexSet<&str> = indexmap::IndexSet::new();
        let mut starts: Vec<&str> = vec![self.name];
        let mut others: Vec<&str> = nodes.keys().map(String::as_str).collect();
        others.sort_by_cached_key(|id| self.short(id));
        starts.extend(others);
        for start in starts {
            let mut open = vec![start];
            while let Some(id) = open.pop() {
                let Some((_, id, node)) = nodes.get_full(id) else {
                    continue;
                };
                if order.insert(id) {
                    let children = self.children(node).into_iter().rev();
                    open.extend(children);
                }
            }
        }
        order.into_iter().collect()
    }

    /// Children in a stable order: the controller orders those of a DAG by chance.
    fn children(&self, node: &'a NodeStatus) -> Vec<&'a str> {
        let nodes = &self.status.nodes;
        let mut children: Vec<&str> = node.children.iter().map(String::as_str).collect();
        let in_dag = children.iter().any(|child| {
            let boundary = nodes
                .get(*child)
                .and_then(|child| nodes.get(&child.boundary));
            boundary.is_some_and(|boundary| boundary.kind == NodeKind::Dag)
        });
        if in_dag && !matches!(node.kind, NodeKind::TaskGroup | NodeKind::Retry) {
            children.sort_by_cached_key(|child| self.short(child));
        }
        children
    }

    fn node(&self, id: &str) -> Value {
        let Some(node) = self.status.nodes.get(id) else {
            return Value::Null;
        };
        let mut found = Map::new();
        let mut put = |key: &str, value: Value| {
            found.insert(key.to_owned(), value);
        };
        put("name", self.short(id).into());
        put("type", node.kind.as_str().into());
        put("phase", node.phase.as_str().into());
        if let Some(message) = &node.message {
            put("message", message.as_str().into());
        }
        let template = match &node.template_ref {
            Some(reference) => format!("{}/{}", reference.name, reference.template),
            None => node.template_name.clone(),
        };
        if !template.is_empty() {
            put("template", template.into());
        }
        if !node.template_scope.is_empty() {
            put("templateScope", node.template_scope.as_str().into());
        }
        if !node.boundary.is_empty() {
            put("boundary", self.short(&node.boundary).into());
        }
        if let Some(inputs) = &node.inputs {
            let names = inputs
                .artifacts
                .iter()
                .map(|artifact| artifact.name.as_str());
            let made = parts(&inputs.parameters, names.collect());
            if !made.is_empty() {
                put("inputs", Value::Object(made));
            }
        }
        if let Some(outputs) = node.outputs.as_ref().and_then(outputs) {
            put("outputs", outputs);
        }
        let names = |ids: Vec<&str>| -> Value { ids.iter().map(|id| self.short(id)).collect() };
        let children = self.children(node);
        if !children.is_empty() {
            put("children", names(children));
        }
        if !node.outbound_nodes.is_empty() {
            put(
                "outbound",
                names(node.outbound_nodes.iter().map(String::as_str).collect()),
            );
        }
        let flag = node.node_flag.unwrap_or_default();
        let flags = [("hooked", flag.hooked), ("retried", flag.retried)];
        let flags: Vec<&str> = flags
            .iter()
            .filter(|(_, on)| *on)
            .map(|(flag, _)| *flag)
            .collect();
        if !flags.is_empty() {
            put("flags", flags.into());
        }
        if let Some(memoization) = &node.memoization_status {
            put(
                "memoization",
                json!({"hit": memoization.hit, "key": memoization.key, "cacheName": memoization.cache_name}),
            );
        }
        if let Some(synchronization) = &node.synchronization_status {
            put(
                "synchronization",
                json!({"waiting": synchronization.waiting}),
            );
        }
        Value::Object(found)
    }

    /// Replaces the parts of texts that are specific to this run.
    fn clean(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.clean_text(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.clean(item)).collect(),
            Value::Object(entries) => {
                let entries = entries.into_iter();
                let entries: Map<String, Value> = entries
                    .map(|(key, value)| (self.clean_text(&key), self.clean(value)))
                    .collect();
                Value::Object(entries)
            }
            other => other,
        }
    }

    fn clean_text(&self, text: &str) -> String {
        if !text.contains(self.name) || self.name.is_empty() {
            return text.to_owned();
        }
        let mut cleaned = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find(self.name) {
            let before = rest[..at]
                .chars()
                .next_back()
                .or(cleaned.chars().next_back());
            let after = &rest[at + self.name.len()..];
            cleaned.push_str(&rest[..at]);
            let digits = after.strip_prefix('-').map_or("", |rest| {
                let end = rest.find(|letter: char| !letter.is_ascii_digit());
                &rest[..end.unwrap_or(rest.len())]
            });
            let id = format!("{}-{digits}", self.name);
            let is_word =
                before.is_some_and(|letter| letter.is_alphanumeric() || "_-".contains(letter));
            if !digits.is_empty() && self.status.nodes.contains_key(&id) {
                cleaned.push_str(&self.short(&id));
                rest = &after[1 + digits.len()..];
            } else if is_word
                || after.starts_with(|letter: char| letter.is_alphanumeric() || letter == '_')
            {
                cleaned.push_str(self.name);
                rest = after;
            } else {
                cleaned.push_str("WF");
                rest = after;
            }
        }
        cleaned.push_str(rest);
        cleaned
    }
}

fn outputs(outputs: &Outputs) -> Option<Value> {
    let names = outputs
        .artifacts
        .iter()
        .map(|artifact| artifact.name.as_str());
    let mut made = Map::new();
    if let Some(result) = &outputs.result {
        made.insert("result".to_owned(), result.as_str().into());
    }
    if let Some(code) = &outputs.exit_code {
        made.insert("exitCode".to_owned(), code.as_str().into());
    }
    made.extend(parts(&outputs.parameters, names.collect()));
    (!made.is_empty()).then_some(Value::Object(made))
}

fn parts(parameters: &[Parameter], artifacts: Vec<&str>) -> Map<String, Value> {
    let mut made = Map::new();
    if !parameters.is_empty() {
        let parameters = parameters.iter();
        let parameters: Map<String, Value> = parameters
            .map(|parameter| (parameter.name.clone(), json!(parameter.value)))
            .collect();
        made.insert("parameters".to_owned(), Value::Object(parameters));
    }
    if !artifacts.is_empty() {
        made.insert("artifacts".to_owned(), artifacts.into());
    }
    made
}
