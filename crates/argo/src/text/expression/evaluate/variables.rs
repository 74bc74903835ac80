//! Variables of an expression, and their values.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::value::Value;
use crate::text::expression::environment::Environment;
use crate::text::expression::functions;

/// The variables of a place, with Argo's functions, as nested maps (`util/expand`). The map `a` of a variable `a.b`
/// replaces a variable `a`.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    values: Arc<BTreeMap<String, Value>>,
    outside: Option<Outside>,
    /// Number of blocks of random bytes that expressions have drawn: the next expression draws the following ones.
    drawn: Arc<AtomicU64>,
}

/// Clock and random seed, which come from outside of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outside {
    /// Current time of the clock.
    pub now: jiff::Timestamp,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Variables {
    /// Variables with only expr-lang's functions.
    pub fn new(variables: impl IntoIterator<Item = (String, Value)>) -> Self {
        Self {
            values: Arc::new(expanded(variables)),
            outside: None,
            drawn: Arc::default(),
        }
    }

    /// Variables with expr-lang's and Argo's functions.
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

    /// Adds a clock and a random seed: without them, functions such as `now()` have no value.
    #[must_use]
    pub fn with(mut self, outside: Outside) -> Self {
        self.outside = Some(outside);
        self.drawn = Arc::default();
        self
    }

    /// Number of blocks of random bytes that expressions have drawn.
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
        // A map with this name replaces the variable.
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
