//! Evaluates `{{=expression}}` (`util/template/expression_template.go`).

use std::collections::BTreeSet;

use super::failure::Failure;
use super::values::{Strict, Values};
use crate::text::expression::{
    BinaryOperator, Environment, Node, Syntax, Value, Variables, evaluate, parse,
};
use crate::text::quote;

/// Variables that get their values late: an expression with one of them waits for it, even with `??`.
const LATE: &[&str] = &[
    "item",
    "retries",
    "lastRetry.exitCode",
    "lastRetry.status",
    "lastRetry.duration",
    "lastRetry.message",
    "workflow.status",
    "workflow.failures",
];

/// Start of the controller's messages about expressions.
const FAILED: &str = "failed to evaluate expression";

/// Start of the placeholders that Argo inserts for values when it validates.
const STAND_IN: &str = "__argo__internal__placeholder-";

/// Evaluates an expression inside of a JSON string. Gives the value for that string; none if the tag stays.
pub(super) fn written_value(
    written: &str,
    values: &Values,
    strict: Strict<'_>,
) -> Result<Option<String>, Failure> {
    let variables = values.variables();
    let has_stand_in = values.iter().any(|(_, value)| {
        value
            .as_text()
            .is_some_and(|text| text.starts_with(STAND_IN))
    });
    let Some(expression) = quote::of_json(written) else {
        return Err(Failure::new(format!(
            "the expression `{written}` is no text of JSON"
        )));
    };
    let names = match parse(&expression, &Environment::new()) {
        Ok(node) => names(&node),
        // Argo fails here as well, unless it validates with placeholders.
        Err(_) if has_stand_in => return Ok(None),
        Err(fault) => {
            let failure = Failure::new(format!(
                "the expression `{}` is not valid: {}",
                expression.trim(),
                fault.message
            ));
            return Err(failure.with_controller_message(format!("{FAILED}: {}", fault.message)));
        }
    };
    let missing: Vec<&String> = names.iter().filter(|name| !has(variables, name)).collect();
    if let Some(name) = missing.iter().find(|name| strict.wants(name)) {
        let failure = Failure::missing(format!(
            "`{name}` in the expression `{}` has no value",
            expression.trim()
        ));
        return Err(failure.with_controller_message(format!("{FAILED}: {name} is missing")));
    }
    let may_stay = !missing.is_empty() || strict == Strict::No;
    if may_stay && missing.iter().any(|name| LATE.contains(&name.as_str())) {
        return Ok(None);
    }
    let failed = |message: String| {
        Failure::new(format!(
            "the expression `{}` fails: {message}",
            expression.trim()
        ))
        .with_controller_message(format!("{FAILED}: {message}"))
    };
    let value = match evaluate(&expression, variables) {
        Ok(Value::Nil) | Err(_) if may_stay || has_stand_in => return Ok(None),
        Ok(Value::Nil) => {
            let failure = failed("it gives nothing".to_owned());
            return Err(failure.with_controller_message(format!("{FAILED} {written:?}")));
        }
        Ok(value) => value,
        Err(failure) => return Err(failed(failure.to_string())),
    };
    let json = match value.to_json() {
        Ok(json) => json,
        Err(_) if may_stay => return Ok(None),
        Err(failure) => return Err(failed(failure.to_string())),
    };
    // The tag is already inside of a JSON string, so drop the value's own quotes.
    let inside = json
        .strip_prefix('"')
        .and_then(|inside| inside.strip_suffix('"'));
    Ok(Some(match inside {
        Some(inside) => inside.to_owned(),
        None => quote::go(&json),
    }))
}

/// Names that an expression needs: `a`, `a.b` and `a.b.c` for `a.b.c`, but no names that `??` or `?.` guards.
fn names(node: &Node) -> BTreeSet<String> {
    let mut guarded: Vec<*const Node> = Vec::new();
    node.walk(&mut |node| match &node.syntax {
        Syntax::Binary(BinaryOperator::Coalesce, left, _) => left.walk(&mut |part| {
            if matches!(part.syntax, Syntax::Member { .. }) {
                guarded.push(part);
            }
        }),
        Syntax::Member {
            of, optional: true, ..
        } if matches!(of.syntax, Syntax::Member { .. }) => guarded.push(of.as_ref()),
        _ => {}
    });
    let mut found = BTreeSet::new();
    node.walk(&mut |node| match &node.syntax {
        Syntax::Name(name) => {
            found.insert(name.clone());
        }
        Syntax::Member { .. } if !guarded.iter().any(|known| std::ptr::eq(*known, node)) => {
            found.extend(path(node));
        }
        _ => {}
    });
    found
}

/// The path `a.b.c` of a part that is written as one.
fn path(node: &Node) -> Option<String> {
    match &node.syntax {
        Syntax::Name(name) => Some(name.clone()),
        Syntax::Member {
            of,
            property,
            optional: false,
        } => match &property.syntax {
            Syntax::Text(key) => Some(format!("{}.{key}", path(of)?)),
            _ => None,
        },
        _ => None,
    }
}

/// Says whether a variable has a value, which may be `nil` (`hasVarInEnv`).
fn has(variables: &Variables, name: &str) -> bool {
    let mut parts = name.split('.');
    let Some(mut value) = parts.next().and_then(|first| variables.get(first)) else {
        return false;
    };
    for part in parts {
        let Value::Map(map) = value else { return false };
        match map.get(part) {
            Some(found) => value = found,
            None => return false,
        }
    }
    true
}
