//! Values of variables, and which variables must have one.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::text::expression::{Outside, Value, Variables};

/// Variables that must have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strict<'s> {
    /// No variable: a tag without a value stays (`Replace` with `allowUnresolved`).
    No,
    /// All variables (`Replace` without `allowUnresolved`).
    All,
    /// Variables whose names begin with one of these prefixes (`ReplaceStrictAny`), except artifacts, which get their
    /// values later.
    Prefixes(&'s [&'s str]),
}

impl Strict<'_> {
    /// Says whether the variable with this name must have a value.
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

/// Values of variables by their full names. `nil` is the value of an output that will never exist.
#[derive(Clone, Debug, Default)]
pub struct Values {
    flat: BTreeMap<String, Value>,
    /// The values as nested maps, built when the first expression needs them.
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

    /// Adds a clock and a random seed for expressions.
    #[must_use]
    pub fn with(mut self, outside: Outside) -> Self {
        self.outside = Some(outside);
        self.nested = OnceLock::new();
        self
    }

    /// The clock and the random seed for expressions.
    pub fn outside(&self) -> Option<Outside> {
        self.outside
    }

    /// Sets the value of a variable.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        self.flat.insert(name.into(), value);
        self.nested = OnceLock::new();
    }

    /// Value of a variable.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.flat.get(name)
    }

    /// Names and values, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.flat.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Variables that an expression may name.
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
