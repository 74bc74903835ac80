//! Answers of Argo Server, translated to those of the Kubernetes API.

use http::{HeaderMap, StatusCode, header};
use kube::core::Status;
use serde_json::{Value, json};

use super::failure::ArgoServerError;
use crate::Object;

/// Codes of gRPC in the errors of the server (`google/rpc/code.proto`).
mod grpc {
    pub(super) const INVALID_ARGUMENT: u64 = 3;
    pub(super) const NOT_FOUND: u64 = 5;
    pub(super) const ALREADY_EXISTS: u64 = 6;
    pub(super) const PERMISSION_DENIED: u64 = 7;
    pub(super) const RESOURCE_EXHAUSTED: u64 = 8;
    pub(super) const FAILED_PRECONDITION: u64 = 9;
    pub(super) const ABORTED: u64 = 10;
    pub(super) const UNIMPLEMENTED: u64 = 12;
    pub(super) const UNAVAILABLE: u64 = 14;
    pub(super) const UNAUTHENTICATED: u64 = 16;
}

/// Message of a connection without TLS to a server with TLS.
const WITHOUT_TLS: &str = "it uses TLS, and its address says http://";
/// Maximum number of letters to show of an unexpected answer.
const SHOWN: usize = 200;

/// Context of an answer: the server, and whether the user sent a token.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnswerContext<'a> {
    /// Address of the server.
    pub(super) server: &'a str,
    /// Set if a token was sent.
    pub(super) has_token: bool,
}

impl AnswerContext<'_> {
    /// Parses the answer to a request for JSON.
    ///
    /// # Errors
    ///
    /// The server refuses, or is no Argo Server.
    pub(super) fn read(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Value, Box<Status>> {
        let answer: Option<Value> = serde_json::from_slice(body).ok();
        match answer {
            Some(answer)
                if status.is_success() && answer.is_object() && answer["kind"] != "Status" =>
            {
                Ok(answer)
            }
            answer => Err(Box::new(self.refusal(
                status,
                headers,
                body,
                answer.as_ref(),
            ))),
        }
    }

    /// Status of a refusal.
    ///
    /// # Arguments
    ///
    /// * `answer`: Body as JSON; none if it is no JSON.
    pub(super) fn refusal(
        self,
        status: StatusCode,
        headers: &HeaderMap,
        body: &[u8],
        answer: Option<&Value>,
    ) -> Status {
        if let Some(refused) = answer.and_then(|answer| self.refused(answer)) {
            return refused;
        }
        let server = self.server.to_owned();
        let text = |name: header::HeaderName| headers.get(name)?.to_str().ok();
        let is_page = text(header::CONTENT_TYPE).is_some_and(|kind| kind.contains("html"))
            || body.trim_ascii_start().starts_with(b"<");
        if matches!(
            status,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
        ) {
            let cause = format!("what is before it says {status}");
            return ArgoServerError::Unreachable { server, cause }.status();
        }
        // Message of Go's server that expects TLS.
        if start_of(body).contains("HTTP request to an HTTPS server") {
            let cause = WITHOUT_TLS.to_owned();
            return ArgoServerError::Tls { server, cause }.status();
        }
        let cause = if answer.is_some_and(|answer| answer["kind"] == "Status") {
            "it is the API server of a Kubernetes cluster".to_owned()
        } else if status.is_redirection() {
            let place = text(header::LOCATION).unwrap_or("another address");
            // The query of a login page contains secrets.
            let place = place.split(['?', '#']).next().unwrap_or_default();
            format!("it sends us to {place} ({status})")
        } else if is_page {
            format!("it answers with a web page{} ({status})", title(body))
        } else if status.is_success() {
            "its answer is not JSON".to_owned()
        } else if status == StatusCode::UNAUTHORIZED {
            return self.who_are_you(start_of(body));
        } else {
            let start = start_of(body);
            let colon = if start.is_empty() { "" } else { ": " };
            format!("it answers {status}{colon}{start}")
        };
        ArgoServerError::Other { server, cause }.status()
    }

    /// Converts an error of the server, alone or in a stream, to a status; none for another answer.
    pub(super) fn refused(self, answer: &Value) -> Option<Status> {
        let error = answer.get("error").filter(|error| error.is_object());
        let error = error.unwrap_or(answer);
        // Streams of older versions use another field for the code.
        let code = error["code"].as_u64().or(error["grpc_code"].as_u64())?;
        let message = error["message"].as_str()?.trim().to_owned();
        let is_of_kubernetes = error["kind"] == "Status";
        if is_of_kubernetes {
            return None;
        }
        let (code, reason) = match code {
            grpc::UNAUTHENTICATED => return Some(self.who_are_you(message)),
            grpc::PERMISSION_DENIED => (403, "Forbidden"),
            grpc::NOT_FOUND => (404, "NotFound"),
            // The server has one code for both errors (`server/utils/errors.go`).
            grpc::ALREADY_EXISTS | grpc::ABORTED if message.contains("already exists") => {
                (409, "AlreadyExists")
            }
            grpc::ALREADY_EXISTS | grpc::ABORTED => (409, "Conflict"),
            _ if is_expired(&message) => (410, "Expired"),
            grpc::INVALID_ARGUMENT | grpc::FAILED_PRECONDITION => (400, "BadRequest"),
            grpc::RESOURCE_EXHAUSTED => (429, "TooManyRequests"),
            grpc::UNIMPLEMENTED => {
                let (server, cause) = (self.server.to_owned(), message);
                return Some(ArgoServerError::OtherVersion { server, cause }.status());
            }
            grpc::UNAVAILABLE => (503, "ServiceUnavailable"),
            // Only the message tells that the object is too large for the cluster.
            _ if message.contains("too large") => (500, "InternalError"),
            _ => {
                let (server, cause) = (self.server.to_owned(), message);
                return Some(ArgoServerError::Failed { server, cause }.status());
            }
        };
        Some(Status::failure(&message, reason).with_code(code))
    }

    fn who_are_you(self, cause: String) -> Status {
        let server = self.server.to_owned();
        if self.has_token {
            ArgoServerError::RefusedToken { server, cause }.status()
        } else {
            ArgoServerError::NoToken { server, cause }.status()
        }
    }
}

