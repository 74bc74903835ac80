//! Operators on values, with Go's rules: whole numbers of 64 bits that wrap around, and what is mixed becomes a float.

use super::value::Value;
use super::{Failure, compare};
use crate::text::expression::syntax::BinaryOperator;

/// What an operator makes of two values that are there.
pub(super) fn operate(
    operator: BinaryOperator,
    left: &Value,
    right: &Value,
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
            super::texts::compare(operator, left, right).map(Value::Boolean)
        }
        _ => calculate(operator, left, right)
            .ok_or_else(|| mismatch(operator.text(), left, right))?,
    }
}

pub(super) fn mismatch(operator: &str, left: &Value, right: &Value) -> Failure {
    Failure::new(format!(
        "`{operator}` does not work on {} and {}",
        left.go_type(),
        right.go_type()
    ))
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
        Operator::Power => power(first, second),
        _ => return None,
    };
    Some(Ok(Value::Float(number)))
}

/// `math.Pow`, which multiplies where the exponent is whole: the last digit is Go's.
#[expect(clippy::float_cmp, reason = "so does Go")]
fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.5 {
        return base.sqrt();
    }
    if exponent == -0.5 {
        return 1.0 / base.sqrt();
    }
    let size = exponent.abs();
    if !base.is_finite() || base == 0.0 || size.fract() != 0.0 || size >= 1e15 {
        return base.powf(exponent);
    }
    let mut product = 1.0;
    let mut left = super::value::truncated(size);
    let mut square = base;
    while left > 0 {
        if left & 1 == 1 {
            product *= square;
        }
        square *= square;
        left >>= 1;
    }
    if exponent < 0.0 {
        1.0 / product
    } else {
        product
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
