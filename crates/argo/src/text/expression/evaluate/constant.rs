//! Constants that expr-lang folds before an expression runs: it does not evaluate the operand beside a constant.

use crate::text::expression::syntax::{BinaryOperator, Node, Syntax, UnaryOperator};

/// The truth value of a constant part.
pub(super) fn boolean(node: &Node) -> Option<bool> {
    match &node.syntax {
        Syntax::Boolean(value) => Some(*value),
        Syntax::Unary(UnaryOperator::Not, operand) => Some(!boolean(operand)?),
        Syntax::Binary(operator, left, right) => of_operator(*operator, left, right),
        _ => None,
    }
}

fn of_operator(operator: BinaryOperator, left: &Node, right: &Node) -> Option<bool> {
    match operator {
        BinaryOperator::And => match (boolean(left), boolean(right)) {
            (Some(false), _) | (_, Some(false)) => Some(false),
            (Some(true), other) | (other, Some(true)) => other,
            _ => None,
        },
        BinaryOperator::Or => match (boolean(left), boolean(right)) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), other) | (other, Some(false)) => other,
            _ => None,
        },
        BinaryOperator::Equal => match (&left.syntax, &right.syntax) {
            (Syntax::Text(left), Syntax::Text(right)) => Some(left == right),
            (Syntax::Integer(left), Syntax::Integer(right)) => Some(left == right),
            _ => Some(boolean(left)? == boolean(right)?),
        },
        _ => None,
    }
}

/// Value of an operator whose right operand is constant, if the left one cannot change it.
pub(super) fn of_right(operator: BinaryOperator, right: &Node) -> Option<bool> {
    match (operator, boolean(right)) {
        (BinaryOperator::And, Some(false)) => Some(false),
        (BinaryOperator::Or, Some(true)) => Some(true),
        _ => None,
    }
}
