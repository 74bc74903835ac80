//! Output through failing connections and restarting containers, with a fake API server.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use cluster::{Cluster, ClusterError, LogOptions, LogUpdate};
use http::{Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

/// Answer to a request for a log or a pod.
struct Answer {
    /// Text in the path and query of the request.
    asked: &'static str,
    code: u16,
    body: String,
    /// Set if the connection breaks after the body.
    is_cut: bool,
}

fn log(asked: &'static str, lines: &[&str]) -> Answer {
    let body = lines.iter().map(|line| format!("{line}\n")).collect();
    Answer {
        asked,
        code: 200,
        body,
        is_cut: false,
    }
}

/// Log whose connection breaks after these lines.
fn cut_log(asked: &'static str, lines: &[&str]) -> Answer {
    Answer {
        is_cut: true,
        ..log(asked, lines)
    }
}

fn pod_is(state: &Value, restarts: i32) -> Answer {
    let body = pod(state, restarts).to_string();
    Answer {
        asked: "/pods/pod-1",
        code: 200,
        body,
        is_cut: false,
    }
}

fn refused(asked: &'static str, code: u16, message: &str) -> Answer {
    let body = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code,
        "reason": "", "message": message});
    Answer {
        asked,
        code,
        body: body.to_string(),
        is_cut: false,
    }
}

/// Pod with a state of its container `main`.
fn pod(state: &Value, restarts: i32) -> Value {
    let ended_before = restarts > 0 || state.get("waiting").is_some();
    let last = if ended_before { ended(3) } else { json!({}) };
    json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "pod-1", "namespace": "argo", "resourceVersion": "2",
            "annotations": {"workflows.argoproj.io/node-name": "run-1.train"}},
        "spec": {"restartPolicy": "OnFailure", "containers": [{"name": "main"}, {"name": "wait"}]},
        "status": {"phase": "Running", "containerStatuses": [
            {"name": "main", "image": "", "imageID": "", "ready": true,
                "restartCount": restarts, "state": state, "lastState": last}]}})
}

/// Way to read output.
#[derive(Clone, Copy, PartialEq)]
enum How {
    ByNow,
    /// Until the run is over, which is after the last answer.
    Follow,
    /// For a run that is already over.
    FollowEnded,
    /// For a run that is already over, and whose pods the API server does not list.
    FollowUnlisted,
}

fn body_of(text: String, is_cut: bool) -> UnsyncBoxBody<Bytes, std::io::Error> {
    let end = is_cut.then(|| Err(std::io::Error::other("connection reset")));
    let frames = std::iter::once(Ok(Frame::data(Bytes::from(text)))).chain(end);
    StreamBody::new(futures::stream::iter(frames)).boxed_unsync()
}

