//! The functions and operators on texts.

use super::value::{Elements, Value};
use super::{Failure, compare as values, sprig};
use crate::text::expression::syntax::BinaryOperator;
use crate::text::regular_expression::{Pattern, pattern};

/// `matches`, `contains`, `startsWith` and `endsWith`: of what is `nil` nothing is true.
pub(super) fn compare(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
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
        _ => return Err(super::numbers::mismatch(operator.text(), left, right)),
    };
    let Value::Text(right_text) = right else {
        return Err(super::numbers::mismatch(operator.text(), left, right));
    };
    Ok(match operator {
        BinaryOperator::Contains => left_text.contains(right_text.as_ref()),
        BinaryOperator::StartsWith => left_text.starts_with(right_text.as_ref()),
        BinaryOperator::EndsWith => left_text.ends_with(right_text.as_ref()),
        _ => regular_expression(right_text)?.is_match(left_text),
    })
}

/// A regular expression of Go.
fn regular_expression(written: &str) -> Result<Pattern, Failure> {
    pattern(written).map_err(Failure::new)
}

/// Base64 with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |number: usize| u32::from(chunk.get(number).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4_usize {
            if position > chunk.len() {
                text.push('=');
                continue;
            }
            let index = (bits >> (18 - 6 * position)) & 63;
            let letter = usize::try_from(index)
                .ok()
                .and_then(|index| LETTERS.get(index));
            text.push(letter.copied().map_or('=', char::from));
        }
    }
    text
}

/// What is written in Base64.
pub(super) fn from_base64(text: &str) -> Result<Value, Failure> {
    let wrong = || Failure::new("this is not Base64");
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    if !letters.len().is_multiple_of(4) {
        return Err(wrong());
    }
    let mut bytes = Vec::new();
    let groups = letters.len() / 4;
    for (number, group) in letters.chunks(4).enumerate() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || padding > 0 && number + 1 < groups {
            return Err(wrong());
        }
        let mut bits = 0_u32;
        for letter in group.iter().take(4 - padding) {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return Err(wrong()),
            };
            bits = bits << 6 | u32::from(value);
        }
        for _ in 0..padding {
            bits <<= 6;
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(3 - padding));
    }
    Ok(Value::text(sprig::of_bytes(&bytes)))
}

/// Letter by letter, as Go does it: none becomes two.
pub(super) fn upper(text: &str) -> String {
    text.chars().map(sprig::upper).collect()
}

/// The same for small letters.
pub(super) fn lower(text: &str) -> String {
    text.chars().map(sprig::lower).collect()
}

/// `strings.Split` and `strings.SplitAfter`, with at most so many parts.
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
    if count.saturating_mul(to.len()) >= 8 * super::MOST_MEMORY {
        return Err(Failure::new("it takes too much memory"));
    }
    Ok(text.replacen(from, to, most))
}

/// Where a text is in another, in bytes; -1 if it is not.
pub(super) fn place(found: Option<usize>) -> Value {
    found.map_or(Value::Integer(-1), values::count)
}
