//! The functions of sprig 3.3.0, and of the libraries that it calls.

mod cast;
mod choices;
mod dates;
mod encodings;
mod json;
mod letters;
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

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) use letters::{lower, upper};

use super::Failure;
use super::changes::Change;
use super::value::{Outside, Value};
use crate::time::{Time, Zone};

/// The most bytes that a text may have which a function makes.
const MOST_BYTES: usize = 1_000_000;
/// The most texts that a text may be cut into, and the most numbers that a function counts.
const MOST_PARTS: usize = 100_000;

/// Calls a function of sprig. It takes what its signature says. What it changes is noted in the context.
pub(super) fn call(name: &str, arguments: &[Value], context: &Context) -> Result<Value, Failure> {
    let arguments = Arguments {
        values: arguments,
        context,
    };
    // Some have a second name, some a second one that says what is wrong: so does the first here, where Go panics.
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

/// What the functions of one evaluation share.
#[derive(Default)]
pub(super) struct Context {
    /// What functions changed.
    pub(super) changes: RefCell<Vec<Change>>,
    pub(super) outside: Option<Outside>,
    /// How many blocks of random bytes there were.
    drawn: Cell<u64>,
}

impl Context {
    /// Goes on where the expression before has stopped to draw.
    pub(super) fn new(outside: Option<Outside>, drawn: &AtomicU64) -> Self {
        Self {
            outside,
            drawn: Cell::new(drawn.load(Ordering::Relaxed)),
            ..Self::default()
        }
    }

    /// How many blocks of random bytes have been taken by now.
    pub(super) fn drawn(&self) -> u64 {
        self.drawn.get()
    }
}

/// How many steps a function takes: much where it is slow on purpose, and where it copies a map.
pub(super) fn steps(name: &str, arguments: &[Value]) -> usize {
    match (name, arguments) {
        ("bcrypt" | "htpasswd", _) => super::MOST_STEPS / 3,
        (_, [Value::Map(map), ..]) => 10 * map.len(),
        _ => 1,
    }
}

/// What a function is called with.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    values: &'a [Value],
    context: &'a Context,
}

impl<'a> Arguments<'a> {
    fn all(self) -> &'a [Value] {
        self.values
    }

    /// Those from a number on.
    fn from(self, number: usize) -> &'a [Value] {
        self.values.get(number..).unwrap_or_default()
    }

    /// What the clock shows.
    fn now(self) -> Result<Time, Failure> {
        let unknown = || Failure::Unsupported("the time of now".to_owned());
        let outside = self.context.outside.ok_or_else(unknown)?;
        Time::new(outside.now, Zone::Local).ok_or_else(unknown)
    }

    fn value(self, number: usize) -> &'a Value {
        self.values.get(number).unwrap_or(&Value::Nil)
    }

    /// Notes what became of a value, and gives it.
    fn changed(self, old: &Value, new: Value) -> Value {
        self.context
            .changes
            .borrow_mut()
            .push((old.clone(), new.clone()));
        new
    }

    fn text(self, number: usize) -> &'a str {
        self.value(number).as_text().unwrap_or_default()
    }

    fn whole(self, number: usize) -> i64 {
        self.value(number).as_whole().unwrap_or_default()
    }
}

fn too_much() -> Failure {
    Failure::new("it takes too much memory")
}

/// Fails if a text would have more bytes than one may have.
fn check_bytes(bytes: usize) -> Result<(), Failure> {
    if bytes > MOST_BYTES {
        return Err(too_much());
    }
    Ok(())
}

/// Fails if a function would make more parts than there may be.
fn check_parts(parts: usize) -> Result<(), Failure> {
    if parts > MOST_PARTS {
        return Err(too_much());
    }
    Ok(())
}

/// A text whose bytes count. Which bytes were no letters, and are now the one that says so, nobody knows.
pub(super) fn exact(text: &str) -> Result<&str, Failure> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Failure::Unsupported(
            "a text of bytes that are no letters".to_owned(),
        ));
    }
    Ok(text)
}

/// A text of bytes: what is no letter is one that says so, for each byte, as in the JSON that Go writes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
