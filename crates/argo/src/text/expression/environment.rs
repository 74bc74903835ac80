//! Environments: the names that an expression may use.

use std::sync::Arc;

use super::functions;
use super::types::{Shape, Type};

/// Names that an expression may use, and their types.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    names: Shape,
}

impl Environment {
    /// Makes an environment with only expr-lang's own functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes an environment with the functions that Argo adds (`GetFuncMap` in `util/expr/env`).
    pub fn of_argo() -> Self {
        let mut environment = Self::default();
        for (name, function) in functions::argo_functions() {
            environment
                .names
                .keys
                .insert((*name).to_owned(), Type::Function(function));
        }
        let sprig = Shape {
            keys: functions::sprig()
                .iter()
                .map(|(name, function)| ((*name).to_owned(), Type::Function(function)))
                .collect(),
            open: false,
        };
        environment
            .names
            .keys
            .insert("sprig".to_owned(), Type::Map(Some(Arc::new(sprig))));
        environment
    }

    /// Adds a variable by its full name, such as `tasks.a.status`.
    pub fn add(&mut self, path: &str, holds: Type) {
        self.names.add(path, holds);
    }

    /// Adds a key to a map; the key may contain points.
    pub fn add_key(&mut self, map: &str, key: &str, holds: &Type) {
        self.names.change(map, &mut |map| {
            map.keys.insert(key.to_owned(), holds.clone());
        });
    }

    /// Lets the map at a path have any key.
    pub fn open(&mut self, path: &str) {
        self.names.change(path, &mut |map| map.open = true);
    }

    /// Empties the map at a path; creates it if it is missing.
    pub fn close(&mut self, path: &str) {
        self.names.change(path, &mut |map| *map = Shape::default());
    }

    /// Says whether the environment has a name.
    pub fn knows(&self, name: &str) -> bool {
        self.names.keys.contains_key(name)
    }

    /// The variables by full name, with their types; without functions.
    ///
    /// A map that may have any key is `name.*`.
    pub fn variables(&self) -> Vec<(String, Type)> {
        let mut found = Vec::new();
        list(&self.names, "", &mut found);
        found
    }

    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.names.keys.get(name)
    }

    pub(super) fn shape(&self) -> &Shape {
        &self.names
    }
}

fn list(shape: &Shape, before: &str, found: &mut Vec<(String, Type)>) {
    for (key, holds) in &shape.keys {
        let name = format!("{before}{key}");
        match holds.inside() {
            // `sprig` is a map of functions.
            Type::Map(Some(_)) if name == "sprig" => {}
            Type::Map(Some(inner)) => list(inner, &format!("{name}."), found),
            Type::Function(_) => {}
            _ => found.push((name, holds.clone())),
        }
    }
    if shape.open {
        found.push((format!("{before}*"), Type::Any));
    }
}
