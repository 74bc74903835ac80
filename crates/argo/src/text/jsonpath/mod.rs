//! JSON paths, as the function `jsonpath` of expressions reads them.
//!
//! Source of the rules: `github.com/evilmonkeyinc/jsonpath` 0.8.1 without options, which Argo v4.1.2 uses
//! (`util/expr/env`). It reads paths in a way of its own; so does this.

mod apply;
mod budget;
mod find;
mod operate;
mod script;
mod split;
mod token;

use budget::Budget;

use super::expression::{Failure, Value};

/// What a path finds in a value.
pub(super) fn query(path: &str, root: &Value) -> Result<Value, Failure> {
    let budget = Budget::default();
    let found = token::path(path, &budget).and_then(|tokens| {
        let (first, next) = tokens.split_first().ok_or_else(nothing)?;
        apply::apply(first, root, root, next, &budget)
    });
    // What goes wrong inside of a path is often passed over; this is not.
    budget.check()?;
    found
}

fn nothing() -> Failure {
    wrong("a path needs a part")
}

fn wrong(message: impl Into<String>) -> Failure {
    Failure::Failed(message.into())
}
