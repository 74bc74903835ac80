//! JSON as Go rewrites it: without spaces, and with `<`, `>` and `&` escaped.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

/// JSON without spaces (`json.Compact`, as `json.Marshal` calls it).
pub(super) fn compact(raw: &str) -> String {
    let mut compact = String::with_capacity(raw.len());
    let mut in_text = false;
    let mut is_escaped = false;
    for letter in raw.chars() {
        if in_text {
            in_text = is_escaped || letter != '"';
            is_escaped = letter == '\\' && !is_escaped;
        } else if letter.is_ascii_whitespace() {
            continue;
        } else {
            in_text = letter == '"';
        }
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                compact.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            _ => compact.push(letter),
        }
    }
    compact
}

/// An item as text: JSON, but a JSON string without its quotes (`Item.String`).
pub(super) fn shown(raw: &str) -> String {
    let compact = compact(raw);
    let bare = compact
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    bare.unwrap_or(&compact)
        .replace("\\u003c", "<")
        .replace("\\u003e", ">")
        .replace("\\u0026", "&")
}

/// A mapping with sorted keys.
pub(super) fn object(entries: &BTreeMap<String, &RawValue>) -> String {
    let entries: Vec<String> = entries
        .iter()
        .map(|(key, value)| {
            let key = compact(&serde_json::Value::from(key.as_str()).to_string());
            format!("{key}:{}", compact(value.get()))
        })
        .collect();
    format!("{{{}}}", entries.join(","))
}

/// Gives Go's error for a text that is not a JSON list (`encoding/json`), if that error is known.
pub(super) fn why_no_list(text: &str) -> Option<String> {
    let kind = match serde_json::from_str(text) {
        Ok(serde_json::Value::Object(_)) => "object",
        Ok(serde_json::Value::Number(_)) => "number",
        Ok(serde_json::Value::String(_)) => "string",
        Ok(serde_json::Value::Bool(_)) => "bool",
        Ok(_) => return None,
        Err(_) => return Some(why_no_json(text)),
    };
    Some(format!(
        "json: cannot unmarshal {kind} into Go value of type []v1alpha1.Item"
    ))
}

/// Gives Go's error for a text that is not JSON, judged by its first letter.
pub(super) fn why_no_json(text: &str) -> String {
    match text.trim_start().chars().next() {
        None => "unexpected end of JSON input".to_owned(),
        Some(first) => format!("invalid character '{first}' looking for beginning of value"),
    }
}
