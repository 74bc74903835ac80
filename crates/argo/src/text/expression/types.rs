//! What is known of a value before it is there.

use std::sync::Arc;

use super::environment::Shape;
use super::functions::Function;

/// A type of Go, as far as expr-lang tells it apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// expr-lang knows nothing of it, nor does anyone.
    Any,
    /// expr-lang knows nothing of it; when it runs, it holds this.
    Holds(Arc<Self>),
    /// `nil`.
    Nil,
    /// `bool`.
    Boolean,
    /// `int`.
    Integer,
    /// `int64`.
    Long,
    /// `uint8`, an element of `[]byte`.
    Byte,
    /// `uint32`.
    Unsigned,
    /// `float64`.
    Float,
    /// `string`.
    Text,
    /// `time.Time`.
    Time,
    /// `time.Duration`.
    Duration,
    /// `*time.Location`.
    Zone,
    /// `[]any`, and what is known of its elements.
    List(Arc<Self>),
    /// `[]string`.
    Texts,
    /// `[]int`.
    Integers,
    /// `[]byte`.
    Bytes,
    /// `[][]any`.
    Lists,
    /// `map[string]any`, and what is known of its keys.
    Map(Option<Arc<Shape>>),
    /// `map[string]string`.
    TextMap,
    /// `map[any]any`.
    AnyMap,
    /// `map[any][]any`.
    Groups,
    /// A function.
    Function(&'static Function),
    /// A method of a value, and the type of its result.
    Method(Arc<Self>),
    /// Another type of Go, with its name.
    Other(&'static str),
}

impl Type {
    /// A value that expr-lang knows nothing of, and that holds this.
    #[must_use]
    pub fn held(self) -> Self {
        match self {
            Self::Any | Self::Holds(_) => self,
            other => Self::Holds(Arc::new(other)),
        }
    }

    /// `[]any` whose elements nobody knows.
    pub(super) fn list() -> Self {
        Self::List(Arc::new(Self::Any))
    }

    /// What it is when it runs.
    pub fn inside(&self) -> &Self {
        match self {
            Self::Holds(inside) => inside,
            other => other,
        }
    }

    /// Whether expr-lang knows nothing of it.
    pub(super) fn is_unknown(&self) -> bool {
        matches!(self, Self::Any | Self::Holds(_))
    }

    pub(super) fn is_integer(&self) -> bool {
        matches!(
            self,
            Self::Integer | Self::Long | Self::Byte | Self::Unsigned
        )
    }

    pub(super) fn is_number(&self) -> bool {
        self.is_integer() || *self == Self::Float
    }

    pub(super) fn is_list(&self) -> bool {
        matches!(
            self,
            Self::List(_) | Self::Texts | Self::Integers | Self::Bytes | Self::Lists
        )
    }

    pub(super) fn is_map(&self) -> bool {
        matches!(
            self,
            Self::Map(_) | Self::TextMap | Self::AnyMap | Self::Groups
        )
    }

    /// The type of a map's keys.
    pub(super) fn key(&self) -> Self {
        match self {
            Self::Map(_) | Self::TextMap => Self::Text,
            _ => Self::Any,
        }
    }

    /// The type of the elements of a list, or of the values of a map.
    pub(super) fn element(&self) -> Self {
        match self {
            Self::List(element) => element.as_ref().clone(),
            Self::Texts | Self::TextMap => Self::Text,
            Self::Integers => Self::Integer,
            Self::Bytes => Self::Byte,
            Self::Lists | Self::Groups => Self::list(),
            _ => Self::Any,
        }
    }

    /// The same type of Go, whatever is known beyond that.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Function(left), Self::Function(right)) => left.signatures == right.signatures,
            (Self::Other(left), Self::Other(right)) => left == right,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Whether Go lets a value of this type stand where one of the other is wanted.
    pub(super) fn is_assignable_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Holds(_), _) => false,
            (_, Self::Any) => true,
            (Self::Nil, _) => other.is_list() || other.is_map() || *other == Self::Zone,
            _ => self.is_same(other),
        }
    }

    /// Whether expr-lang compares the two with `==`.
    pub(super) fn is_comparable_to(&self, other: &Self) -> bool {
        self.is_unknown()
            || other.is_unknown()
            || *self == Self::Nil
            || *other == Self::Nil
            || self.is_number() && other.is_number()
            || self.is_list() && other.is_list()
            || self.is_assignable_to(other)
    }

    /// Its name in a message.
    pub fn shown(&self) -> &'static str {
        match self.inside() {
            Self::Any | Self::Holds(_) => "any value",
            Self::Nil => "nil",
            Self::Boolean => "a boolean",
            Self::Integer | Self::Long | Self::Byte | Self::Unsigned => "a whole number",
            Self::Float => "a number",
            Self::Text => "a text",
            Self::Time => "a time",
            Self::Duration => "a duration",
            Self::Zone => "a time zone",
            Self::List(_) | Self::Texts | Self::Integers | Self::Lists => "a list",
            Self::Bytes => "bytes",
            Self::Map(_) | Self::TextMap | Self::AnyMap | Self::Groups => "a map",
            Self::Function(_) | Self::Method(_) => "a function",
            Self::Other(name) => name,
        }
    }
}
