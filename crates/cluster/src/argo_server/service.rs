//! Answers requests for the Kubernetes API like the API server, with the help of an Argo Server.

use std::convert::Infallible;

use bytes::Bytes;
use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::client::Body;
use kube::core::Status;

use super::connection::ArgoServer;
use super::failure::ArgoServerError;
use super::reply::{self, Line, change, list, list_of, with_kind};
use super::request::{Reply, translate};
use crate::Object;

/// Answer of the API server.
type Answer = Response<UnsyncBoxBody<Bytes, std::io::Error>>;

impl ArgoServer {
    /// Answers a request for the Kubernetes API like the API server.
    pub(super) async fn answer(&self, request: Request<Body>) -> Answer {
        let (parts, body) = request.into_parts();
        let answered = match body.collect_bytes().await {
            Ok(body) => self.pass_on(&parts.method, &parts.uri, &body).await,
            Err(error) => Err(self.unreachable(&error)),
        };
        answered.unwrap_or_else(|status| refusal(&status))
    }

    async fn pass_on(
        &self,
        method: &Method,
        uri: &http::Uri,
        body: &[u8],
    ) -> Result<Answer, Box<Status>> {
        let sent = translate(method, uri, body)
            .map_err(|cause| ArgoServerError::NotOffered { cause }.status())?;
        let (method, path) = (&sent.method, sent.path.as_str());
        let answer = match &sent.reply {
            Reply::Changes(object) => {
                let (object, server) = (*object, self.clone());
                let body = match self.stream(path).await {
                    Ok(body) => body,
                    // A watch of the API server ends, or reports an error inside of its stream.
                    Err(status) => return unwatched(*status),
                };
                let lines = body
                    .into_data_stream()
                    .map_err(std::io::Error::other)
                    .into_async_read()
                    .lines();
                let changes = lines.filter_map(move |line| {
                    let change = match line {
                        Ok(line) => {
                            let change = change(object, server.context().line(&line));
                            change.map(|change| Ok(format!("{change}\n")))
                        }
                        Err(error) => Some(Err(error)),
                    };
                    std::future::ready(change)
                });
                let frames = changes
                    .map_ok(|line| http_body::Frame::data(Bytes::from(line)))
                    .fuse();
                return Ok(Response::new(StreamBody::new(frames).boxed_unsync()));
            }
            Reply::One(object) => {
                let answer = self.ask(method, path, sent.body.as_ref()).await?;
                with_kind(*object, answer)
            }
            Reply::List(object) => list(*object, self.ask(method, path, None).await?),
            Reply::ListOfOne(object) => match self.ask(method, path, None).await {
                Ok(found) => list_of(*object, Some(found)),
                Err(status) if status.reason == "NotFound" => list_of(*object, None),
                Err(status) => return Err(status),
            },
            Reply::Done(uid) => {
                if let Some(uid) = uid {
                    // The server has no preconditions, so check the id of the object first.
                    let found = self.ask(&Method::GET, path, None).await?;
                    if found["metadata"]["uid"] != **uid {
                        let changed = "another object has this name";
                        return Err(Box::new(
                            Status::failure(changed, "Conflict").with_code(409),
                        ));
                    }
                }
                self.ask(method, path, None).await?;
                serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Success"})
            }
        };
        Ok(json(StatusCode::OK, answer.to_string()))
    }
}

/// Answer to a watch that cannot begin: if the object is gone or the version too old, the watch has to restart.
fn unwatched(status: Status) -> Result<Answer, Box<Status>> {
    if reply::is_end(&status) {
        return Ok(json(StatusCode::OK, String::new()));
    }
    if !matches!(status.reason.as_str(), "NotFound" | "Expired") {
        return Err(Box::new(status));
    }
    let expired = Status::failure(&status.message, "Expired").with_code(410);
    let line = change(Object::Workflow, Line::Error(Box::new(expired)));
    let line = line.map(|line| format!("{line}\n")).unwrap_or_default();
    Ok(json(StatusCode::OK, line))
}

fn refusal(status: &Status) -> Answer {
    let code = StatusCode::from_u16(status.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut body = serde_json::to_value(status).unwrap_or_default();
    body["kind"] = "Status".into();
    body["apiVersion"] = "v1".into();
    json(code, body.to_string())
}

fn json(code: StatusCode, text: String) -> Answer {
    let body = Full::new(Bytes::from(text)).map_err(|never: Infallible| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = code;
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        http::HeaderValue::from_static("application/json"),
    );
    response
}
