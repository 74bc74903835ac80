//! JSON for programs, which a terminal can show as well.

use std::borrow::Cow;

/// Writes indented JSON.
///
/// # Errors
///
/// A value that JSON cannot hold, such as a mapping by lists.
pub(crate) fn to_json(value: &impl serde::Serialize) -> serde_json::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(without_controls(&text).into_owned())
}

/// Escapes the control characters that JSON allows inside strings.
pub(crate) fn without_controls(json: &str) -> Cow<'_, str> {
    // A newline only occurs between values.
    let is_order = |character: char| character.is_control() && character != '\n';
    if !json.contains(is_order) {
        return Cow::Borrowed(json);
    }
    let mut escaped = String::with_capacity(json.len());
    for character in json.chars() {
        if is_order(character) {
            escaped.push_str(&format!("\\u{:04x}", u32::from(character)));
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_programs_keeps_every_character_as_an_escape() {
        let value = serde_json::json!({"a": "x\u{1b}]0;\u{7f}\u{9b}31m\n"});
        let line = without_controls(&value.to_string()).into_owned();
        assert_eq!(line, r#"{"a":"x\u001b]0;\u007f\u009b31m\n"}"#);
        let back: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(back, value);
    }
}
