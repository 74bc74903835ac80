//! Parts of a workflow that are omitted, noted, or refused here.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::collections::BTreeMap;

use argo::spec::Manifest;
use engine::{Identity, Setup, Stub, resolve};
use jiff::Timestamp;
use serde_json::{Value, json};

const RUN: Identity<'_> = Identity {
    name: "run",
    uid: "uid",
    created: Timestamp::UNIX_EPOCH,
};

/// A workflow of one task, with given fields in its template, container and spec.
fn spec(template: &Value, container: &Value, spec: &Value) -> Manifest {
    let mut all = json!({
        "entrypoint": "pipeline",
        "templates": [
            {"name": "pipeline", "dag": {"tasks": [{"name": "a", "template": "task"}]}},
            {"name": "task", "container": {"image": "i", "command": ["true"]}},
            {"name": "unused", "http": {"url": "u"}},
        ],
    });
    let mut put = |pointer: &str, fields: &Value| {
        let target = all.pointer_mut(pointer).unwrap();
        for (key, value) in fields.as_object().unwrap() {
            target[key] = value.clone();
        }
    };
    put("/templates/1/container", container);
    put("/templates/1", template);
    put("", spec);
    let manifest = json!({"apiVersion": argo::spec::API_VERSION, "kind": "Workflow", "spec": all});
    argo::spec::from_json(&manifest).unwrap()
}

fn notes(spec: &Manifest) -> Vec<String> {
    resolve(spec, RUN, Setup::default(), |_| None)
        .unwrap()
        .notes
}

fn refused(spec: &Manifest, given: &[&str]) -> Vec<String> {
    let given = |name: &str| given.contains(&name).then(|| "text".to_owned());
    match resolve(spec, RUN, Setup::default(), given) {
        Ok(_) => Vec::new(),
        Err(problems) => problems
            .iter()
            .map(|problem| format!("{}: {}", problem.field, problem.reason))
            .collect(),
    }
}

#[test]
fn what_is_about_clusters_only_is_left_out_in_silence() {
    let template = json!({
        "tolerations": [{"key": "a"}], "nodeSelector": {"a": "b"}, "affinity": {},
        "priorityClassName": "p", "serviceAccountName": "s", "schedulerName": "s",
        "securityContext": {"runAsUser": 1}, "hostAliases": [],
    });
    let container = json!({
        "imagePullPolicy": "Always", "securityContext": {"privileged": false},
        "terminationMessagePolicy": "FallbackToLogsOnError",
    });
    let workflow = json!({
        "imagePullSecrets": [{"name": "a"}], "podMetadata": {"labels": {"a": "b"}},
        "podDisruptionBudget": {"minAvailable": 1}, "archiveLogs": true,
    });
    let spec = spec(&template, &container, &workflow);
    assert!(notes(&spec).is_empty(), "{:?}", notes(&spec));
}

#[test]
fn what_would_make_a_difference_is_said() {
    let template = json!({
        "retryStrategy": {"limit": "2"}, "podSpecPatch": "containers: []", "timeout": "1h",
        "metrics": {"prometheus": []},
        "volumes": [{"name": "shm", "emptyDir": {"medium": "Memory"}},
            {"name": "keys", "secret": {"secretName": "hub"}}],
    });
    let container = json!({
        "command": ["argo-kedro", "exec", "--nodes=a"],
        "envFrom": [{"secretRef": {"name": "database"}}, {"configMapRef": {"name": "flags"}}],
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"},
            {"name": "keys", "mountPath": "/keys"}],
    });
    let spec = spec(&template, &container, &json!({}));
    insta::assert_snapshot!(notes(&spec).join("\n"));
}

#[test]
fn a_container_without_kedro_nodes_has_its_volumes_and_variables() {
    let template = json!({
        "inputs": {"artifacts": [{"name": "a", "path": "/a", "s3": {"key": "k"}},
            {"name": "b", "path": "/b", "raw": {"data": "x"}}]},
        "volumes": [{"name": "shm", "emptyDir": {}}, {"name": "own", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "host", "hostPath": {"path": "/srv"}}, {"name": "flags", "configMap": {"name": "flags"}},
            {"name": "keys", "secret": {"secretName": "hub"}}],
    });
    let container = json!({
        "env": [{"name": "ONE", "valueFrom": {"secretKeyRef": {"name": "hub", "key": "k"}}},
            {"name": "TWO", "valueFrom": {"configMapKeyRef": {"name": "flags", "key": "k"}}}],
        "envFrom": [{"secretRef": {"name": "hub"}}, {"configMapRef": {"name": "flags"}}],
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}, {"name": "own", "mountPath": "/own"},
            {"name": "host", "mountPath": "/host"}, {"name": "flags", "mountPath": "/flags"}, {"name": "keys", "mountPath": "/keys"}],
    });
    let spec = spec(&template, &container, &json!({}));
    let keys = BTreeMap::from([("k".to_owned(), "text".to_owned())]);
    let setup = Setup {
        config_maps: BTreeMap::from([("flags".to_owned(), keys.clone())]),
        secrets: BTreeMap::from([("hub".to_owned(), keys)]),
        ..Setup::default()
    };
    let resolved = resolve(&spec, RUN, setup, |_| None).unwrap();
    assert_eq!(
        resolved.notes,
        ["claims are folders of the run, empty at first: `c` (`persistentVolumeClaim`)"]
    );
    assert!(resolved.declares_files);
}

