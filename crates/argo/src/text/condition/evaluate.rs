//! Evaluates the tree of a condition (`evaluationStage.go` of govaluate).

use super::failure::Failure;
use super::syntax::Node;
use super::value::{Operator, Value};
use crate::text::number;
use crate::text::regular_expression::{self, Pattern};

/// Most bytes of a text that a condition makes; none needs more.
const MOST_TEXT: usize = 1_000_000;

/// A regular expression of Go.
pub(super) fn pattern(text: &str) -> Result<Pattern, Failure> {
    regular_expression::pattern(text).map_err(Failure::broken)
}

/// Evaluates a part.
pub(super) fn evaluate(node: &Node) -> Result<Value, Failure> {
    match node {
        Node::Nothing => Ok(Value::Nothing),
        Node::Value(value) => Ok(value.clone()),
        Node::Field(field) => {
            let parameter = field.split('.').next().unwrap_or_default();
            Err(Failure::new(format!("there is no parameter `{parameter}`")))
        }
        Node::Prefix(symbol, node) => prefixed(symbol, &evaluate(node)?),
        Node::Chain(first, others) => {
            let mut left = evaluate(first)?;
            for (operator, right) in others {
                left = operator.join(left, right)?;
            }
            Ok(left)
        }
    }
}

fn prefixed(symbol: &str, value: &Value) -> Result<Value, Failure> {
    match (symbol, value) {
        ("!", Value::Boolean(value)) => Ok(Value::Boolean(!value)),
        ("-", Value::Number(number)) => Ok(Value::Number(-number)),
        ("~", Value::Number(number)) => Ok(Value::Number(float(!integer(*number)))),
        _ => Err(Failure::new(format!(
            "`{symbol}` cannot be used with `{}`",
            value.shown()
        ))),
    }
}

impl Operator {
    /// Applies the operator to a value and a part. The part is evaluated only if it counts.
    fn join(self, left: Value, right: &Node) -> Result<Value, Failure> {
        match (self.0, &left) {
            ("&&", Value::Boolean(false)) | ("||", Value::Boolean(true)) => return Ok(left),
            ("??" | ":", other) if !matches!(other, Value::Nothing) => return Ok(left),
            ("?", Value::Boolean(false)) => return Ok(Value::Nothing),
            _ => {}
        }
        let right = evaluate(right)?;
        self.apply(left, right)
    }

    fn apply(self, left: Value, right: Value) -> Result<Value, Failure> {
        match self.0 {
            "==" => Ok(Value::Boolean(left.equals(&right))),
            "!=" => Ok(Value::Boolean(!left.equals(&right))),
            "&&" | "||" => match (&left, &right) {
                (Value::Boolean(_), Value::Boolean(right)) => Ok(Value::Boolean(*right)),
                (Value::Boolean(_), other) | (other, _) => Err(self.wrong(other, "a boolean")),
            },
            "??" | ":" => Ok(right),
            "?" => match left {
                Value::Boolean(_) => Ok(right),
                other => Err(self.wrong(&other, "a boolean")),
            },
            "," => Ok(Value::List(match left {
                Value::List(mut values) => {
                    values.push(right);
                    values
                }
                left => vec![left, right],
            })),
            "in" => match &right {
                Value::List(values) => Ok(Value::Boolean(
                    !matches!(left, Value::List(_))
                        && values.iter().any(|value| left.equals(value)),
                )),
                other => Err(self.wrong(other, "a list")),
            },
            "=~" | "!~" => {
                let found = self.matches(&left, &right)?;
                Ok(Value::Boolean(found == (self.0 == "=~")))
            }
            "<" | "<=" | ">" | ">=" => self.compare(&left, &right),
            "+" => self.add(&left, &right),
            _ => self.calculate(&left, &right),
        }
    }

    fn wrong(self, value: &Value, wanted: &str) -> Failure {
        Failure::new(format!(
            "`{}` needs {wanted}, and `{}` is none",
            self.0,
            value.shown()
        ))
    }

    fn matches(self, left: &Value, right: &Value) -> Result<bool, Failure> {
        let Value::Text(text) = left else {
            return Err(self.wrong(left, "a text"));
        };
        match right {
            Value::Pattern(pattern) => Ok(pattern.is_match(text)),
            Value::Text(written) => Ok(pattern(written)?.is_match(text)),
            other => Err(self.wrong(other, "a regular expression")),
        }
    }

    fn compare(self, left: &Value, right: &Value) -> Result<Value, Failure> {
        let order = match (left, right) {
            (Value::Number(left), Value::Number(right)) => left.partial_cmp(right),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            _ => return Err(self.wrong(left, "two numbers or two texts")),
        };
        Ok(Value::Boolean(order.is_some_and(|order| match self.0 {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        })))
    }

    fn add(self, left: &Value, right: &Value) -> Result<Value, Failure> {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => Ok(Value::Number(left + right)),
            (Value::Text(_), _) | (_, Value::Text(_)) => {
                let text = format!("{}{}", left.shown(), right.shown());
                if text.len() > MOST_TEXT {
                    return Err(Failure::new("it takes too much memory"));
                }
                Ok(Value::Text(text))
            }
            _ => Err(self.wrong(left, "two numbers or a text")),
        }
    }

    fn calculate(self, left: &Value, right: &Value) -> Result<Value, Failure> {
        let (Value::Number(first), Value::Number(second)) = (left, right) else {
            let other = if matches!(left, Value::Number(_)) {
                right
            } else {
                left
            };
            return Err(self.wrong(other, "numbers"));
        };
        let (first, second) = (*first, *second);
        Ok(Value::Number(match self.0 {
            "-" => first - second,
            "*" => first * second,
            "/" => first / second,
            "%" => first % second,
            "**" => number::power(first, second),
            "&" => float(integer(first) & integer(second)),
            "|" => float(integer(first) | integer(second)),
            "^" => float(integer(first) ^ integer(second)),
            shift => {
                let (bits, count) = (natural(first), natural(second));
                let count = u32::try_from(count).ok();
                let shifted = count.and_then(|count| match shift {
                    "<<" => bits.checked_shl(count),
                    _ => bits.checked_shr(count),
                });
                of_natural(shifted.unwrap_or(0))
            }
        }))
    }
}

/// `int64` of a float: the least one where it has no such value, as on the processors that Argo runs on.
#[expect(clippy::cast_possible_truncation, reason = "Go loses it as well")]
fn integer(number: f64) -> i64 {
    let limit = 9_223_372_036_854_775_808.0;
    if (-limit..limit).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// `uint64` of a float.
fn natural(number: f64) -> u64 {
    let limit = 9_223_372_036_854_775_808.0;
    if number < limit {
        return integer(number).cast_unsigned();
    }
    integer(number - limit).cast_unsigned() ^ (1 << 63)
}

#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
fn float(number: i64) -> f64 {
    number as f64
}

#[expect(clippy::cast_precision_loss, reason = "Go loses it as well")]
fn of_natural(number: u64) -> f64 {
    number as f64
}
