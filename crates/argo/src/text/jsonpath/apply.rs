//! Evaluates a path part by part.

use std::sync::Arc;

use super::budget::Budget;
use super::failure::{nothing, wrong};
use super::find;
use super::operate::ScriptScope;
use super::syntax::{Argument, Script, Token};
use crate::text::expression::evaluate::failure::Failure;
use crate::text::expression::evaluate::value::Value;

/// Evaluates a whole path.
pub(super) fn path(
    tokens: &[Token],
    root: &Value,
    current: &Value,
    budget: &Budget,
) -> Result<Value, Failure> {
    let (first, next) = tokens.split_first().ok_or_else(nothing)?;
    apply(first, root, current, next, budget)
}

/// Evaluates a part and the parts after it.
fn apply(
    token: &Token,
    root: &Value,
    current: &Value,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    budget.deeper(|| match token {
        Token::Root => onwards(root, root.clone(), next, budget),
        Token::Current => onwards(root, current.clone(), next, budget),
        Token::Key(key) => onwards(root, find::key(current, key)?, next, budget),
        Token::Index(index) => onwards(root, find::index(current, *index)?, next, budget),
        Token::Length => onwards(root, find::length(current)?, next, budget),
        Token::Wildcard => {
            let found = find::children(current)?.into_iter().cloned().collect();
            each(root, found, next, budget)
        }
        Token::Recursive => {
            let mut found = Vec::new();
            recursive(root, current, next, &mut found, budget)?;
            Ok(Value::list(found))
        }
        Token::Script(script) => {
            let key = match run(script, root, current, budget)? {
                Value::Text(key) => Token::Key(key.to_string()),
                other => match find::whole(&other) {
                    Some(index) => Token::Index(index),
                    None => return Err(wrong("a script gives a key or an index")),
                },
            };
            apply(&key, root, current, next, budget)
        }
        Token::Filter(script) => filter(script, root, current, next, budget),
        Token::Union(arguments) => union(arguments, root, current, next, budget),
        Token::Range(ends) => range(ends, root, current, next, budget),
    })
}

/// Evaluates the next part, if there is one.
fn onwards(root: &Value, value: Value, next: &[Token], budget: &Budget) -> Result<Value, Failure> {
    match next.split_first() {
        Some((token, next)) => apply(token, root, &value, next, budget),
        None => Ok(value),
    }
}

/// Evaluates the next parts on each value; leaves out values without a result.
fn each(
    root: &Value,
    values: Vec<Value>,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    budget.take(values.len())?;
    let mut found = Vec::new();
    for value in values {
        match next.split_first() {
            None => found.push(value),
            Some((token, next)) => match apply(token, root, &value, next, budget) {
                Ok(Value::Nil) | Err(_) => {}
                Ok(value) => found.push(value),
            },
        }
        budget.check()?;
    }
    Ok(Value::list(found))
}

/// Evaluates the next parts after a union or a range; an index then selects among the results.
fn each_or_index(
    root: &Value,
    values: Vec<Value>,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    if let Some((token @ Token::Index(_), next)) = next.split_first() {
        return apply(token, root, &Value::list(values), next, budget);
    }
    each(root, values, next, budget)
}

fn recursive(
    root: &Value,
    current: &Value,
    next: &[Token],
    found: &mut Vec<Value>,
    budget: &Budget,
) -> Result<(), Failure> {
    budget.deeper(|| {
        if matches!(current, Value::Nil) {
            return Ok(());
        }
        match next.split_first() {
            None => found.push(current.clone()),
            Some((token, next)) => match apply(token, root, current, next, budget) {
                Ok(Value::List(_, values)) => {
                    budget.take(values.len())?;
                    found.extend(Arc::unwrap_or_clone(values));
                }
                Ok(Value::Nil) | Err(_) => {}
                Ok(value) => found.push(value),
            },
        }
        for child in find::children(current).unwrap_or_default() {
            recursive(root, child, next, found, budget)?;
        }
        budget.check()
    })
}

