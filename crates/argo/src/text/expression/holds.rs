//! Expressions that must be true or false (`argoexpr.EvalBool` of `util/expr/argoexpr`).

use super::evaluate::format::shown;
use super::evaluate::{Value, Variables, evaluate};

/// Says whether an expression is true.
///
/// # Errors
///
/// Returns why the expression has no value, or that its value is not a boolean; in Argo's words, except for expr-lang's
/// messages.
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
