//! Operators on values, with Go's rules: 64-bit integers that wrap around; an integer with a float gives a float.

use super::budget::MOST_MEMORY;
use super::context::Context;
use super::failure::Failure;
use super::run::Run;
use super::value::Value;
use super::{compare, moments};
use crate::text::expression::syntax::BinaryOperator;
use crate::text::number;
use crate::time::Duration;

impl Run<'_> {
    /// Applies an operator to two values.
    pub(super) fn operate(
        &self,
        operator: BinaryOperator,
        left: &Value,
        right: &Value,
    ) -> Result<Value, Failure> {
        self.add_steps(match operator {
            BinaryOperator::Equal | BinaryOperator::NotEqual
                if left.steps().min(right.steps()) > 0 =>
            {
                left.weight(MOST_MEMORY).min(right.weight(MOST_MEMORY))
            }
            _ => left.steps().saturating_add(right.steps()),
        });
        self.check_steps()?;
        operate(operator, left, right, &self.context)
    }
}

/// Applies an operator to two values.
pub(super) fn operate(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
    context: &Context,
) -> Result<Value, Failure> {
    use BinaryOperator as Operator;

    match operator {
        Operator::Equal => Ok(Value::Boolean(compare::equal(left, right))),
        Operator::NotEqual => Ok(Value::Boolean(!compare::equal(left, right))),
        Operator::Less => compare::less(left, right).map(Value::Boolean),
        Operator::More => compare::less(right, left).map(Value::Boolean),
        Operator::LessOrEqual => compare::less_or_equal(left, right).map(Value::Boolean),
        Operator::MoreOrEqual => compare::less_or_equal(right, left).map(Value::Boolean),
        Operator::Matches | Operator::Contains | Operator::StartsWith | Operator::EndsWith => {
            super::texts::compare(operator, left, right, context).map(Value::Boolean)
        }
        _ => calculate(operator, left, right)
            .ok_or_else(|| compare::mismatch(operator.text(), left, right))?,
    }
}

fn calculate(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Option<Result<Value, Failure>> {
    use BinaryOperator as Operator;

    if let (Operator::Add, Some(first), Some(second)) = (operator, left.as_text(), right.as_text())
    {
        return Some(Ok(Value::text(format!("{first}{second}"))));
    }
    if let Some(found) = in_time(operator, left, right) {
        return Some(found);
    }
    if let (Some(first), Some(second)) = (left.as_whole(), right.as_whole()) {
        let whole = match operator {
            Operator::Add => Some(first.wrapping_add(second)),
            Operator::Subtract => Some(first.wrapping_sub(second)),
            Operator::Multiply => Some(first.wrapping_mul(second)),
            Operator::Modulo if second == 0 => {
                return Some(Err(Failure::new("it divides by zero")));
            }
            Operator::Modulo => Some(first.wrapping_rem(second)),
            _ => None,
        };
        if let Some(whole) = whole {
            return Some(Ok(Value::Integer(whole)));
        }
    }
    let (first, second) = (left.as_float()?, right.as_float()?);
    let number = match operator {
        Operator::Add => first + second,
        Operator::Subtract => first - second,
        Operator::Multiply => first * second,
        Operator::Divide => first / second,
        Operator::Power => number::power(first, second),
        _ => return None,
    };
    Some(Ok(Value::Float(number)))
}

/// Applies an operator to times and durations, if it supports them.
fn in_time(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
) -> Option<Result<Value, Failure>> {
    use BinaryOperator as Operator;

    let span = |nanoseconds: i64| Some(Ok(Value::Duration(Duration::new(nanoseconds))));
    match (operator, left, right) {
        (Operator::Add, Value::Time(time), Value::Duration(duration))
        | (Operator::Add, Value::Duration(duration), Value::Time(time)) => {
            Some(moments::shifted(time, *duration))
        }
        (Operator::Subtract, Value::Time(time), Value::Duration(duration)) => {
            let back = Duration::new(duration.nanoseconds().wrapping_neg());
            Some(moments::shifted(time, back))
        }
        (Operator::Subtract, Value::Time(time), Value::Time(other)) => {
            Some(Ok(Value::Duration(time.since(other))))
        }
        (_, Value::Duration(first), Value::Duration(second)) => {
            let (first, second) = (first.nanoseconds(), second.nanoseconds());
            match operator {
                Operator::Add => span(first.wrapping_add(second)),
                Operator::Subtract => span(first.wrapping_sub(second)),
                Operator::Multiply => span(first.wrapping_mul(second)),
                _ => None,
            }
        }
        (Operator::Multiply, Value::Duration(span_of), number)
        | (Operator::Multiply, number, Value::Duration(span_of)) => match number {
            Value::Float(factor) => Some(Ok(Value::Float(
                super::value::as_float(span_of.nanoseconds()) * factor,
            ))),
            _ => span(span_of.nanoseconds().wrapping_mul(number.as_whole()?)),
        },
        _ => None,
    }
}

/// `-value`.
pub(super) fn negated(value: &Value) -> Result<Value, Failure> {
    Ok(match value {
        Value::Integer(number) => Value::Integer(number.wrapping_neg()),
        Value::Long(number) => Value::Long(number.wrapping_neg()),
        Value::Byte(number) => Value::Byte(number.wrapping_neg()),
        Value::Float(number) => Value::Float(-number),
        other => {
            let message = format!("`-` does not work on {}", other.go_type());
            return Err(Failure::new(message));
        }
    })
}
