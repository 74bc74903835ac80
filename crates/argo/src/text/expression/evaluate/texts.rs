//! The functions and operators on texts.

use super::budget::MOST_MEMORY;
use super::context::Context;
use super::failure::Failure;
use super::value::{Elements, Value};
use super::{compare as values, letters};
use crate::text::expression::syntax::BinaryOperator;

/// `matches`, `contains`, `startsWith` and `endsWith`: false if a value is `nil`.
pub(super) fn compare(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
    context: &Context,
) -> Result<bool, Failure> {
    if matches!(left, Value::Nil) || matches!(right, Value::Nil) {
        return Ok(false);
    }
    let bytes = match left {
        Value::Bytes(bytes) if operator == BinaryOperator::Matches => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => String::new(),
    };
    let left_text = match left {
        Value::Text(text) => text,
        Value::Bytes(_) if operator == BinaryOperator::Matches => bytes.as_str(),
        _ => return Err(values::mismatch(operator.text(), left, right)),
    };
    let Value::Text(right_text) = right else {
        return Err(values::mismatch(operator.text(), left, right));
    };
    Ok(match operator {
        BinaryOperator::Contains => left_text.contains(right_text.as_ref()),
        BinaryOperator::StartsWith => left_text.starts_with(right_text.as_ref()),
        BinaryOperator::EndsWith => left_text.ends_with(right_text.as_ref()),
        _ => {
            let pattern = context.pattern(right_text)?;
            let pattern = pattern.map_err(|fault| Failure::new(fault.message(right_text)))?;
            pattern.is_match(left_text)
        }
    })
}

/// Converts a text to upper case letter by letter, as Go does: one letter never becomes two.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(letters::upper).collect()
}

/// Converts a text to lower case letter by letter.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(letters::lower).collect()
}

/// `strings.Split` and `strings.SplitAfter`, with at most `most` parts.
pub(super) fn split(text: &str, by: &str, most: Option<i64>, after: bool) -> Value {
    let most = most
        .filter(|most| *most >= 0)
        .map(|most| usize::try_from(most).unwrap_or(0));
    if most == Some(0) {
        return Value::List(Elements::Texts, Vec::new().into());
    }
    let mut parts: Vec<&str> = Vec::new();
    let mut rest = text;
    let is_full = |parts: &Vec<&str>| most.is_some_and(|most| parts.len() + 1 >= most);
    if by.is_empty() {
        while let Some(letter) = rest.chars().next() {
            if is_full(&parts) {
                break;
            }
            let (first, left) = rest.split_at(letter.len_utf8());
            parts.push(first);
            rest = left;
        }
        if !rest.is_empty() {
            parts.push(rest);
        }
    } else {
        while let Some(at) = rest.find(by).filter(|_| !is_full(&parts)) {
            let end = if after { at + by.len() } else { at };
            parts.push(rest.get(..end).unwrap_or_default());
            rest = rest.get(at + by.len()..).unwrap_or_default();
        }
        parts.push(rest);
    }
    Value::List(
        Elements::Texts,
        parts
            .into_iter()
            .map(Value::text)
            .collect::<Vec<_>>()
            .into(),
    )
}

/// `strings.Replace`.
pub(super) fn replace(
    text: &str,
    from: &str,
    to: &str,
    most: Option<i64>,
) -> Result<String, Failure> {
    let most = most
        .and_then(|most| usize::try_from(most).ok())
        .unwrap_or(usize::MAX);
    let count = text.matches(from).take(most).count();
    if count.saturating_mul(to.len()) >= 8 * MOST_MEMORY {
        return Err(Failure::new("it takes too much memory"));
    }
    Ok(text.replacen(from, to, most))
}

/// Byte index of a text in another one; -1 if it is absent.
pub(super) fn place(found: Option<usize>) -> Value {
    found.map_or(Value::Integer(-1), values::count)
}
