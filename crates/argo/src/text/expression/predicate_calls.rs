//! Checks calls of expr-lang's own functions, including those that evaluate a part for each element of a list.

use std::sync::Arc;

use super::check::{Checker, Scope};
use super::syntax::{ByteRange, Node, Syntax};
use super::types::Type;
use super::{functions, predicates};

/// Type that a predicate must give.
enum Wants {
    Boolean,
    Anything,
}

impl<'e> Checker<'e> {
    /// A call of one of expr-lang's own functions.
    pub(super) fn builtin(&mut self, place: ByteRange, name: &str, arguments: &'e [Node]) -> Type {
        if predicates::arguments(name).is_some() {
            return self.predicate_call(place, name, arguments);
        }
        let values: Vec<_> = arguments.iter().map(|node| self.visit(node)).collect();
        match functions::builtin(name) {
            Some(function) => {
                let result = self.call_of(place, function, arguments, &values);
                match (name, values.as_slice(), arguments) {
                    ("get", [base, key], [of, property]) => self.get(of, base, property, key),
                    _ => result,
                }
            }
            None => Type::Any,
        }
    }

    /// Checks `get(of, key)`, and gives the type of its result.
    fn get(&mut self, of: &Node, base: &Type, property: &Node, key: &Type) -> Type {
        if base.is_unknown() || matches!(&of.syntax, Syntax::Name(name) if name == "$env") {
            return Type::Any;
        }
        let fits = if base.is_list() {
            key.is_unknown() || key.is_integer()
        } else if base.is_map() {
            key.is_unknown() || key.is_assignable_to(&base.key())
        } else {
            return self.refuse(of.place, format!("`get` cannot read {}", base.shown()));
        };
        if fits {
            return base.element();
        }
        let message = format!("{} is not an index of {}", key.shown(), base.shown());
        self.refuse(property.place, message)
    }

    fn predicate_call(&mut self, place: ByteRange, name: &str, arguments: &'e [Node]) -> Type {
        let Some(first) = arguments.first() else {
            return self.refuse(place, format!("`{name}` needs a list"));
        };
        let collection = self.visit(first);
        let message = format!("`{name}` takes a list, not {}", collection.shown());
        if !collection.is_unknown() && !collection.is_list() {
            return self.refuse(first.place, message);
        }
        if collection.is_unknown() {
            let inside = collection.inside();
            // At first a text or a map passes, because it has a length; the call fails later.
            let runs = *inside == Type::Any || inside.is_list() || inside.is_map();
            if !runs && *inside != Type::Text {
                self.fails(first.place, message);
            }
        }
        let element = match collection.inside() {
            inside if inside.is_list() => inside.element(),
            _ => Type::Any,
        };
        let Some(body) = arguments.get(1) else {
            return match name {
                "count" => Type::Integer,
                // The other function without a predicate is `sum`.
                _ if collection.is_unknown() => element.held(),
                _ => element,
            };
        };
        let names = match name {
            "map" => vec![("index", Type::Integer)],
            "reduce" => vec![("index", Type::Integer), ("acc", Type::Any)],
            _ => Vec::new(),
        };
        self.predicates.push(Scope {
            collection: collection.clone(),
            names,
        });
        let predicate = self.visit(body);
        self.predicates.pop();
        let third = arguments.get(2).map(|node| (node.place, self.visit(node)));
        if predicate == Type::Nil {
            return self.refuse(body.place, format!("`{name}` needs more than `nil` there"));
        }
        let wants = match name {
            "all" | "none" | "any" | "one" | "filter" | "count" | "find" | "findLast"
            | "findIndex" | "findLastIndex" => Wants::Boolean,
            _ => Wants::Anything,
        };
        if let Wants::Boolean = wants {
            let inside = predicate.inside();
            let message = format!("`{name}` needs a boolean there, not {}", predicate.shown());
            if !predicate.is_unknown() && predicate != Type::Boolean {
                return self.refuse(body.place, message);
            }
            if !matches!(inside, Type::Any | Type::Boolean) {
                self.fails(body.place, message);
            }
        }
        if let ("sortBy", Some((place, order))) = (name, &third)
            && !order.is_unknown()
            && *order != Type::Text
        {
            let message = format!(
                "`sortBy` takes `\"asc\"` or `\"desc\"`, not {}",
                order.shown()
            );
            return self.refuse(*place, message);
        }
        let is_unknown = collection.is_unknown();
        match name {
            "all" | "none" | "any" | "one" => Type::Boolean,
            "count" | "findIndex" | "findLastIndex" => Type::Integer,
            "filter" => Type::List(Arc::new(element)),
            // `find` returns `nil` if no element matches.
            "find" | "findLast" if is_unknown => Type::Any,
            "find" | "findLast" => element,
            "map" => Type::List(Arc::new(predicate)),
            "groupBy" => Type::Groups,
            "sortBy" => collection,
            "sum" | "reduce" => predicate,
            _ => Type::Any,
        }
    }
}
