//! A watch through failing connections, with a fake API server.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::future::Future;

use argo::status::Phase;
use cluster::{Cluster, ClusterError, Update};
use futures::{Stream, StreamExt};
use http::{Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tower_test::mock::{Handle, SendResponse};

type Server = Handle<Request<Body>, Response<Body>>;

type Updates = std::pin::Pin<Box<dyn Stream<Item = Result<Update, ClusterError>>>>;

/// Runs a fake API server while a watch is read.
fn play<A, R>(server: impl FnOnce(Server) -> A, read: impl FnOnce(Updates) -> R)
where
    A: Future<Output = ()> + Send + 'static,
    R: Future<Output = ()>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (service, handle) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
        let cluster = Cluster::with_client(Client::new(service, "default"), "argo");
        let api = tokio::spawn(server(handle));
        read(Box::pin(cluster.watch("run-1"))).await;
        api.await.unwrap();
    });
}

struct Asked {
    query: String,
    send: SendResponse<Response<Body>>,
}

async fn next(server: &mut Server) -> Asked {
    let (request, send) = server.next_request().await.expect("a request");
    assert_eq!(
        request.uri().path(),
        "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows"
    );
    let query = request.uri().query().unwrap_or_default().to_owned();
    assert!(query.contains("metadata.name%3Drun-1"), "{query}");
    Asked { query, send }
}

impl Asked {
    fn is_watch_from(&self, version: &str) -> bool {
        self.query.contains("watch=true")
            && self.query.contains(&format!("resourceVersion={version}"))
    }

    fn answer(self, code: StatusCode, body: &str) {
        let response = Response::builder()
            .status(code)
            .body(Body::from(body.as_bytes().to_vec()))
            .unwrap();
        self.send.send_response(response);
    }

    /// Sends the list with one active run, at version 5.
    fn runs(self) {
        self.list(&[workflow("Running", "5")], "5");
    }

    fn list(self, items: &[Value], version: &str) {
        let body = json!({"apiVersion": "v1", "kind": "List",
            "metadata": {"resourceVersion": version}, "items": items});
        self.answer(StatusCode::OK, &body.to_string());
    }

    fn events(self, events: &[Value]) {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        self.answer(StatusCode::OK, &lines);
    }
}

fn workflow(phase: &str, version: &str) -> Value {
    json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": "run-1", "namespace": "argo", "resourceVersion": version},
        "status": {"phase": phase, "nodes": {}}})
}

fn event(kind: &str, object: &Value) -> Value {
    json!({"type": kind, "object": object})
}

fn failure(code: u16, reason: &str, message: &str) -> String {
    json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
        "reason": reason, "message": message})
    .to_string()
}

fn phase(update: Option<Result<Update, ClusterError>>) -> String {
    match update {
        Some(Ok(Update::Status(observed))) => observed
            .status
            .phase
            .map_or("none", Phase::as_str)
            .to_owned(),
        Some(Ok(Update::Gone)) => "gone".to_owned(),
        Some(Ok(Update::Trouble(error))) => format!("trouble: {error}"),
        Some(Err(error)) => format!("error: {error}"),
        None => "end".to_owned(),
    }
}

#[test]
fn a_watch_that_is_cut_goes_on_from_the_last_version_it_saw() {
    play(
        |mut server| async move {
            next(&mut server).await.runs();
            let watch = next(&mut server).await;
            assert!(watch.is_watch_from("5"), "{}", watch.query);
            // The answer ends in the middle of a line.
            watch.answer(
                StatusCode::OK,
                &format!(
                    "{}\n{{\"type\":\"MODI",
                    event("MODIFIED", &workflow("Running", "7"))
                ),
            );
            let watch = next(&mut server).await;
            assert!(watch.is_watch_from("7"), "{}", watch.query);
            watch.events(&[event("MODIFIED", &workflow("Succeeded", "9"))]);
        },
        |mut updates| async move {
            assert_eq!(phase(updates.next().await), "Running");
            assert_eq!(phase(updates.next().await), "Running");
            let mut last = phase(updates.next().await);
            if last.starts_with("trouble") {
                last = phase(updates.next().await);
            }
            assert_eq!(last, "Succeeded");
        },
    );
}

#[test]
fn a_version_that_the_server_has_forgotten_is_listed_anew() {
    play(
        |mut server| async move {
            next(&mut server).await.runs();
            let gone: Value =
                serde_json::from_str(&failure(410, "Expired", "too old resource version")).unwrap();
            next(&mut server).await.events(&[event("ERROR", &gone)]);
            let list = next(&mut server).await;
            assert!(!list.query.contains("watch=true"), "{}", list.query);
            list.list(&[workflow("Succeeded", "90")], "90");
        },
        |mut updates| async move {
            assert_eq!(phase(updates.next().await), "Running");
            assert_eq!(phase(updates.next().await), "Succeeded");
        },
    );
}

