//! The values of expressions: Go's values, as far as expr-lang distinguishes them.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Weekday;

use super::version::Version;
use crate::text::expression::signature::Function;
use crate::text::expression::types::Type;
use crate::text::number;
use crate::time::{Duration, Time, Zone};

/// A value.
#[derive(Clone, Debug)]
pub enum Value {
    /// `nil`.
    Nil,
    /// `bool`.
    Boolean(bool),
    /// `int`.
    Integer(i64),
    /// `int64`.
    Long(i64),
    /// `uint8`, an element of a text or of bytes.
    Byte(u8),
    /// `float64`.
    Float(f64),
    /// `string`.
    Text(Arc<str>),
    /// `[]byte`.
    Bytes(Arc<[u8]>),
    /// `uint64`.
    Unsigned(u64),
    /// A list.
    List(Elements, Arc<Vec<Self>>),
    /// `map[string]any`.
    Map(Arc<BTreeMap<String, Self>>),
    /// `map[string]string`.
    TextMap(Arc<BTreeMap<String, Self>>),
    /// `map[any]any`, in the order in which keys were added.
    AnyMap(Arc<Vec<(Self, Self)>>),
    /// `map[any][]any`, in the order in which keys were added.
    Groups(Arc<Vec<(Self, Self)>>),
    /// A function.
    Function(&'static Function),
    /// `time.Time`.
    Time(Arc<Time>),
    /// `time.Duration`.
    Duration(Duration),
    /// `*time.Location`.
    Zone(Arc<Zone>),
    /// `time.Month`, from 1 to 12.
    Month(i8),
    /// `time.Weekday`.
    Weekday(Weekday),
    /// A version from sprig.
    Version(Arc<Version>),
}

/// Go type of a list's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elements {
    /// `[]any`.
    Any,
    /// A `[]any` that is `nil`.
    Nothing,
    /// `[]int`.
    Integers,
    /// `[]string`.
    Texts,
    /// A `[]string` that is `nil`.
    NoTexts,
    /// `[][]any`.
    Lists,
    /// `[][2]any`.
    Pairs,
    /// `[2]any`.
    Pair,
}

impl Value {
    /// A text.
    pub fn text(text: impl AsRef<str>) -> Self {
        Self::Text(text.as_ref().into())
    }

    /// A `time.Time`.
    pub fn time(time: Time) -> Self {
        Self::Time(time.into())
    }

    /// A `[]any`.
    pub fn list(values: Vec<Self>) -> Self {
        Self::List(Elements::Any, Arc::new(values))
    }

    /// A `[]string`.
    pub(super) fn texts(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let texts = texts.into_iter().map(Self::text).collect();
        Self::List(Elements::Texts, Arc::new(texts))
    }

    /// A `map[string]any`.
    pub fn map(values: BTreeMap<String, Self>) -> Self {
        Self::Map(Arc::new(values))
    }

