//! Reads parts of values.

use super::bytes::{exact, of_bytes};
use super::compare;
use super::failure::Failure;
use super::run::{Run, Stop};
use super::value::{self, Elements, Value};
use crate::text::expression::syntax::{Node, Syntax};

impl<'v> Run<'v> {
    pub(super) fn member(
        &mut self,
        of: &'v Node,
        property: &'v Node,
        optional: bool,
    ) -> Result<Value, Stop> {
        let base = self.value(of)?;
        if optional && base.is_nil() {
            return Err(Stop::Nil);
        }
        let key = self.value(property)?;
        let base = self.current(base)?;
        self.look_up(&base)?;
        Ok(fetch(&base, &key)?)
    }

    pub(super) fn slice(
        &mut self,
        of: &'v Node,
        from: Option<&'v Node>,
        to: Option<&'v Node>,
    ) -> Result<Value, Stop> {
        let base = self.value(of)?;
        let size = match &base {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::List(_, values) => values.len(),
            Value::Map(_) | Value::TextMap(_) | Value::AnyMap(_) | Value::Groups(_) => 0,
            other => return Err(no_parts(other).into()),
        };
        let size = value::length(size);
        let to = self.end(to, size, size)?;
        let from = self.end(from, 0, size)?.min(to);
        let found = cut(&base, from, to)?;
        self.look_through(&found)?;
        Ok(found)
    }

    fn end(&mut self, node: Option<&'v Node>, without: i64, size: i64) -> Result<i64, Stop> {
        let Some(node) = node else {
            return Ok(without);
        };
        let Some(index) = self.value(node)?.as_integer() else {
            return Err(Failure::new("an index has to be a number").into());
        };
        let index = if index < 0 {
            size.saturating_add(index)
        } else {
            index
        };
        Ok(index.clamp(0, size))
    }
}

fn no_parts(value: &Value) -> Failure {
    Failure::new(format!("{} has no parts", value.go_type()))
}

fn cut(base: &Value, from: i64, to: i64) -> Result<Value, Failure> {
    let range = usize::try_from(from).unwrap_or(0)..usize::try_from(to).unwrap_or(0);
    match base {
        Value::Text(text) => {
            let bytes = exact(text)?.as_bytes().get(range).unwrap_or_default();
            Ok(Value::text(of_bytes(bytes)))
        }
        Value::Bytes(bytes) => Ok(Value::Bytes(bytes.get(range).unwrap_or_default().into())),
        Value::List(elements, values) => {
            let values = values.get(range).unwrap_or_default().to_vec();
            Ok(Value::List(*elements, values.into()))
        }
        other => Err(no_parts(other)),
    }
}

/// `of[key]`: an absent key of a map gives `nil`, an absent index of a list fails.
pub(super) fn fetch(of: &Value, key: &Value) -> Result<Value, Failure> {
    match of {
        Value::Map(map) => match key {
            Value::Text(key) => Ok(map.get(key.as_ref()).cloned().unwrap_or(Value::Nil)),
            Value::Nil => Ok(map.get("").cloned().unwrap_or(Value::Nil)),
            other => {
                let message = format!("{} is not a key of a map", other.go_type());
                Err(Failure::new(message))
            }
        },
        Value::TextMap(map) => match key {
            // In Go, an absent key of a `map[string]string` gives an empty text.
            Value::Text(key) => Ok(map
                .get(key.as_ref())
                .cloned()
                .unwrap_or_else(|| Value::text(""))),
            other => {
                let message = format!("{} is not a key of a map", other.go_type());
                Err(Failure::new(message))
            }
        },
        Value::AnyMap(_) | Value::Groups(_) if !key.can_be_key() => Err(Failure::new(format!(
            "{} is not a key of a map",
            key.go_type()
        ))),
        Value::AnyMap(pairs) => Ok(found(pairs, key).unwrap_or(Value::Nil)),
        Value::Groups(pairs) => Ok(found(pairs, key).unwrap_or_else(Value::nothing)),
        Value::List(..) | Value::Text(_) | Value::Bytes(_) => {
            let Some(index) = key.as_integer() else {
                return Err(Failure::new(format!("{} is not an index", key.go_type())));
            };
            at(of, index).ok_or_else(|| Failure::new(format!("there is no element {index}")))
        }
        other => Err(Failure::new(format!(
            "nothing can be read from {}",
            other.go_type()
        ))),
    }
}

