//! Questions to a cluster before a run, with a fake API server.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;

use argo::needs::Needs;
use cluster::{Cluster, ClusterError, DryRun, Object};
use http::{Method, Request, Response, StatusCode};
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

/// Answers by method and path; all other paths give 404.
type Answers = BTreeMap<(Method, &'static str), (u16, Value)>;

const ARGO: &str = "/apis/argoproj.io/v1alpha1";
const REVIEWS: &str = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
const REVIEWS_OF_PODS: &str =
    "/apis/authorization.k8s.io/v1/namespaces/argo/localsubjectaccessreviews";

fn failure(code: u16, reason: &str, message: &str) -> (u16, Value) {
    let status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure",
        "code": code, "reason": reason, "message": message});
    (code, status)
}

fn good() -> Answers {
    let resources = |names: &[&str]| {
        let list: Vec<Value> = names
            .iter()
            .map(|name| {
                json!({"name": name, "singularName": "", "namespaced": true,
                    "kind": "X", "verbs": ["get"]})
            })
            .collect();
        json!({"kind": "APIResourceList", "groupVersion": "argoproj.io/v1alpha1",
            "resources": list})
    };
    let named = |name: &str| json!({"metadata": {"name": name}});
    Answers::from([
        (
            (Method::GET, ARGO),
            (200, resources(&["workflows", "workflowtaskresults"])),
        ),
        (
            (Method::POST, REVIEWS),
            (201, json!({"spec": {}, "status": {"allowed": true}})),
        ),
        (
            (Method::POST, REVIEWS_OF_PODS),
            (201, json!({"spec": {}, "status": {"allowed": true}})),
        ),
        (
            (Method::GET, "/api/v1/namespaces/argo"),
            (200, named("argo")),
        ),
        (
            (
                Method::GET,
                "/api/v1/namespaces/argo/serviceaccounts/runner",
            ),
            (200, named("runner")),
        ),
        (
            (Method::GET, "/api/v1/namespaces/argo/secrets/store"),
            (
                200,
                json!({"metadata": {"name": "store"}, "data": {"key": "cGxhbnRlZA=="}}),
            ),
        ),
        (
            (Method::GET, "/api/v1/namespaces/argo/configmaps/settings"),
            (
                200,
                json!({"metadata": {"name": "settings"}, "data": {"level": "x"}}),
            ),
        ),
        (
            (
                Method::GET,
                "/apis/scheduling.k8s.io/v1/priorityclasses/urgent",
            ),
            (200, json!({"metadata": {"name": "urgent"}, "value": 1})),
        ),
        (
            (Method::GET, "/apis/storage.k8s.io/v1/storageclasses"),
            (
                200,
                json!({"metadata": {}, "items": [{"metadata": {"name": "fast", "annotations":
                    {"storageclass.kubernetes.io/is-default-class": "true"}},
                    "provisioner": "x"}]}),
            ),
        ),
        (
            (Method::GET, "/api/v1/namespaces/argo/resourcequotas"),
            (200, json!({"metadata": {}, "items": []})),
        ),
        (
            (Method::GET, "/api/v1/namespaces/argo/limitranges"),
            (200, json!({"metadata": {}, "items": []})),
        ),
        (
            (Method::GET, "/api/v1/nodes"),
            (
                200,
                json!({"metadata": {}, "items": [{"metadata": {"name": "n"},
                "status": {"allocatable": {"cpu": "4", "memory": "16Gi"}}}]}),
            ),
        ),
    ])
}

fn needs() -> Needs {
    Needs::of(
        &json!({
            "serviceAccountName": "runner",
            "templates": [{"name": "default", "priorityClassName": "urgent",
                "volumes": [
                    {"name": "a", "ephemeral": {"volumeClaimTemplate":
                        {"spec": {"storageClassName": "fast"}}}},
                    {"name": "b", "ephemeral": {"volumeClaimTemplate": {"spec": {}}}}],
                "container": {
                "env": [
                    {"name": "A", "valueFrom": {"secretKeyRef": {"name": "store", "key": "key"}}},
                    {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}}],
                "resources": {"requests": {"cpu": "1", "memory": "2Gi"}}}}],
        }),
        "spec",
    )
}

