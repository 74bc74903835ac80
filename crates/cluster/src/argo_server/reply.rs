//! Answers of Argo Server, in the words of the Kubernetes API.

use http::{HeaderMap, StatusCode, header};
use kube::core::Status;
use serde_json::{Value, json};

use super::failure::ArgoServerError;
use crate::Object;

/// Codes of gRPC, which stand in the errors of the server (`google/rpc/code.proto`).
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
/// Most letters that are shown of an answer nobody expects.
const SHOWN: usize = 200;

/// Server that answered, and user who asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Between<'a> {
    /// Address of the server.
    pub(super) server: &'a str,
    /// Says whether a token was sent.
    pub(super) has_token: bool,
}

impl Between<'_> {
    /// Reads the answer to a request for JSON.
    ///
    /// # Errors
    ///
    /// The server refuses, or what answers is no Argo Server.
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

    /// The status of an answer that is a refusal.
    ///
    /// # Arguments
    ///
    /// * `answer`: The body as JSON; none if it is not.
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
        // What Go's server says where it expects TLS.
        if start_of(body).contains("HTTP request to an HTTPS server") {
            let cause = WITHOUT_TLS.to_owned();
            return ArgoServerError::Tls { server, cause }.status();
        }
        let cause = if answer.is_some_and(|answer| answer["kind"] == "Status") {
            "it is the API server of a Kubernetes cluster".to_owned()
        } else if status.is_redirection() {
            let place = text(header::LOCATION).unwrap_or("another address");
            // A login page has its secrets in the query.
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

    /// The status that an error of the server is, alone or within a stream; none if it is not one.
    pub(super) fn refused(self, answer: &Value) -> Option<Status> {
        let error = answer.get("error").filter(|error| error.is_object());
        let error = error.unwrap_or(answer);
        // Streams of older versions call it otherwise.
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
            // The server has one code for both (`server/utils/errors.go`).
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
            // What the cluster cannot store is told by its words.
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

/// Says whether a stream has ended as each watch of the API server does after a while
/// (`WatchWorkflows` in `server/workflow/workflow_server.go`).
pub(super) fn is_end(status: &Status) -> bool {
    status.message == "EOF"
}

/// Says whether a watch is to begin anew: the API server does not know its beginning any more.
fn is_expired(message: &str) -> bool {
    message.contains("too old resource version") || message.contains("resource version too old")
}

/// The title of a web page, to be put behind its name.
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

/// An object as the API server writes it: with its kind, which Argo Server leaves out.
pub(super) fn with_kind(object: Object, mut answer: Value) -> Value {
    if let Some(fields) = answer.as_object_mut() {
        fields.insert("apiVersion".to_owned(), "argoproj.io/v1alpha1".into());
        fields.insert("kind".to_owned(), object.kind().into());
    }
    answer
}

/// A list of objects as the API server writes it.
pub(super) fn list(object: Object, mut answer: Value) -> Value {
    let items = match answer["items"].take() {
        Value::Array(items) => items,
        // The server writes null where there are none.
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

/// A list with one object, or none. A watch may go on from it.
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

/// Content of a line of a stream: of JSON lines or of server-sent events.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A result.
    Result(Value),
    /// The stream ends with an error.
    Error(Box<Status>),
    /// The server lives, or is done.
    Nothing,
}

impl Between<'_> {
    /// Reads a line of a stream.
    pub(super) fn line(self, line: &str) -> Line {
        let text = line.strip_prefix("data:").unwrap_or(line).trim();
        // Comments and fields of events that say nothing.
        if text.is_empty() || !text.starts_with('{') {
            return Line::Nothing;
        }
        let Ok(mut entry) = serde_json::from_str::<Value>(text) else {
            // It was cut off: the stream ends here.
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

/// A change of an object as the API server writes it; none for one that is of no kind.
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
