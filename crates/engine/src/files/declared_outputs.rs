//! File outputs that a template declares.

use argo::spec::{Artifact, Template};

use crate::artifacts::{ArtifactError, ArtifactLocation, S3, Secrets};

/// An output parameter that is a file.
#[derive(Debug)]
pub(super) struct OutputParameter {
    pub(super) name: String,
    pub(super) path: String,
    pub(super) default: Option<String>,
    pub(super) global_name: String,
    pub(super) is_mounted: bool,
}

/// Declared output artifact, which the pod may have made.
#[derive(Debug)]
pub(super) struct OutputArtifact {
    pub(super) artifact: Artifact,
    /// Target bucket, if the artifact names its own.
    pub(super) bucket: Option<S3>,
    pub(super) is_mounted: bool,
}

/// Output parameters of a template that are files. A container that runs Kedro nodes has only global ones: the engine
/// measures its usage.
pub(super) fn parameters(
    template: &Template,
    runs_worker: bool,
    is_mounted: impl Fn(&str) -> bool,
) -> Vec<OutputParameter> {
    let outputs = template.outputs.parameters.iter();
    let outputs = outputs.filter(|output| !runs_worker || output.global_name.is_some());
    let outputs = outputs.filter_map(|output| {
        let from = output
            .value_from
            .as_ref()
            .filter(|from| !from.path.is_empty())?;
        Some(OutputParameter {
            name: output.name.clone(),
            path: from.path.clone(),
            default: from.default.as_ref().map(ToString::to_string),
            global_name: output.global_name.clone().unwrap_or_default(),
            is_mounted: is_mounted(&from.path),
        })
    });
    outputs.collect()
}

/// Output artifacts of a template.
///
/// # Errors
///
/// The secret of a bucket is missing.
pub(super) fn artifacts(
    template: &Template,
    is_mounted: impl Fn(&str) -> bool,
    secrets: Secrets<'_>,
) -> Result<Vec<OutputArtifact>, ArtifactError> {
    let outputs = template.outputs.artifacts.iter();
    let outputs = outputs.map(|artifact| {
        let location = if artifact.s3.is_some() {
            ArtifactLocation::of(artifact, secrets)?
        } else {
            None
        };
        Ok(OutputArtifact {
            is_mounted: is_mounted(&artifact.path),
            artifact: artifact.clone(),
            bucket: match location {
                Some(ArtifactLocation::S3(bucket)) => Some(*bucket),
                _ => None,
            },
        })
    });
    outputs.collect()
}