    /// Makes a value from JSON: a whole number becomes an `int`.
    pub fn of_json(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Self::Integer(whole),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::Array(values) => {
                Self::list(values.into_iter().map(Self::of_json).collect())
            }
            serde_json::Value::Object(values) => Self::map(
                values
                    .into_iter()
                    .map(|(key, value)| (key, Self::of_json(value)))
                    .collect(),
            ),
            serde_json::Value::Null => Self::Nil,
            serde_json::Value::Bool(value) => Self::Boolean(value),
            serde_json::Value::String(text) => Self::text(text),
        }
    }

    /// A `[]any` that is `nil`.
    pub(super) fn nothing() -> Self {
        Self::List(Elements::Nothing, Arc::default())
    }

    /// Size of the value: 1 for each value in it and for every eight bytes of text; at most `most`.
    pub(super) fn weight(&self, most: usize) -> usize {
        let mut left = vec![self];
        let mut weight: usize = 0;
        while let Some(value) = left.pop() {
            weight += match value {
                Self::Text(text) => 1 + text.len() / 8,
                Self::Bytes(bytes) => 1 + bytes.len() / 8,
                _ => 1,
            };
            if weight >= most {
                return most;
            }
            match value {
                Self::List(_, values) => left.extend(values.iter()),
                Self::Map(map) | Self::TextMap(map) => left.extend(map.values()),
                Self::AnyMap(pairs) | Self::Groups(pairs) => {
                    left.extend(pairs.iter().flat_map(|(key, value)| [key, value]));
                }
                _ => {}
            }
        }
        weight
    }

    /// Steps to read the value and its direct parts: 4 for each part, 1 for two bytes.
    pub(super) fn steps(&self) -> usize {
        match self {
            Self::Text(text) => text.len() / 2,
            Self::Bytes(bytes) => bytes.len() / 2,
            Self::List(_, values) => 4 * values.len(),
            Self::Map(map) | Self::TextMap(map) => 4 * map.len(),
            Self::AnyMap(pairs) | Self::Groups(pairs) => 4 * pairs.len(),
            _ => 0,
        }
    }

    /// Says whether the value is `nil`, including a `nil` of a known type.
    pub(super) fn is_nil(&self) -> bool {
        matches!(
            self,
            Self::Nil | Self::List(Elements::Nothing | Elements::NoTexts, _)
        )
    }

    /// The name of the value's type in Go.
    pub fn go_type(&self) -> &'static str {
        match self {
            Self::Nil => "<nil>",
            Self::Boolean(_) => "bool",
            Self::Integer(_) => "int",
            Self::Long(_) => "int64",
            Self::Byte(_) => "uint8",
            Self::Float(_) => "float64",
            Self::Text(_) => "string",
            Self::Bytes(_) => "[]uint8",
            Self::List(Elements::Any | Elements::Nothing, _) => "[]interface {}",
            Self::List(Elements::Integers, _) => "[]int",
            Self::List(Elements::Texts | Elements::NoTexts, _) => "[]string",
            Self::List(Elements::Lists, _) => "[][]interface {}",
            Self::List(Elements::Pairs, _) => "[][2]interface {}",
            Self::List(Elements::Pair, _) => "[2]interface {}",
            Self::Map(_) => "map[string]interface {}",
            Self::TextMap(_) => "map[string]string",
            Self::Unsigned(_) => "uint64",
            Self::Version(version) => version.go_type(),
            Self::AnyMap(_) => "map[interface {}]interface {}",
            Self::Groups(_) => "map[interface {}][]interface {}",
            Self::Function(_) => "func",
            Self::Time(_) => "time.Time",
            Self::Duration(_) => "time.Duration",
            Self::Zone(_) => "*time.Location",
            Self::Month(_) => "time.Month",
            Self::Weekday(_) => "time.Weekday",
        }
    }

    /// Type of the value, as expr-lang sees it before an expression runs.
    pub(super) fn static_type(&self) -> Type {
        match self {
            Self::Nil => Type::Nil,
            Self::Boolean(_) => Type::Boolean,
            Self::Integer(_) => Type::Integer,
            Self::Long(_) => Type::Long,
            Self::Byte(_) => Type::Byte,
            Self::Float(_) => Type::Float,
            Self::Text(_) => Type::Text,
            Self::Bytes(_) => Type::Bytes,
            Self::List(Elements::Integers, _) => Type::Integers,
            Self::List(Elements::Texts | Elements::NoTexts, _) => Type::Texts,
            Self::List(Elements::Lists, _) => Type::Lists,
            Self::List(..) => Type::list(),
            Self::Map(_) => Type::Map(None),
            Self::TextMap(_) => Type::TextMap,
            Self::Unsigned(_) => Type::Other("a whole number"),
            Self::Version(_) => Type::Other("a version"),
            Self::AnyMap(_) => Type::AnyMap,
            Self::Groups(_) => Type::Groups,
            Self::Function(function) => Type::Function(function),
            Self::Time(_) => Type::Time,
            Self::Duration(_) => Type::Duration,
            Self::Zone(_) => Type::Zone,
            Self::Month(_) => Type::Other("a month"),
            Self::Weekday(_) => Type::Other("a day of the week"),
        }
    }

    /// The value as a whole number, if it is a number; drops the fraction.
    pub(super) fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Float(number) => Some(number::truncated(*number)),
            _ => self.as_whole(),
        }
    }

    /// The value as a whole number, if it is one.
    pub(super) fn as_whole(&self) -> Option<i64> {
        match self {
            Self::Integer(number) | Self::Long(number) => Some(*number),
            Self::Byte(number) => Some(i64::from(*number)),
            // An unsigned number wraps around, as in Go.
            Self::Unsigned(number) => Some(number.cast_signed()),
            _ => None,
        }
    }

    /// The value as a float, if it is a number.
    pub(super) fn as_float(&self) -> Option<f64> {
        match self {
            Self::Float(number) => Some(*number),
            _ => self.as_whole().map(as_float),
        }
    }

    /// Says whether Go accepts the value as the key of a map.
    pub(super) fn can_be_key(&self) -> bool {
        !matches!(
            self,
            Self::List(..)
                | Self::Map(_)
                | Self::TextMap(_)
                | Self::AnyMap(_)
                | Self::Groups(_)
                | Self::Bytes(_)
                | Self::Function(_)
        )
    }

    /// The text of the value, if it is a text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// Converts a whole number to a `float64`, as Go does.
#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
pub(super) fn as_float(number: i64) -> f64 {
    number as f64
}

/// A small number as an `int` value.
pub(super) fn number_of(number: impl Into<i64>) -> Value {
    Value::Integer(number.into())
}

/// A length as Go's `int`.
pub(super) fn length(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
