//! The functions of expr-lang, and those that Argo adds, except sprig.

use super::budget::MOST_MEMORY;
use super::bytes::exact;
use super::failure::Failure;
use super::run::{Run, Stop};
use super::value::Value;
use super::{base64, compare, format, lists, texts};
use crate::text::expression::predicates;
use crate::text::expression::syntax::Node;
use crate::text::{jsonpath, numeral};

impl<'v> Run<'v> {
    /// Calls a function of expr-lang.
    pub(super) fn builtin(&mut self, name: &str, arguments: &'v [Node]) -> Result<Value, Stop> {
        if predicates::arguments(name).is_some() {
            let found = self.loop_over(name, arguments)?;
            return Ok(self.bounded(found)?);
        }
        let values = self.values(arguments)?;
        if values.is_empty() && name != "now" {
            return Err(Failure::new(format!("`{name}` needs an argument")).into());
        }
        match (name, &values[..]) {
            ("get", [of, ..]) => self.look_up(of)?,
            // `len` counts the letters of a text, so it reads the whole text.
            ("len", [Value::Text(_)]) => self.look_through_all(&values)?,
            ("len" | "type" | "first" | "last" | "take", _) => {}
            _ => self.look_through_all(&values)?,
        }
        let found = match name {
            "now" | "date" | "duration" | "timezone" => self.moment(name, &values)?,
            _ => call(name, &values)?,
        };
        let taken = match (name, &found) {
            ("repeat", Value::Text(text)) => text.len(),
            ("reverse" | "concat" | "flatten" | "sort", Value::List(_, values)) => values.len(),
            _ => 0,
        };
        self.grow(taken)?;
        Ok(self.bounded(found)?)
    }
}

/// Calls a function that Argo adds.
pub(super) fn of_argo(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let first = arguments.first().unwrap_or(&Value::Nil);
    match name {
        "asInt" => integer(first),
        "asFloat" => float(first),
        "toJson" => format::json(first, None).map(Value::text),
        "jsonpath" => {
            let text = |value: Option<&Value>| {
                let value = value.unwrap_or(&Value::Nil);
                let text = value.as_text().map(str::to_owned);
                text.ok_or_else(|| wrong(name, value))
            };
            let root = format::from_json(&text(arguments.first())?)?;
            jsonpath::query(&text(arguments.get(1))?, &root)
        }
        _ => Err(Failure::Unsupported(format!("`{name}`"))),
    }
}

fn wrong(name: &str, value: &Value) -> Failure {
    Failure::new(format!("`{name}` cannot take {}", value.go_type()))
}

/// `int`.
pub(super) fn integer(value: &Value) -> Result<Value, Failure> {
    let number = match value {
        Value::Text(text) => numeral::integer(text, 10),
        other => other.as_integer(),
    };
    number
        .map(Value::Integer)
        .ok_or_else(|| wrong("int", value))
}

