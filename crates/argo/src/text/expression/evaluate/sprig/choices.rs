//! Functions that choose: `default`, `coalesce`, `ternary` and the like.

use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let all = arguments.all();
    Ok(Some(match name {
        "empty" => Value::Boolean(is_empty(arguments.value(0))),
        "default" => match all.get(1) {
            Some(given) if !is_empty(given) => given.clone(),
            _ => arguments.value(0).clone(),
        },
        "coalesce" => all
            .iter()
            .find(|value| !is_empty(value))
            .cloned()
            .unwrap_or(Value::Nil),
        "all" => Value::Boolean(!all.iter().any(is_empty)),
        "any" => Value::Boolean(!all.iter().all(is_empty)),
        "ternary" => match arguments.value(2) {
            Value::Boolean(true) => arguments.value(0).clone(),
            _ => arguments.value(1).clone(),
        },
        "fail" => return Err(Failure::new(arguments.text(0))),
        _ => return Ok(None),
    }))
}

/// Says whether a value is empty: `nil`, false, zero, or without elements or letters.
pub(super) fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Boolean(value) => !value,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(_, values) => values.is_empty(),
        Value::Map(map) | Value::TextMap(map) => map.is_empty(),
        Value::AnyMap(pairs) | Value::Groups(pairs) => pairs.is_empty(),
        Value::Function(_) | Value::Time(_) | Value::Zone(_) | Value::Version(_) => false,
        Value::Duration(duration) => duration.nanoseconds() == 0,
        Value::Month(month) => *month == 0,
        Value::Weekday(day) => day.to_sunday_zero_offset() == 0,
        number => number.as_float() == Some(0.0),
    }
}