/// Asks a question; returns the result and the requests.
fn ask<T, F>(answers: Answers, question: impl FnOnce(Cluster) -> F) -> (T, Vec<String>)
where
    F: Future<Output = T>,
{
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let (service, mut server) = tower_test::mock::pair::<Request<Body>, Response<Body>>();
        let cluster = Cluster::with_client(Client::new(service, "default"), "argo");
        let serving = tokio::spawn(async move {
            let mut asked = Vec::new();
            while let Some((request, send)) = server.next_request().await {
                let path = request.uri().path().to_owned();
                asked.push(format!("{} {}", request.method(), request.uri()));
                let found = answers
                    .iter()
                    .find(|((method, known), _)| method == request.method() && *known == path);
                let (code, body) = found.map_or_else(
                    || failure(404, "NotFound", "secrets \"x\" not found"),
                    |(_, answer)| answer.clone(),
                );
                let response = Response::builder()
                    .status(StatusCode::from_u16(code).unwrap())
                    .body(Body::from(body.to_string().into_bytes()))
                    .unwrap();
                send.send_response(response);
            }
            asked
        });
        let answer = question(cluster).await;
        (answer, serving.await.unwrap())
    })
}

fn findings(answers: Answers) -> Vec<String> {
    let (found, _) = ask(answers, |cluster| async move {
        cluster.preflight(Object::Workflow, &needs()).await
    });
    let found = found.unwrap();
    found
        .iter()
        .map(|finding| format!("{} {}", finding.code, finding.message))
        .collect()
}

#[test]
fn a_cluster_that_has_everything_has_no_findings_and_each_thing_is_asked_once() {
    let (found, asked) = ask(good(), |cluster| async move {
        cluster.preflight(Object::Workflow, &needs()).await
    });
    assert_eq!(found.unwrap(), []);
    assert_eq!(asked.len(), 18, "{asked:#?}");
}

#[test]
fn pods_that_the_namespace_never_allows_are_named() {
    let quota = |hard: Value, used: Value| {
        json!({"metadata": {}, "items": [{"metadata": {"name": "team"}, "spec": {"hard": hard},
            "status": {"hard": hard, "used": used}}]})
    };
    let range = |max: Value| {
        json!({"metadata": {}, "items": [{"metadata": {"name": "small"},
            "spec": {"limits": [{"type": "Container", "max": max}]}}]})
    };
    let quotas = "/api/v1/namespaces/argo/resourcequotas";
    let ranges = "/api/v1/namespaces/argo/limitranges";
    for (path, answer, reason) in [
        (
            ranges,
            range(json!({"memory": "1Gi"})),
            Some("limit range `small` allows 1024 MiB"),
        ),
        (
            quotas,
            quota(json!({"requests.cpu": "500m"}), json!({})),
            Some("quota `team` allows 500m CPU"),
        ),
        (
            quotas,
            quota(json!({"limits.memory": "1Gi"}), json!({})),
            Some("quota `team` allows 1024 MiB"),
        ),
        (
            quotas,
            quota(json!({"pods": "0"}), json!({})),
            Some("quota `team` allows 0 pods"),
        ),
        // Amounts used by others change with time.
        (
            quotas,
            quota(
                json!({"limits.memory": "3Gi"}),
                json!({"limits.memory": "2Gi"}),
            ),
            None,
        ),
        (ranges, range(json!({"memory": "2Gi"})), None),
    ] {
        let mut answers = good();
        answers.insert((Method::GET, path), (200, answer.clone()));
        let found = findings(answers);
        match reason {
            None => assert_eq!(found, [""; 0], "{answer}"),
            Some(reason) => assert!(
                found.len() == 1 && found[0].starts_with("over-limit") && found[0].contains(reason),
                "{answer}: {found:?}"
            ),
        }
    }
    // The settings give no amounts to Argo's own containers.
    let mut answers = good();
    let hard = quota(json!({"requests.memory": "9Gi"}), json!({}));
    answers.insert((Method::GET, quotas), (200, hard));
    assert_eq!(findings(answers.clone()), [""; 0], "nobody knows");
    let settings = "/api/v1/namespaces/argo/configmaps/workflow-controller-configmap";
    let empty = json!({"metadata": {"name": "workflow-controller-configmap"}, "data": {"parallelism": "9"}});
    answers.insert((Method::GET, settings), (200, empty));
    let found = findings(answers);
    assert!(
        found.len() == 1
            && found[0].starts_with("missing-amount")
            && found[0].contains("wants requests.memory of each container")
            && found[0].contains("`init`"),
        "{found:?}"
    );
    // No finding if the user may not look.
    let mut answers = good();
    answers.insert((Method::GET, quotas), failure(403, "Forbidden", "no"));
    assert_eq!(findings(answers), [""; 0]);
}

