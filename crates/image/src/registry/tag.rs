//! Tags an image in a registry (OCI distribution specification, "Pushing manifests").

use reqwest::{Method, StatusCode};

use super::{Purpose, Registry, Request, path};
use crate::{Reference, RegistryError, Tag};

impl Registry<'_> {
    /// Tags an existing manifest by its digest; the tag moves if another manifest had it.
    ///
    /// # Errors
    ///
    /// A registry that does not have the digest, or does not allow this user to write.
    pub(crate) async fn tag(
        &self,
        image: &Reference,
        digest: &str,
        tag: &Tag,
    ) -> Result<(), RegistryError> {
        let (mut session, by_digest, response) = self.ask(image, digest, Purpose::Push).await?;
        if session.read(&by_digest, response).await?.is_none() {
            let reason = format!("it does not have {digest}");
            return Err(session.refused(StatusCode::NOT_FOUND, Some(&reason)));
        }
        let response = session.again(&Request::of(Method::GET, &by_digest)).await?;
        let manifest = session.manifest(response).await?;
        let by_tag = path(image, tag.as_str());
        let request = Request {
            method: Method::PUT,
            path: &by_tag,
            body: Some(&manifest),
        };
        let response = session.again(&request).await?;
        // A registry may allow anonymous reads, but require a login for writes.
        let response = session.authorised(&request, response).await?;
        match response.status() {
            status if status.is_success() => Ok(()),
            status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
                Err(session.denied(status))
            }
            status => Err(session.refused(status, status.canonical_reason())),
        }
    }
}
