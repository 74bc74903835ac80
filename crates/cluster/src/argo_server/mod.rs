//! Argo Server as the way to a cluster, for users without a kubeconfig.
//!
//! This crate asks the Kubernetes API. Here a service stands in its place that asks the same of Argo Server's REST API and
//! answers as the API server would. So what this crate does is written once. What differs in kind has a file of its own:
//! [`action`], [`logs`].

pub(crate) mod action;
mod address;
mod failure;
mod greeting;
mod logs;
mod reply;
mod request;
mod token;

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use kube::Client;
use kube::client::Body;
use kube::config::{
    Cluster as ClusterEntry, Context, KubeConfigOptions, Kubeconfig, NamedCluster, NamedContext,
};
use kube::core::Status;
use serde_json::Value;

pub use address::{Address, AddressDefaults};
pub use failure::ArgoServerError;
pub use greeting::{ArgoServerGreeting, User};
pub(crate) use logs::Reading;
pub use token::Token;

use crate::connect::{CONNECT, SILENCE};
use crate::{Cluster, ClusterError, Object};
use reply::{Between, Line, change, list, list_of, with_kind};
use request::{Reply, translate};

type Answer = Response<UnsyncBoxBody<Bytes, std::io::Error>>;

/// Which Argo Server, and as whom.
#[derive(Debug, Clone)]
pub struct ArgoServerChoice {
    /// Where it is.
    pub address: Address,
    /// Who asks.
    pub token: Token,
    /// Whether any certificate will do.
    pub insecure_skip_verify: bool,
}

/// A connection to an Argo Server.
#[derive(Clone)]
pub(crate) struct ArgoServer {
    client: Client,
    token: Token,
    server: String,
}

impl Cluster {
    /// Finds the way through an Argo Server. Something is sent only where nothing says which namespace to use.
    ///
    /// # Arguments
    ///
    /// * `namespace`: The namespace; none for the one that the server manages, if it manages one alone.
    pub(crate) async fn through_argo_server(
        choice: &ArgoServerChoice,
        namespace: Option<String>,
    ) -> Result<Self, ClusterError> {
        let server = choice.address.as_str().to_owned();
        let client = client(choice).await?;
        Self::with_argo_server(client, choice.token.clone(), &server, namespace).await
    }

    /// A cluster behind an Argo Server that any client reaches; what tests use.
    pub async fn with_argo_server(
        client: Client,
        token: Token,
        server: &str,
        namespace: Option<String>,
    ) -> Result<Self, ClusterError> {
        let argo_server = ArgoServer {
            client,
            token,
            server: server.to_owned(),
        };
        let namespace = match namespace {
            Some(namespace) => namespace,
            None => argo_server.managed_namespace().await?.ok_or_else(|| {
                ArgoServerError::NoNamespace {
                    server: server.to_owned(),
                }
            })?,
        };
        let shared = Arc::new(argo_server.clone());
        let service = tower::service_fn(move |request: Request<Body>| {
            let server = Arc::clone(&shared);
            async move { Ok::<_, Infallible>(server.answer(request).await) }
        });
        Ok(Self {
            client: Client::new(service, namespace.clone()),
            server: server.to_owned(),
            namespace,
            context: None,
            argo_server: Some(argo_server),
        })
    }

    /// Whether an Argo Server is the way to the cluster.
    pub fn is_through_argo_server(&self) -> bool {
        self.argo_server.is_some()
    }
}

/// A client for an address: like that of a kubeconfig without a user, so that proxies count for it, too.
async fn client(choice: &ArgoServerChoice) -> Result<Client, ClusterError> {
    const NAME: &str = "argo-server";
    let server = choice.address.as_str();
    let kubeconfig = Kubeconfig {
        clusters: vec![NamedCluster {
            name: NAME.to_owned(),
            cluster: Some(ClusterEntry {
                server: Some(server.to_owned()),
                insecure_skip_tls_verify: Some(choice.insecure_skip_verify),
                ..ClusterEntry::default()
            }),
            ..NamedCluster::default()
        }],
        contexts: vec![NamedContext {
            name: NAME.to_owned(),
            context: Some(Context {
                cluster: NAME.to_owned(),
                ..Context::default()
            }),
            ..NamedContext::default()
        }],
        current_context: Some(NAME.to_owned()),
        ..Kubeconfig::default()
    };
    let broken = |error: &dyn std::error::Error| ArgoServerError::Unreachable {
        server: server.to_owned(),
        cause: innermost(error),
    };
    let mut config =
        kube::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default())
            .await
            .map_err(|error| broken(&error))?;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = Some(SILENCE);
    Ok(Client::try_from(config).map_err(|error| broken(&error))?)
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

impl ArgoServer {
    fn between(&self) -> Between<'_> {
        Between {
            server: &self.server,
            has_token: !self.token.is_missing(),
        }
    }

    /// Asks for JSON.
    ///
    /// # Errors
    ///
    /// A status as the API server would give it, or one that carries an [`ArgoServerError`].
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
        self.between().read(parts.status, &parts.headers, &bytes)
    }

    /// Asks for a stream of results.
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
        // An error is an event of the stream that there is not.
        let text = bytes.strip_prefix(b"data:").unwrap_or(&bytes);
        let answer: Option<Value> = serde_json::from_slice(text).ok();
        let between = self.between();
        Err(Box::new(between.refusal(
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
    fn unreachable(&self, error: &dyn std::error::Error) -> Box<Status> {
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

    /// Answers a request for the Kubernetes API as the API server would.
    async fn answer(&self, request: Request<Body>) -> Answer {
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
                    // A watch of the API server ends, or says so within its stream.
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
                            let change = change(object, server.between().line(&line));
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
                    // The server does not know conditions: what has the name is looked at first.
                    let there = self.ask(&Method::GET, path, None).await?;
                    if there["metadata"]["uid"] != **uid {
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

/// What a watch is that does not begin: where the object is gone, or the version too old, it is to begin anew.
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
