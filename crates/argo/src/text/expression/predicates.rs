//! The functions of expr-lang that evaluate a part of the expression for each element of a list.

/// An argument of such a function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Argument {
    /// Says whether it is evaluated for each element.
    pub(super) predicate: bool,
    /// Says whether it may be left out.
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

/// Arguments of a function, if it is one of these.
pub(super) fn arguments(name: &str) -> Option<&'static [Argument]> {
    match name {
        "all" | "none" | "any" | "one" | "filter" | "map" | "find" | "findIndex" | "findLast"
        | "findLastIndex" | "groupBy" => Some(&[VALUE, PREDICATE]),
        "count" | "sum" => Some(&[VALUE, MAYBE_PREDICATE]),
        "sortBy" | "reduce" => Some(&[VALUE, PREDICATE, MAYBE]),
        _ => None,
    }
}

/// The names of all of them.
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
