//! Finds the values of one part of a path.

use super::failure::{nothing, wrong};
use crate::text::expression::evaluate::failure::Failure;
use crate::text::expression::evaluate::value::Value;

/// The value as a whole number, if it is one.
pub(super) fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(number) | Value::Long(number) => Some(*number),
        Value::Float(number) => super::super::numeral::whole(*number),
        _ => None,
    }
}

fn no_target(part: &str, value: &Value) -> Failure {
    wrong(format!("{part} finds nothing in {}", value.go_type()))
}

/// The elements of a list, or the values of a map in the order of its keys.
pub(super) fn children(value: &Value) -> Result<Vec<&Value>, Failure> {
    match value {
        Value::Map(map) => Ok(map.values().collect()),
        Value::List(_, values) => Ok(values.iter().collect()),
        other => Err(no_target("`*`", other)),
    }
}

/// The value of a key.
pub(super) fn key(value: &Value, key: &str) -> Result<Value, Failure> {
    match value {
        Value::Map(map) => map
            .get(key)
            .cloned()
            .ok_or_else(|| wrong(format!("there is no key `{key}`"))),
        other => Err(no_target("a key", other)),
    }
}

/// The element at an index.
pub(super) fn index(value: &Value, index: i64) -> Result<Value, Failure> {
    let found = at(value, &[index])?;
    found
        .into_iter()
        .next()
        .ok_or_else(|| wrong(format!("there is no element {index}")))
}

/// The elements at indices; leaves out indices that do not exist.
pub(super) fn at(value: &Value, indices: &[i64]) -> Result<Vec<Value>, Failure> {
    let Value::List(_, values) = value else {
        return Err(no_target("an index", value));
    };
    let size = i64::try_from(values.len()).map_err(|_| nothing())?;
    Ok(indices
        .iter()
        .filter_map(|index| {
            let index = if *index < 0 {
                size.wrapping_add(*index)
            } else {
                *index
            };
            values.get(usize::try_from(index).ok()?).cloned()
        })
        .collect())
}

/// The values of keys; leaves out keys that do not exist.
pub(super) fn of_keys(value: &Value, keys: &[String]) -> Result<Vec<Value>, Failure> {
    let Value::Map(map) = value else {
        return Err(no_target("a key", value));
    };
    Ok(keys
        .iter()
        .filter_map(|key| map.get(key).cloned())
        .collect())
}

/// `length`: the number of elements or letters, or the value of the key `length`.
pub(super) fn length(value: &Value) -> Result<Value, Failure> {
    let size = match value {
        Value::Map(map) => match map.get("length") {
            Some(found) => return Ok(found.clone()),
            None => map.len(),
        },
        Value::List(_, values) => values.len(),
        Value::Text(text) => text.len(),
        other => return Err(no_target("`length`", other)),
    };
    i64::try_from(size).map(Value::Long).map_err(|_| nothing())
}

/// Says whether a filter keeps an element if its script gives this value.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Boolean(value) => *value,
        Value::List(_, values) => !values.is_empty(),
        Value::Map(map) => !map.is_empty(),
        Value::Text(text) => !matches!(text.as_ref(), "" | "''" | "\"\""),
        Value::Integer(number) | Value::Long(number) => *number != 0,
        Value::Float(number) => *number != 0.0,
        _ => false,
    }
}
