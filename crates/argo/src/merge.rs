//! Merges one part of a document over another: a workflow over its `workflowTemplateRef`, a template over the
//! `templateDefaults`, a `podSpecPatch` over a pod.
//!
//! Follows Kubernetes (`k8s.io/apimachinery/pkg/util/strategicpatch`): merges mappings by key, merges lists of named
//! things by name, and replaces any other list as a whole. `null` removes a key.

use serde_json::{Map, Value};

/// Lists whose entries are merged, and the field that identifies an entry (`patchMergeKey` in the Go types).
const MERGED_LISTS: [(&str, &str); 11] = [
    ("artifacts", "name"),
    ("containers", "name"),
    ("env", "name"),
    ("ephemeralContainers", "name"),
    ("hostAliases", "ip"),
    ("imagePullSecrets", "name"),
    ("initContainers", "name"),
    ("parameters", "name"),
    ("sidecars", "name"),
    ("templates", "name"),
    ("volumes", "name"),
];

/// The field that identifies the entries of a list; none if the list is replaced as a whole.
fn merge_key(list: &str) -> Option<&'static str> {
    if list == "volumeMounts" {
        return Some("mountPath");
    }
    let found = MERGED_LISTS.iter().find(|(name, _)| *name == list);
    found.map(|(_, key)| *key)
}

/// Merges one part over another one of the same kind.
pub fn strategic(below: &Value, above: &Value) -> Value {
    match (below, above) {
        (Value::Object(below), Value::Object(above)) => Value::Object(mappings(below, above)),
        _ => above.clone(),
    }
}

fn mappings(below: &Map<String, Value>, above: &Map<String, Value>) -> Map<String, Value> {
    if above.get("$patch").and_then(Value::as_str) == Some("replace") {
        let mut above = above.clone();
        above.remove("$patch");
        return above;
    }
    let mut merged = below.clone();
    for (key, value) in above {
        match (merged.get(key), value) {
            (_, Value::Null) => {
                merged.shift_remove(key);
            }
            (Some(Value::Array(known)), Value::Array(more)) => {
                let list = match merge_key(key) {
                    Some(field) => lists(known, more, field),
                    None => more.clone(),
                };
                merged.insert(key.clone(), Value::Array(list));
            }
            (Some(known), value) => {
                let value = strategic(known, value);
                merged.insert(key.clone(), value);
            }
            (None, value) => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
    merged
}

/// Merges lists whose entries are identified by `field`. Entries that only the upper list has come last.
fn lists(below: &[Value], above: &[Value], field: &str) -> Vec<Value> {
    let name = |entry: &Value| entry.get(field).cloned();
    let mut merged = below.to_vec();
    for entry in above {
        let known = merged
            .iter()
            .position(|known| name(known).is_some() && name(known) == name(entry));
        let is_deleted = entry.get("$patch").and_then(Value::as_str) == Some("delete");
        match known {
            Some(place) if is_deleted => {
                merged.remove(place);
            }
            Some(place) => merged[place] = strategic(&merged[place], entry),
            None if is_deleted => {}
            None => merged.push(entry.clone()),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn mappings_and_named_lists_are_merged_and_others_replaced() {
        let below = json!({"a": 1, "args": ["x"], "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            "resources": {"limits": {"cpu": "1", "memory": "1Gi"}}, "gone": 1});
        let above = json!({"args": ["y"], "env": [{"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
            "resources": {"limits": {"memory": "2Gi"}}, "gone": null});
        assert_eq!(
            strategic(&below, &above),
            json!({"a": 1, "args": ["y"],
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}, {"name": "C", "value": "4"}],
                "resources": {"limits": {"cpu": "1", "memory": "2Gi"}}})
        );
        let patch = json!({"env": [{"name": "A", "$patch": "delete"}], "resources": {"$patch": "replace", "limits": {}}});
        let merged = strategic(&below, &patch);
        assert_eq!(merged["env"], json!([{"name": "B", "value": "2"}]));
        assert_eq!(merged["resources"], json!({"limits": {}}));
    }
}
