//! Checks operators: operands of wrong types, and comparisons that are never true.

use super::check::Checker;
use super::fault::{Fault, Trouble};
use super::operators;
use super::syntax::{BinaryOperator, ByteRange, Node, Syntax, UnaryOperator};
use super::types::Type;
use crate::text::regular_expression::pattern;

impl<'e> Checker<'e> {
    pub(super) fn unary(
        &mut self,
        place: ByteRange,
        operator: UnaryOperator,
        operand: &'e Node,
    ) -> Type {
        let value = self.visit(operand);
        let wanted = |value: &Type| match operator {
            UnaryOperator::Not => *value == Type::Boolean,
            UnaryOperator::Minus | UnaryOperator::Plus => value.is_number(),
        };
        let result = match operator {
            UnaryOperator::Not => Type::Boolean,
            _ => value.clone(),
        };
        if wanted(&value) {
            return result;
        }
        let message = format!(
            "`{}` needs {}, and {} is {}",
            operator.text(),
            if operator == UnaryOperator::Not {
                "a boolean"
            } else {
                "a number"
            },
            self.shown(operand.place),
            value.shown()
        );
        if !value.is_unknown() {
            return self.refuse(place, message);
        }
        let inside = value.inside();
        if operator != UnaryOperator::Plus && *inside != Type::Any && !wanted(inside) {
            self.forget_absent(operand.place);
            self.fails(place, message);
        }
        match operator {
            UnaryOperator::Not => Type::Boolean,
            _ => value,
        }
    }

    /// Checks a chain of operators from the left.
    pub(super) fn binary(&mut self, node: &'e Node) -> Type {
        let mut later = Vec::new();
        let mut first = node;
        while let Syntax::Binary(operator, left, right) = &first.syntax {
            later.push((*operator, left.as_ref(), right.as_ref()));
            first = left;
        }
        let compared = later
            .last()
            .is_some_and(|(operator, left, right)| operator.compares_with_nil(left, right));
        let coalesced = later
            .iter()
            .any(|(operator, ..)| *operator == BinaryOperator::Coalesce);
        let may_be_nil = compared || coalesced;
        self.guarded += usize::from(may_be_nil);
        let mut found = self.visit(first);
        self.guarded -= usize::from(may_be_nil);
        while let Some((operator, left, right)) = later.pop() {
            let may_be_nil = operator.compares_with_nil(left, right);
            self.guarded += usize::from(may_be_nil);
            let other = self.visit(right);
            self.guarded -= usize::from(may_be_nil);
            found = self.operate(operator, (left, &found), (right, &other));
            if self.unchecked > 0 {
                found = found.held();
            }
        }
        found
    }

    pub(super) fn comparisons(
        &mut self,
        first: &'e Node,
        others: &'e [(BinaryOperator, Node)],
    ) -> Type {
        let mut left = (first, self.visit(first));
        for (operator, node) in others {
            let right = self.visit(node);
            self.operate(*operator, (left.0, &left.1), (node, &right));
            left = (node, right);
        }
        Type::Boolean
    }

    pub(super) fn operate(
        &mut self,
        operator: BinaryOperator,
        (left, left_type): (&'e Node, &Type),
        (right, right_type): (&'e Node, &Type),
    ) -> Type {
        let place = left.place.to(right.place);
        if operator == BinaryOperator::Matches
            && let Syntax::Text(written) = &right.syntax
            && let Err(problem) = pattern(written)
        {
            return self.refuse(right.place, problem);
        }
        let Some(result) = operators::result(operator, left_type, right_type) else {
            let message = self.mismatch(operator, (left, left_type), (right, right_type));
            let fault = Fault::new(Trouble::Type, place, message);
            self.push(fault.maybe_help(self.cast((left, left_type), (right, right_type))));
            return Type::Any;
        };
        if let (BinaryOperator::Modulo, Syntax::Integer(0)) = (operator, &right.syntax) {
            let message = format!("{} divides by zero", self.shown(place));
            return match left.syntax {
                // expr-lang computes constants before the expression runs.
                Syntax::Integer(_) => self.refuse(place, message),
                _ => self.fails(place, message),
            };
        }
        let (inside_left, inside_right) = (left_type.inside(), right_type.inside());
        if !operators::works(operator, inside_left, inside_right) {
            let message = self.mismatch(operator, (left, left_type), (right, right_type));
            let fault = Fault::new(Trouble::Fails, place, message);
            self.forget_absent(left.place);
            self.forget_absent(right.place);
            self.push(fault.maybe_help(self.cast((left, left_type), (right, right_type))));
            return result;
        }
        self.never_equal(operator, (left, inside_left), (right, inside_right));
        result
    }

    pub(super) fn mismatch(
        &self,
        operator: BinaryOperator,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) -> String {
        let operator = operator.text();
        let what = |node: &Node, found: &Type| match found.inside() {
            Type::Nil if node.syntax != Syntax::Nil => {
                format!("{}, which is never there", self.shown(node.place))
            }
            inside => format!("{} ({})", self.shown(node.place), inside.shown()),
        };
        format!(
            "`{operator}` does not work on {} and {}",
            what(left, left_type),
            what(right, right_type)
        )
    }

    /// Help for a comparison or sum of a text and a number.
    pub(super) fn cast(
        &self,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) -> Option<String> {
        let (text, number) = match (left_type.inside(), right_type.inside()) {
            (Type::Text, number) if number.is_number() => (left, number),
            (number, Type::Text) if number.is_number() => (right, number),
            _ => return None,
        };
        if matches!(text.syntax, Syntax::Text(_)) {
            return None;
        }
        let text = text.place.of(self.text);
        // A duration can have a fraction.
        let is_float = *number == Type::Float || text.ends_with("uration");
        let function = if is_float { "float" } else { "int" };
        Some(format!("write `{function}({text})`"))
    }

    pub(super) fn never_equal(
        &mut self,
        operator: BinaryOperator,
        (left, left_type): (&Node, &Type),
        (right, right_type): (&Node, &Type),
    ) {
        let element = right_type.element();
        let other = match operator {
            BinaryOperator::Equal | BinaryOperator::NotEqual => right_type,
            BinaryOperator::In if right_type.is_list() => element.inside(),
            _ => return,
        };
        let simple =
            |value: &Type| value.is_number() || matches!(value, Type::Text | Type::Boolean);
        if !simple(left_type) || !simple(other) || left_type.is_comparable_to(other) {
            return;
        }
        let message = format!(
            "{} is {} and never equal to {}",
            self.shown(left.place),
            left_type.shown(),
            other.shown()
        );
        let help = self.cast((left, left_type), (right, other));
        let place = left.place.to(right.place);
        self.push(Fault::new(Trouble::NeverEqual, place, message).maybe_help(help));
    }
}