/// `float`.
pub(super) fn float(value: &Value) -> Result<Value, Failure> {
    let number = match value {
        Value::Text(text) => numeral::float(text),
        other => other.as_float(),
    };
    number
        .map(Value::Float)
        .ok_or_else(|| wrong("float", value))
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, Failure> {
    let first = arguments.first().unwrap_or(&Value::Nil);
    let text = |number: usize| {
        let value = arguments.get(number).unwrap_or(&Value::Nil);
        value.as_text().ok_or_else(|| wrong(name, value))
    };
    let number = |index: usize| {
        arguments
            .get(index)
            .map(|value| value.as_integer().ok_or_else(|| wrong(name, value)))
            .transpose()
    };
    Ok(match name {
        "len" => length(first)?,
        "type" => Value::text(kind(first)),
        "abs" => absolute(first)?,
        "ceil" => Value::Float(first.as_float().ok_or_else(|| wrong(name, first))?.ceil()),
        "floor" => Value::Float(first.as_float().ok_or_else(|| wrong(name, first))?.floor()),
        "round" => Value::Float(first.as_float().ok_or_else(|| wrong(name, first))?.round()),
        "int" => integer(first)?,
        "float" => float(first)?,
        "string" => Value::text(format::shown(first)?),
        "trim" if arguments.len() == 2 => {
            let letters = text(1)?;
            Value::text(text(0)?.trim_matches(|letter| letters.contains(letter)))
        }
        "trim" => Value::text(text(0)?.trim()),
        "trimPrefix" | "trimSuffix" => {
            let part = if arguments.len() == 2 { text(1)? } else { " " };
            let whole = text(0)?;
            let rest = if name == "trimPrefix" {
                whole.strip_prefix(part)
            } else {
                whole.strip_suffix(part)
            };
            Value::text(rest.unwrap_or(whole))
        }
        "upper" => Value::text(texts::upper(text(0)?)),
        "lower" => Value::text(texts::lower(text(0)?)),
        "split" | "splitAfter" => {
            if text(1)?.is_empty() && text(0)?.len() >= MOST_MEMORY {
                return Err(Failure::new("it takes too much memory"));
            }
            texts::split(text(0)?, text(1)?, number(2)?, name == "splitAfter")
        }
        "replace" => Value::text(texts::replace(text(0)?, text(1)?, text(2)?, number(3)?)?),
        "repeat" => {
            let count = number(1)?.unwrap_or(0);
            match usize::try_from(count) {
                Ok(count) if count <= MOST_MEMORY => {
                    let whole = text(0)?;
                    if whole.len().saturating_mul(count) >= MOST_MEMORY {
                        return Err(Failure::new("it takes too much memory"));
                    }
                    Value::text(whole.repeat(count))
                }
                _ => {
                    return Err(Failure::new(format!(
                        "`repeat` cannot repeat {count} times"
                    )));
                }
            }
        }
        "indexOf" => texts::place(text(0)?.find(text(1)?)),
        "lastIndexOf" => texts::place(text(0)?.rfind(text(1)?)),
        "hasPrefix" => Value::Boolean(text(0)?.starts_with(text(1)?)),
        "hasSuffix" => Value::Boolean(text(0)?.ends_with(text(1)?)),
        "toJSON" => Value::text(format::json(first, Some("  "))?),
        "fromJSON" => format::from_json(text(0)?)?,
        "toBase64" => Value::text(base64::encode(exact(text(0)?)?.as_bytes())),
        "fromBase64" => base64::decode(text(0)?)?,
        "bitand" | "bitor" | "bitxor" | "bitnand" | "bitshl" | "bitshr" | "bitushr" | "bitnot" => {
            lists::bits(name, arguments)?
        }
        _ => lists::call(name, arguments)?,
    })
}

fn length(value: &Value) -> Result<Value, Failure> {
    Ok(compare::count(match value {
        Value::Text(text) => text.chars().count(),
        Value::Bytes(bytes) => bytes.len(),
        Value::List(_, values) => values.len(),
        Value::Map(map) | Value::TextMap(map) => map.len(),
        Value::AnyMap(pairs) | Value::Groups(pairs) => pairs.len(),
        other => return Err(wrong("len", other)),
    }))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Nil => "nil",
        Value::Boolean(_) => "bool",
        Value::Integer(_) | Value::Long(_) => "int",
        Value::Byte(_) | Value::Unsigned(_) => "uint",
        Value::Float(_) => "float",
        Value::Text(_) => "string",
        Value::Bytes(_) | Value::List(..) => "array",
        Value::Map(_) | Value::TextMap(_) | Value::AnyMap(_) | Value::Groups(_) => "map",
        Value::Version(_) => "github.com/Masterminds/semver/v3.Version",
        Value::Function(_) => "func",
        Value::Time(_) => "time.Time",
        Value::Duration(_) => "time.Duration",
        Value::Zone(_) => "unknown",
        Value::Month(_) => "time.Month",
        Value::Weekday(_) => "time.Weekday",
    }
}

fn absolute(value: &Value) -> Result<Value, Failure> {
    Ok(match value {
        Value::Integer(number) => Value::Integer(number.wrapping_abs()),
        Value::Long(number) => Value::Long(number.wrapping_abs()),
        Value::Byte(_) | Value::Unsigned(_) => value.clone(),
        Value::Float(number) => Value::Float(number.abs()),
        other => return Err(wrong("abs", other)),
    })
}
