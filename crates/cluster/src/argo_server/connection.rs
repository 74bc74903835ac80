//! A connection to an Argo Server, and requests over it.

use http::{Method, Request, Response, StatusCode, header};
use kube::Client;
use kube::client::Body;
use kube::core::Status;
use serde_json::Value;

use super::failure::ArgoServerError;
use super::reply::AnswerContext;
use super::token::Token;

/// A connection to an Argo Server.
#[derive(Clone)]
pub(crate) struct ArgoServer {
    pub(super) client: Client,
    pub(super) token: Token,
    pub(super) server: String,
}

impl ArgoServer {
    /// Reader for the answers of this server.
    pub(super) fn context(&self) -> AnswerContext<'_> {
        AnswerContext {
            server: &self.server,
            has_token: !self.token.is_missing(),
        }
    }

    /// Sends a request for JSON.
    ///
    /// # Errors
    ///
    /// A status as from the API server, or one that carries an [`ArgoServerError`].
    pub(super) async fn ask(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Box<Status>> {
        let response = self.send(method, path, body, "application/json").await?;
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect_bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        self.context().read(parts.status, &parts.headers, &bytes)
    }

    /// Sends a request for a stream of results.
    pub(super) async fn stream(&self, path: &str) -> Result<Body, Box<Status>> {
        let accepted = "text/event-stream";
        let response = self.send(&Method::GET, path, None, accepted).await?;
        let is_stream = response
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.contains("event-stream") || kind.contains("json"));
        if response.status() == StatusCode::OK && is_stream {
            return Ok(response.into_body());
        }
        let (parts, body) = response.into_parts();
        let bytes = body
            .collect_bytes()
            .await
            .map_err(|error| self.unreachable(&error))?;
        // A failed stream request returns its error as a stream event.
        let text = bytes.strip_prefix(b"data:").unwrap_or(&bytes);
        let answer: Option<Value> = serde_json::from_slice(text).ok();
        let context = self.context();
        Err(Box::new(context.refusal(
            parts.status,
            &parts.headers,
            &bytes,
            answer.as_ref(),
        )))
    }

    async fn send(
        &self,
        method: &Method,
        path: &str,
        body: Option<&Value>,
        accepted: &str,
    ) -> Result<Response<Body>, Box<Status>> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::ACCEPT, accepted);
        if let Some(value) = self.token.header().map_err(|error| error.status())? {
            request = request.header(header::AUTHORIZATION, value);
        }
        let body = match body {
            Some(body) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string().into_bytes())
            }
            None => Body::empty(),
        };
        let request = request
            .body(body)
            .map_err(|error| Status::failure(&error.to_string(), "BadRequest").with_code(400))?;
        let sent = self.client.send(request).await;
        sent.map_err(|error| self.unreachable(&error))
    }

    /// An error below HTTP.
    pub(super) fn unreachable(&self, error: &dyn std::error::Error) -> Box<Status> {
        let (server, cause) = (self.server.clone(), innermost(error));
        let all = format!("{error} {cause}").to_lowercase();
        let is_tls = ["certificate", "tls", "unknownissuer", "corrupt message"];
        let failure = if is_tls.iter().any(|word| all.contains(word)) {
            ArgoServerError::Tls { server, cause }
        } else {
            ArgoServerError::Unreachable { server, cause }
        };
        Box::new(failure.status())
    }
}

/// Innermost cause of an error.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}
