//! Tokens of a registry (distribution's token authentication and its OAuth 2 form).

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};
use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::basic::basic;
use super::challenge::Challenge;
use super::{Purpose, Session};
use crate::RegistryError;
use crate::credentials::{Credential, Secret};

impl Session<'_> {
    /// Gets a token for the repository: anonymous, or for the user.
    pub(super) async fn token(
        &self,
        challenge: &Challenge,
        credential: Option<&Credential>,
    ) -> Result<Secret, RegistryError> {
        let realm = challenge
            .get("realm")
            .and_then(|realm| Url::parse(realm).ok())
            .ok_or_else(|| {
                self.not_a_registry("it does not say where to get a token".to_owned())
            })?;
        if credential.is_some() && realm.scheme() != "https" && !self.registry.is_insecure {
            let reason =
                "it asks for the credentials over plain HTTP, which is not safe".to_owned();
            return Err(self.not_a_registry(reason));
        }
        let actions = match self.purpose {
            // A token for pushes also shows repositories that do not exist yet.
            Purpose::Push if credential.is_some() => "pull,push",
            _ => "pull",
        };
        let scope = format!("repository:{}:{actions}", self.repository);
        let mut fields = vec![("scope", scope.as_str()), ("client_id", "argo-kedro")];
        if let Some(service) = challenge.get("service") {
            fields.push(("service", service));
        }
        let client = &self.registry.client;
        let request = match credential {
            Some(Credential::Identity(token)) => {
                fields.push(("grant_type", "refresh_token"));
                fields.push(("refresh_token", &token.0));
                client
                    .post(realm)
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(encoded(&fields))
            }
            credential => {
                let mut address = realm;
                address.query_pairs_mut().extend_pairs(fields);
                let request = client.get(address);
                match credential {
                    Some(Credential::Password { user, password }) => {
                        request.header(AUTHORIZATION, basic(user, password))
                    }
                    _ => request,
                }
            }
        };
        let sent = request.send().await;
        let response = sent.map_err(|error| self.registry.explain(&error.without_url()))?;
        let status = response.status();
        match status {
            StatusCode::OK => {}
            StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
                return Err(self.denied(status));
            }
            status => {
                return Err(RegistryError::Server {
                    registry: self.registry.name.to_owned(),
                    status: status.as_u16(),
                    message: "where it sends for a token".to_owned(),
                });
            }
        }
        let read = response.bytes().await;
        let bytes = read.map_err(|error| self.registry.explain(&error.without_url()))?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        ["token", "access_token"]
            .iter()
            .find_map(|key| answer.get(key)?.as_str())
            .map(|token| Secret(token.to_owned()))
            .ok_or_else(|| self.not_a_registry("it did not give a token".to_owned()))
    }
}

/// Encodes the fields of a form.
fn encoded(fields: &[(&str, &str)]) -> String {
    let Ok(mut address) = Url::parse("http://form") else {
        return String::new();
    };
    address.query_pairs_mut().extend_pairs(fields);
    address.query().unwrap_or_default().to_owned()
}
