//! Checks parts of a value: those that expr-lang refuses, and those that never exist at run time.

use diagnostic::did_you_mean;

use super::check::Checker;
use super::methods;
use super::syntax::{ByteRange, Node, Syntax};
use super::types::Type;

impl<'e> Checker<'e> {
    pub(super) fn member(
        &mut self,
        place: ByteRange,
        of: &'e Node,
        property: &'e Node,
        optional: bool,
    ) -> Type {
        let name = match &property.syntax {
            Syntax::Text(name) => Some(name.as_str()),
            _ => None,
        };
        if matches!(&of.syntax, Syntax::Name(of) if of == "$env") {
            return match name {
                Some(name) => match self.environment.get(name) {
                    Some(found) => found.clone(),
                    None if optional || self.unchecked > 0 => Type::Any,
                    None => self.unknown_name(place, name),
                },
                None => Type::Any,
            };
        }
        self.guarded += usize::from(optional);
        let base = self.visit(of);
        self.guarded -= usize::from(optional);
        let key = self.visit(property);
        if let Some(refused) = self.refused_member(of, &base, property, &key) {
            return refused;
        }
        let inside = base.inside();
        let found = match (inside, name) {
            (Type::Map(Some(shape)), Some(name)) => {
                let Some(found) = shape.get(name) else {
                    let help = did_you_mean(name, shape.keys.keys().map(String::as_str));
                    let message = format!("{} has no `{name}`", self.shown(of.place));
                    return self.absent(place, message, help);
                };
                found.held()
            }
            (Type::Nil, _) if optional => return Type::Nil.held(),
            (Type::Nil, _) => {
                self.forget_absent(of.place);
                let message = format!(
                    "{} is never there, so that nothing can be read from it",
                    self.shown(of.place)
                );
                return self.fails(place, message);
            }
            (Type::Other(_), Some(name)) => match methods::result(inside, name) {
                Some(result) => Type::Method(result.into()),
                None => Type::Any,
            },
            (Type::Any | Type::Holds(_) | Type::Other(_), _) => Type::Any,
            _ if inside.is_map() => inside.element(),
            _ if inside.is_list() => {
                if name.is_some() {
                    let message =
                        format!("{} is a list, and an index a number", self.shown(of.place));
                    return self.fails(place, message);
                }
                inside.element()
            }
            (Type::Text, None) => Type::Byte,
            (Type::Time | Type::Duration | Type::Zone, _) => {
                match name.and_then(|name| methods::result(inside, name)) {
                    Some(result) => Type::Method(result.into()),
                    None => Type::Any,
                }
            }
            _ => {
                let message = format!(
                    "{} is {}, so that nothing can be read from it",
                    self.shown(of.place),
                    inside.shown()
                );
                return self.fails(place, message);
            }
        };
        if base.is_unknown() {
            found.held()
        } else {
            found
        }
    }

    /// Adds a fault for a member that expr-lang refuses before the expression runs.
    fn refused_member(
        &mut self,
        of: &Node,
        base: &Type,
        property: &Node,
        key: &Type,
    ) -> Option<Type> {
        let is_text = matches!(property.syntax, Syntax::Text(_));
        let fits = match base {
            Type::Any | Type::Holds(_) => true,
            Type::Time | Type::Duration | Type::Zone | Type::Other(_) => match &property.syntax {
                Syntax::Text(name) => methods::result(base, name).is_some(),
                _ => false,
            },
            _ if base.is_map() => key.is_unknown() || key.is_assignable_to(&base.key()),
            _ if base.is_list() => key.is_unknown() || key.is_integer(),
            _ => false,
        };
        if fits {
            return None;
        }
        let message = if is_text {
            let name = property.place.of(self.text);
            format!(
                "{} is {} and has no `{name}`",
                self.shown(of.place),
                base.shown()
            )
        } else {
            format!(
                "{} is {}, and {} is not an index of it",
                self.shown(of.place),
                base.shown(),
                self.shown(property.place)
            )
        };
        Some(self.refuse(property.place, message))
    }

    pub(super) fn slice(
        &mut self,
        of: &'e Node,
        from: Option<&'e Node>,
        to: Option<&'e Node>,
    ) -> Type {
        let base = self.visit(of);
        // expr-lang does not check the ends of a slice of an `any` value.
        let unchecked = usize::from(base.is_unknown());
        self.unchecked += unchecked;
        let ends: Vec<_> = [from, to]
            .into_iter()
            .flatten()
            .map(|node| (node.place, self.visit(node)))
            .collect();
        self.unchecked -= unchecked;
        let can_be_cut = |value: &Type| *value == Type::Text || value.is_list();
        let message = format!(
            "{} is {} and has no parts",
            self.shown(of.place),
            base.shown()
        );
        if base.is_unknown() {
            let inside = base.inside();
            if *inside != Type::Any && !can_be_cut(inside) {
                self.forget_absent(of.place);
                self.fails(of.place, message);
            }
            return base;
        }
        if !can_be_cut(&base) {
            return self.refuse(of.place, message);
        }
        for (place, end) in ends {
            if !end.is_unknown() && !end.is_integer() {
                let message = format!("{} is not a whole number", self.shown(place));
                return self.refuse(place, message);
            }
        }
        base
    }
}