/// Reads output, and returns lines, notes in brackets, and the result.
fn read(
    how: How,
    options: &LogOptions,
    restarts: i32,
    answers: Vec<Answer>,
) -> (Vec<String>, Result<(), ClusterError>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (service, mut handle) = tower_test::mock::pair::<
            Request<Body>,
            Response<UnsyncBoxBody<Bytes, std::io::Error>>,
        >();
        let cluster = Cluster::with_client(Client::new(service, "default"), "argo");
        let mut answers = VecDeque::from(answers);
        let (done, is_done) = tokio::sync::oneshot::channel();
        let server = tokio::spawn(async move {
            let mut done = Some(done);
            // Watches that stay open without news.
            let mut quiet = Vec::new();
            while let Some((request, send)) = handle.next_request().await {
                let asked = request.uri().to_string();
                if asked.contains("watch=true") {
                    quiet.push(send);
                    continue;
                }
                let (code, body, is_cut) = if how == How::FollowUnlisted {
                    let unlisted = refused("", 503, "the server is away");
                    (unlisted.code, unlisted.body, false)
                } else if asked.contains("labelSelector") {
                    let list = json!({"apiVersion": "v1", "kind": "PodList",
                        "metadata": {"resourceVersion": "1"},
                        "items": [pod(&json!({"running": {}}), restarts)]});
                    (200, list.to_string(), false)
                } else {
                    let answer = answers.pop_front().expect("no more is asked for");
                    let path = asked.split('?').next().unwrap().to_owned();
                    assert!(
                        asked.contains(answer.asked),
                        "{asked} is not {}",
                        answer.asked
                    );
                    assert_eq!(
                        path.ends_with("/log"),
                        !answer.asked.starts_with('/'),
                        "{asked}"
                    );
                    (answer.code, answer.body, answer.is_cut)
                };
                let response = Response::builder()
                    .status(StatusCode::from_u16(code).unwrap())
                    .body(body_of(body, is_cut))
                    .unwrap();
                send.send_response(response);
                if answers.is_empty() {
                    let _ = done.take().map(|done| done.send(()));
                }
            }
            assert!(answers.is_empty(), "{} was not asked for", answers[0].asked);
        });
        let (sender, mut updates) = unbounded_channel();
        // Without an answer of the server, output is awaited for ever.
        let reading = async {
            if how == How::ByNow {
                let read = cluster.logs("run-1", options, |_| true, &sender).await;
                read.map(|read| assert_eq!(read.len(), 1))
            } else {
                let over = async {
                    if how == How::Follow {
                        let _ = is_done.await;
                    }
                };
                cluster
                    .follow_logs("run-1", options, |_| true, &sender, over)
                    .await
            }
        };
        let result = tokio::time::timeout(Duration::from_secs(3600), reading)
            .await
            .expect("an end");
        drop((cluster, sender));
        server.await.unwrap();
        let mut seen = Vec::new();
        while let Some(update) = updates.recv().await {
            seen.push(match update {
                LogUpdate::Line { pod, line } => {
                    assert_eq!(pod.path, "run-1.train");
                    line
                }
                LogUpdate::Note { text, .. } => format!("({text})"),
            });
        }
        (seen, result)
    })
}

fn ended(code: i32) -> Value {
    json!({"terminated": {"exitCode": code}})
}

const ONE: &str = "2026-01-01T00:00:01.5Z one";
const TWO: &str = "2026-01-01T00:00:02.5Z two";
const THREE: &str = "2026-01-01T00:00:03.5Z three";

#[test]
fn a_stream_that_is_cut_is_taken_up_after_the_last_line() {
    let running = json!({"running": {}});
    let (seen, result) = read(
        How::Follow,
        &LogOptions::default(),
        0,
        vec![
            log("follow=true", &[ONE, TWO]),
            pod_is(&running, 0),
            // The server repeats the whole second.
            log("sinceTime=2026-01-01T00%3A00%3A02Z", &[TWO]),
            refused("/pods/pod-1", 503, "apiserver is shutting down"),
            refused("sinceTime=", 500, "the kubelet does not answer"),
            pod_is(&running, 0),
            log("sinceTime=2026-01-01T00%3A00%3A02Z", &[TWO, THREE]),
            pod_is(&ended(0), 0),
        ],
    );
    assert_eq!(seen, ["one", "two", "three"]);
    result.unwrap();
}

#[test]
fn a_container_that_is_started_again_is_followed() {
    let (seen, result) = read(
        How::Follow,
        &LogOptions::default(),
        0,
        vec![
            log("follow=true", &[ONE]),
            // The container ended, waits for its restart, and runs again.
            pod_is(&ended(3), 0),
            pod_is(&json!({"waiting": {"reason": "CrashLoopBackOff"}}), 0),
            pod_is(&json!({"running": {}}), 1),
            // The last lines of the earlier instance were missed.
            log("previous=true", &[ONE, TWO]),
            log("follow=true", &["2026-01-01T00:00:05Z again"]),
            pod_is(&ended(0), 1),
        ],
    );
    let note = "(its container was started again after exit code 3)";
    assert_eq!(seen, ["one", "two", note, "again"]);
    result.unwrap();
}

#[test]
fn what_the_instance_before_wrote_comes_first_where_it_is_still_there() {
    let now = log("container=main", &[THREE]);
    let before = log("previous=true", &[ONE, TWO]);
    let (seen, result) = read(How::ByNow, &LogOptions::default(), 1, vec![before, now]);
    assert_eq!(seen, ["one", "two", "three"]);
    result.unwrap();
    let (seen, result) = read(
        How::ByNow,
        &LogOptions::default(),
        1,
        vec![
            refused(
                "previous=true",
                400,
                "previous terminated container not found",
            ),
            log(
                "container=main",
                &["unable to retrieve container logs for containerd://1"],
            ),
        ],
    );
    assert_eq!(seen, ["(its output no longer exists)"]);
    result.unwrap();
}