fn found(pairs: &[(Value, Value)], key: &Value) -> Option<Value> {
    let pair = pairs.iter().find(|(known, _)| compare::same(known, key))?;
    Some(pair.1.clone())
}

/// The element of a list, or the byte of a text; a negative index counts from the end.
pub(super) fn at(of: &Value, index: i64) -> Option<Value> {
    let from_start = |size: usize| {
        let index = if index < 0 {
            value::length(size).checked_add(index)?
        } else {
            index
        };
        usize::try_from(index).ok()
    };
    match of {
        Value::List(_, values) => values.get(from_start(values.len())?).cloned(),
        Value::Text(text) => {
            let byte = text.as_bytes().get(from_start(text.len())?)?;
            Some(Value::Byte(*byte))
        }
        Value::Bytes(bytes) => bytes
            .get(from_start(bytes.len())?)
            .copied()
            .map(Value::Byte),
        _ => None,
    }
}

/// `needle in heap`. expr-lang turns a literal list of texts into a set.
pub(super) fn is_in(needle: &Value, heap: &Value, written: &Node) -> Result<bool, Failure> {
    let is_set = match &written.syntax {
        Syntax::Array(nodes) => {
            !nodes.is_empty()
                && nodes
                    .iter()
                    .all(|node| matches!(node.syntax, Syntax::Text(_)))
        }
        _ => false,
    };
    match heap {
        Value::Nil => Ok(false),
        Value::List(..) if is_set && !matches!(needle, Value::Text(_) | Value::Nil) => Err(
            Failure::new(format!("{} is in no list of texts", needle.go_type())),
        ),
        Value::List(_, values) => {
            let needle = match needle {
                Value::Nil if is_set => &Value::text(""),
                other => other,
            };
            Ok(values.iter().any(|value| compare::equal(value, needle)))
        }
        Value::Bytes(bytes) => Ok(bytes
            .iter()
            .any(|byte| compare::equal(&Value::Byte(*byte), needle))),
        Value::Map(map) | Value::TextMap(map) => match needle {
            Value::Text(key) => Ok(map.contains_key(key.as_ref())),
            Value::Nil => Ok(map.contains_key("")),
            other => Err(Failure::new(format!(
                "{} is not a key of a map",
                other.go_type()
            ))),
        },
        Value::AnyMap(_) | Value::Groups(_) if !needle.can_be_key() => Err(Failure::new(format!(
            "{} is not a key of a map",
            needle.go_type()
        ))),
        Value::AnyMap(pairs) | Value::Groups(pairs) => Ok(found(pairs, needle).is_some()),
        other => Err(Failure::new(format!("nothing is in {}", other.go_type()))),
    }
}

/// The elements of a value, for a loop.
pub(super) fn elements(of: &Value) -> Result<Vec<Option<Value>>, Failure> {
    match of {
        Value::List(_, values) => Ok(values.iter().cloned().map(Some).collect()),
        Value::Bytes(bytes) => Ok(bytes.iter().map(|byte| Some(Value::Byte(*byte))).collect()),
        Value::Text(text) => Ok(text.bytes().map(|byte| Some(Value::Byte(byte))).collect()),
        // A map has a length, but its elements cannot be read by index.
        Value::Map(map) | Value::TextMap(map) => Ok(vec![None; map.len()]),
        Value::AnyMap(pairs) | Value::Groups(pairs) => Ok(vec![None; pairs.len()]),
        other => Err(Failure::new(format!("{} is not a list", other.go_type()))),
    }
}

/// An element, which must exist.
pub(super) fn required(element: Option<&Value>) -> Result<Value, Failure> {
    element
        .cloned()
        .ok_or_else(|| Failure::new("a map has no elements in an order"))
}

/// A list of two elements.
pub(super) fn pair(first: Value, second: Value) -> Value {
    Value::List(Elements::Pair, vec![first, second].into())
}