#[test]
fn a_server_that_fails_for_a_while_is_trouble_and_then_answers_again() {
    play(
        |mut server| async move {
            for _ in 0..3 {
                next(&mut server).await.answer(
                    StatusCode::SERVICE_UNAVAILABLE,
                    &failure(503, "ServiceUnavailable", "apiserver is shutting down"),
                );
            }
            next(&mut server).await.runs();
        },
        |mut updates| async move {
            for _ in 0..3 {
                let update = phase(updates.next().await);
                assert!(update.starts_with("trouble: "), "{update}");
                assert!(update.contains("shutting down"), "{update}");
            }
            assert_eq!(phase(updates.next().await), "Running");
        },
    );
}

#[test]
fn what_will_not_go_away_by_itself_ends_the_watch() {
    for (code, reason, words) in [
        (403, "Forbidden", "you may not watch workflows.argoproj.io"),
        (401, "Unauthorized", "does not know who you are"),
        (404, "NotFound", "does not have Argo Workflows"),
    ] {
        play(
            |mut server| async move {
                let message = match code {
                    403 => "workflows is forbidden: User \"x\" cannot list resource",
                    404 => "the server could not find the requested resource",
                    _ => "Unauthorized",
                };
                let answer = failure(code, reason, message);
                let code = StatusCode::from_u16(code).unwrap();
                next(&mut server).await.answer(code, &answer);
            },
            |mut updates| async move {
                let update = phase(updates.next().await);
                assert!(
                    update.starts_with("error: ") && update.contains(words),
                    "{update}"
                );
                assert_eq!(phase(updates.next().await), "end");
            },
        );
    }
}

#[test]
fn a_workflow_that_is_deleted_or_was_never_there_is_gone() {
    play(
        |mut server| async move {
            next(&mut server).await.runs();
            next(&mut server)
                .await
                .events(&[event("DELETED", &workflow("Running", "6"))]);
        },
        |mut updates| async move {
            assert_eq!(phase(updates.next().await), "Running");
            assert_eq!(phase(updates.next().await), "gone");
        },
    );
    play(
        |mut server| async move { next(&mut server).await.list(&[], "5") },
        |mut updates| async move { assert_eq!(phase(updates.next().await), "gone") },
    );
}

#[test]
fn a_status_that_cannot_be_read_is_said() {
    play(
        |mut server| async move {
            let mut broken = workflow("Running", "5");
            broken["status"]["compressedNodes"] = json!("%%%");
            next(&mut server).await.list(&[broken], "5");
        },
        |mut updates| async move {
            let update = phase(updates.next().await);
            assert!(update.contains("cannot decompress"), "{update}");
        },
    );
    play(
        |mut server| async move {
            let unknown = workflow("Done", "5");
            next(&mut server).await.list(&[unknown], "5");
        },
        |mut updates| async move {
            let update = phase(updates.next().await);
            assert!(update.contains("`Done` is no phase"), "{update}");
            assert_eq!(phase(updates.next().await), "end", "nothing else can come");
        },
    );
}

async fn next_for_pods(server: &mut Server) -> Asked {
    let (request, send) = server.next_request().await.expect("a request for pods");
    assert_eq!(request.uri().path(), "/api/v1/namespaces/argo/pods");
    let query = request.uri().query().unwrap_or_default().to_owned();
    Asked { query, send }
}

fn off_loaded(phase: &str) -> Value {
    let mut run = workflow(phase, "5");
    run["status"]["offloadNodeStatusVersion"] = json!("fnv:1");
    run
}

#[test]
fn tasks_that_are_off_loaded_are_known_by_their_pods() {
    play(
        |mut server| async move {
            next(&mut server).await.list(&[off_loaded("Running")], "5");
            let pod = json!({"metadata": {"name": "p", "annotations": {
                "workflows.argoproj.io/node-id": "n", "workflows.argoproj.io/node-name": "run-1.a"}},
                "status": {"phase": "Running"}});
            next_for_pods(&mut server).await.list(&[pod], "6");
        },
        |mut updates| async move {
            let Some(Ok(Update::Status(observed))) = updates.next().await else {
                panic!("no status");
            };
            assert_eq!(observed.status.nodes["n"].phase, Phase::Running);
        },
    );
}

#[test]
fn the_last_status_of_an_off_loaded_run_is_not_lost_with_one_answer() {
    play(
        |mut server| async move {
            next(&mut server)
                .await
                .list(&[off_loaded("Succeeded")], "5");
            next_for_pods(&mut server).await.answer(
                StatusCode::SERVICE_UNAVAILABLE,
                &failure(503, "ServiceUnavailable", "apiserver is shutting down"),
            );
            next_for_pods(&mut server).await.list(&[], "6");
        },
        |mut updates| async move { assert_eq!(phase(updates.next().await), "Succeeded") },
    );
}