#[test]
fn a_tail_counts_the_lines_of_the_user() {
    let executors = [
        "2026-01-01T00:00:04Z time=now level=INFO msg=\"sub-process exited\" argo=true",
        "2026-01-01T00:00:04Z time=now level=INFO msg=\"saving parameter\" argo=true",
    ];
    let lines = [&[ONE, TWO, THREE], &executors[..]].concat();
    let (tail, all) = (Some(2), None);
    for (tail, asked, expected) in [
        // The request adds the maximum number of executor lines.
        (tail, "tailLines=18", &["two", "three"][..]),
        (all, "container=main", &["one", "two", "three"]),
    ] {
        let options = LogOptions {
            tail,
            ..LogOptions::default()
        };
        let (seen, result) = read(How::ByNow, &options, 0, vec![log(asked, &lines)]);
        assert_eq!(seen, expected);
        result.unwrap();
    }
}

#[test]
fn a_container_that_has_not_started_is_no_refused_manifest() {
    let waiting = "container \"main\" in pod \"pod-1\" is waiting to start: PodInitializing";
    let answer = refused("container=main", 400, waiting);
    let (seen, result) = read(How::ByNow, &LogOptions::default(), 0, vec![answer]);
    assert_eq!(seen, ["(its container has not started)"]);
    result.unwrap();
}

#[test]
fn lines_that_a_broken_connection_loses_are_missed() {
    let answers = vec![cut_log("container=main", &[ONE])];
    let (seen, result) = read(How::ByNow, &LogOptions::default(), 0, answers);
    assert_eq!(seen[0], "one");
    assert!(
        seen[1].starts_with("(lines of its output are missing: "),
        "{seen:?}"
    );
    result.unwrap();
}

#[test]
fn pods_that_are_not_listed_at_the_end_are_missed() {
    let (seen, result) = read(How::FollowUnlisted, &LogOptions::default(), 0, Vec::new());
    assert!(seen.is_empty(), "{seen:?}");
    let error = result.unwrap_err().to_string();
    assert!(error.contains("the server is away"), "{error}");
}

#[test]
fn what_will_not_go_away_by_itself_ends_the_following() {
    let forbidden = "pods \"pod-1\" is forbidden: User \"x\" cannot get resource \"pods/log\"";
    for how in [How::Follow, How::ByNow] {
        let answer = refused("container=main", 403, forbidden);
        let (seen, result) = read(how, &LogOptions::default(), 0, vec![answer]);
        assert!(seen.is_empty(), "{seen:?}");
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "you may not get pods/log in the namespace `argo`");
    }
}

#[test]
fn a_pod_that_is_gone_is_said_to_be() {
    for how in [How::Follow, How::ByNow] {
        let answer = refused("container=main", 404, "pods \"pod-1\" not found");
        let (seen, result) = read(how, &LogOptions::default(), 0, vec![answer]);
        assert_eq!(
            seen,
            ["(its pod no longer exists, and neither does its output)"]
        );
        result.unwrap();
    }
}

#[test]
fn a_container_that_no_pod_has_is_an_error_that_names_those_there_are() {
    let container = Some("mian".to_owned());
    let options = LogOptions {
        container,
        ..LogOptions::default()
    };
    let (seen, result) = read(How::ByNow, &options, 0, Vec::new());
    assert!(seen.is_empty(), "{seen:?}");
    let Err(ClusterError::NoContainer { name, candidates }) = result else {
        panic!("{result:?}");
    };
    assert_eq!(
        (&*name, candidates.join(" ")),
        ("mian", "main wait".to_owned())
    );
}

#[test]
fn the_output_of_a_run_that_is_over_is_not_passed_over() {
    let ended_log = log("follow=true", &[ONE, TWO]);
    let (seen, result) = read(
        How::FollowEnded,
        &LogOptions::default(),
        0,
        vec![ended_log, pod_is(&ended(0), 0)],
    );
    assert_eq!(seen, ["one", "two"]);
    result.unwrap();
}
