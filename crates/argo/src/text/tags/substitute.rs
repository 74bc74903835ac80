//! Puts values in the place of tags.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::expression;
use super::scan::{Piece, pieces};
use crate::text::expression::{Outside, Value, Variables};
use crate::text::quote;

/// Reason why the tags of a text cannot be filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Message for people.
    pub message: String,
    /// Has a variable no value yet? It may have one later (`IsMissingVariableErr`).
    pub is_missing: bool,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_missing: false,
        }
    }

    pub(super) fn missing(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            is_missing: true,
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

/// The variables that must have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict<'s> {
    /// None: a tag without a value stays (`Replace` with `allowUnresolved`).
    No,
    /// All (`Replace` without `allowUnresolved`).
    All,
    /// Those whose names begin with one of these parts (`ReplaceStrictAny`), but for artifacts, which come later.
    Prefixes(&'s [&'s str]),
}

impl Strict<'_> {
    /// Whether a variable of this name has to have a value.
    pub(super) fn wants(self, name: &str) -> bool {
        match self {
            Self::No => false,
            Self::All => true,
            Self::Prefixes(prefixes) => prefixes.iter().any(|prefix| {
                name.strip_prefix(prefix)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            }),
        }
    }
}

/// Values of variables by their full names. A value that is nil is that of an output that will never be there.
#[derive(Clone, Debug, Default)]
pub struct Values {
    flat: BTreeMap<String, Value>,
    /// The same as maps within maps, made when the first expression needs them.
    nested: OnceLock<Variables>,
    outside: Option<Outside>,
}

impl Values {
    /// Values of these variables.
    pub fn new(values: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self {
            flat: values.into_iter().collect(),
            nested: OnceLock::new(),
            outside: None,
        }
    }

    /// The same with a clock and random numbers for expressions.
    #[must_use]
    pub fn with(mut self, outside: Outside) -> Self {
        self.outside = Some(outside);
        self.nested = OnceLock::new();
        self
    }

    /// The clock and the random numbers for expressions.
    pub fn outside(&self) -> Option<Outside> {
        self.outside
    }

    /// Sets the value of a variable.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.flat.insert(name.into(), value);
        self.nested = OnceLock::new();
    }

    /// The value of a variable.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.flat.get(name)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.flat.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// What an expression may name.
    pub fn variables(&self) -> &Variables {
        self.nested.get_or_init(|| {
            let variables = Variables::of_argo(self.flat.clone());
            match self.outside {
                Some(outside) => variables.with(outside),
                None => variables,
            }
        })
    }
}

/// Puts values in the place of a text's tags, one after the other: what they bring along is not looked into.
///
/// # Errors
///
/// Returns why it cannot: a tag is not closed, an expression fails, or a value is missing that has to be there.
pub fn substitute(text: &str, values: &Values, strict: Strict<'_>) -> Result<String, Failure> {
    if !super::has_tag(text) {
        return Ok(text.to_owned());
    }
    let mut json = String::with_capacity(text.len() + 16);
    quote::json(text, &mut json);
    let replaced = in_json(&json, values, strict)?;
    quote::of_json(&replaced).ok_or_else(|| {
        Failure::new("a value cannot stand in JSON: it has letters that do not print")
    })
}

/// The same in the JSON of a text.
fn in_json(json: &str, values: &Values, strict: Strict<'_>) -> Result<String, Failure> {
    let mut replaced = String::with_capacity(json.len());
    for piece in pieces(json) {
        match piece {
            Ok(Piece::Text(text)) => replaced.push_str(text),
            Ok(Piece::Tag { inside, .. }) => match inside.strip_prefix('=') {
                Some(written) => {
                    // Go escapes these in JSON, and Argo takes it back in expressions.
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
            )));
        }
        Some(_) => return Err(Failure::new(format!("`{{{{{tag}}}}}` is not a text"))),
        None => {}
    }
    // `{{a.{{b}}}}` is the tag `a.{{b`: what is inside comes first.
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
                )));
            }
            _ => {}
        }
    }
    let is_artifact = name.contains(".outputs.artifacts.");
    if strict.wants(name) && (strict == Strict::All || !is_artifact) {
        return Err(Failure::missing(format!("`{{{{{tag}}}}}` has no value")));
    }
    replaced.push_str("{{");
    replaced.push_str(tag);
    replaced.push_str("}}");
    Ok(())
}
