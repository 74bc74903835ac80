//! Evaluates scripts: their operators and constants.

use super::budget::Budget;
use super::failure::wrong;
use super::syntax::{Operand, Operator, Script, Token};
use crate::text::expression::evaluate::failure::Failure;
use crate::text::expression::evaluate::format::{from_json, shown};
use crate::text::expression::evaluate::value::Value;
use crate::text::{number, numeral};

/// Evaluates a path: its parts, the root, the current value, and the budget.
type Find = fn(&[Token], &Value, &Value, &Budget) -> Result<Value, Failure>;

/// Values on which a script is evaluated.
pub(super) struct ScriptScope<'v> {
    /// Value of `$`.
    pub(super) root: &'v Value,
    /// Value of `@`.
    pub(super) current: &'v Value,
    /// Limits of the whole query.
    pub(super) budget: &'v Budget,
    /// Evaluates paths inside of the script.
    pub(super) find: Find,
}

impl ScriptScope<'_> {
    /// Evaluates a script.
    pub(super) fn evaluate(&self, script: &Script) -> Result<Value, Failure> {
        if script.text.is_empty() {
            return Err(wrong("a script is empty"));
        }
        match &script.operator {
            Some(operator) => self.operate(operator),
            None => Ok(self.constant(&script.text)),
        }
    }

    /// Value of a script without operators.
    fn constant(&self, text: &str) -> Value {
        if let Some(known) = self.named(text) {
            return known;
        }
        if let Some(number) = numeral::float(text) {
            return Value::Float(number);
        }
        numeral::boolean(text).map_or_else(|| Value::text(text), Value::Boolean)
    }

    fn named(&self, text: &str) -> Option<Value> {
        match text {
            "$" => Some(self.root.clone()),
            "@" => Some(self.current.clone()),
            "nil" | "null" => Some(Value::Nil),
            _ => None,
        }
    }

    /// Applies an operator.
    fn operate(&self, operator: &Operator) -> Result<Value, Failure> {
        self.budget.deeper(|| match operator {
            Operator::Path(tokens) => {
                let found = (self.find)(tokens, self.root, self.current, self.budget)?;
                Ok(match found {
                    Value::Text(text) if !is_quoted(&text, '\'') => {
                        Value::text(format!("'{text}'"))
                    }
                    other => other,
                })
            }
            Operator::Of(name, left, right) => self.of(name, left, right),
        })
    }

    fn of(&self, name: &str, left: &Operand, right: &Operand) -> Result<Value, Failure> {
        let number_of = |compute: fn(f64, f64) -> f64| {
            Ok(Value::Float(compute(
                self.number(left)?,
                self.number(right)?,
            )))
        };
        let compare = |compare: fn(&f64, &f64) -> bool| {
            Ok(Value::Boolean(compare(
                &self.number(left)?,
                &self.number(right)?,
            )))
        };
        match name {
            "||" | "&&" => {
                let (left, right) = (self.boolean(left)?, self.boolean(right)?);
                Ok(Value::Boolean(if name == "||" {
                    left || right
                } else {
                    left && right
                }))
            }
            "!" => Ok(Value::Boolean(!self.boolean(right)?)),
            "==" => Ok(Value::Boolean(self.equal(left, right)?)),
            "!=" => Ok(Value::Boolean(!self.equal(left, right)?)),
            "<=" => compare(f64::le),
            ">=" => compare(f64::ge),
            "<" => compare(f64::lt),
            ">" => compare(f64::gt),
            "+" => number_of(|left, right| left + right),
            "-" => number_of(|left, right| left - right),
            "*" => number_of(|left, right| left * right),
            "/" => number_of(|left, right| left / right),
            "**" => number_of(number::power),
            "%" => {
                let (left, right) = (self.whole(left)?, self.whole(right)?);
                if right == 0 {
                    return Err(self.budget.end("it divides by zero"));
                }
                Ok(Value::Long(left.wrapping_rem(right)))
            }
            "=~" => {
                let (text, pattern) = (self.text(left)?, self.text(right)?);
                let (text, pattern) = (without_quotes(&text), without_quotes(&pattern));
                self.budget.take(text.len())?;
                let pattern = self.budget.pattern(pattern)?;
                Ok(Value::Boolean(pattern.is_match(text)))
            }
            "in" => self.is_in(left, right).map(Value::Boolean),
            _ => self.is_in(left, right).map(|found| Value::Boolean(!found)),
        }
    }

    /// Value of an operand; a text stays a text.
    fn value(&self, operand: &Operand) -> Result<Value, Failure> {
        Ok(match operand {
            Operand::Nothing => return Err(wrong("an operator needs something on both sides")),
            Operand::Text(text) => Value::text(text),
            Operand::Value(value) => value.clone(),
            Operand::Operator(operator) => self.operate(operator)?,
        })
    }

    /// Value of an operand, after the look-up of names such as `nil` and `$`.
    fn resolved_value(&self, operand: &Operand) -> Result<Value, Failure> {
        Ok(self.resolve_name(&self.value(operand)?))
    }

    fn resolve_name(&self, value: &Value) -> Value {
        let named = value.as_text().and_then(|text| self.named(text));
        named.unwrap_or_else(|| value.clone())
    }

    #[expect(clippy::float_cmp, reason = "so does Go")]
    fn equal(&self, left: &Operand, right: &Operand) -> Result<bool, Failure> {
        // Evaluate each side only once: otherwise the time doubles with each level of nested operators.
        let (left, right) = (self.value(left), self.value(right));
        self.budget.check()?;
        let (left, right) = (left?, right?);
        if let (Ok(left), Ok(right)) = (self.number_of(&left), self.number_of(&right)) {
            return Ok(left == right);
        }
        Ok(self.text_of(&left)? == self.text_of(&right)?)
    }

    fn number(&self, operand: &Operand) -> Result<f64, Failure> {
        self.number_of(&self.value(operand)?)
    }

    fn number_of(&self, value: &Value) -> Result<f64, Failure> {
        let text = shown(&self.resolve_name(value))?;
        numeral::float(&text).ok_or_else(|| wrong("it is not a number"))
    }

    fn whole(&self, operand: &Operand) -> Result<i64, Failure> {
        numeral::integer(&shown(&self.resolved_value(operand)?)?, 10)
            .ok_or_else(|| wrong("it is not a whole number"))
    }

    fn boolean(&self, operand: &Operand) -> Result<bool, Failure> {
        if matches!(operand, Operand::Nothing) {
            return Ok(false);
        }
        self.boolean_of(&self.value(operand)?)
    }

    fn boolean_of(&self, value: &Value) -> Result<bool, Failure> {
        match self.resolve_name(value) {
            Value::Nil => Ok(false),
            value => numeral::boolean(&shown(&value)?).ok_or_else(|| wrong("it is not a boolean")),
        }
    }

    fn text(&self, operand: &Operand) -> Result<String, Failure> {
        self.text_of(&self.value(operand)?)
    }

    fn text_of(&self, value: &Value) -> Result<String, Failure> {
        let Some(text) = value.as_text() else {
            return shown(value);
        };
        let (text, is_named) = match self.named(text) {
            Some(Value::Text(text)) => (text.to_string(), true),
            Some(other) => return shown(&other),
            None => (text.to_owned(), false),
        };
        if is_quoted(&text, '\'') {
            return Ok(text);
        }
        if is_quoted(&text, '"') {
            let inside = text.get(1..text.len() - 1).unwrap_or_default();
            return Ok(format!("'{inside}'"));
        }
        Ok(if is_named { format!("'{text}'") } else { text })
    }

    #[expect(clippy::float_cmp, reason = "so does Go")]
    fn is_in(&self, left: &Operand, right: &Operand) -> Result<bool, Failure> {
        let item = match left {
            Operand::Nothing => Some(Value::Boolean(false)),
            // Evaluate the operand only once, as for `==`.
            _ => self.value(left).ok().and_then(|left| {
                let number = self.number_of(&left).map(Value::Float);
                let text = || self.text_of(&left).map(Value::text);
                let truth = || self.boolean_of(&left).map(Value::Boolean);
                number.or_else(|_| text()).or_else(|_| truth()).ok()
            }),
        };
        self.budget.check()?;
        let elements = self.elements(right)?;
        self.budget.take(elements.len())?;
        Ok(elements.iter().any(|element| match (element, &item) {
            (Value::Float(left), Some(Value::Float(right))) => left == right,
            (Value::Text(left), Some(Value::Text(right))) => left == right,
            (Value::Boolean(left), Some(Value::Boolean(right))) => left == right,
            _ => false,
        }))
    }

    fn elements(&self, operand: &Operand) -> Result<Vec<Value>, Failure> {
        let mut value = self.resolved_value(operand)?;
        if let Some(text) = value.as_text() {
            let is_json = text.starts_with('{') && text.ends_with('}')
                || text.starts_with('[') && text.ends_with(']');
            if is_json {
                value = from_json(text)?;
            }
        }
        match value {
            Value::List(_, values) => Ok(values.to_vec()),
            Value::Map(map) => Ok(map.values().cloned().collect()),
            _ => Err(wrong("`in` needs a list or a map")),
        }
    }
}

fn is_quoted(text: &str, quote: char) -> bool {
    text.len() > 1 && text.starts_with(quote) && text.ends_with(quote)
}

fn without_quotes(text: &str) -> &str {
    if is_quoted(text, '\'') {
        return text.get(1..text.len() - 1).unwrap_or_default();
    }
    text
}
