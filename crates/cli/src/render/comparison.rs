//! Changes of a deployment, as diffs of YAML.

use cluster::{Clash, Comparison};
use serde_json::Value;

use super::unified::unified;
use crate::error::CommandError;

/// Shows what somebody else changed since the last deployment.
pub(crate) fn by_others(comparison: &Comparison) -> Result<Option<String>, CommandError> {
    match (&comparison.last_applied, &comparison.live) {
        (Some(last), Some(there)) if comparison.was_changed_by_others() => {
            diff(last, there, "deployed last", "on the cluster").map(Some)
        }
        _ => Ok(None),
    }
}

/// Shows what the deployment changes on the cluster.
pub(crate) fn by_us(comparison: &Comparison) -> Result<Option<String>, CommandError> {
    match &comparison.live {
        Some(there) if !comparison.is_unchanged() => {
            diff(there, &comparison.merged, "on the cluster", "compiled now").map(Some)
        }
        _ => Ok(None),
    }
}

/// Fields that both sides changed, a line each.
pub(crate) fn clashes(clashes: &[Clash]) -> String {
    clashes
        .iter()
        .map(|clash| {
            format!(
                "  {}: it was {}, somebody changed it to {}, and this deploy changes it to {}\n",
                clash.path,
                short(clash.last_applied.as_ref()),
                short(clash.live.as_ref()),
                short(clash.compiled.as_ref())
            )
        })
        .collect()
}

fn diff(old: &Value, new: &Value, from: &str, to: &str) -> Result<String, CommandError> {
    let (old, new) = (
        argo::write::json_to_yaml(&sorted(old))?,
        argo::write::json_to_yaml(&sorted(new))?,
    );
    Ok(unified(&old, &new, from, to))
}

/// Sorts keys: the API server has its own order of keys, which is no change.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(entries) => {
            let mut keys: Vec<&String> = entries.keys().collect();
            // The name comes first: it says to what the next lines belong.
            keys.sort_by_key(|key| (*key != "name", *key));
            keys.into_iter()
                .map(|key| (key.clone(), sorted(&entries[key])))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

fn short(value: Option<&Value>) -> String {
    const MOST: usize = 60;
    let Some(value) = value else {
        return "not there".to_owned();
    };
    let text = value.to_string();
    if text.chars().count() <= MOST {
        return text;
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_diff_takes_no_order_of_keys_for_a_change() {
        let old = json!({"spec": {"b": 1, "a": [{"name": "x", "image": "one"}]}});
        let new = json!({"spec": {"a": [{"image": "two", "name": "x"}], "b": 1}});
        insta::assert_snapshot!(
            anstream::adapter::strip_str(&diff(&old, &new, "there", "now").unwrap()).to_string()
        );
    }

    #[test]
    fn clashes_are_a_line_each() {
        let found = [Clash {
            path: "spec.x".to_owned(),
            last_applied: Some(json!(1)),
            live: None,
            compiled: Some(json!("y".repeat(100))),
        }];
        insta::assert_snapshot!(clashes(&found));
    }
}
