//! Regular expressions.

use std::rc::Rc;

use super::super::budget::too_much_memory;
use super::super::failure::Failure;
use super::super::value::{self, Elements, Value};
use super::arguments::Arguments;
use super::bounds::{MOST_BYTES, MOST_PARTS, check_parts};
use crate::text::regular_expression::{self as go, Fault, Pattern};

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let text = arguments.text(1);
    let pattern = || pattern(arguments);
    let most = arguments.whole(2);
    let spend = |steps| arguments.context.spend(steps);
    Ok(Some(match name {
        "regexMatch" => match arguments.context.pattern(arguments.text(0))? {
            Err(Fault::Wrong) => Value::Boolean(false),
            Err(Fault::Unsupported) => return Err(unsupported(arguments.text(0))),
            Ok(pattern) => Value::Boolean(pattern.is_match(text)),
        },
        "mustRegexMatch" => Value::Boolean(pattern()?.is_match(text)),
        "regexFind" | "mustRegexFind" => Value::text(go::first_of(pattern()?.as_ref(), text)),
        "regexFindAll" | "mustRegexFindAll" => {
            list(go::all_of(pattern()?.as_ref(), text, bounded(most), spend)?)?
        }
        "regexSplit" | "mustRegexSplit" => {
            list(go::split(pattern()?.as_ref(), text, bounded(most), spend)?)?
        }
        "regexReplaceAll" | "mustRegexReplaceAll" => {
            replaced(pattern()?.as_ref(), arguments, false)?
        }
        "regexReplaceAllLiteral" | "mustRegexReplaceAllLiteral" => {
            replaced(pattern()?.as_ref(), arguments, true)?
        }
        "regexQuoteMeta" => Value::text(go::quoted(arguments.text(0))),
        _ => return Ok(None),
    }))
}

fn pattern(arguments: &Arguments<'_>) -> Result<Rc<Pattern>, Failure> {
    let text = arguments.text(0);
    arguments
        .context
        .pattern(text)?
        .map_err(|fault| match fault {
            Fault::Wrong => Failure::new(format!("`{text}` is not a regular expression")),
            Fault::Unsupported => unsupported(text),
        })
}

fn unsupported(text: &str) -> Failure {
    Failure::Unsupported(format!("the regular expression `{text}`"))
}

/// A `[]string`, which is `nil` if there are no matches.
fn list(found: Option<Vec<&str>>) -> Result<Value, Failure> {
    check_parts(found.as_ref().map_or(0, Vec::len))?;
    Ok(match found {
        Some(texts) => Value::texts(texts),
        None => Value::List(Elements::NoTexts, std::sync::Arc::default()),
    })
}

/// Greatest number of matches to search: at most one more than the limit.
fn bounded(most: i64) -> i64 {
    let limit = value::length(MOST_PARTS + 1);
    if (0..limit).contains(&most) {
        most
    } else {
        limit
    }
}

fn replaced(
    pattern: &Pattern,
    arguments: &Arguments<'_>,
    is_literal: bool,
) -> Result<Value, Failure> {
    let (text, by) = (arguments.text(1), arguments.text(2));
    let spend = |steps| arguments.context.spend(steps);
    go::replaced(pattern, text, (by, is_literal), MOST_BYTES, spend)?
        .map(Value::text)
        .ok_or_else(too_much_memory)
}
