//! Compares values: equality and order.

use std::cmp::Ordering;

use super::failure::Failure;
use super::value;
use super::value::Value;

/// `==`: compares numbers by value, lists by their elements, other values exactly.
#[expect(clippy::float_cmp, reason = "so does Go")]
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::List(_, left), Value::List(_, right)) => {
            left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|(left, right)| equal(left, right))
        }
        (Value::Float(_), _) | (_, Value::Float(_)) => match (left.as_float(), right.as_float()) {
            (Some(left), Some(right)) => left == right,
            _ => false,
        },
        (Value::Time(left), Value::Time(right)) => left == right,
        _ if left.is_nil() && right.is_nil() => true,
        _ => match (left.as_whole(), right.as_whole()) {
            (Some(left), Some(right)) => left == right,
            (None, None) => same(left, right),
            _ => false,
        },
    }
}

/// Go's `reflect.DeepEqual`: same type, and all parts equal.
#[expect(clippy::float_cmp, reason = "so does Go")]
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Nil, Value::Nil) => true,
        (Value::Boolean(left), Value::Boolean(right)) => left == right,
        (Value::Integer(left), Value::Integer(right)) | (Value::Long(left), Value::Long(right)) => {
            left == right
        }
        (Value::Byte(left), Value::Byte(right)) => left == right,
        (Value::Float(left), Value::Float(right)) => left == right,
        (Value::Text(left), Value::Text(right)) => left == right,
        (Value::Time(left), Value::Time(right)) => left == right && left.zone() == right.zone(),
        (Value::Duration(left), Value::Duration(right)) => left == right,
        (Value::Zone(left), Value::Zone(right)) => left == right,
        (Value::Month(left), Value::Month(right)) => left == right,
        (Value::Weekday(left), Value::Weekday(right)) => left == right,
        (Value::Bytes(left), Value::Bytes(right)) => left == right,
        (Value::List(first, left), Value::List(second, right)) => {
            first == second
                && left.len() == right.len()
                && left
                    .iter()
                    .zip(right.iter())
                    .all(|(left, right)| same(left, right))
        }
        (Value::Unsigned(left), Value::Unsigned(right)) => left == right,
        (Value::Version(left), Value::Version(right)) => left == right,
        (Value::Map(left), Value::Map(right)) | (Value::TextMap(left), Value::TextMap(right)) => {
            std::sync::Arc::ptr_eq(left, right)
                || left.len() == right.len()
                    && left
                        .iter()
                        .zip(right.iter())
                        .all(|(left, right)| left.0 == right.0 && same(left.1, right.1))
        }
        (Value::AnyMap(left), Value::AnyMap(right))
        | (Value::Groups(left), Value::Groups(right)) => {
            left.len() == right.len()
                && left.iter().all(|(key, value)| {
                    right
                        .iter()
                        .any(|(other, found)| same(key, other) && same(value, found))
                })
        }
        _ => false,
    }
}

/// `<`.
pub(super) fn less(left: &Value, right: &Value) -> Result<bool, Failure> {
    Ok(order("<", left, right)?.is_some_and(Ordering::is_lt))
}

/// `<=`.
pub(super) fn less_or_equal(left: &Value, right: &Value) -> Result<bool, Failure> {
    Ok(order("<=", left, right)?.is_some_and(Ordering::is_le))
}

/// Order of two values; none if one of them is NaN.
fn order(operator: &str, left: &Value, right: &Value) -> Result<Option<Ordering>, Failure> {
    if let (Some(left), Some(right)) = (left.as_text(), right.as_text()) {
        return Ok(Some(left.cmp(right)));
    }
    if let (Some(left), Some(right)) = (left.as_whole(), right.as_whole()) {
        return Ok(Some(left.cmp(&right)));
    }
    match (left, right) {
        (Value::Time(left), Value::Time(right)) => {
            return Ok(Some(left.moment().cmp(&right.moment())));
        }
        (Value::Duration(left), Value::Duration(right)) => return Ok(Some(left.cmp(right))),
        _ => {}
    }
    match (left.as_float(), right.as_float()) {
        (Some(left), Some(right)) => Ok(left.partial_cmp(&right)),
        _ => Err(mismatch(operator, left, right)),
    }
}

/// Sorts pairs of a value and its sort key.
pub(super) fn sort(values: &mut [(Value, Value)], descending: bool) -> Result<(), Failure> {
    let mut problem = None;
    values.sort_by(|left, right| {
        let (left, right) = if descending {
            (&right.0, &left.0)
        } else {
            (&left.0, &right.0)
        };
        match (less(left, right), less(right, left)) {
            (Ok(true), _) => Ordering::Less,
            (_, Ok(true)) => Ordering::Greater,
            (Err(failure), _) | (_, Err(failure)) => {
                problem = Some(failure);
                Ordering::Equal
            }
            _ => Ordering::Equal,
        }
    });
    problem.map_or(Ok(()), Err)
}

/// Says whether the order argument of `sort` or `sortBy` means descending.
pub(super) fn is_descending(order: &Value) -> Result<bool, Failure> {
    match order.as_text() {
        Some("asc") => Ok(false),
        Some("desc") => Ok(true),
        _ => Err(Failure::new("the order is `asc` or `desc`")),
    }
}

/// A count as a value.
pub(super) fn count(count: usize) -> Value {
    Value::Integer(value::length(count))
}

/// Failure of an operator that does not support these values.
pub(super) fn mismatch(operator: &str, left: &Value, right: &Value) -> Failure {
    Failure::new(format!(
        "`{operator}` does not work on {} and {}",
        left.go_type(),
        right.go_type()
    ))
}
