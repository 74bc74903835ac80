//! Evaluates the tree of a condition (`evaluationStage.go` of govaluate).

use super::failure::Failure;
use super::operand::{Operand, Operator};
use super::syntax::Node;
use crate::text::number;
use crate::text::regular_expression::{self, Pattern};

/// Longest text in bytes that a condition may build; no real condition needs more.
const MOST_TEXT: usize = 1_000_000;

/// A regular expression of Go.
pub(super) fn pattern(text: &str) -> Result<Pattern, Failure> {
    regular_expression::pattern(text).map_err(Failure::broken)
}

/// Evaluates a part.
pub(super) fn evaluate(node: &Node) -> Result<Operand, Failure> {
    match node {
        Node::Nothing => Ok(Operand::Nothing),
        Node::Operand(value) => Ok(value.clone()),
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

fn prefixed(symbol: &str, value: &Operand) -> Result<Operand, Failure> {
    match (symbol, value) {
        ("!", Operand::Boolean(value)) => Ok(Operand::Boolean(!value)),
        ("-", Operand::Number(number)) => Ok(Operand::Number(-number)),
        ("~", Operand::Number(number)) => Ok(Operand::Number(float(!integer(*number)))),
        _ => Err(Failure::new(format!(
            "`{symbol}` cannot be used with `{}`",
            value.shown()
        ))),
    }
}

impl Operator {
    /// Applies the operator to a value and a part. Evaluates the part only if the operator needs it.
    fn join(self, left: Operand, right: &Node) -> Result<Operand, Failure> {
        match (self.0, &left) {
            ("&&", Operand::Boolean(false)) | ("||", Operand::Boolean(true)) => return Ok(left),
            ("??" | ":", other) if !matches!(other, Operand::Nothing) => return Ok(left),
            ("?", Operand::Boolean(false)) => return Ok(Operand::Nothing),
            _ => {}
        }
        let right = evaluate(right)?;
        self.apply(left, right)
    }

    fn apply(self, left: Operand, right: Operand) -> Result<Operand, Failure> {
        match self.0 {
            "==" => Ok(Operand::Boolean(left.equals(&right))),
            "!=" => Ok(Operand::Boolean(!left.equals(&right))),
            "&&" | "||" => match (&left, &right) {
                (Operand::Boolean(_), Operand::Boolean(right)) => Ok(Operand::Boolean(*right)),
                (Operand::Boolean(_), other) | (other, _) => Err(self.wrong(other, "a boolean")),
            },
            "??" | ":" => Ok(right),
            "?" => match left {
                Operand::Boolean(_) => Ok(right),
                other => Err(self.wrong(&other, "a boolean")),
            },
            "," => Ok(Operand::List(match left {
                Operand::List(mut values) => {
                    values.push(right);
                    values
                }
                left => vec![left, right],
            })),
            "in" => match &right {
                Operand::List(values) => Ok(Operand::Boolean(
                    !matches!(left, Operand::List(_))
                        && values.iter().any(|value| left.equals(value)),
                )),
                other => Err(self.wrong(other, "a list")),
            },
            "=~" | "!~" => {
                let found = self.matches(&left, &right)?;
                Ok(Operand::Boolean(found == (self.0 == "=~")))
            }
            "<" | "<=" | ">" | ">=" => self.compare(&left, &right),
            "+" => self.add(&left, &right),
            _ => self.calculate(&left, &right),
        }
    }

    fn wrong(self, value: &Operand, wanted: &str) -> Failure {
        Failure::new(format!(
            "`{}` needs {wanted}, and `{}` is none",
            self.0,
            value.shown()
        ))
    }

    fn matches(self, left: &Operand, right: &Operand) -> Result<bool, Failure> {
        let Operand::Text(text) = left else {
            return Err(self.wrong(left, "a text"));
        };
        match right {
            Operand::Pattern(pattern) => Ok(pattern.is_match(text)),
            Operand::Text(written) => Ok(pattern(written)?.is_match(text)),
            other => Err(self.wrong(other, "a regular expression")),
        }
    }

    fn compare(self, left: &Operand, right: &Operand) -> Result<Operand, Failure> {
        let order = match (left, right) {
            (Operand::Number(left), Operand::Number(right)) => left.partial_cmp(right),
            (Operand::Text(left), Operand::Text(right)) => Some(left.cmp(right)),
            _ => return Err(self.wrong(left, "two numbers or two texts")),
        };
        Ok(Operand::Boolean(order.is_some_and(|order| match self.0 {
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            _ => order.is_ge(),
        })))
    }

    fn add(self, left: &Operand, right: &Operand) -> Result<Operand, Failure> {
        match (left, right) {
            (Operand::Number(left), Operand::Number(right)) => Ok(Operand::Number(left + right)),
            (Operand::Text(_), _) | (_, Operand::Text(_)) => {
                let text = format!("{}{}", left.shown(), right.shown());
                if text.len() > MOST_TEXT {
                    return Err(Failure::new("it takes too much memory"));
                }
                Ok(Operand::Text(text))
            }
            _ => Err(self.wrong(left, "two numbers or a text")),
        }
    }

    fn calculate(self, left: &Operand, right: &Operand) -> Result<Operand, Failure> {
        let (Operand::Number(first), Operand::Number(second)) = (left, right) else {
            let other = if matches!(left, Operand::Number(_)) {
                right
            } else {
                left
            };
            return Err(self.wrong(other, "numbers"));
        };
        let (first, second) = (*first, *second);
        Ok(Operand::Number(match self.0 {
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

/// Go's conversion of a float to `int64`: the least number if the float does not fit, as on Argo's processors.
#[expect(clippy::cast_possible_truncation, reason = "Go loses it as well")]
fn integer(number: f64) -> i64 {
    let limit = 9_223_372_036_854_775_808.0;
    if (-limit..limit).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}

/// Go's conversion of a float to `uint64`.
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
