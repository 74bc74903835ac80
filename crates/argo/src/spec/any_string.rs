//! Texts, numbers and booleans as Argo's Go types read them.

use std::fmt;
use std::ops::Deref;

use diagnostic::yaml::{Content, Yaml};

use super::field::{Field, FieldPath, Unreadable};
use super::field::{node, whole_number};

/// A text that a manifest may write as a number or a boolean (`pkg/apis/workflow/v1alpha1/anystring.go`).
///
/// Argo reads a list or a mapping as an empty text. Here both are errors, because the API server refuses them.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AnyString(pub String);

impl Field for AnyString {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        Ok(Self(match &node.value {
            Content::String(text) => text.clone(),
            Content::Bool(value) => value.to_string(),
            // Go reads every number of JSON as a float64: 2⁵³ + 1 becomes 2⁵³.
            #[expect(clippy::cast_precision_loss, reason = "as in Go")]
            Content::Integer(number) => (*number as f64).to_string(),
            Content::Float(number) => number.to_string(),
            _ => return Err(at.needs(node, "a string, a number or a boolean")),
        }))
    }

    fn is_absent(&self) -> bool {
        self.0.is_empty()
    }

    fn write(&self) -> Yaml {
        self.0.write()
    }
}

impl Deref for AnyString {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AnyString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<String> for AnyString {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for AnyString {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// A whole number or a text that may have tags (`k8s.io/apimachinery/pkg/util/intstr`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IntOrString {
    /// A number of 32 bits.
    Int(i32),
    /// A text.
    String(String),
}

impl Default for IntOrString {
    fn default() -> Self {
        Self::Int(0)
    }
}

impl Field for IntOrString {
    fn read(node: &Yaml, at: &FieldPath<'_>) -> Result<Self, Unreadable> {
        if let Content::String(text) = &node.value {
            return Ok(Self::String(text.clone()));
        }
        let number =
            whole_number(node).ok_or_else(|| at.needs(node, "a whole number or a string"))?;
        i32::try_from(number).map(Self::Int).map_err(|_| {
            at.unreadable(
                node,
                "the number is too large for Argo: it has 32 bits there",
            )
        })
    }

    /// An explicit zero differs from an absent field.
    fn is_absent(&self) -> bool {
        false
    }

    fn write(&self) -> Yaml {
        match self {
            Self::Int(number) => node(Content::Integer((*number).into())),
            Self::String(text) => text.write(),
        }
    }
}

impl fmt::Display for IntOrString {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => write!(formatter, "{number}"),
            Self::String(text) => formatter.write_str(text),
        }
    }
}

impl From<String> for IntOrString {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<u32> for IntOrString {
    /// A number that does not fit an `i32` becomes a text.
    fn from(number: u32) -> Self {
        i32::try_from(number).map_or_else(|_| Self::String(number.to_string()), Self::Int)
    }
}

impl From<&str> for IntOrString {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}
