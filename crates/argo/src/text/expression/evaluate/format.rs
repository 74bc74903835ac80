//! How Go writes values: `%v`, and JSON.

use std::fmt::Write as _;

use super::value::Value;
use super::{Failure, compare};

/// `fmt.Sprintf("%v", value)`.
pub(super) fn shown(value: &Value) -> Result<String, Failure> {
    Ok(match value {
        Value::Nil => "<nil>".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) | Value::Long(number) => number.to_string(),
        Value::Byte(number) => number.to_string(),
        Value::Float(number) => float(*number, -4, 6, true),
        Value::Text(text) => text.to_string(),
        Value::Bytes(bytes) => {
            let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
            format!("[{}]", numbers.join(" "))
        }
        Value::List(_, values) => {
            let values: Result<Vec<_>, _> = values.iter().map(shown).collect();
            format!("[{}]", values?.join(" "))
        }
        Value::Map(map) => {
            let pairs: Result<Vec<_>, Failure> = map
                .iter()
                .map(|(key, value)| Ok(format!("{key}:{}", shown(value)?)))
                .collect();
            format!("map[{}]", pairs?.join(" "))
        }
        Value::AnyMap(pairs) | Value::Groups(pairs) => {
            let mut pairs = pairs.as_ref().clone();
            // Keys of one type are put into order.
            if compare::sort(&mut pairs, false).is_err() {
                return Err(Failure::Unsupported(
                    "a map with keys of several types".to_owned(),
                ));
            }
            let pairs: Result<Vec<_>, Failure> = pairs
                .iter()
                .map(|(key, value)| Ok(format!("{}:{}", shown(key)?, shown(value)?)))
                .collect();
            format!("map[{}]", pairs?.join(" "))
        }
        Value::Function(_) => {
            return Err(Failure::Unsupported("the address of a function".to_owned()));
        }
    })
}

/// A number with as few digits as tell it from others, with an exponent if it is below `least` or not below `most`.
fn float(number: f64, least: i32, most: i32, padded: bool) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if number == 0.0 || (least..most).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.unsigned_abs();
    if padded {
        format!("{digits}e{sign}{exponent:02}")
    } else {
        format!("{digits}e{sign}{exponent}")
    }
}

/// `json.Marshal`, or with an indent `json.MarshalIndent`.
pub(super) fn json(value: &Value, indent: Option<&str>) -> Result<String, Failure> {
    let mut text = String::new();
    write_json(value, indent, 0, &mut text)?;
    Ok(text)
}

fn write_json(
    value: &Value,
    indent: Option<&str>,
    depth: usize,
    text: &mut String,
) -> Result<(), Failure> {
    match value {
        _ if value.is_nil() => text.push_str("null"),
        Value::Nil => text.push_str("null"),
        Value::Boolean(value) => text.push_str(if *value { "true" } else { "false" }),
        Value::Integer(number) | Value::Long(number) => text.push_str(&number.to_string()),
        Value::Byte(number) => text.push_str(&number.to_string()),
        Value::Float(number) if number.is_finite() => {
            text.push_str(&float(*number, -6, 21, false));
        }
        Value::Float(_) => return Err(Failure::new("JSON has no such number")),
        Value::Text(value) => quote(value, text),
        Value::Bytes(bytes) => quote(&super::texts::base64(bytes), text),
        Value::List(_, values) => {
            let mut parts = Vec::with_capacity(values.len());
            for value in values.iter() {
                let mut part = String::new();
                write_json(value, indent, depth + 1, &mut part)?;
                parts.push(part);
            }
            enclose(('[', ']'), &parts, indent, depth, text);
        }
        Value::Map(map) => {
            let mut parts = Vec::with_capacity(map.len());
            for (key, value) in map.iter() {
                let mut part = String::new();
                quote(key, &mut part);
                part.push_str(if indent.is_some() { ": " } else { ":" });
                write_json(value, indent, depth + 1, &mut part)?;
                parts.push(part);
            }
            enclose(('{', '}'), &parts, indent, depth, text);
        }
        Value::AnyMap(_) | Value::Groups(_) | Value::Function(_) => {
            let message = format!("JSON has no {}", value.go_type());
            return Err(Failure::new(message));
        }
    }
    Ok(())
}

fn enclose(
    (open, close): (char, char),
    parts: &[String],
    indent: Option<&str>,
    depth: usize,
    text: &mut String,
) {
    text.push(open);
    for (number, part) in parts.iter().enumerate() {
        if number > 0 {
            text.push(',');
        }
        if let Some(indent) = indent {
            text.push('\n');
            text.push_str(&indent.repeat(depth + 1));
        }
        text.push_str(part);
    }
    if let (Some(indent), false) = (indent, parts.is_empty()) {
        text.push('\n');
        text.push_str(&indent.repeat(depth));
    }
    text.push(close);
}

/// A text in JSON, with what HTML minds escaped.
fn quote(value: &str, text: &mut String) {
    text.push('"');
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // A `String` takes all that is written.
                let _ = write!(text, "\\u{:04x}", u32::from(character));
            }
            _ => text.push(character),
        }
    }
    text.push('"');
}

/// `json.Unmarshal`: all numbers are floats.
pub(super) fn from_json(text: &str) -> Result<Value, Failure> {
    let value: serde_json::Value =
        serde_json::from_str(text).map_err(|error| Failure::new(error.to_string()))?;
    Ok(of_json(value))
}

fn of_json(value: serde_json::Value) -> Value {
    match value {
        serde_json::Value::Null => Value::Nil,
        serde_json::Value::Bool(value) => Value::Boolean(value),
        serde_json::Value::Number(number) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        serde_json::Value::String(text) => Value::text(text),
        serde_json::Value::Array(values) => Value::list(values.into_iter().map(of_json).collect()),
        serde_json::Value::Object(values) => Value::map(
            values
                .into_iter()
                .map(|(key, value)| (key, of_json(value)))
                .collect(),
        ),
    }
}
