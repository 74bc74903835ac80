//! Asks a registry whether it would accept an image, without a push (OCI distribution specification, "Pushing blobs":
//! begins an upload and cancels it).

use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};

use super::{Purpose, Registry, Request, Session, header};
use crate::{Reference, RegistryError};

impl Registry<'_> {
    /// The digest of a tag, from a registry that would accept the user's push; `None` if it does not have the tag.
    ///
    /// Leaves nothing behind: a registry that does not allow the cancellation forgets the upload after a while.
    ///
    /// # Errors
    ///
    /// Any reason why the registry does not answer, and [`RegistryError::PushDenied`] or
    /// [`RegistryError::NoRepository`] if it would not accept the image.
    pub async fn digest_if_pushable(
        &self,
        image: &Reference,
    ) -> Result<Option<String>, RegistryError> {
        let tag = image.tag.as_ref().map_or("latest", crate::Tag::as_str);
        let tag = image.digest.as_deref().unwrap_or(tag);
        let (mut session, path, response) = self.ask(image, tag, Purpose::Push).await?;
        let digest = session.read(&path, response).await?;
        session.begin_and_cancel_upload().await?;
        Ok(digest)
    }
}

impl Session<'_> {
    async fn begin_and_cancel_upload(&mut self) -> Result<(), RegistryError> {
        let path = format!("/v2/{}/blobs/uploads/", self.repository);
        let request = Request::of(Method::POST, &path);
        let response = self.again(&request).await?;
        let answer = self.authorised(&request, response).await;
        let response = answer.map_err(|error| self.as_push(error))?;
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::METHOD_NOT_ALLOWED => {
                return Err(self.push_denied(status.as_u16()));
            }
            StatusCode::NOT_FOUND => {
                return Err(RegistryError::NoRepository {
                    registry: self.registry.name.to_owned(),
                    repository: self.repository.to_owned(),
                });
            }
            status if !status.is_success() => {
                return Err(self.refused(status, status.canonical_reason()));
            }
            _ => {}
        }
        let place = header(&response, LOCATION.as_str());
        if let Some(upload) = place.as_deref().and_then(|place| self.own_path(place)) {
            // The registry need not support the cancellation.
            let _ = self.again(&Request::of(Method::DELETE, upload)).await;
        }
        Ok(())
    }

    /// The path of an address, if it belongs to this registry: no other server may get the credentials.
    fn own_path<'a>(&self, place: &'a str) -> Option<&'a str> {
        let path = place.strip_prefix(self.base.as_str()).unwrap_or(place);
        (path.starts_with('/') && !path.starts_with("//")).then_some(path)
    }

    fn as_push(&self, error: RegistryError) -> RegistryError {
        match error {
            RegistryError::NeedsLogin { status, .. } => self.push_denied(status),
            error => error,
        }
    }

    fn push_denied(&self, status: u16) -> RegistryError {
        RegistryError::PushDenied {
            registry: self.registry.name.to_owned(),
            repository: self.repository.to_owned(),
            who: self.who.clone(),
            status,
        }
    }
}
