//! Functions on texts. They count bytes, as Go does.

use std::collections::BTreeMap;

use super::super::bytes::{exact, of_bytes};
use super::super::failure::Failure;
use super::super::format;
use super::super::texts::{self as go, split};
use super::super::value::{Elements, Value};
use super::arguments::Arguments;
use super::bounds::{MOST_PARTS, check_bytes, check_parts};
use super::cast;
use super::wrap::wrap;
use crate::text::quote;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let text = |number| arguments.text(number);
    let whole = |number| arguments.whole(number);
    Ok(Some(match name {
        "hello" => Value::text("Hello!"),
        "trim" => Value::text(text(0).trim()),
        "upper" => Value::text(go::upper(text(0))),
        "lower" => Value::text(go::lower(text(0))),
        "trimAll" | "trimall" => {
            let unwanted = text(0);
            Value::text(text(1).trim_matches(|letter| unwanted.contains(letter)))
        }
        "trimPrefix" => Value::text(text(1).strip_prefix(text(0)).unwrap_or(text(1))),
        "trimSuffix" => Value::text(text(1).strip_suffix(text(0)).unwrap_or(text(1))),
        "contains" => Value::Boolean(text(1).contains(text(0))),
        "hasPrefix" => Value::Boolean(text(1).starts_with(text(0))),
        "hasSuffix" => Value::Boolean(text(1).ends_with(text(0))),
        "replace" => Value::text(go::replace(text(2), text(0), text(1), None)?),
        "repeat" => Value::text(repeat(text(1), whole(0))?),
        "trunc" => Value::text(trunc(exact(text(1))?, whole(0))),
        "substr" => Value::text(substring(exact(text(2))?, whole(0), whole(1))?),
        "abbrev" if whole(0) < 4 => Value::text(text(1)),
        "abbrev" => Value::text(abbreviate(exact(text(1))?, 0, whole(0))),
        "abbrevboth" => {
            let (left, right) = (whole(0), whole(1));
            Value::text(if right < 4 || left > 0 && right < 7 {
                text(2).to_owned()
            } else {
                abbreviate(exact(text(2))?, left, right)
            })
        }
        "nospace" => Value::text(without_space(exact(text(0))?)),
        "initials" => Value::text(initials(exact(text(0))?)),
        "wrap" => Value::text(wrap(exact(text(1))?, whole(0), "\n", false)?),
        "wrapWith" => Value::text(wrap(exact(text(2))?, whole(0), exact(text(1))?, true)?),
        "indent" => Value::text(indent(text(1), whole(0))?),
        "nindent" => Value::text(format!("\n{}", indent(text(1), whole(0))?)),
        "plural" => Value::text(if whole(2) == 1 { text(0) } else { text(1) }),
        "toString" => Value::text(cast::text(arguments.value(0))?),
        "quote" => Value::text(each(arguments.all(), |value| {
            Ok(format!("\"{}\"", quote::go(exact(&cast::text(value)?)?)))
        })?),
        "squote" => Value::text(each(arguments.all(), |value| {
            Ok(format!("'{}'", format::shown(value)?))
        })?),
        "cat" => Value::text(each(arguments.all(), format::shown)?),
        "join" => Value::text(join(&cast::texts(arguments.value(1))?, text(0))?),
        "splitList" => parts(text(1), text(0), None)?,
        "split" => numbered(&parts(text(1), text(0), None)?),
        "splitn" => numbered(&parts(text(2), text(0), Some(whole(1)))?),
        "toStrings" => {
            let texts = match arguments.value(0) {
                same @ Value::List(Elements::Texts | Elements::NoTexts, _) => {
                    return Ok(Some(same.clone()));
                }
                other => cast::texts(other)?,
            };
            Value::texts(texts)
        }
        _ => return Ok(None),
    }))
}

/// Joins the texts of the values that are not `nil` with spaces.
fn each(
    values: &[Value],
    shown: impl Fn(&Value) -> Result<String, Failure>,
) -> Result<String, Failure> {
    let mut texts = Vec::new();
    let mut bytes = 0;
    for value in values.iter().filter(|value| !matches!(value, Value::Nil)) {
        let text = shown(value)?;
        bytes += text.len();
        check_bytes(bytes)?;
        texts.push(text);
    }
    Ok(texts.join(" "))
}

