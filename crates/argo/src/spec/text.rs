//! Reads documents from texts.

use serde_json::Value;

use super::field::Unreadable;
use super::json::{from_json, read};
use super::manifest::Manifest;

/// A text that is not a readable Argo document.
#[derive(Debug, thiserror::Error)]
pub enum NotADocument {
    /// The text is not YAML.
    #[error("the manifest is not YAML: {0}")]
    NotYaml(String),
    /// The text starts like JSON, but is not valid JSON.
    #[error("the manifest is not JSON: {0}")]
    NotJson(String),
    /// The text has no document, or several: their number.
    #[error("the manifest has {0} documents, and must have one")]
    NotOne(usize),
    /// Argo cannot read a field.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// Reads a document from YAML.
///
/// # Errors
///
/// Returns what is wrong with the text, or the field that Argo cannot read.
pub fn from_yaml(text: &str) -> Result<Manifest, NotADocument> {
    let documents = diagnostic::yaml::parse("manifest", text)
        .map_err(|diagnostic| NotADocument::NotYaml(diagnostic.message))?;
    match documents.as_slice() {
        [document] => Ok(read(document)?),
        all => Err(NotADocument::NotOne(all.len())),
    }
}

/// Reads a document from JSON or YAML.
///
/// # Errors
///
/// Returns what is wrong with the text, or the field that Argo cannot read.
pub fn from_text(text: &str) -> Result<Manifest, NotADocument> {
    if !text.starts_with('{') {
        return from_yaml(text);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| NotADocument::NotJson(error.to_string()))?;
    Ok(from_json(&value)?)
}