#[test]
fn what_a_task_would_lack_is_refused_by_field() {
    let template = json!({
        "inputs": {"artifacts": [{"name": "a", "path": "/a", "s3": {"bucket": "b", "key": "k"}},
                {"name": "g", "path": "/g", "git": {"repo": "r"}}],
            "parameters": [{"name": "p", "valueFrom": {"event": "1"}}]},
        "outputs": {"artifacts": [{"name": "h", "path": "/h", "http": {"url": "http://u"}}]},
        "synchronization": {"semaphores": [{"database": {"key": "k"}}]},
        "sidecars": [{"name": "s", "image": "i"}],
        "initContainers": [{"name": "i", "image": "i"}],
        "volumes": [
            {"name": "a", "persistentVolumeClaim": {"claimName": "a"}},
            {"name": "b", "configMap": {"name": "b"}},
            {"name": "c", "nfs": {"server": "s", "path": "/"}},
        ],
    });
    let container = json!({
        "command": ["argo-kedro", "exec", "--nodes=a"],
        "lifecycle": {},
        "env": [
            {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
            {"name": "CONFIGURED", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "LABEL", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a']"}}},
            {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
        ],
        "volumeMounts": [
            {"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"},
            {"name": "c", "mountPath": "/c"}, {"name": "claimed", "mountPath": "/d"},
        ],
    });
    let spec = spec(
        &template,
        &container,
        &json!({"volumeClaimTemplates": [{}]}),
    );
    insta::assert_snapshot!(refused(&spec, &["SECRET", "CPU"]).join("\n"));
}

#[test]
fn what_tasks_do_not_lack_is_left_out_if_that_is_wanted() {
    let template = json!({"resource": {"action": "get"}});
    let container = json!({"lifecycle": {}, "restartPolicy": "Always"});
    let spec = spec(&template, &container, &json!({}));
    let setup = |ignores_unsupported, stubs: &[&str]| Setup {
        ignores_unsupported,
        stubs: stubs.iter().map(|stub| Stub::read(stub).unwrap()).collect(),
        ..Setup::default()
    };
    let fields = |setup| match resolve(&spec, RUN, setup, |_| None) {
        Ok(resolved) => resolved.notes,
        Err(problems) => problems.into_iter().map(|problem| problem.field).collect(),
    };
    assert_eq!(
        fields(setup(false, &[])),
        [
            "spec.templates[task].resource",
            "spec.templates[task].container.lifecycle",
            "spec.templates[task].container.restartPolicy"
        ]
    );
    assert_eq!(fields(setup(true, &[])), ["spec.templates[task].resource"]);
    // A task without a process may have a template of any kind.
    assert_eq!(fields(setup(false, &["task=exit:0"])), [""; 0]);
}

#[test]
fn only_templates_that_can_run_count() {
    let mut spec = spec(&json!({}), &json!({}), &json!({}));
    assert_eq!(refused(&spec, &[]), [""; 0]);
    "unused".clone_into(&mut spec.workflow_mut().entrypoint);
    assert_eq!(
        refused(&spec, &[]),
        ["spec.templates[unused].http: it cannot run on this machine"]
    );
    "{{workflow.parameters.any}}"
        .clone_into(&mut spec.workflow_mut().templates[0].dag.as_mut().unwrap().tasks[0].template);
    "pipeline".clone_into(&mut spec.workflow_mut().entrypoint);
    assert_eq!(refused(&spec, &[]).len(), 1);
}

#[test]
fn variables_from_elsewhere_come_from_the_environment() {
    let container = json!({"env": [
        {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "CONFIGURED", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}},
        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
    ]});
    let spec = spec(&json!({}), &container, &json!({}));
    assert_eq!(refused(&spec, &["SECRET", "CONFIGURED"]), [""; 0]);
    assert_eq!(refused(&spec, &[]).len(), 2);
}
