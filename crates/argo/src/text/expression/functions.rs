//! The functions that an expression may call: names, arguments and results.

use super::signature::{Function, Rule, Signature, SignatureType};
use super::{builtins, predicates, sprig as sprig_table};

const INTEGER: Function = Function {
    name: "asInt",
    signatures: &[Signature {
        arguments: &[SignatureType::Any],
        rest: None,
        result: SignatureType::Any,
    }],
    rule: Some(Rule::Number(SignatureType::Integer)),
};

const FLOAT: Function = Function {
    name: "asFloat",
    signatures: &[Signature {
        arguments: &[SignatureType::Any],
        rest: None,
        result: SignatureType::Any,
    }],
    rule: Some(Rule::Number(SignatureType::Float)),
};

static ARGO: &[(&str, Function)] = &[
    ("asFloat", FLOAT),
    ("asInt", INTEGER),
    (
        "jsonpath",
        Function {
            name: "jsonpath",
            signatures: &[Signature {
                arguments: &[SignatureType::Text, SignatureType::Text],
                rest: None,
                result: SignatureType::Any,
            }],
            rule: None,
        },
    ),
    (
        "toJson",
        Function {
            name: "toJson",
            signatures: &[Signature {
                arguments: &[SignatureType::Any],
                rest: None,
                result: SignatureType::Text,
            }],
            rule: None,
        },
    ),
];

/// The functions that Argo adds to those of expr-lang, except `sprig` (`GetFuncMap` in `util/expr/env`).
pub fn argo_functions() -> &'static [(&'static str, Function)] {
    ARGO
}

/// The sprig functions that Argo offers: all except `env` and `expandenv`, sorted by name.
pub(super) fn sprig() -> &'static [(&'static str, Function)] {
    sprig_table::FUNCTIONS
}

/// Says whether expr-lang has a function with this name.
pub(super) fn is_builtin(name: &str) -> bool {
    builtin(name).is_some() || predicates::arguments(name).is_some()
}

/// A function of expr-lang that takes no predicate.
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
