//! Variables that an expression may name, and their values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::value::Value;
use crate::text::expression::environment::Environment;
use crate::text::expression::functions;

/// The variables of a place by their full names, and the functions of Argo, made maps of as Argo does it
/// (`util/expand`): a variable that others start with is lost.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: Arc<BTreeMap<String, Value>>,
    outside: Option<Outside>,
    /// Number of blocks of random bytes that expressions have taken: the next one takes others.
    drawn: Arc<AtomicU64>,
}

/// Clock and random numbers, which come from outside of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Time that the clock shows.
    pub now: jiff::Timestamp,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Variables {
    /// Variables and only the functions of expr-lang.
    pub fn new(variables: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self {
            values: Arc::new(expanded(variables)),
            outside: None,
            drawn: Arc::default(),
        }
    }

    /// Variables, and the functions that Argo adds.
    pub fn of_argo(variables: impl IntoIterator<Item = (String, Value)>) -> Self {
        let mut values = expanded(variables);
        for (name, function) in functions::argo_functions() {
            values.insert((*name).to_owned(), Value::Function(function));
        }
        let sprig = functions::sprig()
            .iter()
            .map(|(name, function)| ((*name).to_owned(), Value::Function(function)))
            .collect();
        values.insert("sprig".to_owned(), Value::map(sprig));
        Self {
            values: Arc::new(values),
            outside: None,
            drawn: Arc::default(),
        }
    }

    /// Adds a clock and random numbers: without them `now()` and the like have no value.
    #[must_use]
    pub fn with(mut self, outside: Outside) -> Self {
        self.outside = Some(outside);
        self.drawn = Arc::default();
        self
    }

    /// Number of blocks of random bytes that have been taken.
    pub(super) fn drawn(&self) -> &AtomicU64 {
        &self.drawn
    }

    pub(super) fn outside(&self) -> Option<Outside> {
        self.outside
    }

    /// Types of the variables, for the checker.
    pub(super) fn environment(&self) -> Environment {
        let mut environment = Environment::new();
        for (name, value) in self.values.as_ref() {
            environment.add_key("", name, &value.static_type());
        }
        environment
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    pub(super) fn all(&self) -> Value {
        Value::Map(Arc::clone(&self.values))
    }
}

fn expanded(variables: impl IntoIterator<Item = (String, Value)>) -> BTreeMap<String, Value> {
    let mut values = BTreeMap::new();
    for (path, value) in variables {
        add(&mut values, &path, value);
    }
    values
}

fn add(values: &mut BTreeMap<String, Value>, path: &str, value: Value) {
    let Some((first, rest)) = path.split_once('.') else {
        // What others start with is lost.
        values.entry(path.to_owned()).or_insert(value);
        return;
    };
    let mut inner = match values.remove(first) {
        Some(Value::Map(inner)) => Arc::unwrap_or_clone(inner),
        _ => BTreeMap::new(),
    };
    add(&mut inner, rest, value);
    values.insert(first.to_owned(), Value::map(inner));
}
