//! Source or target of an artifact.

use argo::artifact::{self, LocationKind};
use argo::spec::Artifact;

use super::error::{ArtifactError, Container};
use super::s3::S3;
use super::url::{Http, Secrets, text};

/// Source or target of an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArtifactLocation {
    /// A key of the configured repository of any kind, for which the [`Store`](super::Store) stands: the artifact names
    /// no bucket or server of its own.
    Store {
        /// The key.
        key: String,
    },
    /// Content in the manifest.
    Raw {
        /// The content.
        data: String,
    },
    /// A URL.
    Http(Http),
    /// A key of a bucket that the artifact itself names.
    S3(Box<S3>),
    /// A bucket, server or repository that the artifact itself names, and that this engine cannot use.
    Elsewhere {
        /// The field of the artifact, e.g. `s3`.
        field: &'static str,
    },
}

impl ArtifactLocation {
    /// Finds the place of an artifact whose `from` is resolved; none if the artifact is not supplied.
    ///
    /// # Arguments
    ///
    /// * `secrets`: Looks up the value of a key of a secret, which a URL or a bucket may need.
    ///
    /// # Errors
    ///
    /// The location cannot be read, or uses an unsupported way to authenticate.
    pub fn of(artifact: &Artifact, secrets: Secrets<'_>) -> Result<Option<Self>, ArtifactError> {
        if !artifact::is_supplied(artifact) {
            return Ok(None);
        }
        let Some((kind, tree)) = artifact::location(artifact) else {
            return Ok(None);
        };
        let name = &artifact.name;
        let location = match kind {
            LocationKind::Raw => Self::Raw {
                data: text(tree, "data").to_owned(),
            },
            LocationKind::Http => {
                let http = Http::of(tree, secrets).map_err(|why| {
                    ArtifactError::new(
                        Container::Init,
                        format!("artifact {name} failed to load: {why}"),
                    )
                })?;
                Self::Http(http)
            }
            LocationKind::S3 if artifact::has_location(artifact) => {
                let variable = |name: &str| std::env::var(name).ok();
                let s3 = S3::of(tree, secrets, &variable).map_err(|why| {
                    ArtifactError::new(Container::Init, format!("artifact {name}: {why}"))
                })?;
                Self::S3(Box::new(s3))
            }
            kind if artifact::has_location(artifact) => Self::Elsewhere {
                field: kind.field(),
            },
            _ => Self::Store {
                key: artifact::key(artifact)
                    .map_err(|error| ArtifactError::new(Container::Init, error.to_string()))?,
            },
        };
        Ok(Some(location))
    }
}
