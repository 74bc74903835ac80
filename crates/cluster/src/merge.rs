//! Three versions of an object become one: what was deployed last, what is there now, and
//! what is to be there. Pure.
//!
//! What somebody else changed stays, unless it is to be changed as well. Server-side apply
//! answers a coarser question: it takes the list of templates for one field, so that a
//! change to one template would clash with every other one, and it does not know what
//! was there before.

use serde_json::{Map, Value};

/// A field that somebody else changed and that is to be something else again.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// Path of the field, e.g. `spec.templates[fit].container.image`.
    pub path: String,
    /// Value when it was deployed last; none if it was not there.
    pub last_applied: Option<Value>,
    /// Value now.
    pub live: Option<Value>,
    /// Value that it is to have.
    pub compiled: Option<Value>,
}

/// Merges; where all three differ, `compiled` wins and the clash is told.
pub(crate) fn merge(last: &Value, there: &Value, compiled: &Value) -> (Value, Vec<Clash>) {
    let mut clashes = Vec::new();
    let merged = one("", Some(last), Some(there), Some(compiled), &mut clashes);
    (merged.unwrap_or(Value::Null), clashes)
}

fn one(
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
            Some(Value::Object(objects(path, last, there, compiled, clashes)))
        }
        (Some(Value::Array(there)), Some(Value::Array(compiled)))
            if are_named(there) && are_named(compiled) =>
        {
            let last = last
                .and_then(Value::as_array)
                .filter(|last| are_named(last));
            let last = last.map_or(&[][..], Vec::as_slice);
            Some(Value::Array(lists(path, last, there, compiled, clashes)))
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

fn objects(
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
        let value = one(
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

/// Lists of things with names: templates, tasks, parameters, variables, volumes.
fn lists(
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
            one(
                &format!("{path}[{name}]"),
                of(last).as_ref(),
                of(there).as_ref(),
                of(compiled).as_ref(),
                clashes,
            )
        })
        .collect()
}

/// Says whether every item has a name of its own.
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

    /// Each row: the last value, the one on the cluster, the compiled one; the result; the clashes.
    #[test]
    fn who_changed_what_decides() {
        let table = [
            // Nobody, we, they, both alike.
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
            // Both, differently.
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
            // What they add stays, and what we take away goes.
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
            // Named things one by one, in our order.
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
            // Other lists are one thing.
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
