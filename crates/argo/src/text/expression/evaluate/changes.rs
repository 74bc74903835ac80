//! Changes of maps and lists by functions such as `sprig.set`: as in Go, every variable that holds the value sees them.

use super::budget::{MOST_STEPS, too_many_steps};
use super::context::Change;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::failure::Failure;
use super::run::Run;
use super::value::Value;

impl Run<'_> {
    /// Gives the value after all changes.
    pub(super) fn current(&mut self, value: Value) -> Result<Value, Failure> {
        if self.context.changes.borrow().is_empty() || place(&value).is_none() {
            return Ok(value);
        }
        let mut changes = self.context.changes.take();
        let mut known = LatestValues {
            changes: &mut changes,
            found: BTreeMap::new(),
            visits: 0,
        };
        let found = known.current(value);
        self.add_steps(known.visits);
        self.context.changes.replace(changes);
        found
    }
}

/// Address of a value that can change; none for other values.
fn place(value: &Value) -> Option<usize> {
    match value {
        Value::List(_, values) => Some(Arc::as_ptr(values).addr()),
        Value::Map(map) | Value::TextMap(map) => Some(Arc::as_ptr(map).addr()),
        Value::AnyMap(pairs) | Value::Groups(pairs) => Some(Arc::as_ptr(pairs).addr()),
        _ => None,
    }
}

struct LatestValues<'c> {
    changes: &'c mut Vec<Change>,
    /// Latest value at an address; none during its look-up.
    found: BTreeMap<usize, Option<Value>>,
    visits: usize,
}

impl LatestValues<'_> {
    fn current(&mut self, value: Value) -> Result<Value, Failure> {
        let Some(at) = place(&value) else {
            return Ok(value);
        };
        self.visits += 1;
        match self.found.get(&at) {
            Some(Some(found)) => return Ok(found.clone()),
            Some(None) => return Err(Failure::new("a map or a list cannot hold itself")),
            None => {}
        }
        if self.visits > MOST_STEPS {
            return Err(too_many_steps());
        }
        self.found.insert(at, None);
        let mut latest = value;
        for (old, new) in self.changes.iter() {
            if place(old) == place(&latest) {
                latest = new.clone();
            }
        }
        let found = match self.inside(&latest)? {
            Some(new) => {
                self.changes.push((latest, new.clone()));
                new
            }
            None => latest,
        };
        self.found.insert(at, Some(found.clone()));
        Ok(found)
    }

    /// Rebuilds a value from the latest values of its parts, if one of them changed.
    fn inside(&mut self, value: &Value) -> Result<Option<Value>, Failure> {
        Ok(match value {
            Value::List(elements, values) => self
                .parts(values.iter())?
                .map(|parts| Value::List(*elements, parts.into())),
            Value::Map(map) => self
                .parts(map.values())?
                .map(|parts| Value::map(map.keys().cloned().zip(parts).collect())),
            Value::AnyMap(pairs) => self
                .parts(pairs.iter().map(|(_, value)| value))?
                .map(|parts| Value::AnyMap(paired(pairs, parts))),
            Value::Groups(pairs) => self
                .parts(pairs.iter().map(|(_, value)| value))?
                .map(|parts| Value::Groups(paired(pairs, parts))),
            _ => None,
        })
    }

    fn parts<'v>(
        &mut self,
        values: impl Iterator<Item = &'v Value>,
    ) -> Result<Option<Vec<Value>>, Failure> {
        let mut parts = Vec::new();
        let mut changed = false;
        for value in values {
            let part = self.current(value.clone())?;
            changed |= place(&part) != place(value);
            parts.push(part);
        }
        self.visits += if changed {
            10 * parts.len()
        } else {
            parts.len()
        };
        Ok(changed.then_some(parts))
    }
}

fn paired(pairs: &[(Value, Value)], parts: Vec<Value>) -> Arc<Vec<(Value, Value)>> {
    let keys = pairs.iter().map(|(key, _)| key.clone());
    Arc::new(keys.zip(parts).collect())
}
