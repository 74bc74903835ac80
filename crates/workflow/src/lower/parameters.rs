//! Text that reaches a task as it is.
//!
//! Two readers come before the task: Argo replaces `{{…}}`, and Kubernetes replaces
//! `$(NAME)` and makes `$` of `$$` in arguments and variables
//! (`controller-observations`, "dollar expansion in args").

use serde_json::{Map, Value};

use super::{Context, Kind};

/// Name of the workflow parameter that holds Kedro's runtime parameters.
pub const NAME: &str = "params";

/// Whether the tasks read the workflow parameter: a single run needs it where it has
/// some; what is run again and again has it to be given others.
pub(super) fn are_passed(context: &Context<'_>) -> bool {
    context.options.kind != Kind::Workflow || !context.snapshot.runtime_parameters.is_empty()
}

/// Writes Kedro's runtime parameters as the text of the workflow parameter: JSON that
/// neither reader changes.
///
/// In JSON `$` and `{` can stand inside strings as escapes, and outside of strings
/// `{{` never comes up.
pub fn encode(parameters: &Map<String, Value>) -> String {
    json(&Value::Object(parameters.clone()))
}

/// Writes a JSON value that neither reader changes.
pub(super) fn json(value: &Value) -> String {
    match value {
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", string(key), json(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(json).collect();
            format!("[{}]", items.join(", "))
        }
        Value::String(text) => string(text),
        other => other.to_string(),
    }
}

fn string(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('$', "\\u0024")
        .replace('{', "\\u007b")
}

/// Keeps a plain text (no JSON) from Kubernetes' expansion.
pub(super) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_argo_and_kubernetes_replace_is_escaped_and_reads_back() {
        let value = serde_json::json!({
            "a": {"b": [1, 2.5, true, null, "2020-01-01"]},
            "quotes": "'single' \"double\" back\\slash\nline",
            "dollar": "$(HOME) $$ $x",
            "tag": "{{workflow.name}}",
            "ünï": "snow ☃",
        });
        let text = encode(value.as_object().unwrap());
        assert!(!text.contains("{{") && !text.contains('$'), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(encode(&Map::new()), "{}");
    }
}
