//! The functions of sprig that are worked out here: the plain ones on texts, numbers and lists.

use std::collections::BTreeMap;

use super::value::{Elements, Value};
use super::{Failure, compare, format, texts};

/// Calls a function of sprig. It takes what its signature says.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let text = |number: usize| arguments.get(number).and_then(Value::as_text).unwrap_or("");
    let whole = |number: usize| arguments.get(number).and_then(Value::as_whole).unwrap_or(0);
    let value = |number: usize| arguments.get(number).unwrap_or(&Value::Nil);
    Ok(match name {
        "hello" => Value::text("Hello!"),
        "trim" => Value::text(text(0).trim()),
        "upper" => Value::text(texts::upper(text(0))),
        "lower" => Value::text(texts::lower(text(0))),
        "trimAll" | "trimall" => {
            let letters = text(0);
            Value::text(text(1).trim_matches(|letter| letters.contains(letter)))
        }
        "trimPrefix" => Value::text(text(1).strip_prefix(text(0)).unwrap_or(text(1))),
        "trimSuffix" => Value::text(text(1).strip_suffix(text(0)).unwrap_or(text(1))),
        "contains" => Value::Boolean(text(1).contains(text(0))),
        "hasPrefix" => Value::Boolean(text(1).starts_with(text(0))),
        "hasSuffix" => Value::Boolean(text(1).ends_with(text(0))),
        "replace" => Value::text(texts::replace(text(2), text(0), text(1), None)?),
        "nospace" => Value::text(text(0).split_whitespace().collect::<String>()),
        "b64enc" => Value::text(texts::base64(text(0).as_bytes())),
        "trunc" => Value::text(trunc(text(1), whole(0))),
        "quote" => Value::text(quoted(arguments, '"')?),
        "splitList" => texts::split(text(1), text(0), None, false),
        "split" => {
            let Value::List(_, parts) = texts::split(text(1), text(0), None, false) else {
                return Err(Failure::new("`split` gives a list"));
            };
            Value::map(
                parts
                    .iter()
                    .enumerate()
                    .map(|(number, part)| (format!("_{number}"), part.clone()))
                    .collect(),
            )
        }
        "atoi" => Value::Integer(text(0).parse().unwrap_or(0)),
        "int" => Value::Integer(to_long(value(0))?),
        "int64" => Value::Long(to_long(value(0))?),
        "add" => Value::Long(fold(arguments, 0, i64::wrapping_add)?),
        "add1" => Value::Long(to_long(value(0))?.wrapping_add(1)),
        "sub" => Value::Long(to_long(value(0))?.wrapping_sub(to_long(value(1))?)),
        "mul" => Value::Long(fold(arguments, 1, i64::wrapping_mul)?),
        "div" | "mod" => {
            let (first, second) = (to_long(value(0))?, to_long(value(1))?);
            if second == 0 {
                return Err(Failure::new("it divides by zero"));
            }
            Value::Long(if name == "div" {
                first.wrapping_div(second)
            } else {
                first.wrapping_rem(second)
            })
        }
        "max" | "biggest" => Value::Long(fold(arguments, i64::MIN, i64::max)?),
        "min" => Value::Long(fold(arguments, i64::MAX, i64::min)?),
        "list" | "tuple" => Value::list(arguments.to_vec()),
        "empty" => Value::Boolean(is_empty(value(0))),
        "coalesce" => arguments
            .iter()
            .find(|value| !is_empty(value))
            .cloned()
            .unwrap_or(Value::Nil),
        "default" => match arguments.get(1) {
            Some(given) if !is_empty(given) => given.clone(),
            _ => value(0).clone(),
        },
        "ternary" => match value(2) {
            Value::Boolean(true) => value(0).clone(),
            _ => value(1).clone(),
        },
        "join" => Value::text(join(text(0), value(1))?),
        "until" => steps(0, whole(0), if whole(0) < 0 { -1 } else { 1 })?,
        "untilStep" => steps(whole(0), whole(1), whole(2))?,
        // What JSON has no place for is nothing.
        "toJson" => Value::text(format::json(value(0), None).unwrap_or_else(|_| String::new())),
        "mustToJson" => Value::text(format::json(value(0), None)?),
        "fromJson" => format::from_json(text(0)).unwrap_or(Value::Nil),
        "mustFromJson" => format::from_json(text(0))?,
        "toString" => Value::text(match value(0) {
            Value::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            other => format::shown(other)?,
        }),
        "regexMatch" => Value::Boolean(texts::regular_expression(text(0))?.is_match(text(1))),
        "dict" => dict(arguments)?,
        "has" => match value(1) {
            Value::List(_, values) => {
                Value::Boolean(values.iter().any(|known| compare::same(known, value(0))))
            }
            Value::Nil => Value::Boolean(false),
            other => return Err(Failure::new(format!("`has` takes no {}", other.go_type()))),
        },
        _ => return Err(Failure::Unsupported(format!("`sprig.{name}`"))),
    })
}

