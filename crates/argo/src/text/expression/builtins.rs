//! The functions of expr-lang that take no predicate.

use super::signature::{Function, Rule, Signature, SignatureType};
use super::types::Type;

macro_rules! functions {
    ($($name:literal: $($rule:ident $(($kind:ident))?)? $({ $([$($argument:ident),*] -> $result:ident),+ })?;)*) => {
        /// Every function.
        pub(super) static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            signatures: &[$($(Signature {
                arguments: &[$(SignatureType::$argument),*],
                rest: None,
                result: SignatureType::$result,
            }),+)?],
            rule: functions!(@rule $($rule $(($kind))?)?),
        }),*];
    };
    (@rule) => { None };
    (@rule $rule:ident) => { Some(Rule::$rule) };
    (@rule $rule:ident($kind:ident)) => { Some(Rule::$rule(SignatureType::$kind)) };
}

functions! {
    "abs": Absolute;
    "bitand": { [Integer, Integer] -> Integer };
    "bitnand": { [Integer, Integer] -> Integer };
    "bitnot": { [Integer] -> Integer };
    "bitor": { [Integer, Integer] -> Integer };
    "bitshl": { [Integer, Integer] -> Integer };
    "bitshr": { [Integer, Integer] -> Integer };
    "bitushr": { [Integer, Integer] -> Integer };
    "bitxor": { [Integer, Integer] -> Integer };
    "ceil": Round;
    "concat": Concat;
    "date": Date;
    "duration": { [Text] -> Duration };
    "first": Element;
    "flatten": OfList;
    "float": Number(Float);
    "floor": Round;
    "fromBase64": { [Text] -> Text };
    "fromJSON": { [Text] -> Any };
    "fromPairs": FromPairs;
    "get": Get;
    "hasPrefix": { [Text, Text] -> Boolean };
    "hasSuffix": { [Text, Text] -> Boolean };
    "indexOf": { [Text, Text] -> Integer };
    "int": Number(Integer);
    "join": {
        [Texts, Text] -> Text, [List, Text] -> Text, [List] -> Text, [Texts] -> Text
    };
    "keys": OfMap;
    "last": Element;
    "lastIndexOf": { [Text, Text] -> Integer };
    "len": Length;
    "lower": { [Text] -> Text };
    "max": Aggregate;
    "mean": Aggregate;
    "median": Aggregate;
    "min": Aggregate;
    "now": Now;
    "repeat": { [Text, Integer] -> Text };
    "replace": { [Text, Text, Text, Integer] -> Text, [Text, Text, Text] -> Text };
    "reverse": OfList;
    "round": Round;
    "sort": {
        [List, Text] -> List, [Integers, Text] -> List, [Texts, Text] -> List,
        [List] -> List, [Texts] -> List, [Integers] -> List
    };
    "split": { [Text, Text] -> Texts, [Text, Text, Integer] -> Texts };
    "splitAfter": { [Text, Text] -> Texts, [Text, Text, Integer] -> Texts };
    "string": { [Any] -> Text };
    "take": Take;
    "timezone": { [Text] -> Zone };
    "toBase64": { [Text] -> Text };
    "toJSON": { [Any] -> Text };
    "toPairs": OfMap;
    "trim": { [Text] -> Text, [Text, Text] -> Text };
    "trimPrefix": { [Text, Text] -> Text, [Text] -> Text };
    "trimSuffix": { [Text, Text] -> Text, [Text] -> Text };
    "type": { [Any] -> Text };
    "uniq": OfList;
    "upper": { [Text] -> Text };
    "values": OfMap;
}

/// Fault in the arguments of a function.
#[derive(Debug, PartialEq)]
pub(super) enum ArgumentFault {
    /// The function takes a different number of arguments.
    Count(&'static str),
    /// The function does not accept the argument at this position.
    Argument(usize),
}

impl Rule {
    /// Result type of a function with this rule for arguments of these types.
    pub(super) fn result(self, arguments: &[Type]) -> Result<Type, ArgumentFault> {
        let is_list = |value: &Type| value.is_unknown() || value.is_list();
        // In Go, a duration is a whole number.
        let is_number =
            |value: &Type| value.is_unknown() || value.is_number() || *value == Type::Duration;
        match self {
            Self::Length => one(arguments, |value| {
                is_list(value) || value.is_map() || *value == Type::Text
            })
            .map(|_| Type::Integer),
            Self::Absolute => one(arguments, is_number).cloned(),
            Self::Round => one(arguments, is_number).map(|_| Type::Float),
            Self::Number(kind) => one(arguments, |value| is_number(value) || *value == Type::Text)
                .map(|_| kind.value()),
            Self::Aggregate => aggregate(arguments),
            Self::Now => match arguments {
                [] | [Type::Zone] => Ok(Type::Time),
                _ => Err(ArgumentFault::Count("no arguments")),
            },
            Self::Date => match arguments {
                [] => Err(ArgumentFault::Count("at least one argument")),
                [Type::Zone, rest @ ..] if rest.len() <= 3 => Ok(Type::Time),
                _ if arguments.len() <= 3 => Ok(Type::Time),
                _ => Err(ArgumentFault::Count("at most three arguments")),
            },
            Self::Element => {
                let list = one(arguments, is_list)?;
                Ok(match list {
                    // expr-lang forgets the types of the elements.
                    Type::List(_) => Type::Any,
                    other => other.element(),
                })
            }
            Self::Get => match arguments {
                [_, _] => Ok(Type::Any),
                _ => Err(ArgumentFault::Count("two arguments")),
            },
            Self::Take => match arguments {
                [list, _] if !is_list(list) => Err(ArgumentFault::Argument(0)),
                [_, count] if !count.is_unknown() && !count.is_integer() => {
                    Err(ArgumentFault::Argument(1))
                }
                [list, _] => Ok(match list {
                    Type::List(_) => Type::list(),
                    other => other.clone(),
                }),
                _ => Err(ArgumentFault::Count("two arguments")),
            },
            Self::OfMap => {
                one(arguments, |value| value.is_unknown() || value.is_map()).map(|_| Type::list())
            }
            Self::FromPairs => one(arguments, is_list).map(|_| Type::AnyMap),
            Self::OfList => one(arguments, is_list).map(|_| Type::list()),
            Self::Concat if arguments.is_empty() => {
                Err(ArgumentFault::Count("at least one argument"))
            }
            Self::Concat => match arguments.iter().position(|value| !is_list(value)) {
                Some(number) => Err(ArgumentFault::Argument(number)),
                None => Ok(Type::list()),
            },
        }
    }
}

fn one(arguments: &[Type], fits: impl Fn(&Type) -> bool) -> Result<&Type, ArgumentFault> {
    match arguments {
        [value] if fits(value) => Ok(value),
        [_] => Err(ArgumentFault::Argument(0)),
        _ => Err(ArgumentFault::Count("one argument")),
    }
}

fn aggregate(arguments: &[Type]) -> Result<Type, ArgumentFault> {
    for (number, value) in arguments.iter().enumerate() {
        if value.is_unknown() || value.is_list() {
            return Ok(Type::Any);
        }
        if !value.is_number() && *value != Type::Duration {
            return Err(ArgumentFault::Argument(number));
        }
    }
    match arguments.first() {
        Some(first) => Ok(first.clone()),
        None => Err(ArgumentFault::Count("at least one argument")),
    }
}
