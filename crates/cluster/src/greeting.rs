//! Version and clock of an API server.

use http::StatusCode;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use kube::client::Body;
use serde_json::Value;

use crate::{Cluster, ClusterError, Object};

/// Version and clock of an API server, as it reports them to a known user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// Version of the server, e.g. `v1.34.1`; none if the server hides it.
    pub version: Option<String>,
    /// Time of its clock, to the second.
    pub date: Option<Timestamp>,
}

impl Cluster {
    /// Asks the API server for its version, which needs no permission, and takes the time from the answer.
    pub async fn greet(&self) -> Result<Greeting, ClusterError> {
        let asked = self.api_call("get", Object::Workflow, "");
        let request = http::Request::get("/version")
            .body(Body::empty())
            .map_err(|error| ClusterError::Api(error.to_string()))?;
        let sent = self.client.send(request).await;
        let response = sent.map_err(|error| asked.failed(error))?;
        let date = response.headers().get(http::header::DATE);
        let date = date.and_then(|date| date.to_str().ok());
        let date = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok());
        let status = response.status();
        let bytes = response.into_body().collect_bytes().await;
        let bytes = bytes.map_err(|error| asked.failed(error))?;
        let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        let text = |key: &str| answer[key].as_str().map(str::to_owned);
        match status {
            StatusCode::UNAUTHORIZED => Err(ClusterError::Unauthorized(
                text("message").unwrap_or_else(|| status.to_string()),
            )),
            status if status.is_server_error() => Err(ClusterError::Api(format!(
                "{status} {}",
                text("message").unwrap_or_default()
            ))),
            _ => Ok(Greeting {
                version: text("gitVersion"),
                date,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_is_read() {
        let date = DateTimeParser::new().parse_timestamp("Fri, 27 Nov 2026 10:12:00 GMT");
        assert_eq!(date.unwrap(), "2026-11-27T10:12:00Z".parse().unwrap());
    }
}
