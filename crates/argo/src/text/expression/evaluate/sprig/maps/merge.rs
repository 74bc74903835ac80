//! Merges maps (`dario.cat/mergo`).

use std::sync::Arc;

use super::super::super::failure::Failure;
use super::super::super::value::Value;
use super::super::arguments::{Arguments, Map, map_of};
use super::super::choices::is_empty;

/// Merges the other maps into the first one, which changes.
pub(super) fn all(arguments: &Arguments<'_>, overwrites: bool) -> Result<Value, Failure> {
    let mut into = match arguments.value(0) {
        Value::Nil if arguments.all().len() > 1 => Value::map(Map::new()),
        other => other.clone(),
    };
    for from in arguments.from(1) {
        if !Arc::ptr_eq(map_of(&into)?, map_of(from)?) {
            into = merged(&into, from, overwrites, arguments)?;
        }
    }
    Ok(into)
}

fn other_types() -> Failure {
    Failure::new("maps of several types cannot be merged")
}

fn is_map(value: &Value) -> bool {
    matches!(
        value,
        Value::Map(_) | Value::TextMap(_) | Value::AnyMap(_) | Value::Groups(_)
    )
}

/// Merges `from` into `into`.
fn merged(
    into: &Value,
    from: &Value,
    overwrites: bool,
    arguments: &Arguments<'_>,
) -> Result<Value, Failure> {
    if is_empty(from) {
        return Ok(into.clone());
    }
    let (Value::Map(map) | Value::TextMap(map), Value::Map(others) | Value::TextMap(others)) =
        (into, from)
    else {
        return match into {
            // Go cannot assign keys of another type.
            Value::Map(_) | Value::TextMap(_) => Err(other_types()),
            _ => Err(Failure::Unsupported(
                "to merge maps with such keys".to_owned(),
            )),
        };
    };
    let holds_texts = matches!(into, Value::TextMap(_)) && matches!(from, Value::Map(_));
    let mut found = map.as_ref().clone();
    for (key, value) in others.iter() {
        let inside = match found.get(key) {
            Some(known) if is_map(known) && is_map(value) => {
                Some(merged(known, value, overwrites, arguments)?)
            }
            _ => None,
        };
        let Some(new) = chosen(&found, key, value, inside, overwrites) else {
            // Go tests whether a text is `nil`, which fails.
            if holds_texts && matches!(value, Value::List(..) | Value::Bytes(_)) {
                return Err(other_types());
            }
            continue;
        };
        if holds_texts {
            return Err(other_types());
        }
        found.insert(key.clone(), new);
    }
    let found = match into {
        Value::TextMap(_) => Value::TextMap(found.into()),
        _ => Value::map(found),
    };
    Ok(arguments.changed(into, found))
}

/// New value of a key; none if the old value stays.
fn chosen(
    found: &Map,
    key: &str,
    value: &Value,
    inside: Option<Value>,
    overwrites: bool,
) -> Option<Value> {
    match (found.get(key), inside) {
        _ if matches!(value, Value::Nil) => overwrites.then_some(Value::Nil),
        (_, Some(inside)) if !is_empty(&inside) => Some(inside),
        (Some(known), _) if !is_empty(known) && !overwrites => None,
        _ => Some(value.clone()),
    }
}