fn join(texts: &[String], glue: &str) -> Result<String, Failure> {
    let bytes: usize = texts.iter().map(String::len).sum();
    check_bytes(bytes.saturating_add(glue.len().saturating_mul(texts.len())))?;
    Ok(texts.join(glue))
}

fn parts(text: &str, by: &str, most: Option<i64>) -> Result<Value, Failure> {
    check_parts(text.matches(by).take(MOST_PARTS + 1).count())?;
    Ok(split(text, by, most, false))
}

/// A `map[string]string` of the parts: `_0`, `_1`, and so on.
fn numbered(parts: &Value) -> Value {
    let mut map = BTreeMap::new();
    if let Value::List(_, parts) = parts {
        for (number, part) in parts.iter().enumerate() {
            map.insert(format!("_{number}"), part.clone());
        }
    }
    Value::TextMap(map.into())
}

/// The bytes from one index to another. Go panics if the range does not exist.
fn cut(text: &str, from: i64, to: i64) -> Result<String, Failure> {
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    range
        .and_then(|(from, to)| text.as_bytes().get(from..to))
        .map(of_bytes)
        .ok_or_else(|| Failure::new(format!("the text has no part from {from} to {to}")))
}

fn size(text: &str) -> i64 {
    super::super::value::length(text.len())
}

fn substring(text: &str, start: i64, end: i64) -> Result<String, Failure> {
    match (start, end) {
        (..0, _) => cut(text, 0, end),
        (_, ..0) => cut(text, start, size(text)),
        _ => cut(text, start, end.min(size(text))),
    }
}

fn trunc(text: &str, count: i64) -> String {
    let size = size(text);
    let found = if count < 0 && size.saturating_add(count) > 0 {
        cut(text, size + count, size)
    } else if count >= 0 && size > count {
        cut(text, 0, count)
    } else {
        Ok(text.to_owned())
    };
    found.unwrap_or_default()
}

/// `Abbreviate` of goutils: three dots replace the omitted text.
fn abbreviate(text: &str, offset: i64, width: i64) -> String {
    let size = size(text);
    if size <= width {
        return text.to_owned();
    }
    let mut offset = offset.min(size);
    if size - offset < width - 3 {
        offset = size - (width - 3);
    }
    let part = |from: i64, to: i64| cut(text, from, to).unwrap_or_default();
    if offset <= 4 {
        return format!("{}...", part(0, width - 3));
    }
    if width < 7 {
        return String::new();
    }
    if offset + width - 3 < size {
        let end = part(offset, offset + width - 6);
        return format!("...{end}...");
    }
    format!("...{}", part(size - (width - 3), size))
}

fn repeat(text: &str, count: i64) -> Result<String, Failure> {
    let count = usize::try_from(count)
        .map_err(|_| Failure::new(format!("`repeat` cannot repeat {count} times")))?;
    check_bytes(text.len().saturating_mul(count))?;
    Ok(text.repeat(if text.is_empty() { 0 } else { count }))
}

/// goutils treats each byte as a letter.
fn bytes_as_letters(text: &str) -> impl Iterator<Item = char> {
    text.bytes().map(char::from)
}

fn without_space(text: &str) -> String {
    let kept: String = bytes_as_letters(text)
        .filter(|letter| !letter.is_whitespace())
        .collect();
    if kept.chars().count() == text.len() {
        return text.to_owned();
    }
    kept
}

fn initials(text: &str) -> String {
    let mut was_gap = true;
    bytes_as_letters(text)
        .filter(|letter| {
            let is_gap = letter.is_whitespace();
            let is_first = was_gap && !is_gap;
            was_gap = is_gap;
            is_first
        })
        .collect()
}

fn indent(text: &str, spaces: i64) -> Result<String, Failure> {
    let lines = text.matches('\n').count();
    let Ok(spaces) = usize::try_from(spaces) else {
        return Err(Failure::new("an indent cannot be negative"));
    };
    check_bytes(spaces.saturating_mul(lines + 1).saturating_add(text.len()))?;
    let pad = " ".repeat(spaces);
    Ok(format!("{pad}{}", text.replace('\n', &format!("\n{pad}"))))
}
