//! Text that reaches a task as it is.
//!
//! Two readers come before the task: Argo replaces `{{…}}`, and Kubernetes replaces
//! `$(NAME)` and makes `$` of `$$` in arguments and variables
//! (`third_party/forked/golang/expansion/expand.go` of Kubernetes).

use serde_json::{Map, Value};

use super::context::Context;
use super::options::Kind;

/// Name of the workflow parameter that holds Kedro's runtime parameters.
pub const NAME: &str = "params";

/// Beginning of a text that stands for a number, where JSON has no such number or it needs
/// more than 64 bits (`python/argo_kedro/worker/crossing.py`). In the text of the workflow
/// parameter it is written as Python writes and reads it: `Infinity`, `12345678901234567890123`.
pub const MARK: &str = "\0number:";

/// Says whether the tasks read the workflow parameter. A single run needs it only if it has runtime parameters; a
/// template or schedule always has it, so that a run can be given others.
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

/// Reads what [`encode`] writes; none where the text is something else.
pub(crate) fn decode(text: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(&marked(text)).ok()
}

/// The text with the numbers that only Python reads as texts with a mark.
fn marked(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' {
            end_of_string(rest)
        } else {
            let other = |letter: char| !(letter.is_ascii_alphanumeric() || "+-.".contains(letter));
            rest.find(other).unwrap_or(rest.len()).max(first.len_utf8())
        };
        let (token, after) = rest.split_at(length);
        if is_pythons(token) {
            result.push_str(&Value::from(format!("{MARK}{token}")).to_string());
        } else {
            result.push_str(token);
        }
        rest = after;
    }
    result
}

/// Bytes of the string that a text begins with, quotes included.
fn end_of_string(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        match letter {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Says whether a number is one that Python reads and `serde_json` does not, or not exactly.
pub fn is_pythons(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    matches!(token, "NaN" | "Infinity" | "-Infinity")
        || (is_whole && token.parse::<i64>().is_err() && token.parse::<u64>().is_err())
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
        assert_eq!(decode(&text).as_ref(), Some(parameters));
        assert_eq!(decode("[]"), None);
        assert_eq!(decode("\"é"), None);
    }
}
