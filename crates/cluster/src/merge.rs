//! Merge of three versions of an object: the last deployment, the current object, and the compiled one. Pure.
//!
//! Changes of others stay, unless the new version changes the same field. Server-side apply is too coarse: it treats
//! the list of templates as one field, so that a change to one template would clash with every other one, and it does
//! not know the last deployment.

use serde_json::{Map, Value};

/// Field that somebody else changed, and that the new version changes too.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// Path of the field, e.g. `spec.templates[fit].container.image`.
    pub path: String,
    /// Value in the last deployment; none if the field was missing.
    pub last_applied: Option<Value>,
    /// Current value.
    pub live: Option<Value>,
    /// Compiled value.
    pub compiled: Option<Value>,
}

/// Merges three versions; if all differ, `compiled` wins and the result lists a clash.
pub(crate) fn merge(last: &Value, there: &Value, compiled: &Value) -> (Value, Vec<Clash>) {
    let mut clashes = Vec::new();
    let merged = merge_value("", Some(last), Some(there), Some(compiled), &mut clashes);
    (merged.unwrap_or(Value::Null), clashes)
}

fn merge_value(
    path: &str,
    last: Option<&Value>,
    there: Option<&Value>,
    compiled: Option<&Value>,
    clashes: &mut Vec<Clash>,
) -> Option<Value> {
    if there == compiled || there == last {
        return compiled.cloned();
    }
    if compiled == last {
        return there.cloned();
    }
    match (there, compiled) {
        (Some(Value::Object(there)), Some(Value::Object(compiled))) => {
            let nothing = Map::new();
            let last = last.and_then(Value::as_object).unwrap_or(&nothing);
            Some(Value::Object(merge_objects(
                path, last, there, compiled, clashes,
            )))
        }
        (Some(Value::Array(there)), Some(Value::Array(compiled)))
            if are_named(there) && are_named(compiled) =>
        {
            let last = last
                .and_then(Value::as_array)
                .filter(|last| are_named(last));
            let last = last.map_or(&[][..], Vec::as_slice);
            Some(Value::Array(merge_named_lists(
                path, last, there, compiled, clashes,
            )))
        }
        _ => {
            clashes.push(Clash {
                path: path.to_owned(),
                last_applied: last.cloned(),
                live: there.cloned(),
                compiled: compiled.cloned(),
            });
            compiled.cloned()
        }
    }
}

fn merge_objects(
    path: &str,
    last: &Map<String, Value>,
    there: &Map<String, Value>,
    compiled: &Map<String, Value>,
    clashes: &mut Vec<Clash>,
) -> Map<String, Value> {
    let mut merged = Map::new();
    let added = there.keys().filter(|key| !compiled.contains_key(*key));
    for key in compiled.keys().chain(added) {
        let path = match path {
            "" => key.clone(),
            above => format!("{above}.{key}"),
        };
        let value = merge_value(
            &path,
            last.get(key),
            there.get(key),
            compiled.get(key),
            clashes,
        );
        if let Some(value) = value {
            merged.insert(key.clone(), value);
        }
    }
    merged
}

/// Merges lists of named items: templates, tasks, parameters, variables, volumes.
fn merge_named_lists(
    path: &str,
    last: &[Value],
    there: &[Value],
    compiled: &[Value],
    clashes: &mut Vec<Clash>,
) -> Vec<Value> {
    let names = |list: &[Value]| -> Vec<String> {
        let names = list.iter().filter_map(|item| item["name"].as_str());
        names.map(str::to_owned).collect()
    };
    let ours = names(compiled);
    let added = names(there).into_iter().filter(|name| !ours.contains(name));
    let all: Vec<String> = ours.iter().cloned().chain(added).collect();
    all.iter()
        .filter_map(|name| {
            let of = |list: &'_ [Value]| list.iter().find(|item| item["name"] == **name).cloned();
            merge_value(
                &format!("{path}[{name}]"),
                of(last).as_ref(),
                of(there).as_ref(),
                of(compiled).as_ref(),
                clashes,
            )
        })
        .collect()
}

/// Says whether every item has a unique name.
fn are_named(list: &[Value]) -> bool {
    let mut names: Vec<&str> = list
        .iter()
        .filter_map(|item| item["name"].as_str())
        .collect();
    let all = names.len() == list.len();
    names.sort_unstable();
    names.dedup();
    all && names.len() == list.len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Each row: last, current and compiled value; result; clashes.
    #[test]
    fn who_changed_what_decides() {
        let table = [
            // Changed by nobody, by us, by them, by both to the same value.
            (
                json!({"a": 1}),
                json!({"a": 1}),
                json!({"a": 1}),
                json!({"a": 1}),
                vec![],
            ),
            (
                json!({"a": 1}),
                json!({"a": 1}),
                json!({"a": 2}),
                json!({"a": 2}),
                vec![],
            ),
            (
                json!({"a": 1}),
                json!({"a": 2}),
                json!({"a": 1}),
                json!({"a": 2}),
                vec![],
            ),
            (
                json!({"a": 1}),
                json!({"a": 2}),
                json!({"a": 2}),
                json!({"a": 2}),
                vec![],
            ),
            // Changed by both to different values.
            (
                json!({"a": 1}),
                json!({"a": 2}),
                json!({"a": 3}),
                json!({"a": 3}),
                vec!["a"],
            ),
            (
                json!({"a": 1}),
                json!({}),
                json!({"a": 3}),
                json!({"a": 3}),
                vec!["a"],
            ),
            (
                json!({"a": 1}),
                json!({"a": 2}),
                json!({}),
                json!({}),
                vec!["a"],
            ),
            // Their additions stay, and our removals count.
            (
                json!({"a": 1}),
                json!({"a": 1, "b": 2}),
                json!({}),
                json!({"b": 2}),
                vec![],
            ),
            (
                json!({"a": 1}),
                json!({}),
                json!({"a": 1, "c": 3}),
                json!({"c": 3}),
                vec![],
            ),
            // Named items merge one by one, in our order.
            (
                json!({"l": [{"name": "x", "v": 1}, {"name": "y", "v": 1}]}),
                json!({"l": [{"name": "x", "v": 2}, {"name": "y", "v": 1}, {"name": "w"}]}),
                json!({"l": [{"name": "z"}, {"name": "x", "v": 1}]}),
                json!({"l": [{"name": "z"}, {"name": "x", "v": 2}, {"name": "w"}]}),
                vec![],
            ),
            (
                json!({"l": [{"name": "x", "v": {"w": 1}}]}),
                json!({"l": [{"name": "x", "v": {"w": 2}}]}),
                json!({"l": [{"name": "x", "v": {"w": 3}}]}),
                json!({"l": [{"name": "x", "v": {"w": 3}}]}),
                vec!["l[x].v.w"],
            ),
            // Any other list merges as a whole.
            (
                json!({"l": [1]}),
                json!({"l": [1, 2]}),
                json!({"l": [0]}),
                json!({"l": [0]}),
                vec!["l"],
            ),
        ];
        for (last, there, compiled, expected, paths) in table {
            let (merged, clashes) = merge(&last, &there, &compiled);
            let found: Vec<&str> = clashes.iter().map(|clash| clash.path.as_str()).collect();
            assert_eq!(
                (&merged, found),
                (&expected, paths),
                "{last} {there} {compiled}"
            );
        }
    }
}
