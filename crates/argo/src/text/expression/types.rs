//! Types of values, as far as they are known before an expression runs.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::signature::{Function, SignatureType};

/// A Go type, as far as expr-lang distinguishes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// An unknown type.
    Any,
    /// A type that expr-lang sees as `any`; at run time, the value has this type.
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
    /// `[]any`, with the type of its elements as far as it is known.
    List(Arc<Self>),
    /// `[]string`.
    Texts,
    /// `[]int`.
    Integers,
    /// `[]byte`.
    Bytes,
    /// `[][]any`.
    Lists,
    /// `map[string]any`, with its keys as far as they are known.
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
    /// Another Go type, with its name.
    Other(&'static str),
}

impl Type {
    /// The same type, but `any` for expr-lang.
    #[must_use]
    pub fn held(self) -> Self {
        match self {
            Self::Any | Self::Holds(_) => self,
            other => Self::Holds(Arc::new(other)),
        }
    }

    /// `[]any` with elements of an unknown type.
    pub(super) fn list() -> Self {
        Self::List(Arc::new(Self::Any))
    }

    /// Type of the value at run time.
    pub fn inside(&self) -> &Self {
        match self {
            Self::Holds(inside) => inside,
            other => other,
        }
    }

    /// Says whether expr-lang does not know the type.
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

    /// Says whether two types are the same in Go, without regard to known elements and keys.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Function(left), Self::Function(right)) => left.signatures == right.signatures,
            (Self::Other(left), Self::Other(right)) => left == right,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Says whether Go can assign a value of this type to the other type.
    pub(super) fn is_assignable_to(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any | Self::Holds(_), _) => false,
            (_, Self::Any) => true,
            (Self::Nil, _) => other.is_list() || other.is_map() || *other == Self::Zone,
            _ => self.is_same(other),
        }
    }

    /// Says whether expr-lang compares values of the two types with `==`.
    pub(super) fn is_comparable_to(&self, other: &Self) -> bool {
        self.is_unknown()
            || other.is_unknown()
            || *self == Self::Nil
            || *other == Self::Nil
            || self.is_number() && other.is_number()
            || self.is_list() && other.is_list()
            || self.is_assignable_to(other)
    }

    /// Name of the type in a message.
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

/// Keys of a map, as far as they are known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The keys, with the type of each value.
    pub keys: BTreeMap<String, Type>,
    /// Says whether the map may have other keys.
    pub open: bool,
}

impl Shape {
    /// Type of a key's value; none if the key never exists.
    pub(super) fn get(&self, key: &str) -> Option<Type> {
        match self.keys.get(key) {
            Some(found) => Some(found.clone()),
            None if self.open => Some(Type::Any),
            None => None,
        }
    }

    /// Adds a variable such as `tasks.a.status` as nested maps, as Argo does (`util/expand`). The map `a` of a variable
    /// `a.b` replaces a variable `a`.
    pub fn add(&mut self, path: &str, holds: Type) {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let known = self.keys.get_mut(first);
        match (known, rest) {
            (Some(Type::Map(Some(_))), None) => {}
            (Some(Type::Map(Some(shape))), Some(rest)) => Arc::make_mut(shape).add(rest, holds),
            (_, Some(rest)) => {
                let mut shape = Self::default();
                shape.add(rest, holds);
                self.keys
                    .insert(first.to_owned(), Type::Map(Some(Arc::new(shape))));
            }
            (_, None) => {
                self.keys.insert(first.to_owned(), holds);
            }
        }
    }

    /// Changes the map at the end of a path; creates it if it is missing.
    pub fn change(&mut self, path: &str, change: &mut dyn FnMut(&mut Self)) {
        if path.is_empty() {
            return change(self);
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut shape = match self.keys.remove(first) {
            Some(Type::Map(Some(shape))) => shape,
            _ => Arc::default(),
        };
        Arc::make_mut(&mut shape).change(rest, change);
        self.keys.insert(first.to_owned(), Type::Map(Some(shape)));
    }
}

impl SignatureType {
    /// The type of a value with this type in a signature.
    pub(super) fn value(self) -> Type {
        match self {
            Self::Any => Type::Any,
            Self::Boolean => Type::Boolean,
            Self::Integer => Type::Integer,
            Self::Long => Type::Long,
            Self::Unsigned => Type::Unsigned,
            Self::Float => Type::Float,
            Self::Text => Type::Text,
            Self::Time => Type::Time,
            Self::Duration => Type::Duration,
            Self::Zone => Type::Zone,
            Self::List => Type::List(Arc::new(Type::Any)),
            Self::Texts => Type::Texts,
            Self::Integers => Type::Integers,
            Self::Lists => Type::Lists,
            Self::Map => Type::Map(None),
            Self::TextMap => Type::TextMap,
            Self::Certificate => Type::Other("a certificate"),
            Self::Version => Type::Other("a version"),
        }
    }

    /// Says whether expr-lang passes a value of this type to an argument of this type.
    pub(super) fn takes(self, value: &Type) -> bool {
        let wanted = self.value();
        match value {
            Type::Nil => matches!(self, Self::Any | Self::Zone),
            _ if value.is_unknown() || self == Self::Any => true,
            _ if wanted == Type::Float => value.is_number(),
            _ if wanted.is_integer() => value.is_integer(),
            _ => value.is_assignable_to(&wanted),
        }
    }

    /// Says whether a Go function that is a value, as in a map, accepts an argument of this type.
    pub(super) fn takes_as_it_is(self, value: &Type) -> bool {
        let wanted = self.value();
        self == Self::Any
            || matches!(value, Type::Any | Type::Nil)
            || value.is_assignable_to(&wanted)
    }
}
