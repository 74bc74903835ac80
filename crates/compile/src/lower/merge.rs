//! Strategic merge, as Kubernetes does it for the types of pods and workflows
//! (`k8s.io/apimachinery/pkg/util/strategicpatch/patch.go`).

use serde_json::{Map, Value};

use crate::merge_key::merge_key;

const DIRECTIVE: &str = "$patch";

/// A part of a patch that does not apply: its path in the patch, and the reason.
pub(super) type Fault = (Vec<String>, String);

/// Applies a patch to a mapping.
pub(super) fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    mappings(target, patch, &mut Vec::new(), &mut faults);
    faults
}

fn mappings(
    target: &mut Map<String, Value>,
    patch: &Map<String, Value>,
    path: &mut Vec<String>,
    faults: &mut Vec<Fault>,
) {
    if patch.get(DIRECTIVE).and_then(Value::as_str) == Some("replace") {
        target.clear();
    }
    for (key, value) in patch.iter().filter(|(key, _)| *key != DIRECTIVE) {
        path.push(key.clone());
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.shift_remove(key);
            }
            (Some(Value::Object(known)), Value::Object(more)) => {
                mappings(known, more, path, faults);
            }
            (Some(Value::Array(known)), Value::Array(more)) => {
                lists(known, more, key, path, faults);
            }
            (Some(known), more) if kind(known) != kind(more) => faults.push((
                path.clone(),
                format!(
                    "it is {}, but the manifest has {} there",
                    kind(more),
                    kind(known)
                ),
            )),
            (Some(known), more) => *known = more.clone(),
            (None, more) => {
                target.insert(key.clone(), without_directives(more));
            }
        }
        path.pop();
    }
}

fn lists(
    target: &mut Vec<Value>,
    patch: &[Value],
    key: &str,
    path: &mut Vec<String>,
    faults: &mut Vec<Fault>,
) {
    let Some(merge_key) = merge_key(key) else {
        *target = patch.iter().map(without_directives).collect();
        return;
    };
    for (index, item) in patch.iter().enumerate() {
        path.push(index.to_string());
        let id = item.get(merge_key).filter(|id| !id.is_null());
        let found = target
            .iter()
            .position(|known| id.is_some() && known.get(merge_key) == id);
        let is_deleted = item.get(DIRECTIVE).and_then(Value::as_str) == Some("delete");
        match (found, item) {
            (Some(found), _) if is_deleted => {
                target.remove(found);
            }
            (None, _) if is_deleted => {
                let shown = id.and_then(Value::as_str).unwrap_or_default();
                faults.push((
                    path.clone(),
                    format!("the manifest has no `{shown}` to delete"),
                ));
            }
            (Some(found), Value::Object(more)) => {
                if let Some(Value::Object(known)) = target.get_mut(found) {
                    mappings(known, more, path, faults);
                }
            }
            (_, Value::Object(_)) if id.is_none() => {
                faults.push((
                    path.clone(),
                    format!("it has no `{merge_key}`, so its place in the list is not known"),
                ));
            }
            _ => target.push(without_directives(item)),
        }
        path.pop();
    }
}

fn without_directives(value: &Value) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .filter(|(key, value)| *key != DIRECTIVE && !value.is_null())
                .map(|(key, value)| (key.clone(), without_directives(value)))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.iter().map(without_directives).collect()),
        other => other.clone(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Object(_) => "a mapping",
        Value::Array(_) => "a list",
        _ => "a single value",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches_merge_by_name_replace_and_delete() {
        for (target, patch, expected) in [
            (
                json!({"a": 1, "b": {"c": 2}}),
                json!({"b": {"d": 3}}),
                json!({"a": 1, "b": {"c": 2, "d": 3}}),
            ),
            (
                json!({"a": 1, "b": 2}),
                json!({"a": null, "no": null}),
                json!({"b": 2}),
            ),
            (
                json!({"args": ["a", "b"]}),
                json!({"args": ["c"]}),
                json!({"args": ["c"]}),
            ),
            (
                json!({"tolerations": [{"key": "a"}]}),
                json!({"tolerations": [{"key": "b"}]}),
                json!({"tolerations": [{"key": "b"}]}),
            ),
            (
                json!({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}),
                json!({"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}, {"name": "A", "$patch": "delete"}]}),
                json!({"env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}]}),
            ),
            (
                json!({"volumeMounts": [{"name": "v", "mountPath": "/v"}]}),
                json!({"volumeMounts": [{"mountPath": "/v", "readOnly": true}]}),
                json!({"volumeMounts": [{"name": "v", "mountPath": "/v", "readOnly": true}]}),
            ),
            (
                json!({"a": {"b": 1}}),
                json!({"a": {"$patch": "replace", "c": 2}}),
                json!({"a": {"c": 2}}),
            ),
            (
                json!({}),
                json!({"a": {"$patch": "replace", "c": null, "d": [{"e": 1}]}}),
                json!({"a": {"d": [{"e": 1}]}}),
            ),
        ] {
            let mut result = target.as_object().unwrap().clone();
            let faults = merge(&mut result, patch.as_object().unwrap());
            assert_eq!(Value::Object(result), expected, "{patch}");
            assert!(faults.is_empty(), "{faults:?}");
        }
    }

    #[test]
    fn what_does_not_apply_is_named() {
        for (target, patch, path, fault) in [
            (
                json!({"a": [1]}),
                json!({"a": {"b": 1}}),
                "a",
                "it is a mapping, but the manifest has a list there",
            ),
            (
                json!({"a": {"b": {}}}),
                json!({"a": {"b": 1}}),
                "a.b",
                "it is a single value, but the manifest has a mapping there",
            ),
            (
                json!({"env": [{"name": "A"}]}),
                json!({"env": [{"name": "B", "$patch": "delete"}]}),
                "env.0",
                "the manifest has no `B` to delete",
            ),
            (
                json!({"env": [{"name": "A"}]}),
                json!({"env": [{"name": "A"}, {"value": "x"}]}),
                "env.1",
                "it has no `name`, so its place in the list is not known",
            ),
        ] {
            let mut result = target.as_object().unwrap().clone();
            let faults = merge(&mut result, patch.as_object().unwrap());
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert_eq!(
                (faults[0].0.join(".").as_str(), faults[0].1.as_str()),
                (path, fault)
            );
        }
    }
}
