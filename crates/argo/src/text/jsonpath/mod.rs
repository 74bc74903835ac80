//! JSON paths, as the function `jsonpath` of expressions reads them.
//!
//! Source of the rules: `github.com/evilmonkeyinc/jsonpath` 0.8.1 without options, which Argo v4.1.2 uses
//! (`util/expr/env`). That library differs from others, and this module follows it.

mod apply;
mod brackets;
mod budget;
mod failure;
mod find;
mod operate;
mod operators;
mod read;
mod split;
mod syntax;

use budget::Budget;

use crate::text::expression::evaluate::failure::Failure;
use crate::text::expression::evaluate::value::Value;

/// Evaluates a path on a value.
///
/// # Errors
///
/// Returns why the path cannot be read, or why it finds nothing.
pub(super) fn query(path: &str, root: &Value) -> Result<Value, Failure> {
    let budget = Budget::default();
    let found =
        read::path(path, &budget).and_then(|tokens| apply::path(&tokens, root, root, &budget));
    // A path ignores most failures of its parts, but not an exhausted budget.
    budget.check()?;
    found
}
