//! Values and operators of conditions.

use crate::text::regular_expression::Pattern;

use crate::text::number;

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// Value of empty brackets: `()`.
    Nothing,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
    /// A regular expression.
    Pattern(Pattern),
    /// Values separated by commas.
    List(Vec<Self>),
}

impl Operand {
    /// The value as Go writes it (`%v`).
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Nothing => "<nil>".to_owned(),
            Self::Boolean(value) => value.to_string(),
            Self::Number(number) => number::shown(*number),
            Self::Text(text) => text.clone(),
            Self::Pattern(pattern) => pattern.as_str().to_owned(),
            Self::List(values) => {
                let shown: Vec<_> = values.iter().map(Self::shown).collect();
                format!("[{}]", shown.join(" "))
            }
        }
    }

    /// Go's `reflect.DeepEqual`.
    #[expect(clippy::float_cmp, reason = "so does Go")]
    pub(super) fn equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Nothing, Self::Nothing) => true,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => {
                left.len() == right.len()
                    && left
                        .iter()
                        .zip(right)
                        .all(|(left, right)| left.equals(right))
            }
            _ => false,
        }
    }
}

/// An operator between two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Operator(pub(super) &'static str);