/// Evaluates a script.
fn evaluate(
    script: &Script,
    root: &Value,
    current: &Value,
    budget: &Budget,
) -> Result<Value, Failure> {
    let place = ScriptScope {
        root,
        current,
        budget,
        find: path,
    };
    place.evaluate(script)
}

/// Evaluates a script that must give a value.
fn run(script: &Script, root: &Value, current: &Value, budget: &Budget) -> Result<Value, Failure> {
    match evaluate(script, root, current, budget)? {
        Value::Nil => Err(wrong("a script gives nothing")),
        value => Ok(value),
    }
}

fn filter(
    script: &Script,
    root: &Value,
    current: &Value,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    if script.text.is_empty() {
        return Err(wrong("a filter is empty"));
    }
    let mut kept = Vec::new();
    for child in find::children(current)? {
        let found = evaluate(script, root, child, budget);
        budget.check()?;
        if found.is_ok_and(|found| find::is_true(&found)) {
            kept.push(child.clone());
        }
    }
    match next.split_first() {
        // From here on, the root is the filtered list.
        Some((token @ Token::Index(_), next)) => {
            apply(token, current, &Value::list(kept), next, budget)
        }
        _ => each(root, kept, next, budget),
    }
}

fn union(
    arguments: &[Argument],
    root: &Value,
    current: &Value,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    let mut keys = Vec::new();
    let mut indices = Vec::new();
    for argument in arguments {
        match argument {
            Argument::Number(index) => indices.push(*index),
            Argument::Key(key) => keys.push(key.clone()),
            Argument::Script(script) => match run(script, root, current, budget)? {
                Value::Text(key) => keys.push(key.to_string()),
                other => indices.push(
                    find::whole(&other).ok_or_else(|| wrong("a script gives a key or an index"))?,
                ),
            },
        }
        if !keys.is_empty() && !indices.is_empty() {
            return Err(wrong("keys and indices cannot be mixed"));
        }
    }
    let found = if keys.is_empty() {
        find::at(current, &indices)?
    } else {
        find::of_keys(current, &keys)?
    };
    each_or_index(root, found, next, budget)
}

fn range(
    ends: &[Option<Argument>; 3],
    root: &Value,
    current: &Value,
    next: &[Token],
    budget: &Budget,
) -> Result<Value, Failure> {
    let Value::List(_, values) = current else {
        return Err(wrong("a range takes a list"));
    };
    let size = i64::try_from(values.len()).map_err(|_| nothing())?;
    let end = |argument: &Option<Argument>, without: i64| {
        Ok(match argument {
            None => without,
            Some(Argument::Number(number)) => *number,
            Some(Argument::Key(_)) => return Err(wrong("a range takes numbers")),
            Some(Argument::Script(script)) => {
                let found = run(script, root, current, budget)?;
                find::whole(&found).ok_or_else(|| wrong("a range takes numbers"))?
            }
        })
    };
    let from_start = |end: i64| if end < 0 { size.wrapping_add(end) } else { end }.clamp(0, size);
    let [from, to, step] = ends;
    let (from, to) = (from_start(end(from, 0)?), from_start(end(to, size)?));
    let step = end(step, 1)?;
    if step == 0 {
        return Err(wrong("the step of a range cannot be 0"));
    }
    let mut found = Vec::new();
    let mut index = if step < 0 { to - 1 } else { from };
    while if step < 0 { index >= from } else { index < to } {
        if let Some(value) = usize::try_from(index)
            .ok()
            .and_then(|index| values.get(index))
        {
            found.push(value.clone());
        }
        // In Go, the index wraps around, and the program panics.
        index = index
            .checked_add(step)
            .ok_or_else(|| budget.end("the step of a range is too large"))?;
    }
    each_or_index(root, found, next, budget)
}
