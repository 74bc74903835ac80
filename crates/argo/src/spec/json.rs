//! Reads documents and parts of them from trees and from JSON, and writes JSON.

use diagnostic::yaml::Yaml;
use serde_json::Value;

use super::field::{Field, FieldPath, Unreadable};

/// Reads a document or a part of one from its tree.
///
/// # Errors
///
/// Returns the field that Argo cannot read.
pub fn read<T: Field>(tree: &Yaml) -> Result<T, Unreadable> {
    T::read(tree, &FieldPath::DOCUMENT)
}

/// Reads a document or a part of one from JSON.
///
/// # Errors
///
/// Returns the field that Argo cannot read.
pub fn from_json<T: Field>(value: &Value) -> Result<T, Unreadable> {
    read(&Yaml::from(value.clone()))
}

/// A document or a part of one as JSON.
pub fn to_json(part: &impl Field) -> Value {
    part.write().to_json()
}
