//! The functions of expr-lang that evaluate a part of the expression for each element of a list.

/// An argument of a function with a predicate.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    /// Says whether expr-lang evaluates the argument for each element.
    pub(super) predicate: bool,
    /// Says whether the argument may be left out.
    pub(super) optional: bool,
}

const VALUE: Argument = Argument {
    predicate: false,
    optional: false,
};
const PREDICATE: Argument = Argument {
    predicate: true,
    optional: false,
};
const MAYBE: Argument = Argument {
    predicate: false,
    optional: true,
};
const MAYBE_PREDICATE: Argument = Argument {
    predicate: true,
    optional: true,
};

/// Arguments of a function; none if the function has no predicate.
pub(super) fn arguments(name: &str) -> Option<&'static [Argument]> {
    match name {
        "all" | "none" | "any" | "one" | "filter" | "map" | "find" | "findIndex" | "findLast"
        | "findLastIndex" | "groupBy" => Some(&[VALUE, PREDICATE]),
        "count" | "sum" => Some(&[VALUE, MAYBE_PREDICATE]),
        "sortBy" | "reduce" => Some(&[VALUE, PREDICATE, MAYBE]),
        _ => None,
    }
}

/// Names of all functions with a predicate.
pub(super) const NAMES: &[&str] = &[
    "all",
    "any",
    "count",
    "filter",
    "find",
    "findIndex",
    "findLast",
    "findLastIndex",
    "groupBy",
    "map",
    "none",
    "one",
    "reduce",
    "sortBy",
    "sum",
];
