//! Types of values.

use super::super::compare;
use super::super::failure::Failure;
use super::super::value::{Elements, Value};
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let wanted = arguments.text(0);
    Ok(Some(match name {
        "typeOf" => Value::text(type_of(arguments.value(0))?),
        "typeIs" => Value::Boolean(type_of(arguments.value(1))? == wanted),
        "typeIsLike" => {
            let found = type_of(arguments.value(1))?;
            Value::Boolean(found == wanted || found.strip_prefix('*') == Some(wanted))
        }
        "kindOf" => Value::text(kind_of(arguments.value(0))),
        "kindIs" => Value::Boolean(kind_of(arguments.value(1)) == wanted),
        "deepEqual" => Value::Boolean(compare::same(arguments.value(0), arguments.value(1))),
        _ => return Ok(None),
    }))
}

/// `%T`.
fn type_of(value: &Value) -> Result<&'static str, Failure> {
    match value {
        Value::Function(_) => Err(Failure::Unsupported("the type of a function".to_owned())),
        other => Ok(other.go_type()),
    }
}

/// `reflect.Kind`.
fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Nil => "invalid",
        Value::List(Elements::Pair, _) => "array",
        Value::List(..) | Value::Bytes(_) => "slice",
        Value::Map(_) | Value::TextMap(_) | Value::AnyMap(_) | Value::Groups(_) => "map",
        Value::Zone(_) => "ptr",
        Value::Version(version) if version.go_type().starts_with('*') => "ptr",
        Value::Time(_) | Value::Version(_) => "struct",
        Value::Duration(_) => "int64",
        Value::Month(_) | Value::Weekday(_) => "int",
        Value::Boolean(_)
        | Value::Integer(_)
        | Value::Long(_)
        | Value::Unsigned(_)
        | Value::Byte(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Function(_) => value.go_type(),
    }
}
