//! Casts of sprig: any value to a number (`spf13/cast`) or to a text.

use super::super::bytes::of_bytes;
use super::super::failure::Failure;
use super::super::format;
use super::super::value::{self, Value};
use crate::text::numeral;

/// `cast.ToInt64`: 0 if the value is not a number.
pub(super) fn integer(value: &Value) -> i64 {
    match value {
        Value::Boolean(value) => i64::from(*value),
        Value::Text(text) => numeral::integer(&without_fraction(text), 0).unwrap_or(0),
        other => whole(other).or_else(|| other.as_integer()).unwrap_or(0),
    }
}

/// `cast.ToFloat64`: 0 if the value is not a number.
pub(super) fn float(value: &Value) -> f64 {
    match value {
        Value::Boolean(value) => value::as_float(i64::from(*value)),
        Value::Text(text) => numeral::float(text).unwrap_or(0.0),
        other => other
            .as_float()
            .or_else(|| whole(other).map(value::as_float))
            .unwrap_or(0.0),
    }
}

/// The number of a duration, a month or a day of the week.
fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Duration(duration) => Some(duration.nanoseconds()),
        Value::Month(month) => Some(i64::from(*month)),
        Value::Weekday(day) => Some(i64::from(day.to_sunday_zero_offset())),
        _ => None,
    }
}

/// A plain number without its fraction; other texts unchanged.
fn without_fraction(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else {
        return text.to_owned();
    };
    let digits = whole.strip_prefix(['+', '-']).unwrap_or(whole);
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(digits) || !is_number(fraction) {
        return text.to_owned();
    }
    let zero = if digits.is_empty() { "0" } else { "" };
    format!("{whole}{zero}")
}

/// `strval`: the text of a value.
pub(super) fn text(value: &Value) -> Result<String, Failure> {
    match value {
        Value::Bytes(bytes) => Ok(of_bytes(bytes)),
        other => format::shown(other),
    }
}

/// `strslice`: the texts of a list's elements, without `nil`; for any other value, its own text.
pub(super) fn texts(value: &Value) -> Result<Vec<String>, Failure> {
    match value {
        Value::Nil => Ok(Vec::new()),
        Value::List(_, values) => values
            .iter()
            .filter(|value| !matches!(value, Value::Nil))
            .map(text)
            .collect(),
        Value::Bytes(bytes) => Ok(bytes.iter().map(u8::to_string).collect()),
        other => Ok(vec![text(other)?]),
    }
}