/// Says whether a stream has ended as each watch of the API server does after a while (`WatchWorkflows` in
/// `server/workflow/workflow_server.go`).
pub(super) fn is_end(status: &Status) -> bool {
    status.message == "EOF"
}

/// Says whether a watch has to restart: the API server no longer knows its start version.
fn is_expired(message: &str) -> bool {
    message.contains("too old resource version") || message.contains("resource version too old")
}

/// Title of a web page, formatted to follow its description.
fn title(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let title = text
        .split_once("<title>")
        .and_then(|(_, rest)| rest.split_once("</title>"))
        .map(|(title, _)| title.trim());
    match title {
        Some(title) if !title.is_empty() => {
            format!(
                " with the title `{}`",
                title.chars().take(SHOWN).collect::<String>()
            )
        }
        _ => String::new(),
    }
}

fn start_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    text.trim().chars().take(SHOWN).collect()
}

/// Object as from the API server: with its kind, which Argo Server omits.
pub(super) fn with_kind(object: Object, mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("apiVersion".to_owned(), "argoproj.io/v1alpha1".into());
        fields.insert("kind".to_owned(), object.kind().into());
    }
    answer
}

/// List of objects as from the API server.
pub(super) fn list(object: Object, mut answer: Value) -> Value {
    let items = match answer["items"].take() {
        Value::Array(items) => items,
        // The server writes null for an empty list.
        _ => Vec::new(),
    };
    let items: Vec<Value> = items
        .into_iter()
        .map(|item| with_kind(object, item))
        .collect();
    let mut metadata = answer["metadata"].take();
    if metadata.is_null() {
        metadata = json!({});
    }
    json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": format!("{}List", object.kind()),
        "metadata": metadata,
        "items": items,
    })
}

/// List with one object or none. A watch may continue from it.
pub(super) fn list_of(object: Object, found: Option<Value>) -> Value {
    let version = found
        .as_ref()
        .and_then(|found| found["metadata"]["resourceVersion"].as_str())
        .unwrap_or("0")
        .to_owned();
    let items: Vec<Value> = found.into_iter().collect();
    list(
        object,
        json!({"metadata": {"resourceVersion": version}, "items": items}),
    )
}

/// Content of a line in a stream of JSON lines or server-sent events.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A result.
    Result(Value),
    /// The stream ends with an error.
    Error(Box<Status>),
    /// No content: a sign of life, or the end.
    Nothing,
}

impl AnswerContext<'_> {
    /// Parses a line of a stream.
    pub(super) fn line(self, line: &str) -> Line {
        let text = line.strip_prefix("data:").unwrap_or(line).trim();
        // Comments, and event fields without content.
        if text.is_empty() || !text.starts_with('{') {
            return Line::Nothing;
        }
        let Ok(mut entry) = serde_json::from_str::<Value>(text) else {
            // The line is cut: the stream ends here.
            return Line::Nothing;
        };
        if entry["result"].is_object() {
            return Line::Result(entry["result"].take());
        }
        match self.refused(&entry) {
            Some(status) if is_end(&status) => Line::Nothing,
            Some(status) => Line::Error(Box::new(status)),
            None => Line::Nothing,
        }
    }
}

/// Change of an object as from the API server; none for a change of unknown kind.
pub(super) fn change(object: Object, line: Line) -> Option<Value> {
    match line {
        Line::Result(mut result) => {
            let kind = result["type"].as_str()?.to_owned();
            let whole = with_kind(object, result["object"].take());
            Some(json!({"type": kind, "object": whole}))
        }
        Line::Error(status) => {
            let mut status = serde_json::to_value(*status).ok()?;
            status["kind"] = "Status".into();
            status["apiVersion"] = "v1".into();
            Some(json!({"type": "ERROR", "object": status}))
        }
        Line::Nothing => None,
    }
}
