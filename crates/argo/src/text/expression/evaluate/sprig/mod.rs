//! The functions of sprig 3.3.0, and of the libraries that it calls.

mod arguments;
mod bounds;
mod cast;
mod choices;
mod dates;
mod encodings;
mod json;
mod lists;
mod maps;
mod numbers;
mod paths;
mod patterns;
mod random;
mod reflect;
mod secrets;
mod semver;
mod texts;
mod words;
mod wrap;

use arguments::Arguments;

use super::budget::MOST_STEPS;
use super::context::Context;
use super::failure::Failure;
use super::value::Value;

/// Calls a sprig function with arguments that fit its signature. The context records its changes.
pub(super) fn call(name: &str, arguments: &[Value], context: &Context) -> Result<Value, Failure> {
    let arguments = Arguments {
        values: arguments,
        context,
    };
    // Some functions have an alias, and some a `must` form that returns errors. The plain form here also fails where Go
    // panics.
    for group in [
        texts::call,
        words::call,
        numbers::call,
        lists::call,
        maps::call,
        choices::call,
        json::call,
        encodings::call,
        paths::call,
        patterns::call,
        reflect::call,
        semver::call,
        secrets::call,
        dates::call,
        random::call,
    ] {
        if let Some(found) = group(name, &arguments)? {
            return Ok(found);
        }
    }
    Err(Failure::Unsupported(format!("`sprig.{name}`")))
}

/// Number of steps of a call: many if the function is slow on purpose, or if it copies a map.
pub(super) fn steps(name: &str, arguments: &[Value]) -> usize {
    let own = match (name, arguments) {
        ("bcrypt" | "htpasswd", _) => MOST_STEPS / 3,
        (_, [Value::Map(map), ..]) => 10 * map.len(),
        _ => 1,
    };
    own + arguments.iter().map(Value::steps).sum::<usize>()
}
