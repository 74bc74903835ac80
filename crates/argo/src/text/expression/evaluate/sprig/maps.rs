//! Functions on maps. Some change their argument, as in Go.

mod merge;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::{Arguments, Map, map_of};
use super::cast;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let key = arguments.text(1);
    let map = || map_of(arguments.value(0));
    Ok(Some(match name {
        "dict" => Value::map(dict(arguments.all())?),
        "get" => map()?.get(key).cloned().unwrap_or_else(|| Value::text("")),
        "hasKey" => Value::Boolean(map()?.contains_key(key)),
        "set" if matches!(arguments.value(0), Value::Nil) => {
            return Err(Failure::new("`nil` takes no keys"));
        }
        "unset" if matches!(arguments.value(0), Value::Nil) => Value::Nil,
        "set" | "unset" => {
            let mut changed = map()?.as_ref().clone();
            if name == "set" {
                changed.insert(key.to_owned(), arguments.value(2).clone());
            } else {
                changed.remove(key);
            }
            arguments.changed(arguments.value(0), Value::map(changed))
        }
        "pluck" => {
            let mut found = Vec::new();
            for value in arguments.from(1) {
                found.extend(map_of(value)?.get(arguments.text(0)).cloned());
            }
            Value::list(found)
        }
        "keys" => {
            let mut keys = Vec::new();
            for value in arguments.all() {
                keys.extend(map_of(value)?.keys());
            }
            Value::texts(keys)
        }
        "values" => Value::list(map()?.values().cloned().collect()),
        "pick" | "omit" => {
            let named: Vec<_> = arguments
                .from(1)
                .iter()
                .filter_map(Value::as_text)
                .collect();
            let is_wanted = |key: &str| named.contains(&key) == (name == "pick");
            let kept = map()?
                .iter()
                .filter(|(key, _)| is_wanted(key))
                .map(|(key, value)| (key.clone(), value.clone()));
            Value::map(kept.collect())
        }
        "merge" | "mustMerge" => merge::all(arguments, false)?,
        "mergeOverwrite" | "mustMergeOverwrite" => merge::all(arguments, true)?,
        "dig" => dig(arguments.all())?,
        "deepCopy" | "mustDeepCopy" if matches!(arguments.value(0), Value::Nil) => {
            return Err(Failure::new("`nil` cannot be copied"));
        }
        "deepCopy" | "mustDeepCopy" => copy(arguments.value(0)),
        _ => return Ok(None),
    }))
}

fn dict(values: &[Value]) -> Result<Map, Failure> {
    let mut map = BTreeMap::new();
    for pair in values.chunks(2) {
        let [key, rest @ ..] = pair else { continue };
        let value = rest.first().cloned().unwrap_or_else(|| Value::text(""));
        map.insert(cast::text(key)?, value);
    }
    Ok(map)
}

fn dig(arguments: &[Value]) -> Result<Value, Failure> {
    let [keys @ .., default, map] = arguments else {
        return Err(Failure::new("`dig` takes three arguments or more"));
    };
    let keys: Option<Vec<_>> = keys.iter().map(Value::as_text).collect();
    let keys = keys.ok_or_else(|| Failure::new("`dig` takes keys that are texts"))?;
    if keys.is_empty() {
        return Err(Failure::new("`dig` takes three arguments or more"));
    }
    let mut found = map;
    for key in keys {
        match map_of(found)?.get(key) {
            Some(value) => found = value,
            None => return Ok(default.clone()),
        }
    }
    Ok(found.clone())
}

/// A deep copy of a value: changes of one do not affect the other.
fn copy(value: &Value) -> Value {
    match value {
        Value::Map(map) => Value::map(
            map.iter()
                .map(|(key, value)| (key.clone(), copy(value)))
                .collect(),
        ),
        Value::List(elements, values) => {
            let values: Vec<_> = values.iter().map(copy).collect();
            Value::List(*elements, values.into())
        }
        // Go cannot copy the private fields of a version.
        Value::Version(_) => Value::Version(Arc::default()),
        other => other.clone(),
    }
}