fn trunc(text: &str, count: i64) -> String {
    let letters: Vec<char> = text.chars().collect();
    let size = i64::try_from(letters.len()).unwrap_or(i64::MAX);
    // The end if it is negative; bytes and letters are one here but for what is not ASCII.
    let range = if count < 0 && size + count > 0 {
        usize::try_from(size + count).unwrap_or(0)..letters.len()
    } else if (0..size).contains(&count) {
        0..usize::try_from(count).unwrap_or(0)
    } else {
        0..letters.len()
    };
    letters.get(range).unwrap_or_default().iter().collect()
}

fn quoted(values: &[Value], quote: char) -> Result<String, Failure> {
    let mut parts = Vec::new();
    for value in values {
        if matches!(value, Value::Nil) {
            continue;
        }
        let text = format::shown(value)?;
        let is_plain = text.chars().all(|letter| {
            letter.is_ascii_graphic() && !matches!(letter, '"' | '\\') || letter == ' '
        });
        if !is_plain {
            return Err(Failure::Unsupported(
                "`sprig.quote` of such a text".to_owned(),
            ));
        }
        parts.push(format!("{quote}{text}{quote}"));
    }
    Ok(parts.join(" "))
}

/// What sprig makes of a value that is to be a whole number.
fn to_long(value: &Value) -> Result<i64, Failure> {
    Ok(match value {
        Value::Nil => 0,
        Value::Boolean(value) => i64::from(*value),
        Value::Text(text) => {
            let digits = text.trim_start_matches(['+', '-']);
            let is_plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            if !is_plain || digits.len() > 1 && digits.starts_with('0') {
                return Err(Failure::Unsupported(format!(
                    "`{text}` as a number of sprig"
                )));
            }
            text.parse().unwrap_or(0)
        }
        other => other.as_integer().unwrap_or(0),
    })
}

fn fold(values: &[Value], start: i64, join: fn(i64, i64) -> i64) -> Result<i64, Failure> {
    let mut all = start;
    for value in values {
        all = join(all, to_long(value)?);
    }
    Ok(all)
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Nil => true,
        Value::Boolean(value) => !value,
        Value::Text(text) => text.is_empty(),
        Value::Bytes(bytes) => bytes.is_empty(),
        Value::List(_, values) => values.is_empty(),
        Value::Map(map) => map.is_empty(),
        Value::AnyMap(pairs) | Value::Groups(pairs) => pairs.is_empty(),
        Value::Function(_) | Value::Time(_) | Value::Zone(_) => false,
        Value::Duration(duration) => duration.nanoseconds() == 0,
        Value::Month(month) => *month == 0,
        Value::Weekday(day) => day.to_sunday_zero_offset() == 0,
        number => number.as_float() == Some(0.0),
    }
}

fn join(glue: &str, value: &Value) -> Result<String, Failure> {
    let texts: Result<Vec<String>, Failure> = match value {
        Value::List(_, values) => values
            .iter()
            .filter(|value| !matches!(value, Value::Nil))
            .map(format::shown)
            .collect(),
        Value::Nil => Ok(Vec::new()),
        other => format::shown(other).map(|text| vec![text]),
    };
    Ok(texts?.join(glue))
}

fn steps(from: i64, to: i64, step: i64) -> Result<Value, Failure> {
    let mut numbers = Vec::new();
    let mut number = from;
    while step > 0 && from <= to && number < to || step < 0 && from >= to && number > to {
        if numbers.len() >= super::MOST_MEMORY {
            return Err(Failure::new("it takes too much memory"));
        }
        numbers.push(Value::Integer(number));
        number = number.saturating_add(step);
    }
    Ok(Value::List(Elements::Integers, numbers.into()))
}

fn dict(values: &[Value]) -> Result<Value, Failure> {
    let mut map = BTreeMap::new();
    for pair in values.chunks(2) {
        let [key, rest @ ..] = pair else { continue };
        let value = rest.first().cloned().unwrap_or_else(|| Value::text(""));
        map.insert(format::shown(key)?, value);
    }
    Ok(Value::map(map))
}
