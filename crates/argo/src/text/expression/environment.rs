//! What an expression may name.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::functions;
use super::types::Type;

/// What is known of the keys of a map.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// The keys, and what each holds.
    pub keys: BTreeMap<String, Type>,
    /// Whether there may be others.
    pub open: bool,
}

impl Shape {
    /// What a key holds: `None` if it is never there.
    pub(super) fn get(&self, key: &str) -> Option<Type> {
        match self.keys.get(key) {
            Some(found) => Some(found.clone()),
            None if self.open => Some(Type::Any),
            None => None,
        }
    }

    /// Adds what a variable such as `tasks.a.status` holds, which Argo makes maps of (`util/expand`).
    /// A variable that others start with is lost.
    pub fn add(&mut self, path: &str, holds: Type) {
        let (first, rest) = path
            .split_once('.')
            .map_or((path, None), |(first, rest)| (first, Some(rest)));
        let known = self.keys.get_mut(first);
        match (known, rest) {
            (Some(Type::Map(Some(_))), None) => {}
            (Some(Type::Map(Some(shape))), Some(rest)) => Arc::make_mut(shape).add(rest, holds),
            (_, Some(rest)) => {
                let mut shape = Self::default();
                shape.add(rest, holds);
                self.keys
                    .insert(first.to_owned(), Type::Map(Some(Arc::new(shape))));
            }
            (_, None) => {
                self.keys.insert(first.to_owned(), holds);
            }
        }
    }

    /// Changes the map at the end of a path, which is there from then on.
    pub fn change(&mut self, path: &str, change: &mut dyn FnMut(&mut Self)) {
        if path.is_empty() {
            return change(self);
        }
        let (first, rest) = path.split_once('.').unwrap_or((path, ""));
        let mut shape = match self.keys.remove(first) {
            Some(Type::Map(Some(shape))) => shape,
            _ => Arc::default(),
        };
        Arc::make_mut(&mut shape).change(rest, change);
        self.keys.insert(first.to_owned(), Type::Map(Some(shape)));
    }
}

/// What an expression may name.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    names: Shape,
}

impl Environment {
    /// Only expr-lang's own functions.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the functions that Argo adds (`GetFuncMap` in `util/expr/env`).
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

    /// Adds a key to a map, whatever points are in it.
    pub fn add_key(&mut self, map: &str, key: &str, holds: &Type) {
        self.names.change(map, &mut |map| {
            map.keys.insert(key.to_owned(), holds.clone());
        });
    }

    /// Lets the map at the end of a path have any key.
    pub fn open(&mut self, path: &str) {
        self.names.change(path, &mut |map| map.open = true);
    }

    /// Takes every key from a map, which is there from then on.
    pub fn close(&mut self, path: &str) {
        self.names.change(path, &mut |map| *map = Shape::default());
    }

    /// Whether a name stands for something.
    pub fn knows(&self, name: &str) -> bool {
        self.names.keys.contains_key(name)
    }

    /// The variables by their full names, and what each holds; functions are none.
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
            // Argo's own functions are in a map as well.
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
