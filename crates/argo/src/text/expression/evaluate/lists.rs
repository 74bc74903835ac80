//! The functions on lists and maps.

use std::sync::Arc;

use super::budget::MOST_MEMORY;
use super::failure::Failure;
use super::value::{Elements, Value};
use super::value_index::ValueIndex;
use super::{compare, read};

/// The elements of a list; an error for any other value.
pub(super) fn of_list<'a>(name: &str, value: &'a Value) -> Result<&'a [Value], Failure> {
    match value {
        Value::List(_, values) => Ok(values),
        other => Err(Failure::new(format!(
            "`{name}` takes a list, not {}",
            other.go_type()
        ))),
    }
}

/// Bytes as a list; other values unchanged.
fn as_list(value: &Value) -> Result<Value, Failure> {
    match value {
        Value::Bytes(_) => {
            let elements = read::elements(value)?;
            Ok(Value::list(elements.into_iter().flatten().collect()))
        }
        other => Ok(other.clone()),
    }
}

/// The keys and values of a map.
fn of_map(name: &str, value: &Value) -> Result<Vec<(Value, Value)>, Failure> {
    match value {
        Value::Map(map) | Value::TextMap(map) => Ok(map
            .iter()
            .map(|(key, value)| (Value::text(key), value.clone()))
            .collect()),
        Value::AnyMap(pairs) | Value::Groups(pairs) => Ok(pairs.as_ref().clone()),
        other => Err(Failure::new(format!(
            "`{name}` takes a map, not {}",
            other.go_type()
        ))),
    }
}

/// Calls a function on a list or a map.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    // Most functions take bytes as a list of numbers; `take` and `get` keep them as bytes.
    let is_of_bytes = |value: &Value| matches!(value, Value::Bytes(_));
    if !matches!(name, "first" | "last" | "get" | "take" | "sort" | "join")
        && arguments.iter().any(is_of_bytes)
    {
        let lists: Result<Vec<_>, Failure> = arguments.iter().map(as_list).collect();
        return call(name, &lists?);
    }
    let first = arguments.first().unwrap_or(&Value::Nil);
    let second = arguments.get(1);
    Ok(match name {
        "first" => read::at(first, 0).unwrap_or(Value::Nil),
        "last" => read::at(first, -1).unwrap_or(Value::Nil),
        "get" => get(first, second.unwrap_or(&Value::Nil))?,
        "take" => {
            let values = of_list(name, first)?;
            let count = second.and_then(Value::as_whole);
            let Some(count) = count.and_then(|count| usize::try_from(count).ok()) else {
                return Err(Failure::new("`take` takes a number of elements"));
            };
            let taken: Vec<_> = values.iter().take(count).cloned().collect();
            match first {
                Value::List(elements, _) => Value::List(*elements, taken.into()),
                _ => Value::list(taken),
            }
        }
        "keys" => Value::list(
            of_map(name, first)?
                .into_iter()
                .map(|(key, _)| key)
                .collect(),
        ),
        "values" => Value::list(
            of_map(name, first)?
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        ),
        "toPairs" => {
            let pairs: Vec<_> = of_map(name, first)?
                .into_iter()
                .map(|(key, value)| read::pair(key, value))
                .collect();
            Value::List(Elements::Pairs, pairs.into())
        }
        "fromPairs" => from_pairs(of_list(name, first)?)?,
        "reverse" => Value::list(of_list(name, first)?.iter().rev().cloned().collect()),
        "uniq" => {
            let mut kept: Vec<Value> = Vec::new();
            let mut value_index = ValueIndex::default();
            for value in of_list(name, first)? {
                let is_at = |place: usize| {
                    let known = kept.get(place);
                    known.is_some_and(|known| compare::equal(value, known))
                };
                if value_index.find_or_add(value, kept.len(), is_at)?.is_none() {
                    kept.push(value.clone());
                }
            }
            Value::list(kept)
        }
        "concat" => {
            let mut all = Vec::new();
            for argument in arguments {
                all.extend_from_slice(of_list(name, argument)?);
            }
            Value::list(all)
        }
        "flatten" => {
            let mut all = Vec::new();
            flatten(of_list(name, first)?, &mut all);
            Value::list(all)
        }
        "sort" => {
            let descending = second.map_or(Ok(false), compare::is_descending)?;
            let mut values: Vec<_> = match first {
                Value::List(_, values) => values
                    .iter()
                    .map(|value| (value.clone(), Value::Nil))
                    .collect(),
                // `sort` returns an empty list for a value that is not a list.
                _ => return Ok(Value::nothing()),
            };
            compare::sort(&mut values, descending)?;
            Value::list(values.into_iter().map(|(value, _)| value).collect())
        }
        "join" => join(of_list(name, first)?, second)?,
        "max" | "min" => most(name, arguments)?,
        _ => {
            let mut numbers = Vec::new();
            gather(name, arguments, &mut numbers)?;
            Value::Float(if name == "mean" {
                mean(&numbers)
            } else {
                median(numbers)
            })
        }
    })
}

