//! Text that must reach a task unchanged.
//!
//! Two programs read it before the task: Argo replaces `{{…}}`, and Kubernetes replaces `$(NAME)` and turns `$$` into
//! `$` in arguments and variables (`third_party/forked/golang/expansion/expand.go` of Kubernetes).

use marks::runtime_parameters::MARK;
use serde_json::{Map, Value};

use super::context::Context;
use super::options::ManifestKind;

/// Says whether the tasks read the workflow parameter. A single run needs it only if it has runtime parameters. A
/// template or schedule always has it, so that each run can get other ones.
pub(super) fn are_passed(context: &Context<'_>) -> bool {
    context.options.kind != ManifestKind::Workflow
        || !context.snapshot.runtime_parameters.is_empty()
}

/// Writes Kedro's runtime parameters as the text of the workflow parameter: JSON that neither program changes.
///
/// Inside JSON strings, escapes replace `$` and `{`; outside of strings, `{{` never occurs.
pub fn encode(parameters: &Map<String, Value>) -> String {
    json(&Value::Object(parameters.clone()))
}

/// Writes a JSON value that neither program changes.
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
        Value::String(text) => match text.strip_prefix(MARK) {
            Some(number) => number.to_owned(),
            None => string(text),
        },
        other => other.to_string(),
    }
}

fn string(text: &str) -> String {
    Value::from(text)
        .to_string()
        .replace('$', "\\u0024")
        .replace('{', "\\u007b")
}

/// Protects a plain text, which is not JSON, from Kubernetes' expansion.
pub(super) fn literal(text: &str) -> String {
    text.replace('$', "$$")
}

#[cfg(test)]
mod tests {
    use marks::runtime_parameters::decode;

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

    #[test]
    fn numbers_that_only_python_has_cross_as_they_are() {
        let parameters = serde_json::json!({
            "big": format!("{MARK}12345678901234567890123"),
            "all": [format!("{MARK}-Infinity"), format!("{MARK}NaN"), u64::MAX, i64::MIN, 0.1],
            "text": "NaN \\\" 12345678901234567890123",
        });
        let parameters = parameters.as_object().unwrap();
        let text = encode(parameters);
        assert!(
            text.contains(r#""big": 12345678901234567890123,"#),
            "{text}"
        );
        assert!(
            text.contains("[-Infinity, NaN, 18446744073709551615,"),
            "{text}"
        );
        assert_eq!(&decode(&text).unwrap(), parameters);
        assert!(decode("[]").is_err());
        assert!(decode("\"é").is_err());
    }
}