#[test]
fn whatever_is_missing_is_named_all_at_once() {
    let mut answers = good();
    for path in [
        "/api/v1/namespaces/argo",
        "/api/v1/namespaces/argo/serviceaccounts/runner",
        "/api/v1/namespaces/argo/configmaps/settings",
        "/apis/scheduling.k8s.io/v1/priorityclasses/urgent",
    ] {
        answers.remove(&(Method::GET, path));
    }
    answers.insert(
        (Method::GET, "/api/v1/namespaces/argo/secrets/store"),
        (
            200,
            json!({"metadata": {"name": "store"}, "data": {"other": "cGxhbnRlZA=="}}),
        ),
    );
    answers.insert(
        (Method::GET, "/apis/storage.k8s.io/v1/storageclasses"),
        (200, json!({"metadata": {}, "items": []})),
    );
    answers.insert(
        (Method::GET, "/api/v1/nodes"),
        (
            200,
            json!({"metadata": {}, "items": [{"metadata": {"name": "n"},
            "status": {"allocatable": {"cpu": "4", "memory": "1Gi"}}}]}),
        ),
    );
    let found = findings(answers);
    assert_eq!(
        found,
        [
            "missing-namespace the cluster has no namespace `argo`",
            "missing-service-account there is no service account `runner` in the namespace `argo`",
            "missing-priority-class the cluster has no priority class `urgent`",
            "missing-secret the secret `store` in the namespace `argo` has no key `key`",
            "missing-config-map there is no config map `settings` in the namespace `argo`",
            "missing-storage-class the cluster has no default storage class, which the volumes of the pods need",
            "missing-storage-class the cluster has no storage class `fast`, which the volumes of the pods need",
            "no-node-fits no node of the cluster can run the tasks of the template `default` \
             now: 1 node with 1 GiB of memory of 2",
        ]
    );
    assert!(!found.concat().contains("planted"));
}

#[test]
fn what_the_user_may_not_ask_is_left_to_the_run() {
    let mut answers = good();
    for path in [
        "/api/v1/namespaces/argo",
        "/api/v1/namespaces/argo/serviceaccounts/runner",
        "/api/v1/namespaces/argo/secrets/store",
        "/api/v1/namespaces/argo/configmaps/settings",
        "/api/v1/nodes",
        "/apis/scheduling.k8s.io/v1/priorityclasses/urgent",
        "/apis/storage.k8s.io/v1/storageclasses",
    ] {
        answers.insert(
            (Method::GET, path),
            failure(
                403,
                "Forbidden",
                "x is forbidden: User \"u\" cannot get resource",
            ),
        );
    }
    assert_eq!(findings(answers), Vec::<String>::new());
}

#[test]
fn a_user_without_permission_gets_the_role_to_ask_for() {
    let mut answers = good();
    answers.insert(
        (Method::POST, REVIEWS),
        (201, json!({"spec": {}, "status": {"allowed": false}})),
    );
    let (found, _) = ask(answers, |cluster| async move {
        cluster.preflight(Object::Workflow, &needs()).await
    });
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    assert!(
        found[0]
            .message
            .starts_with("you may not create workflows.argoproj.io, get workflows.argoproj.io, ")
    );
    let role = found[0].help.as_deref().unwrap();
    assert!(role.contains("kind: Role"), "{role}");
    for rule in [
        "- apiGroups: [\"argoproj.io\"]\n  resources: [workflows]\n  verbs: [create, get, list, watch]\n",
        "- apiGroups: [\"\"]\n  resources: [pods/log]\n  verbs: [get]\n",
    ] {
        assert!(role.contains(rule), "{role}");
    }
}

#[test]
fn pods_that_cannot_report_are_a_warning_before_anything_is_built() {
    let mut answers = good();
    answers.insert(
        (Method::POST, REVIEWS_OF_PODS),
        (201, json!({"spec": {}, "status": {"allowed": false}})),
    );
    let (found, _) = ask(answers.clone(), |cluster| async move {
        cluster.preflight(Object::Workflow, &needs()).await
    });
    let found = found.unwrap();
    assert_eq!(found.len(), 1);
    assert!(!found[0].is_error());
    assert!(
        found[0].message.starts_with(
            "the service account `runner` of the namespace `argo` may not create \
             workflowtaskresults.argoproj.io, patch workflowtaskresults.argoproj.io: "
        ),
        "{}",
        found[0].message
    );
    // No finding if the user may not ask, and only one for a missing namespace.
    answers.insert(
        (Method::POST, REVIEWS_OF_PODS),
        failure(403, "Forbidden", "no"),
    );
    let whole = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    answers.insert((Method::POST, whole), failure(403, "Forbidden", "no"));
    assert_eq!(findings(answers.clone()), [""; 0]);
    answers.remove(&(Method::GET, "/api/v1/namespaces/argo"));
    answers.insert(
        (Method::POST, REVIEWS_OF_PODS),
        (201, json!({"spec": {}, "status": {"allowed": false}})),
    );
    assert_eq!(
        findings(answers),
        ["missing-namespace the cluster has no namespace `argo`"]
    );
}