/// Joins texts with `glue` between them.
fn join(values: &[Value], glue: Option<&Value>) -> Result<Value, Failure> {
    let wrong = || Failure::new("`join` takes a list of texts, and a text");
    let glue = match glue {
        None => "",
        Some(glue) => glue.as_text().ok_or_else(wrong)?,
    };
    let texts: Option<Vec<&str>> = values.iter().map(Value::as_text).collect();
    let texts = texts.ok_or_else(wrong)?;
    if glue.len().saturating_mul(texts.len()) >= 8 * MOST_MEMORY {
        return Err(Failure::new("it takes too much memory"));
    }
    Ok(Value::text(texts.join(glue)))
}

fn get(of: &Value, key: &Value) -> Result<Value, Failure> {
    match of {
        Value::Groups(_) => Ok(match read::fetch(of, key)? {
            group if group.is_nil() => Value::Nil,
            group => group,
        }),
        Value::Map(_) | Value::AnyMap(_) => read::fetch(of, key),
        Value::List(..) | Value::Text(_) | Value::Bytes(_) => {
            let index = key
                .as_integer()
                .ok_or_else(|| Failure::new("an index has to be a number"))?;
            Ok(read::at(of, index).unwrap_or(Value::Nil))
        }
        _ => Ok(Value::Nil),
    }
}

fn from_pairs(pairs: &[Value]) -> Result<Value, Failure> {
    let mut found: Vec<(Value, Value)> = Vec::new();
    let mut value_index = ValueIndex::default();
    for pair in pairs {
        let [key, value] = of_list("fromPairs", pair)? else {
            return Err(Failure::new("`fromPairs` takes lists of two"));
        };
        if !key.can_be_key() {
            return Err(Failure::new(format!("{} is not a key", key.go_type())));
        }
        let is_at = |place: usize| {
            let known = found.get(place);
            known.is_some_and(|(known, _)| compare::same(known, key))
        };
        let known = value_index.find_or_add(key, found.len(), is_at)?;
        match known.and_then(|place| found.get_mut(place)) {
            Some(known) => known.1 = value.clone(),
            None => found.push((key.clone(), value.clone())),
        }
    }
    Ok(Value::AnyMap(Arc::new(found)))
}

fn flatten(values: &[Value], all: &mut Vec<Value>) {
    for value in values {
        match value {
            Value::List(_, inner) => flatten(inner, all),
            other => all.push(other.clone()),
        }
    }
}

fn most(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let mut found = Value::Nil;
    let better = |found: &Value, value: &Value| {
        if matches!(found, Value::Nil) {
            return Ok(true);
        }
        if name == "max" {
            compare::less(found, value)
        } else {
            compare::less(value, found)
        }
    };
    for argument in arguments {
        let value = match argument {
            Value::List(_, values) => {
                let mut inner = Value::Nil;
                for value in values.iter() {
                    let value = match value {
                        Value::List(..) => most(name, std::slice::from_ref(value))?,
                        other if other.as_float().is_some() => other.clone(),
                        other => {
                            let message = format!("`{name}` cannot take {}", other.go_type());
                            return Err(Failure::new(message));
                        }
                    };
                    if !matches!(value, Value::Nil) && better(&inner, &value)? {
                        inner = value;
                    }
                }
                inner
            }
            other if other.as_float().is_some() => other.clone(),
            // A single argument is returned unchanged.
            other if arguments.len() == 1 => return Ok(other.clone()),
            other => {
                let message = format!("`{name}` cannot take {}", other.go_type());
                return Err(Failure::new(message));
            }
        };
        if !matches!(value, Value::Nil) && better(&found, &value)? {
            found = value;
        }
    }
    Ok(found)
}

fn gather(name: &str, values: &[Value], numbers: &mut Vec<f64>) -> Result<(), Failure> {
    for value in values {
        match value {
            Value::List(_, inner) => gather(name, inner, numbers)?,
            other => {
                let Some(number) = other.as_float() else {
                    let message = format!("`{name}` cannot take {}", other.go_type());
                    return Err(Failure::new(message));
                };
                numbers.push(number);
            }
        }
    }
    Ok(())
}

fn mean(numbers: &[f64]) -> f64 {
    if numbers.is_empty() {
        return 0.0;
    }
    numbers.iter().sum::<f64>() / super::value::as_float(super::value::length(numbers.len()))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    let middle = numbers.len() / 2;
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0.0);
    match numbers.len() {
        0 => 0.0,
        count if count % 2 == 1 => at(middle),
        _ => f64::midpoint(at(middle - 1), at(middle)),
    }
}

/// Functions on bits.
pub(super) fn bits(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let whole = |number: usize| {
        arguments
            .get(number)
            .and_then(Value::as_whole)
            .ok_or_else(|| Failure::new(format!("`{name}` takes whole numbers")))
    };
    let first = whole(0)?;
    if name == "bitnot" {
        return Ok(Value::Integer(!first));
    }
    let second = whole(1)?;
    let shift = || {
        u32::try_from(second.min(64))
            .map_err(|_| Failure::new(format!("`{name}` cannot shift by {second}")))
    };
    Ok(Value::Integer(match name {
        "bitand" => first & second,
        "bitor" => first | second,
        "bitxor" => first ^ second,
        "bitnand" => first & !second,
        "bitshl" => first.checked_shl(shift()?).unwrap_or(0),
        "bitshr" => first >> shift()?.min(63),
        _ => first
            .cast_unsigned()
            .checked_shr(shift()?)
            .unwrap_or(0)
            .cast_signed(),
    }))
}
