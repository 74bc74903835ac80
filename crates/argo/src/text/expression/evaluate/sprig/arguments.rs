//! Arguments of a sprig function.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::super::context::Context;
use super::super::failure::Failure;
use super::super::value::Value;
use crate::time::{Time, Zone};

/// Arguments of a call, and the state that functions share.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'a> {
    pub(super) values: &'a [Value],
    pub(super) context: &'a Context,
}

impl<'a> Arguments<'a> {
    pub(super) fn all(self) -> &'a [Value] {
        self.values
    }

    /// The arguments from index `number` on.
    pub(super) fn from(self, number: usize) -> &'a [Value] {
        self.values.get(number..).unwrap_or_default()
    }

    /// The current time of the evaluation's clock.
    pub(super) fn now(self) -> Result<Time, Failure> {
        let unknown = || Failure::Unsupported("the time of now".to_owned());
        let outside = self.context.outside.ok_or_else(unknown)?;
        Time::new(outside.now, Zone::Local).ok_or_else(unknown)
    }

    pub(super) fn value(self, number: usize) -> &'a Value {
        self.values.get(number).unwrap_or(&Value::Nil)
    }

    /// Records that a value changed, and gives the new value.
    pub(super) fn changed(self, old: &Value, new: Value) -> Value {
        self.context
            .changes
            .borrow_mut()
            .push((old.clone(), new.clone()));
        new
    }

    pub(super) fn text(self, number: usize) -> &'a str {
        self.value(number).as_text().unwrap_or_default()
    }

    pub(super) fn whole(self, number: usize) -> i64 {
        self.value(number).as_whole().unwrap_or_default()
    }
}

/// A map by text keys.
pub(super) type Map = BTreeMap<String, Value>;

/// The map of a value; `nil` is an empty map.
pub(super) fn map_of(value: &Value) -> Result<&Arc<Map>, Failure> {
    static NOTHING: LazyLock<Arc<Map>> = LazyLock::new(Arc::default);

    match value {
        Value::Map(map) => Ok(map),
        Value::Nil => Ok(&NOTHING),
        other => Err(Failure::new(format!("{} is not a map", other.go_type()))),
    }
}
