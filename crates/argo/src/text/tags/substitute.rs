//! Replaces tags with values.

use super::expression;
use super::failure::Failure;
use super::scan::{Piece, has_tag, pieces};
use super::values::{Strict, Values};
use crate::text::expression::Value;
use crate::text::quote;

/// Replaces the tags of a text with values, one after the other. Ignores tags inside of the values.
///
/// # Errors
///
/// Returns the reason: a tag is not closed, an expression fails, or a required value is missing.
pub fn substitute(text: &str, values: &Values, strict: Strict<'_>) -> Result<String, Failure> {
    if !has_tag(text) {
        return Ok(text.to_owned());
    }
    let mut json = String::with_capacity(text.len() + 16);
    quote::json(text, &mut json);
    let replaced = in_json(&json, values, strict)?;
    quote::of_json(&replaced).ok_or_else(|| {
        Failure::new("a value cannot stand in JSON: it has letters that do not print")
    })
}

/// Replaces the tags of a document or a part of one, given as JSON, and gives JSON: Argo does the same with templates,
/// tasks and steps (`Template.Replace` in `util/template/replace.go`). A tag that one text opens may end in another
/// text, or between brackets of the JSON; it stays.
///
/// # Errors
///
/// Returns the reason: a tag is not closed, an expression fails, or a required value is missing.
pub fn substitute_json(json: &str, values: &Values, strict: Strict<'_>) -> Result<String, Failure> {
    if !has_tag(json) {
        return Ok(json.to_owned());
    }
    in_json(json, values, strict)
}

/// Replaces tags in the JSON of a text.
fn in_json(json: &str, values: &Values, strict: Strict<'_>) -> Result<String, Failure> {
    let mut replaced = String::with_capacity(json.len());
    for piece in pieces(json) {
        match piece {
            Ok(Piece::Text(text)) => replaced.push_str(text),
            Ok(Piece::Tag { inside, .. }) => match inside.strip_prefix('=') {
                Some(written) => {
                    // Go escapes these letters in JSON; Argo unescapes them in expressions.
                    let written = written
                        .replace("\\u003c", "<")
                        .replace("\\u003e", ">")
                        .replace("\\u0026", "&");
                    match expression::written_value(&written, values, strict)? {
                        Some(value) => replaced.push_str(&value),
                        None => replaced.extend(["{{=", &written, "}}"]),
                    }
                }
                None => simple(inside, values, strict, &mut replaced)?,
            },
            Err(unclosed) => {
                let rest = json.get(unclosed.start..).unwrap_or_default();
                let shown: String = rest.chars().take(40).collect();
                return Err(Failure::new(format!("nothing closes the tag `{shown}`")));
            }
        }
    }
    Ok(replaced)
}

/// Writes the value of `{{name}}` (`simpleReplaceStrict` in `util/template/simple_template.go`).
fn simple(
    tag: &str,
    values: &Values,
    strict: Strict<'_>,
    replaced: &mut String,
) -> Result<(), Failure> {
    let name = tag.trim();
    match values.get(name) {
        Some(Value::Text(text)) => {
            replaced.push_str(&quote::go(text));
            return Ok(());
        }
        Some(Value::Nil) => {
            return Err(Failure::new(format!(
                "`{{{{{tag}}}}}` has no value: its task was skipped, and nothing gives a default"
            ))
            .with_controller_message(absent(tag)));
        }
        Some(_) => return Err(Failure::new(format!("`{{{{{tag}}}}}` is not a text"))),
        None => {}
    }
    // `{{a.{{b}}}}` is the tag `a.{{b`: Argo replaces the inner tag first.
    if let Some(at) = tag.rfind("{{").filter(|at| *at > 0) {
        let (before, inner) = tag.split_at(at);
        match inner.get(2..).and_then(|inner| values.get(inner)) {
            Some(Value::Text(text)) => {
                replaced.push_str("{{");
                replaced.push_str(before);
                replaced.push_str(&quote::go(text));
                return Ok(());
            }
            Some(Value::Nil) => {
                return Err(Failure::new(format!(
                    "`{{{{{tag}}}}}` has no value: a task was skipped, and nothing gives a default"
                ))
                .with_controller_message(absent(tag)));
            }
            _ => {}
        }
    }
    let is_artifact = name.contains(".outputs.artifacts.");
    if strict.wants(name) && (strict == Strict::All || !is_artifact) {
        let failure = Failure::missing(format!("`{{{{{tag}}}}}` has no value"));
        return Err(failure.with_controller_message(format!("failed to resolve {{{{{tag}}}}}")));
    }
    replaced.push_str("{{");
    replaced.push_str(tag);
    replaced.push_str("}}");
    Ok(())
}

fn absent(tag: &str) -> String {
    format!(
        "unable to substitute {{{{{tag}}}}}: output is an absent optional (skipped/omitted node with no default)"
    )
}
