//! Expressions that have to be true or false (`argoexpr.EvalBool` of `util/expr/argoexpr`).

use super::evaluate::format::shown;
use super::evaluate::{Value, Variables, evaluate};

/// Says whether an expression holds.
///
/// # Errors
///
/// Returns why it has no value, or that it has one that is neither true nor false; in Argo's words, but for what expr-lang
/// says.
pub fn holds(expression: &str, variables: &Variables) -> Result<bool, String> {
    match evaluate(expression, variables) {
        Ok(Value::Boolean(holds)) => Ok(holds),
        Ok(other) => {
            let other = shown(&other).unwrap_or_default();
            Err(format!(
                "unable to cast expression result '{other}' to bool"
            ))
        }
        Err(failure) => Err(format!(
            "unable to evaluate expression '{expression}': {failure}"
        )),
    }
}