#[test]
fn who_deploys_is_asked_about_what_is_deployed() {
    for (object, asked) in [
        (
            Object::WorkflowTemplate,
            "update workflowtemplates.argoproj.io",
        ),
        (Object::CronWorkflow, "update cronworkflows.argoproj.io"),
    ] {
        let mut answers = good();
        answers.insert(
            (Method::POST, REVIEWS),
            (201, json!({"spec": {}, "status": {"allowed": false}})),
        );
        let (found, _) = ask(answers, move |cluster| async move {
            cluster.preflight(object, &needs()).await
        });
        let found = found.unwrap();
        let message = &found[0].message;
        assert!(message.contains(asked), "{message}");
        assert!(!message.contains(" workflows.argoproj.io"), "{message}");
    }
}

#[test]
fn a_cluster_without_argo_or_with_an_old_one_is_told_so() {
    let old = json!({"kind": "APIResourceList", "groupVersion": "argoproj.io/v1alpha1",
        "resources": [{"name": "workflows", "singularName": "", "namespaced": true,
            "kind": "Workflow", "verbs": ["get"]}]});
    let missing = failure(
        404,
        "NotFound",
        "the server could not find the requested resource",
    );
    for (answer, words) in [
        (missing, "it has no resource workflows.argoproj.io"),
        ((200, old), "older than 3.6"),
    ] {
        let mut answers = good();
        answers.insert((Method::GET, ARGO), answer);
        let (found, _) = ask(answers, |cluster| async move {
            cluster.preflight(Object::Workflow, &needs()).await
        });
        let error = found.unwrap_err();
        assert!(matches!(error, ClusterError::NoArgo(_)));
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn what_the_api_server_refuses_is_told_apart() {
    let path = "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows";
    let invalid = (
        422,
        json!({"kind": "Status", "status": "Failure", "code": 422, "reason": "Invalid",
            "message": "Workflow is invalid", "details": {"causes": [
                {"field": "spec.templates[0].dag.tasks", "message": "Too many: 250"},
                {"field": "spec.x", "message": "must be a string"},
                {"field": "<nil>", "message": "some validation rules were not checked"}]}}),
    );
    for (answer, words) in [
        (
            invalid,
            "the API server rejects the manifest: spec.templates[0].dag.tasks: Too many: 250; \
             spec.x: must be a string",
        ),
        (
            failure(
                400,
                "BadRequest",
                "Workflow in version \"v1alpha1\" cannot be handled as a Workflow: strict decoding \
                 error: unknown field \"spec.y\", duplicate field \"spec.z[0]\"",
            ),
            "the API server rejects the manifest: spec.y: unknown field; spec.z[0]: duplicate field",
        ),
        (
            failure(409, "AlreadyExists", "workflows \"run-1\" already exists"),
            "the namespace `argo` already has a Workflow named `run-1`",
        ),
        (
            failure(
                403,
                "Forbidden",
                "workflows is forbidden: User \"u\" cannot create resource",
            ),
            "you may not create workflows.argoproj.io in the namespace `argo`",
        ),
        (
            failure(403, "Forbidden", "exceeded quota: workflows"),
            "the Kubernetes API server says: exceeded quota: workflows",
        ),
        (
            failure(404, "NotFound", "namespaces \"argo\" not found"),
            "the cluster has no namespace `argo`",
        ),
        (
            failure(413, "RequestEntityTooLarge", "limit is 3145728"),
            "the manifest is too large for the cluster: limit is 3145728",
        ),
        (
            failure(500, "InternalError", "etcdserver: request is too large"),
            "the manifest is too large for the cluster: etcdserver: request is too large",
        ),
    ] {
        let answers = Answers::from([((Method::POST, path), answer)]);
        let (made, asked) = ask(answers, |cluster| async move {
            let manifest = json!({"kind": "Workflow", "metadata": {"name": "run-1"}});
            cluster
                .create(Object::Workflow, &manifest, DryRun::Server)
                .await
        });
        assert_eq!(made.unwrap_err().to_string(), words);
        assert!(
            asked[0].contains("fieldValidation=Strict") && asked[0].contains("dryRun=All"),
            "{asked:?}"
        );
    }
}

#[test]
fn an_answer_without_the_id_of_what_was_made_is_an_error() {
    let path = "/apis/argoproj.io/v1alpha1/namespaces/argo/workflows";
    for (metadata, missing) in [
        (json!({}), "name"),
        (json!({"name": "a", "uid": ""}), "uid"),
    ] {
        let answers = Answers::from([((Method::POST, path), (201, json!({"metadata": metadata})))]);
        let (made, _) = ask(answers, |cluster| async move {
            let manifest = json!({"kind": "Workflow", "metadata": {"name": "a"}});
            cluster
                .create(Object::Workflow, &manifest, DryRun::No)
                .await
        });
        let error = made.unwrap_err().to_string();
        assert!(error.contains(&format!("metadata.{missing}")), "{error}");
    }
}
