//! Functions on JSON.

use super::super::failure::Failure;
use super::super::format;
use super::super::value::Value;
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let written = |indent| format::json(arguments.value(0), indent);
    Ok(Some(match name {
        // `toJson` returns an empty text for a value without JSON.
        "toJson" => Value::text(written(None).unwrap_or_default()),
        "mustToJson" => Value::text(written(None)?),
        "toPrettyJson" => Value::text(written(Some("  ")).unwrap_or_default()),
        "mustToPrettyJson" => Value::text(written(Some("  "))?),
        "toRawJson" | "mustToRawJson" => Value::text(raw(&written(None)?)),
        "fromJson" => format::from_json(arguments.text(0)).unwrap_or(Value::Nil),
        "mustFromJson" => format::from_json(arguments.text(0))?,
        _ => return Ok(None),
    }))
}

/// JSON in which `<`, `>` and `&` are not escaped.
fn raw(json: &str) -> String {
    let mut found = String::with_capacity(json.len());
    let mut left = json;
    while let Some((before, after)) = left.split_once('\\') {
        found.push_str(before);
        let letter = match after.get(..5) {
            Some("u003c") => Some('<'),
            Some("u003e") => Some('>'),
            Some("u0026") => Some('&'),
            _ => None,
        };
        let size = if let Some(letter) = letter {
            found.push(letter);
            5
        } else {
            found.push('\\');
            let escaped = after.chars().next();
            found.extend(escaped);
            escaped.map_or(0, char::len_utf8)
        };
        left = after.get(size..).unwrap_or_default();
    }
    found.push_str(left);
    found
}
