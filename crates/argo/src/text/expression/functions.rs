//! The functions an expression may call: their names, and what they take and give.

use std::sync::Arc;

use super::types::Type;
use super::{builtins, predicates, sprig as sprig_table};

/// A function.
#[derive(Debug, PartialEq)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it takes and gives: the first that fits counts.
    pub signatures: &'static [Signature],
    /// What it takes and gives where a signature does not say enough.
    pub(super) rule: Option<builtins::Rule>,
}

/// What a function takes and gives.
#[derive(Debug, PartialEq, Eq)]
pub struct Signature {
    /// What it takes.
    pub arguments: &'static [Kind],
    /// What it takes any number of after that.
    pub rest: Option<Kind>,
    /// Type of the function's result.
    pub result: Kind,
}

/// A type in a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `any`.
    Any,
    /// `bool`.
    Boolean,
    /// `int`.
    Integer,
    /// `int64`.
    Long,
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
    /// `[]any`.
    List,
    /// `[]string`.
    Texts,
    /// `[]int`.
    Integers,
    /// `[][]any`.
    Lists,
    /// `map[string]any`.
    Map,
    /// `map[string]string`.
    TextMap,
    /// A certificate of sprig.
    Certificate,
    /// A version of sprig.
    Version,
}

impl Kind {
    /// The type of a value of this kind.
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

    /// Whether expr-lang gives a value of this type to such an argument.
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

    /// Whether a function of Go takes a value of this type when it is called by its value, as those in a map are.
    pub(super) fn takes_as_it_is(self, value: &Type) -> bool {
        let wanted = self.value();
        self == Self::Any
            || matches!(value, Type::Any | Type::Nil)
            || value.is_assignable_to(&wanted)
    }
}

impl Signature {
    /// The kind of an argument, if there is one of this number.
    pub(super) fn argument(&self, number: usize) -> Option<Kind> {
        self.arguments.get(number).copied().or(self.rest)
    }

    /// Whether it takes as many.
    pub(super) fn takes_count(&self, count: usize) -> bool {
        count == self.arguments.len() || self.rest.is_some() && count > self.arguments.len()
    }
}

const INTEGER: Function = Function {
    name: "asInt",
    signatures: &[Signature {
        arguments: &[Kind::Any],
        rest: None,
        result: Kind::Any,
    }],
    rule: Some(builtins::Rule::Number(Kind::Integer)),
};

const FLOAT: Function = Function {
    name: "asFloat",
    signatures: &[Signature {
        arguments: &[Kind::Any],
        rest: None,
        result: Kind::Any,
    }],
    rule: Some(builtins::Rule::Number(Kind::Float)),
};

static ARGO: &[(&str, Function)] = &[
    ("asFloat", FLOAT),
    ("asInt", INTEGER),
    (
        "jsonpath",
        Function {
            name: "jsonpath",
            signatures: &[Signature {
                arguments: &[Kind::Text, Kind::Text],
                rest: None,
                result: Kind::Any,
            }],
            rule: None,
        },
    ),
    (
        "toJson",
        Function {
            name: "toJson",
            signatures: &[Signature {
                arguments: &[Kind::Any],
                rest: None,
                result: Kind::Text,
            }],
            rule: None,
        },
    ),
];

/// The functions that Argo adds to those of expr-lang, but for `sprig` (`GetFuncMap` in `util/expr/env`).
pub fn argo_functions() -> &'static [(&'static str, Function)] {
    ARGO
}

/// The functions of sprig that Argo takes: all but `env` and `expandenv`, sorted by name.
pub(super) fn sprig() -> &'static [(&'static str, Function)] {
    sprig_table::FUNCTIONS
}

/// Whether expr-lang has a function of this name.
pub(super) fn is_builtin(name: &str) -> bool {
    builtin(name).is_some() || predicates::arguments(name).is_some()
}

/// A function of expr-lang that is called with values only.
pub(super) fn builtin(name: &str) -> Option<&'static Function> {
    builtins::FUNCTIONS
        .iter()
        .find(|function| function.name == name)
}

/// The names of expr-lang's own functions.
pub(super) fn builtin_names<'a>() -> impl Iterator<Item = &'a str> {
    builtins::FUNCTIONS
        .iter()
        .map(|function| function.name)
        .chain(predicates::NAMES.iter().copied())
}
