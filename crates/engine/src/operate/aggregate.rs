//! Aggregated outputs of the items of a loop (`processAggregateNodeOutputs` of `workflow/controller/operator.go`).

use std::collections::BTreeMap;

use argo::status::{NodeStatus, Phase};
use argo::text::expression::Value;
use serde_json::Value as Json;

use super::scope::NodeScope;
use super::values::json;

/// Adds the outputs of the items of a loop: only successful items count, in order.
///
/// # Errors
///
/// The result of an item is not JSON. The error has Go's words.
pub(super) fn aggregate(
    prefix: &str,
    mut items: Vec<&NodeStatus>,
    scope: &mut NodeScope,
) -> Result<(), String> {
    items.retain(|node| {
        let flag = node.node_flag.unwrap_or_default();
        !flag.hooked && !flag.retried
    });
    items.sort_by_key(|node| number(&node.name));
    let mut all: Vec<Json> = Vec::new();
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut results: Vec<Json> = Vec::new();
    for node in items {
        let Some(outputs) = node
            .outputs
            .as_ref()
            .filter(|_| node.phase == Phase::Succeeded)
        else {
            continue;
        };
        if !outputs.parameters.is_empty() {
            let mut of_item: BTreeMap<&str, &str> = BTreeMap::new();
            for parameter in &outputs.parameters {
                let value = parameter.value.as_deref().unwrap_or_default();
                of_item.insert(&parameter.name, value);
                by_name.entry(&parameter.name).or_default().push(value);
            }
            all.push(serde_json::json!(of_item));
        }
        if let Some(result) = &outputs.result {
            let item = serde_json::from_str(result).map_err(|_| not_json(result))?;
            results.push(sorted(item));
        }
    }
    let mut set = |name: String, value: &Json| scope.values.set(name, Value::text(json(value)));
    set(format!("{prefix}.outputs.result"), &Json::from(results));
    set(format!("{prefix}.outputs.parameters"), &Json::from(all));
    for (name, values) in by_name {
        let parsed: Option<Vec<Json>> = values.iter().map(|value| structure(value)).collect();
        let list = parsed.map_or_else(|| serde_json::json!(values), Json::from);
        set(format!("{prefix}.outputs.parameters.{name}"), &list);
    }
    Ok(())
}

/// Parses a text that is a JSON map or list.
fn structure(text: &str) -> Option<Json> {
    let value: Json = serde_json::from_str(text).ok()?;
    (value.is_array() || value.is_object()).then(|| sorted(value))
}

/// JSON with the keys of maps sorted, as Go writes it.
fn sorted(value: Json) -> Json {
    match value {
        Json::Object(entries) => {
            let entries: BTreeMap<String, Json> = entries
                .into_iter()
                .map(|(key, value)| (key, sorted(value)))
                .collect();
            serde_json::json!(entries)
        }
        Json::Array(items) => items.into_iter().map(sorted).collect(),
        other => other,
    }
}

/// Number of an item, from the name of its node: 2 of `a(2:x)`.
fn number(name: &str) -> Option<u64> {
    let (_, item) = name.rsplit_once('(')?;
    item.split_once(':')?.0.parse().ok()
}

/// Gives Go's error for a text that is not JSON (`encoding/json`).
fn not_json(text: &str) -> String {
    match text.trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(first) => format!("invalid character '{first}' looking for beginning of value"),
    }
}
