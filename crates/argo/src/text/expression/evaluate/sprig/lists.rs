//! Functions on lists.

use super::super::budget::{MOST_MEMORY, too_many_steps, too_much_memory};
use super::super::failure::Failure;
use super::super::value::{self, Elements, Value};
use super::super::value_index::ValueIndex;
use super::super::{compare, read};
use super::arguments::Arguments;
use super::bounds::check_parts;
use super::cast;
use super::choices::is_empty;
use crate::text::number;

/// Greatest number of comparisons between elements.
const MOST_COMPARISONS: usize = 2_000_000;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let first = arguments.value(0);
    let name = match name.strip_prefix("must") {
        Some(rest) => {
            let start = rest.get(..1).unwrap_or_default().to_lowercase();
            format!("{start}{}", rest.get(1..).unwrap_or_default())
        }
        None => name.to_owned(),
    };
    let list = |value: &Value| elements(&name, value);
    Ok(Some(match name.as_str() {
        "list" | "tuple" => Value::list(arguments.all().to_vec()),
        "append" | "push" => {
            let mut values = list(first)?;
            values.push(arguments.value(1).clone());
            Value::list(values)
        }
        "prepend" => {
            let mut values = vec![arguments.value(1).clone()];
            values.extend(list(first)?);
            Value::list(values)
        }
        "first" => list(first)?.first().cloned().unwrap_or(Value::Nil),
        "last" => list(first)?.last().cloned().unwrap_or(Value::Nil),
        "rest" | "initial" => {
            let values = list(first)?;
            let kept = match (name.as_str(), values.as_slice()) {
                (_, []) => return Ok(Some(Value::nothing())),
                ("rest", [_, kept @ ..]) | (_, [kept @ .., _]) => kept,
            };
            Value::list(kept.to_vec())
        }
        "reverse" => Value::list(list(first)?.into_iter().rev().collect()),
        "compact" => {
            let values = list(first)?;
            Value::list(
                values
                    .into_iter()
                    .filter(|value| !is_empty(value))
                    .collect(),
            )
        }
        "uniq" => {
            let mut kept: Vec<Value> = Vec::new();
            let mut index = ValueIndex::default();
            for value in list(first)? {
                let is_at = |place: usize| {
                    let known = kept.get(place);
                    known.is_some_and(|known| compare::same(&value, known))
                };
                if index.find_or_add(&value, kept.len(), is_at)?.is_none() {
                    kept.push(value);
                }
            }
            Value::list(kept)
        }
        "without" => {
            let mut kept = Vec::new();
            let mut comparisons = 0;
            for value in list(first)? {
                if !is_in(&value, arguments.from(1), &mut comparisons)? {
                    kept.push(value);
                }
            }
            Value::list(kept)
        }
        "has" => match arguments.value(1) {
            Value::Nil => Value::Boolean(false),
            other => Value::Boolean(is_in(first, &list(other)?, &mut 0)?),
        },
        "slice" => slice(first, list(first)?.len(), arguments.from(1))?,
        "concat" => {
            let mut all = Vec::new();
            for argument in arguments.all() {
                all.extend(list(argument)?);
                if all.len() >= MOST_MEMORY {
                    return Err(too_much_memory());
                }
            }
            if all.is_empty() {
                Value::nothing()
            } else {
                Value::list(all)
            }
        }
        "chunk" => chunk(arguments.whole(0), &list(arguments.value(1))?)?,
        "sortAlpha" => {
            let mut texts = match first {
                Value::List(..) | Value::Bytes(_) => cast::texts(first)?,
                other => vec![cast::text(other)?],
            };
            texts.sort_unstable();
            match first {
                Value::List(Elements::NoTexts, _) => first.clone(),
                // Go sorts a `[]string` in place.
                Value::List(Elements::Texts, _) => arguments.changed(first, Value::texts(texts)),
                _ => Value::texts(texts),
            }
        }
        _ => return Ok(None),
    }))
}

/// The elements of a value that Go treats as a list.
fn elements(name: &str, value: &Value) -> Result<Vec<Value>, Failure> {
    match value {
        Value::List(_, values) => Ok(values.to_vec()),
        Value::Bytes(_) => Ok(read::elements(value)?.into_iter().flatten().collect()),
        other => Err(Failure::new(format!(
            "`{name}` takes a list, not {}",
            other.go_type()
        ))),
    }
}

fn is_in(value: &Value, among: &[Value], comparisons: &mut usize) -> Result<bool, Failure> {
    *comparisons += among.len();
    if *comparisons > MOST_COMPARISONS {
        return Err(too_many_steps());
    }
    Ok(among.iter().any(|known| compare::same(value, known)))
}

fn slice(list: &Value, size: usize, ends: &[Value]) -> Result<Value, Failure> {
    if size == 0 {
        return Ok(Value::Nil);
    }
    let from = ends.first().map_or(0, cast::integer);
    let to = ends.get(1).map_or(value::length(size), cast::integer);
    let range = usize::try_from(from).ok().zip(usize::try_from(to).ok());
    let found = range.and_then(|(from, to)| match list {
        // A pair is a Go array, which Go cannot slice.
        Value::List(Elements::Pair, _) => None,
        Value::List(elements, values) => {
            let part = values.get(from..to)?.to_vec();
            Some(Value::List(*elements, part.into()))
        }
        Value::Bytes(bytes) => Some(Value::Bytes(bytes.get(from..to)?.into())),
        _ => None,
    });
    found.ok_or_else(|| Failure::new(format!("the list has no part from {from} to {to}")))
}

/// Splits a list into lists of `size` elements. Counts them in floats, as sprig does.
fn chunk(size: i64, values: &[Value]) -> Result<Value, Failure> {
    let count = value::as_float(value::length(values.len()));
    let width = value::as_float(size);
    let chunks = ((count - 1.0) / width).floor() + 1.0;
    let wrong = || Failure::new(format!("there are no lists of {size} elements"));
    if !(0.0..1e9).contains(&chunks) {
        return Err(wrong());
    }
    let chunks = number::truncated(chunks);
    check_parts(usize::try_from(chunks).unwrap_or(0))?;
    let mut left = values.iter();
    let mut lists = Vec::new();
    for place in 0..chunks {
        let mut taken = size;
        if place == chunks - 1 {
            let rest = number::truncated((count % width).floor());
            taken = if rest == 0 { size } else { rest };
        }
        let taken = usize::try_from(taken).map_err(|_| wrong())?;
        let list: Vec<_> = left.by_ref().take(taken).cloned().collect();
        if list.len() < taken {
            return Err(wrong());
        }
        lists.push(Value::list(list));
    }
    Ok(Value::List(Elements::Lists, lists.into()))
}
