//! The way through an Argo Server, with recorded answers of a real one (`argo server` of Argo Workflows 4.1.2) in
//! `tests/argo_server`, and with answers of other servers.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop")]

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use argo::status::waits::NodeSelector;
use cluster::{
    ArgoServerError, Cluster, ClusterError, DryRun, LogOptions, LogUpdate, Object, RetryOptions,
    Shutdown, Token, Update,
};
use futures::StreamExt;
use http::{Request, Response};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

const SERVER: &str = "https://argo.test";

/// An answer of a server.
#[derive(Clone)]
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

/// Recorded answer with a name.
fn recorded(name: &str) -> Answer {
    let file = format!(
        "{}/tests/argo_server/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    let text = std::fs::read_to_string(&file).expect("a recording");
    let recorded: Value = serde_json::from_str(&text).unwrap();
    let body = match &recorded["body"] {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Answer {
        status: u16::try_from(recorded["status"].as_u64().unwrap()).unwrap(),
        headers: vec![(
            "content-type",
            recorded["type"].as_str().unwrap().to_owned(),
        )],
        body,
    }
}

fn made_up(status: u16, headers: &[(&'static str, &str)], body: &str) -> Answer {
    Answer {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        body: body.to_owned(),
    }
}

fn json_of(body: &Value) -> Answer {
    made_up(
        200,
        &[("content-type", "application/json")],
        &body.to_string(),
    )
}

/// Requests to a server: method, path and body.
type Heard = Arc<Mutex<Vec<String>>>;

/// Cluster behind an Argo Server that gives these answers in order.
async fn cluster(token: Token, answers: Vec<Answer>) -> (Cluster, Heard) {
    let heard = Heard::default();
    let asked = Arc::clone(&heard);
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let service = tower::service_fn(move |request: Request<Body>| {
        let (asked, answers) = (Arc::clone(&asked), Arc::clone(&answers));
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let line = format!(
                "{} {} {}",
                parts.method,
                parts.uri,
                String::from_utf8_lossy(&body)
            );
            asked.lock().unwrap().push(line.trim().to_owned());
            let answer = answers.lock().unwrap().pop_front().expect("an answer");
            let mut response = Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            let body = Body::from(answer.body.into_bytes());
            Ok::<_, Infallible>(response.body(body).unwrap())
        }
    });
    let client = Client::new(service, "default");
    let namespace = Some("argo".to_owned());
    let cluster = Cluster::with_argo_server(client, token, SERVER, namespace);
    (cluster.await.unwrap(), heard)
}

fn token() -> Token {
    Token::Text("geheim".to_owned())
}

async fn read(answer: Answer, object: Object) -> Result<Option<Value>, ClusterError> {
    let (cluster, _) = cluster(token(), vec![answer]).await;
    cluster.read(object, "nonesuch").await
}

#[tokio::test]
async fn an_object_that_is_not_there_is_none() {
    let found = read(recorded("not_found"), Object::Workflow).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn a_workflow_is_read_as_the_api_server_has_it() {
    let found = read(recorded("workflow"), Object::Workflow).await.unwrap();
    let found = found.unwrap();
    assert_eq!(found["kind"], "Workflow");
    assert_eq!(found["status"]["phase"], "Succeeded");
    assert_eq!(found["status"]["nodes"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn a_list_of_nothing_is_empty() {
    let (cluster, heard) = cluster(token(), vec![recorded("empty_list")]).await;
    assert_eq!(cluster.list().await.unwrap(), Vec::<Value>::new());
    let heard = heard.lock().unwrap();
    assert!(
        heard[0].contains("/api/v1/workflows/argo?listOptions.labelSelector="),
        "{heard:?}"
    );
}

#[tokio::test]
async fn who_may_not_do_something_hears_what() {
    for (name, object, verb, resource) in [
        (
            "may_not_get",
            Object::Workflow,
            "get",
            "workflows.argoproj.io",
        ),
        // The server's message has no more details.
        (
            "may_not_get_template",
            Object::WorkflowTemplate,
            "get",
            "workflowtemplates.argoproj.io",
        ),
    ] {
        let error = read(recorded(name), object).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("you may not {verb} {resource} in the namespace `argo`")
        );
    }
    let (one, _) = cluster(token(), vec![recorded("may_not_list")]).await;
    let error = one.list().await.unwrap_err().to_string();
    assert!(
        error.contains("may not list workflows.argoproj.io"),
        "{error}"
    );
    let (one, _) = cluster(token(), vec![recorded("may_not_create")]).await;
    let made = one.create(Object::Workflow, &json!({}), DryRun::No).await;
    assert!(
        matches!(made, Err(ClusterError::Forbidden { .. })),
        "{made:?}"
    );
    let (one, _) = cluster(
        token(),
        vec![recorded("not_found"), recorded("may_not_watch")],
    )
    .await;
    let mut updates = Box::pin(one.watch("x"));
    assert!(matches!(updates.next().await, Some(Ok(Update::Gone))));
    let refused = updates.next().await;
    assert!(matches!(refused, Some(Err(ClusterError::Forbidden { .. }))));
}

#[tokio::test]
async fn a_name_that_is_taken_and_a_version_that_is_old_are_told_apart() {
    let (one, _) = cluster(token(), vec![recorded("exists")]).await;
    let manifest = json!({"metadata": {"name": "two-xsfwk"}});
    let made = one.create(Object::Workflow, &manifest, DryRun::No).await;
    assert!(matches!(made, Err(ClusterError::AlreadyExists { name, .. }) if name == "two-xsfwk"));
    let (one, _) = cluster(token(), vec![recorded("conflict")]).await;
    let there = json!({"metadata": {"name": "t"}, "spec": {"entrypoint": "a"}});
    let compared = cluster::Comparison::new(Some(there), &manifest, true);
    let changed = one
        .deploy(
            Object::WorkflowTemplate,
            &compared.object(&manifest).unwrap(),
            &compared,
            DryRun::No,
        )
        .await;
    assert!(
        matches!(changed, Err(ClusterError::Conflict { .. })),
        "{changed:?}"
    );
    let (one, _) = cluster(token(), vec![recorded("invalid_name")]).await;
    let made = one.create(Object::Workflow, &manifest, DryRun::No).await;
    assert!(matches!(made, Err(ClusterError::Invalid(_))), "{made:?}");
}

#[tokio::test]
async fn what_answers_and_is_no_argo_server_is_named() {
    let page = "<!doctype html><html><title>Sign in</title></html>";
    let html = [("content-type", "text/html")];
    let of_kubernetes = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 404,
        "reason": "NotFound", "message": "the server could not find the requested resource"});
    let login = [("location", "https://login.test/start?rd=planted")];
    for (answer, said) in [
        (recorded("web_page"), "a web page (200 OK)"),
        (
            made_up(403, &html, page),
            "a web page with the title `Sign in` (403 Forbidden)",
        ),
        (
            made_up(302, &login, ""),
            "it sends us to https://login.test/start (302 Found)",
        ),
        (
            made_up(404, &[], &of_kubernetes.to_string()),
            "the API server of a Kubernetes cluster",
        ),
        (
            made_up(404, &[], "404 page not found\n"),
            "404 page not found",
        ),
        (made_up(200, &[], "hello"), "not JSON"),
        (
            made_up(
                400,
                &[],
                "Client sent an HTTP request to an HTTPS server.\n",
            ),
            "it uses TLS",
        ),
        (
            recorded("not_implemented"),
            "of another version: Not Implemented",
        ),
    ] {
        let error = read(answer, Object::Workflow)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(said), "{said}: {error}");
        assert!(!error.contains("planted"), "{error}");
    }
    let error = read(made_up(502, &html, page), Object::Workflow).await;
    assert!(matches!(
        error,
        Err(ClusterError::ArgoServer(
            ArgoServerError::Unreachable { .. }
        ))
    ));
}

#[tokio::test]
async fn a_token_that_is_missing_is_told_from_one_that_is_refused() {
    let (one, _) = cluster(Token::Missing, vec![recorded("no_token")]).await;
    let error = one.list().await.unwrap_err();
    assert!(error.to_string().contains("needs a token"), "{error}");
    let error = read(recorded("refused_token"), Object::Workflow).await;
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("does not accept the token: Unauthorized"),
        "{error}"
    );
    assert!(!error.contains("geheim"), "{error}");
    let missing = Token::File("/no/such/token".into());
    let (one, heard) = cluster(missing, Vec::new()).await;
    let error = one.list().await.unwrap_err().to_string();
    assert!(error.contains("/no/such/token"), "{error}");
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_watch_goes_on_over_its_ends_and_begins_anew_where_its_version_is_too_old() {
    let answers = vec![
        recorded("workflow"),
        recorded("watch_ends"),
        recorded("events"),
        recorded("too_old"),
        recorded("not_found"),
    ];
    let (one, heard) = cluster(token(), answers).await;
    let updates = one.watch("two-xsfwk").take(5);
    let phases: Vec<String> = updates
        .map(|update| match update.unwrap() {
            Update::Status(observed) => observed.status.phase.unwrap().to_string(),
            Update::Gone => "gone".to_owned(),
            Update::Trouble(error) => error.to_string(),
        })
        .collect()
        .await;
    assert_eq!(
        phases,
        ["Succeeded", "Running", "Running", "Succeeded", "gone"]
    );
    let heard = heard.lock().unwrap();
    // An object that has not changed for long has a version too old for a watch.
    assert!(!heard[1].contains("resourceVersion"), "{heard:?}");
}

#[tokio::test]
async fn a_run_is_ended_suspended_and_resumed_by_the_server() {
    let running = |spec: &Value| {
        json_of(&json!({"metadata": {"name": "a"}, "spec": spec, "status": {"phase": "Running"}}))
    };
    let suspended = json!({"suspend": true});
    let answers = vec![
        running(&suspended),
        running(&suspended),
        running(&json!({})),
    ];
    let (one, heard) = cluster(token(), answers).await;
    one.shut_down("a", Shutdown::Stop).await.unwrap();
    let answers = vec![
        running(&json!({})),
        running(&suspended),
        running(&suspended),
        running(&json!({})),
        running(&json!({})),
    ];
    let (other, more) = cluster(token(), answers).await;
    other.suspend("a").await.unwrap();
    assert!(other.resume("a", None, &[]).await.unwrap());
    assert!(!other.resume("a", None, &[]).await.unwrap());
    let asked: Vec<String> = [heard, more]
        .iter()
        .flat_map(|heard| heard.lock().unwrap().clone())
        .filter(|line| line.starts_with("PUT"))
        .collect();
    let put = |word: &str| {
        format!(r#"PUT /api/v1/workflows/argo/a/{word} {{"name":"a","namespace":"argo"}}"#)
    };
    // A controller ignores a suspended schedule or Workflow, and would never end it.
    assert_eq!(
        asked,
        [put("stop"), put("resume"), put("suspend"), put("resume")]
    );
}

#[tokio::test]
async fn one_task_that_waits_goes_on_or_fails_by_the_server() {
    let waits = json_of(&json!({
        "metadata": {"name": "a"}, "spec": {},
        "status": {"phase": "Running", "nodes": {"a-1": {
            "id": "a-1", "name": "a.ask", "displayName": "ask", "type": "Suspend", "phase": "Running",
            "outputs": {"parameters": [{"name": "answer", "valueFrom": {"supplied": {}}}]},
        }}},
    }));
    let (cluster, heard) = cluster(token(), vec![waits; 5]).await;
    let which = NodeSelector::read(&["ask".to_owned()], "").unwrap();
    let given = [("answer".to_owned(), "yes".to_owned())];
    assert!(cluster.resume("a", Some(&which), &given).await.unwrap());
    assert!(cluster.refuse("a", &which, "no").await.unwrap());
    let asked = heard.lock().unwrap().clone();
    let asked: Vec<&String> = asked
        .iter()
        .filter(|line| line.starts_with("PUT"))
        .collect();
    let put = |word: &str, rest: &str| {
        format!(
            r#"PUT /api/v1/workflows/argo/a/{word} {{"name":"a","namespace":"argo","nodeFieldSelector":"id=a-1"{rest}}}"#
        )
    };
    let outputs = r#","outputParameters":"{\"answer\":\"yes\"}""#;
    assert_eq!(
        asked,
        [
            &put("set", outputs),
            &put("resume", ""),
            &put("stop", r#","message":"no""#)
        ]
    );
}

#[tokio::test]
async fn a_run_that_has_ended_is_neither_stopped_nor_asked_about() {
    let (one, heard) = cluster(token(), vec![recorded("workflow")]).await;
    let error = one.shut_down("two-xsfwk", Shutdown::Terminate).await;
    assert!(
        error
            .unwrap_err()
            .to_string()
            .contains("has ended (Succeeded)")
    );
    assert_eq!(heard.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_task_that_succeeded_runs_again_by_a_selector() {
    let answers = vec![recorded("workflow"), recorded("workflow")];
    let (one, heard) = cluster(token(), answers).await;
    let options = RetryOptions {
        again: ["two-xsfwk-3861171902".to_owned()].into(),
        parameters: vec![("depth".to_owned(), "2".to_owned())],
        ..RetryOptions::default()
    };
    let now = "2026-11-27T14:00:00Z".parse().unwrap();
    let goes_on = one.retry("two-xsfwk", &options, now).await.unwrap();
    assert_eq!(goes_on.nodes, 2);
    let heard = heard.lock().unwrap();
    let (_, body) = heard[1].split_once("/retry ").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        json!({"name": "two-xsfwk", "namespace": "argo", "parameters": ["depth=2"],
            "restartSuccessful": true, "nodeFieldSelector": "id=two-xsfwk-3861171902"})
    );
}

#[tokio::test]
async fn only_the_object_that_is_meant_is_deleted() {
    let (one, heard) = cluster(token(), vec![recorded("workflow")]).await;
    let deleted = one
        .delete(Object::Workflow, "two-xsfwk", Some("another"))
        .await;
    assert!(
        matches!(deleted, Err(ClusterError::Conflict { .. })),
        "{deleted:?}"
    );
    assert_eq!(heard.lock().unwrap().len(), 1);
    let answers = vec![recorded("workflow"), json_of(&json!({}))];
    let (one, heard) = cluster(token(), answers).await;
    let uid = Some("8fb42132-83f2-4de3-8ecb-58198479c287");
    one.delete(Object::Workflow, "two-xsfwk", uid)
        .await
        .unwrap();
    assert!(heard.lock().unwrap()[1].starts_with("DELETE /api/v1/workflows/argo/two-xsfwk"));
}

/// Lines of a run's output, and notes in brackets.
async fn output(options: &LogOptions, answers: Vec<Answer>, is_followed: bool) -> Vec<String> {
    let (one, _) = cluster(token(), answers).await;
    let (sender, mut lines) = unbounded_channel();
    if is_followed {
        // The run ends after the last answer of the server.
        let over = tokio::time::sleep(std::time::Duration::from_millis(700));
        one.follow_logs("two-xsfwk", options, |_| true, &sender, over)
            .await
            .unwrap();
    } else {
        one.logs("two-xsfwk", options, |_| true, &sender)
            .await
            .unwrap();
    }
    drop(sender);
    let mut shown = Vec::new();
    while let Some(update) = lines.recv().await {
        shown.push(match update {
            LogUpdate::Line { pod, line } => format!("{}: {line}", pod.path),
            LogUpdate::Note { pod, text } => format!("[{}: {text}]", pod.path),
        });
    }
    shown
}

#[tokio::test]
async fn output_is_the_users_lines_by_task() {
    let answers = || vec![recorded("workflow"), recorded("log")];
    let all: Vec<String> = ["first", "second"]
        .iter()
        .flat_map(|task| (1..=3).map(move |line| format!("two-xsfwk.{task}: {task} {line}")))
        .collect();
    assert_eq!(output(&LogOptions::default(), answers(), false).await, all);
    let last = LogOptions {
        tail: Some(1),
        ..LogOptions::default()
    };
    let shown = output(&last, answers(), false).await;
    assert_eq!(
        shown,
        ["two-xsfwk.first: first 3", "two-xsfwk.second: second 3"]
    );
    let stamped = LogOptions {
        timestamps: true,
        ..LogOptions::default()
    };
    let shown = output(&stamped, answers(), false).await;
    assert!(shown[0].ends_with("Z first 1"), "{shown:?}");
}

#[tokio::test]
async fn tasks_without_output_are_named() {
    let empty = made_up(200, &[("content-type", "text/event-stream")], "");
    let answers = vec![recorded("workflow"), empty];
    let shown = output(&LogOptions::default(), answers, false).await;
    assert_eq!(shown.len(), 2);
    assert!(
        shown.iter().all(|note| note.contains("there is no output")),
        "{shown:?}"
    );
}

#[tokio::test]
async fn the_output_of_a_run_that_is_in_the_archive_alone_is_gone() {
    let answers = vec![recorded("workflow"), recorded("not_found")];
    let shown = output(&LogOptions::default(), answers, false).await;
    assert_eq!(shown.len(), 2);
    assert!(shown[0].contains("two-xsfwk.") && shown[0].contains("its pod was deleted"));
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_breaks_is_read_again_and_no_line_comes_twice() {
    let whole = recorded("log");
    // Cut in the middle of the fourth line's entry.
    let cut = whole.body.find("first 3").unwrap();
    let broken = Answer {
        body: whole.body[..cut].to_owned(),
        ..whole.clone()
    };
    let answers = vec![
        broken,
        recorded("workflow"),
        whole.clone(),
        whole,
        recorded("workflow"),
    ];
    let shown = output(&LogOptions::default(), answers, true).await;
    let all: Vec<String> = ["first", "second"]
        .iter()
        .flat_map(|task| (1..=3).map(move |line| format!("two-xsfwk.{task}: {task} {line}")))
        .collect();
    assert_eq!(shown, all);
}

#[tokio::test(start_paused = true)]
async fn the_last_read_is_tried_again_where_the_server_is_away() {
    let whole = recorded("log");
    let away = made_up(503, &[("content-type", "text/plain")], "away");
    let answers = vec![
        whole.clone(),
        recorded("workflow"),
        away.clone(),
        away,
        whole,
        recorded("workflow"),
    ];
    let shown = output(&LogOptions::default(), answers, true).await;
    assert_eq!(shown.len(), 6, "{shown:?}");
}

#[tokio::test]
async fn what_argo_server_has_no_request_for_is_left_out_or_said() {
    let answers = vec![recorded("version"), recorded("info"), recorded("userinfo")];
    let (one, _) = cluster(token(), answers).await;
    let needs = argo::needs::Needs::of(
        &json!({"serviceAccountName": "a", "templates": [
            {"name": "t", "container": {"envFrom": [{"secretRef": {"name": "keys"}}]}},
        ]}),
        "spec",
    );
    assert_eq!(one.preflight(Object::Workflow, &needs).await.unwrap(), []);
    let (one, heard) = cluster(token(), Vec::new()).await;
    assert_eq!(one.has_namespace().await.unwrap(), None);
    assert_eq!(one.nodes().await.unwrap(), None);
    assert_eq!(one.limits().await.unwrap(), None);
    assert!(heard.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_server_says_who_it_is_and_who_we_are() {
    let answers = vec![recorded("version"), recorded("info"), recorded("userinfo")];
    let (one, _) = cluster(token(), answers).await;
    let greeting = one.greet_argo_server().await.unwrap().unwrap();
    assert_eq!(greeting.version, "v4.1.2+unknown");
    assert_eq!(greeting.managed_namespace.as_deref(), Some("argo"));
    assert_eq!(greeting.user.service_account.as_deref(), Some("argo/user"));
}
