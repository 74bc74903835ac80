//! Place that an artifact comes from, or goes to.

use argo::artifact::{self, LocationKind};
use argo::spec::{Artifact, Tree};
use serde_json::Value;

use super::error::{ArtifactError, Container};

/// Gives the value of a key of a secret, or says why it cannot.
pub type Secrets<'a> = &'a dyn Fn(&str, &str) -> Result<String, String>;

/// Place that an artifact comes from, or goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A key of the configured repository, for which the [`Store`](super::Store) stands: whatever its kind, it names no
    /// bucket or server of its own.
    Store {
        /// The key.
        key: String,
    },
    /// The content stands in the manifest.
    Raw {
        /// The content.
        data: String,
    },
    /// A URL.
    Http(Http),
    /// A bucket, server or repository that the artifact names itself. Nothing here reads or writes it.
    Elsewhere {
        /// The field of the artifact, e.g. `s3`.
        field: &'static str,
    },
}

/// A URL, and what is sent to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Http {
    /// The URL.
    pub url: String,
    /// Names and values of headers.
    pub headers: Vec<(String, String)>,
    /// User and password.
    pub basic: Option<(String, String)>,
}

impl std::fmt::Debug for Http {
    /// Writes all that is not secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = super::http::shown(&self.url);
        formatter
            .debug_struct("Http")
            .field("url", &url)
            .finish_non_exhaustive()
    }
}

impl Place {
    /// Finds the place of an artifact whose `from` is resolved; none if nobody has supplied it.
    ///
    /// # Arguments
    ///
    /// * `secrets`: Gives the value of a key of a secret, which a URL may need.
    ///
    /// # Errors
    ///
    /// A part of it cannot be read, or there is a way to prove who one is that nothing here knows.
    pub fn of(artifact: &Artifact, secrets: Secrets<'_>) -> Result<Option<Self>, ArtifactError> {
        if !artifact::is_supplied(artifact) {
            return Ok(None);
        }
        let Some((kind, tree)) = artifact::location(artifact) else {
            return Ok(None);
        };
        let name = &artifact.name;
        let place = match kind {
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
            kind if artifact::has_location(artifact) => Self::Elsewhere {
                field: kind.field(),
            },
            _ => Self::Store {
                key: artifact::key(artifact)
                    .map_err(|error| ArtifactError::new(Container::Init, error.to_string()))?,
            },
        };
        Ok(Some(place))
    }
}

impl Http {
    fn of(tree: &Tree, secrets: Secrets<'_>) -> Result<Self, String> {
        let headers = tree.get("headers").and_then(Value::as_array);
        let headers = headers.into_iter().flatten().filter_map(Value::as_object);
        let headers = headers.map(|header| {
            (
                text(header, "name").to_owned(),
                text(header, "value").to_owned(),
            )
        });
        let auth = tree.get("auth").and_then(Value::as_object);
        if let Some(auth) = auth {
            let unknown = auth.iter().find(|(field, value)| {
                *field != "basicAuth" && value.as_object().is_some_and(|value| !value.is_empty())
            });
            if let Some((field, _)) = unknown {
                return Err(format!("http.auth.{field} is not supported here"));
            }
        }
        let basic = auth
            .and_then(|auth| auth.get("basicAuth"))
            .and_then(Value::as_object);
        let secret = |field: &str| {
            let selector = basic
                .and_then(|basic| basic.get(field))
                .and_then(Value::as_object);
            let value =
                selector.map(|selector| secrets(text(selector, "name"), text(selector, "key")));
            value.transpose().map(Option::unwrap_or_default)
        };
        let (user, password) = (secret("usernameSecret")?, secret("passwordSecret")?);
        Ok(Self {
            url: text(tree, "url").to_owned(),
            headers: headers.collect(),
            // Argo sends neither if one is missing.
            basic: (!user.is_empty() && !password.is_empty()).then_some((user, password)),
        })
    }
}

fn text<'a>(tree: &'a Tree, field: &str) -> &'a str {
    tree.get(field).and_then(Value::as_str).unwrap_or_default()
}
