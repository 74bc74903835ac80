//! The manifest as YAML for people: no anchors, two spaces, long words on one line.

use crate::Manifest;

/// A manifest that could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// It could not be written.
    #[error("cannot write the manifest as YAML")]
    Write(#[source] serde_saphyr::ser_error::Error),
    /// It could not be read.
    #[error("cannot read the manifest")]
    Read(#[source] Box<serde_saphyr::Error>),
}

/// Writes a manifest.
///
/// Words that YAML 1.1 takes for something else (`yes`, `0755`, `1:30`) are quoted,
/// since Argo's reader is one of those.
pub fn to_yaml(manifest: &Manifest) -> Result<String, YamlError> {
    to_yaml_of(manifest)
}

/// Writes any object of Kubernetes' in the same way.
pub fn to_yaml_of(object: &impl serde::Serialize) -> Result<String, YamlError> {
    let options = serde_saphyr::ser_options! {
        folded_wrap_chars: usize::MAX,
    };
    serde_saphyr::to_string_with_options(object, options).map_err(YamlError::Write)
}

/// Reads a manifest that argo-kedro wrote.
pub fn from_yaml(text: &str) -> Result<Manifest, YamlError> {
    let options = serde_saphyr::options! { legacy_octal_numbers: true };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| YamlError::Read(Box::new(error)))
}
