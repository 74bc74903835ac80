//! Finds equal values among many without a comparison of each pair.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};

use rustc_hash::{FxBuildHasher, FxHasher};

use super::budget::too_many_steps;
use super::failure::Failure;
use super::value::Value;

/// Greatest number of comparisons between values with the same hash.
const MOST_COMPARISONS: usize = 2_000_000;

/// Places of values by hash.
#[derive(Default)]
pub(super) struct ValueIndex {
    places: HashMap<u64, Vec<usize>, FxBuildHasher>,
    comparisons: usize,
}

impl ValueIndex {
    /// Place of a value that equals this one. If there is none, gives this value the place `next`.
    ///
    /// `is_at` says whether this value equals the one at a place.
    pub(super) fn find_or_add(
        &mut self,
        value: &Value,
        next: usize,
        is_at: impl Fn(usize) -> bool,
    ) -> Result<Option<usize>, Failure> {
        // NaN equals nothing.
        if matches!(value, Value::Float(number) if number.is_nan()) {
            return Ok(None);
        }
        let mut hasher = FxHasher::default();
        hash(value, &mut hasher);
        let places = self.places.entry(hasher.finish()).or_default();
        if let Some(found) = places.iter().copied().find(|place| is_at(*place)) {
            return Ok(Some(found));
        }
        self.comparisons += places.len();
        if self.comparisons > MOST_COMPARISONS {
            return Err(too_many_steps());
        }
        places.push(next);
        Ok(None)
    }
}

/// Hashes a value. Values that are equal by `equal` or `same` of `compare` have the same hash.
fn hash(value: &Value, hasher: &mut FxHasher) {
    // An empty list can equal `nil`, so both hash to zero.
    let is_nothing = matches!(value, Value::List(_, values) if values.is_empty());
    if is_nothing || value.is_nil() {
        return 0.hash(hasher);
    }
    if let Some(number) = value.as_float() {
        // 0 and -0 are equal, but their bits differ.
        let bits = if number == 0.0 { 0 } else { number.to_bits() };
        return (1, bits).hash(hasher);
    }
    match value {
        Value::Text(text) => text.hash(hasher),
        Value::Bytes(bytes) => bytes.hash(hasher),
        Value::Boolean(truth) => truth.hash(hasher),
        Value::List(_, values) => values.iter().for_each(|value| hash(value, hasher)),
        Value::Map(map) | Value::TextMap(map) => {
            for (key, value) in map.iter() {
                key.hash(hasher);
                hash(value, hasher);
            }
        }
        // The keys have no order, so only their count is hashed.
        Value::AnyMap(pairs) | Value::Groups(pairs) => pairs.len().hash(hasher),
        Value::Time(time) => time.moment().nanoseconds().hash(hasher),
        Value::Duration(duration) => duration.nanoseconds().hash(hasher),
        Value::Version(version) => version.original.hash(hasher),
        // Other kinds have only a few values; the type is enough.
        _ => value.go_type().hash(hasher),
    }
}
