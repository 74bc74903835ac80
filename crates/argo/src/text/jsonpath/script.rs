//! Scripts and filters: reads them (`script/standard` of the library).

use super::super::expression::{Failure, Value, from_json};
use super::budget::Budget;
use super::operate;
use super::token::{self, Token};
use super::wrong;

/// Operators in the order in which they are looked for: what is found first binds least.
const OPERATORS: &[&str] = &[
    "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%",
    "not in", "in", "@", "$",
];
/// The same where the library starts again inside of parentheses: it first looks for nothing, a mistake of its own.
const OPERATORS_IN_PARENTHESES: &[&str] = &[
    "", "||", "&&", "==", "!=", "<=", ">=", "<", ">", "=~", "!", "+", "-", "**", "*", "/", "%",
    "not in", "in", "@", "$",
];

/// A script that was read.
pub(super) struct Script {
    text: String,
    operator: Option<Operator>,
}

/// What stands beside an operator.
pub(super) enum Operand {
    Nothing,
    Text(String),
    /// JSON that is written out.
    Value(Value),
    Operator(Box<Operator>),
}

/// An operator with what stands beside it.
pub(super) enum Operator {
    Of(&'static str, Operand, Operand),
    Path(Vec<Token>),
}

/// Reads a script.
pub(super) fn compile(text: &str, budget: &Budget) -> Result<Script, Failure> {
    Ok(Script {
        text: text.to_owned(),
        operator: operator(text, OPERATORS, budget)?,
    })
}

impl Script {
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// What it gives for a value.
    pub(super) fn evaluate(
        &self,
        root: &Value,
        current: &Value,
        budget: &Budget,
    ) -> Result<Value, Failure> {
        if self.is_empty() {
            return Err(wrong("a script is empty"));
        }
        let place = operate::Place {
            root,
            current,
            budget,
        };
        match &self.operator {
            Some(operator) => place.operate(operator),
            None => Ok(place.constant(&self.text)),
        }
    }
}

fn operator(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Option<Operator>, Failure> {
    budget.deeper(|| read(text, operators, budget))
}

fn read(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Option<Operator>, Failure> {
    let mut text = text.trim();
    let mut operators = operators;
    while let Some((name, later)) = operators.split_first() {
        budget.take(1 + text.len() / 8)?;
        if text.is_empty() {
            return Ok(None);
        }
        let mut later = later;
        if let Some(inside) = text
            .strip_prefix('(')
            .and_then(|text| text.strip_suffix(')'))
        {
            text = inside.trim();
            operators = OPERATORS_IN_PARENTHESES;
            later = OPERATORS;
        }
        let parts = place_of(text, name).and_then(|place| {
            let left = text.get(..place)?.trim();
            let right = text.get(place + name.len()..)?.trim();
            Some((left, right))
        });
        let Some((left, right)) = parts else {
            // What is cut inside of a letter is only cut by the operator that does not exist.
            operators = later;
            continue;
        };
        let is_path = matches!(*name, "@" | "$");
        if right.is_empty() && !is_path {
            operators = later;
            continue;
        }
        let right = operand(right, operators, budget)?;
        if left.is_empty() && !is_path && *name != "!" {
            operators = later;
            continue;
        }
        let left = operand(left, operators, budget)?;
        match *name {
            "" => return Err(wrong("there is no such operator in a script")),
            "@" | "$" | "!" if !matches!(left, Operand::Nothing) => operators = later,
            "@" | "$" => return Ok(Some(Operator::Path(token::path(text, budget)?))),
            _ => return Ok(Some(Operator::Of(name, left, right))),
        }
        text = text.trim();
    }
    Ok(None)
}

fn operand(
    text: &str,
    operators: &'static [&'static str],
    budget: &Budget,
) -> Result<Operand, Failure> {
    if let Some(operator) = operator(text, operators, budget)? {
        return Ok(Operand::Operator(Box::new(operator)));
    }
    let text = text.trim();
    if text.is_empty() {
        return Ok(Operand::Nothing);
    }
    let is_json = text.starts_with('[') && text.ends_with(']')
        || text.starts_with('{') && text.ends_with('}');
    if is_json && let Ok(value) = from_json(text) {
        return Ok(Operand::Value(value));
    }
    Ok(Operand::Text(text.to_owned()))
}

/// Where an operator stands outside of quotes and brackets.
fn place_of(text: &str, operator: &str) -> Option<usize> {
    let (mut single, mut double) = (false, false);
    let (mut square, mut round) = (0_i64, 0_i64);
    for (index, character) in text.char_indices() {
        let is_quoted = single || double;
        let is_inside = match character {
            '(' | ')' => is_quoted || square > 0,
            '[' | ']' => is_quoted || round > 0,
            '\'' => double || square > 0 || round > 0,
            '"' => single || square > 0 || round > 0,
            _ => false,
        };
        if is_inside {
            continue;
        }
        match character {
            '(' => round += 1,
            ')' => round -= 1,
            '[' => square += 1,
            ']' => square -= 1,
            '\'' => single = !single,
            '"' => double = !double,
            _ => {}
        }
        if single || double || square > 0 || round > 0 {
            continue;
        }
        // The library looks at the first byte of a letter.
        let end = index + 1;
        if let Some(start) = end.checked_sub(operator.len())
            && text.as_bytes().get(start..end) == Some(operator.as_bytes())
        {
            return Some(start);
        }
    }
    None
}
