//! Types of the results of operators.

use std::sync::Arc;

use super::syntax::BinaryOperator;
use super::types::Type;

/// Result type of an operator for operands of these types, as expr-lang sees it; none if expr-lang refuses them.
pub(super) fn result(operator: BinaryOperator, left: &Type, right: &Type) -> Option<Type> {
    use BinaryOperator as Operator;

    let both = |fits: fn(&Type) -> bool| fits(left) && fits(right);
    // Accepts an unknown operand if the other one fits the operator.
    let maybe = |fits: &dyn Fn(&Type) -> bool| {
        let unknown = (left.is_unknown(), right.is_unknown());
        match unknown {
            (true, true) => true,
            (true, false) => fits(right),
            (false, true) => fits(left),
            (false, false) => false,
        }
    };
    let is = |wanted: Type| move |value: &Type| *value == wanted;
    let is_text: fn(&Type) -> bool = |value| *value == Type::Text;
    let is_in_time = |value: &Type| matches!(value, Type::Time | Type::Duration);
    match operator {
        Operator::Equal | Operator::NotEqual => {
            left.is_comparable_to(right).then_some(Type::Boolean)
        }
        Operator::Or | Operator::And => {
            let fits = both(|value| *value == Type::Boolean) || maybe(&is(Type::Boolean));
            fits.then_some(Type::Boolean)
        }
        Operator::Less | Operator::More | Operator::LessOrEqual | Operator::MoreOrEqual => {
            let fits = both(Type::is_number)
                || both(is_text)
                || both(|value| *value == Type::Time)
                || both(|value| *value == Type::Duration)
                || maybe(&|value| value.is_number() || is_text(value) || is_in_time(value));
            fits.then_some(Type::Boolean)
        }
        Operator::Add | Operator::Subtract | Operator::Multiply => {
            arithmetic(operator, left, right).or_else(|| {
                let fits = maybe(&|value| {
                    value.is_number()
                        || match value {
                            Type::Text => operator == Operator::Add,
                            Type::Time => operator != Operator::Multiply,
                            Type::Duration => true,
                            _ => false,
                        }
                });
                fits.then_some(Type::Any)
            })
        }
        Operator::Divide | Operator::Power => {
            (both(Type::is_number) || maybe(&Type::is_number)).then_some(Type::Float)
        }
        Operator::Modulo => {
            (both(Type::is_integer) || maybe(&Type::is_integer)).then_some(Type::Integer)
        }
        Operator::In => is_in(left, right).then_some(Type::Boolean),
        Operator::Matches => {
            let fits =
                matches!(left, Type::Text | Type::Bytes) && is_text(right) || maybe(&is_text);
            fits.then_some(Type::Boolean)
        }
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            (both(is_text) || maybe(&is_text)).then_some(Type::Boolean)
        }
        Operator::Range => (both(Type::is_integer) || maybe(&Type::is_integer))
            .then(|| Type::List(Arc::new(Type::Integer))),
        Operator::Coalesce => Some(coalesce(left, right)),
    }
}

/// `+`, `-` and `*` of known types.
fn arithmetic(operator: BinaryOperator, left: &Type, right: &Type) -> Option<Type> {
    use BinaryOperator as Operator;

    if left.is_number() && right.is_number() {
        let is_float = *left == Type::Float || *right == Type::Float;
        return Some(if is_float { Type::Float } else { Type::Integer });
    }
    match (operator, left, right) {
        (Operator::Add, Type::Text, Type::Text) => Some(Type::Text),
        (Operator::Add | Operator::Subtract, Type::Time, Type::Duration)
        | (Operator::Add, Type::Duration, Type::Time) => Some(Type::Time),
        (Operator::Subtract, Type::Time, Type::Time) | (_, Type::Duration, Type::Duration) => {
            Some(Type::Duration)
        }
        (Operator::Multiply, Type::Duration, number) if number.is_number() => Some(Type::Duration),
        (Operator::Multiply, number, Type::Duration) if number.is_number() => Some(Type::Duration),
        _ => None,
    }
}

fn is_in(left: &Type, right: &Type) -> bool {
    if right.is_map() {
        let key = right.key();
        return left.is_unknown() || left.is_assignable_to(&key);
    }
    if right.is_list() {
        return left.is_comparable_to(&right.element());
    }
    // `in` also looks up the fields of a structure.
    let is_structure = matches!(right, Type::Time | Type::Other(_));
    right.is_unknown()
        || (left.is_unknown() || *left == Type::Text) && is_structure
        || left.is_unknown() && *right == Type::Text
}

fn coalesce(left: &Type, right: &Type) -> Type {
    match (left, right) {
        (Type::Nil, other) | (other, Type::Nil) => other.clone(),
        _ if left.inside() == &Type::Nil => right.clone().held(),
        _ if right.is_assignable_to(left) => left.clone(),
        _ => Type::Any,
    }
}

/// Says whether an operator works on values of these types at run time. `Any` always works.
pub(super) fn works(operator: BinaryOperator, left: &Type, right: &Type) -> bool {
    use BinaryOperator as Operator;

    let is_nil = *left == Type::Nil || *right == Type::Nil;
    match operator {
        Operator::Equal | Operator::NotEqual | Operator::Coalesce => true,
        Operator::Or | Operator::And => matches!(left, Type::Any | Type::Boolean),
        Operator::Matches | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            is_nil || result(operator, left, right).is_some()
        }
        Operator::In => match right {
            Type::Any | Type::Nil | Type::Time | Type::Other(_) => true,
            _ if right.is_list() => true,
            _ if right.is_map() => is_nil || is_in(left, right),
            _ => false,
        },
        // At run time, `..` turns any number into a whole one.
        Operator::Range => [left, right]
            .iter()
            .all(|value| **value == Type::Any || value.is_number()),
        _ => result(operator, left, right).is_some(),
    }
}
