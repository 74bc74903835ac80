//! Writes values as Go does: `%v`, and JSON.

use super::failure::Failure;
use super::value::Value;
use super::{base64, compare};
use crate::text::{number, quote};
use crate::time::{RFC3339_NANO, month, weekday};

/// `fmt.Sprintf("%v", value)`.
pub(in crate::text) fn shown(value: &Value) -> Result<String, Failure> {
    Ok(match value {
        Value::Nil => "<nil>".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(number) | Value::Long(number) => number.to_string(),
        Value::Byte(number) => number.to_string(),
        Value::Float(number) => number::shown(*number),
        Value::Unsigned(number) => number.to_string(),
        Value::Version(version) => version.to_string(),
        Value::Text(text) => text.to_string(),
        Value::Bytes(bytes) => {
            let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
            format!("[{}]", numbers.join(" "))
        }
        Value::List(_, values) => {
            let values: Result<Vec<_>, _> = values.iter().map(shown).collect();
            format!("[{}]", values?.join(" "))
        }
        Value::Map(map) | Value::TextMap(map) => {
            let pairs: Result<Vec<_>, Failure> = map
                .iter()
                .map(|(key, value)| Ok(format!("{key}:{}", shown(value)?)))
                .collect();
            format!("map[{}]", pairs?.join(" "))
        }
        Value::AnyMap(pairs) | Value::Groups(pairs) => {
            let mut pairs = pairs.as_ref().clone();
            // Go sorts the keys if they have one type.
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
        Value::Time(time) => time.to_string(),
        Value::Duration(duration) => duration.to_string(),
        Value::Zone(zone) => zone.name().to_owned(),
        Value::Month(number) => month(*number).to_owned(),
        Value::Weekday(day) => weekday(*day).to_owned(),
        Value::Function(_) => {
            return Err(Failure::Unsupported("the address of a function".to_owned()));
        }
    })
}

impl Value {
    /// The value as compact JSON, as Go writes it.
    ///
    /// # Errors
    ///
    /// Returns why the value has no JSON.
    pub fn to_json(&self) -> Result<String, Failure> {
        json(self, None)
    }

    /// The value as Go prints it (`%v` of `fmt`).
    ///
    /// # Errors
    ///
    /// Returns why the value has no text: it is a function.
    pub fn printed(&self) -> Result<String, Failure> {
        shown(self)
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
        Value::Unsigned(number) => text.push_str(&number.to_string()),
        Value::Version(version) => quoted(&version.to_string(), text),
        Value::Float(number) if number.is_finite() => {
            text.push_str(&number::json(*number));
        }
        Value::Float(_) => return Err(Failure::new("JSON has no such number")),
        Value::Text(value) => quoted(value, text),
        Value::Bytes(bytes) => quoted(&base64::encode(bytes), text),
        Value::List(_, values) => {
            let mut parts = Vec::with_capacity(values.len());
            for value in values.iter() {
                let mut part = String::new();
                write_json(value, indent, depth + 1, &mut part)?;
                parts.push(part);
            }
            enclose(('[', ']'), &parts, indent, depth, text);
        }
        Value::Map(map) | Value::TextMap(map) => {
            let mut parts = Vec::with_capacity(map.len());
            for (key, value) in map.iter() {
                let mut part = String::new();
                quoted(key, &mut part);
                part.push_str(if indent.is_some() { ": " } else { ":" });
                write_json(value, indent, depth + 1, &mut part)?;
                parts.push(part);
            }
            enclose(('{', '}'), &parts, indent, depth, text);
        }
        Value::Time(time) if time.civil().year() < 0 => {
            return Err(Failure::new("JSON has no time before the year 0"));
        }
        Value::Time(time) => quoted(&time.format(RFC3339_NANO), text),
        Value::Duration(duration) => text.push_str(&duration.nanoseconds().to_string()),
        // A time zone has no field that JSON shows.
        Value::Zone(_) => text.push_str("{}"),
        Value::Month(number) => text.push_str(&number.to_string()),
        Value::Weekday(day) => text.push_str(&day.to_sunday_zero_offset().to_string()),
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

/// A text in JSON.
fn quoted(value: &str, text: &mut String) {
    text.push('"');
    quote::json(value, text);
    text.push('"');
}

/// `json.Unmarshal`: all numbers are floats.
pub(in crate::text) fn from_json(text: &str) -> Result<Value, Failure> {
    let value: serde_json::Value = serde_json::from_str(&without_lone_surrogates(text))
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(of_json(value))
}

/// Replaces each lone surrogate by a replacement character.
fn without_lone_surrogates(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("\\u") {
        return text.into();
    }
    let unit = |text: &str| {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut found = String::with_capacity(text.len());
    let mut left = text;
    while let Some(at) = left.find('\\') {
        let (before, after) = left.split_at_checked(at).unwrap_or((left, ""));
        found.push_str(before);
        let second = || unit(after.get(6..).unwrap_or_default());
        let (size, is_half) = match unit(after) {
            Some(0xd800..=0xdbff) => match second() {
                Some(0xdc00..=0xdfff) => (12, false),
                _ => (6, true),
            },
            Some(0xdc00..=0xdfff) => (6, true),
            _ => {
                let escaped = after.chars().nth(1).map_or(0, char::len_utf8);
                (1 + escaped, false)
            }
        };
        let (escape, rest) = after.split_at_checked(size).unwrap_or((after, ""));
        found.push_str(if is_half { "\\ufffd" } else { escape });
        left = rest;
    }
    found.push_str(left);
    found.into()
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
