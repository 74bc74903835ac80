//! Kedro's runtime parameters as the text of a workflow parameter: JSON, with Python's numbers.

use diagnostic::Span;
use serde_json::{Map, Value};

use argo::spec::{Unreadable, WorkflowSpec};

/// Name of the workflow parameter that holds Kedro's runtime parameters.
pub const NAME: &str = "params";

/// Beginning of a text that means a number that JSON lacks or that needs more than 64 bits
/// (`python/argo_kedro/worker/crossing.py`). The workflow parameter contains it as Python writes and reads it:
/// `Infinity`, `12345678901234567890123`.
pub const MARK: &str = "\0number:";

/// Reads the text of the workflow parameter.
///
/// # Errors
///
/// Returns why the text is not a JSON object.
pub fn decode(text: &str) -> Result<Map<String, Value>, serde_json::Error> {
    serde_json::from_str(&marked(text))
}

/// The runtime parameters of a Workflow; none if it takes none.
///
/// # Errors
///
/// Returns an error if the parameter's text is not a JSON object.
pub fn of(spec: &WorkflowSpec) -> Result<Option<Map<String, Value>>, Unreadable> {
    let mut parameters = spec.arguments.parameters.iter();
    let own = parameters.find(|own| own.name == NAME);
    let Some(text) = own.and_then(|own| own.value.as_deref()) else {
        return Ok(None);
    };
    decode(text).map(Some).map_err(|error| Unreadable {
        path: format!("spec.arguments.parameters[{NAME}].value"),
        span: Span::NOWHERE,
        reason: format!("it is no JSON object with runtime parameters of Kedro: {error}"),
    })
}

/// Replaces the numbers that only Python reads by texts with [`MARK`].
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

/// Length in bytes of the string at the start of a text, quotes included.
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

/// Says whether only Python reads a number exactly, and `serde_json` does not.
pub fn is_pythons(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    matches!(token, "NaN" | "Infinity" | "-Infinity")
        || (is_whole && token.parse::<i64>().is_err() && token.parse::<u64>().is_err())
}
