//! Manifests of projects that set everything `argo.yml` has for pods.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use argo::spec::{Manifest, Template, from_yaml};
use argo::write::to_yaml;
use compile::{Cron, Kind, Options, lower_and_check};
use diagnostic::Diagnostic;
use indexmap::IndexMap;
use project::Snapshot;
use project::config::{ArgoConfig, ConfigFile, check};
use serde_json::{Value, json};

fn config(text: &str) -> ArgoConfig {
    let documents = diagnostic::yaml::parse("argo.yml", text).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text: text.to_owned(),
    }];
    check(&documents[0].to_json(), &files).unwrap()
}

fn snapshot(pipeline: &str, nodes: &Value) -> Snapshot {
    let dataset = json!({"type": "x", "place": "remote", "path": "s3://b/x", "registered": true});
    let datasets = ["flights", "clean", "model", "scores"].map(|name| (name, dataset.clone()));
    let datasets: IndexMap<&str, Value> = datasets.into();
    serde_json::from_value(json!({
        "project": {"name": "flights", "package": "flights", "path": "/project"},
        "environment": "base",
        "pipelines": [pipeline],
        "registered": ["__default__", "tidy"],
        "nodes": nodes,
        "datasets": datasets,
        "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0a1"},
    }))
    .unwrap()
}

/// Two nodes alike, one with a GPU, one in a custom template.
fn flights() -> Snapshot {
    snapshot(
        "__default__",
        &json!([
            {"name": "clean", "inputs": ["flights"], "outputs": ["clean"]},
            {"name": "count", "inputs": ["clean"], "outputs": []},
            {"name": "train", "inputs": ["clean"], "outputs": ["model"], "tags": ["gpu"]},
            {"name": "rank", "inputs": ["model"], "outputs": ["scores"], "template": "neo4j"},
        ]),
    )
}

fn lowered(snapshot: &Snapshot, text: &str, options: &Options) -> (Manifest, Vec<Diagnostic>) {
    let config = config(text);
    let plan = plan::plan(snapshot, &config).unwrap();
    let (manifest, findings) = lower_and_check(&plan, snapshot, &config, options);
    let written = to_yaml(&manifest).unwrap();
    assert_eq!(from_yaml(&written).unwrap(), manifest, "{written}");
    (manifest, findings)
}

fn yaml(snapshot: &Snapshot, text: &str) -> String {
    let (manifest, findings) = lowered(snapshot, text, &Options::default());
    assert!(findings.is_empty(), "{findings:?}");
    to_yaml(&manifest).unwrap()
}

const MACHINES: &str = "
deployment: {image: registry/flights, tag: v1}
machine_types: {default: {mem: 2, cpu: 1}, gpu: {mem: 16, cpu: 4, num_gpu: 1, node_selector: {accelerator: l4}}}
template: {templates: [{name: neo4j, container: {command: [sh], args: run}, sidecars: [{name: db, image: 'neo4j:5'}]}]}
";

const EVERYTHING: &str = "
image_pull_secrets: [regcred]
active_deadline: 86400
parallelism: 50
archive_logs: true
pod_gc: {strategy: on_workflow_success, delete_delay: 24h}
synchronization: {mutexes: [{name: flights}]}
metrics:
  - {name: flights_runs, help: Runs, labels: [{key: status, value: '{{workflow.status}}'}], counter: {value: '1'}}
nodes:
  '*':
    environment: [{name: LOG_LEVEL, value: INFO}]
    env_from: [{secret: database, prefix: DB_}, {config_map: flags, optional: true}]
    service_account: runner
    image_pull_policy: IfNotPresent
    node_selector: {pool: batch}
    tolerations: [{key: batch, operator: Exists, effect: NoSchedule}]
    priority_class: batch
    scheduler_name: volcano
    labels: {team: forecasting}
    annotations: {cluster-autoscaler.kubernetes.io/safe-to-evict: 'false'}
    security_context: {runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000}
    container_security_context: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    retry: {limit: 2, on: [preempted]}
  tag:gpu:
    machine_type: gpu
    resources: {ephemeral-storage: 20Gi}
    environment:
      - {name: LOG_LEVEL, value: DEBUG}
      - {name: TOKEN, secret_ref: {name: hub, key: token}}
      - {name: REGION, config_map_ref: {name: site, key: region}}
      - {name: POD_NAME, field_ref: metadata.name}
    volumes:
      - {name: shm, mount_path: /dev/shm, empty_dir: {medium: Memory, sizeLimit: 8Gi}}
      - {name: models, mount_path: /models, persistent_volume_claim: {claimName: models}, read_only: true}
      - {name: site, mount_path: /etc/site, config_map: {name: site}}
      - {name: keys, mount_path: /etc/keys, secret: {secretName: hub, defaultMode: 256}}
      - {name: disk, mount_path: /disk, sub_path: flights, ephemeral: {size: 100, storage_class: fast}}
      - {name: shared, mount_path: /shared, source: {nfs: {server: nfs.example.com, path: /shared}}}
    affinity:
      nodeAffinity:
        requiredDuringSchedulingIgnoredDuringExecution:
          nodeSelectorTerms:
            - matchExpressions: [{key: zone, operator: In, values: [a, b]}]
    labels: {stage: training}
    active_deadline: 7200
    timeout: 4h
    synchronization: {semaphores: [{configMapKeyRef: {name: locks, key: gpu}}]}
    metrics:
      - {name: train_seconds, help: Seconds, gauge: {realtime: false, value: '{{duration}}'}}
    retry:
      limit: 4
      on: [oom, preempted, exit: [75]]
      backoff: {duration: 30s, factor: 2, max: 10m}
      memory: {factor: 2, max: 64}
  rank: {service_account: ranker, scheduler_name: default-scheduler}
on_exit:
  container: {image: 'curlimages/curl:8.10.1', command: [sh, -c], args: ['echo $WORKFLOW_STATUS'], resources: {cpu: 100m, memory: 32Mi}}
patches:
  workflow: {podDisruptionBudget: {minAvailable: 1}, ttlStrategy: {secondsAfterSuccess: 60}}
  pods: {dnsPolicy: ClusterFirst, terminationGracePeriodSeconds: 60}
  templates:
    tag:gpu: {container: {terminationMessagePolicy: FallbackToLogsOnError}}
    'template:on-exit': {activeDeadlineSeconds: 60}
";

#[test]
fn everything_that_a_pod_needs() {
    insta::assert_snapshot!(yaml(&flights(), &format!("{MACHINES}{EVERYTHING}")));
}

#[test]
fn everything_by_the_clock() {
    let options = Options {
        kind: Kind::CronWorkflow(Box::new(Cron {
            schedules: vec!["0 6 * * *".to_owned()],
            timezone: None,
            ..Cron::default()
        })),
        ..Options::default()
    };
    let text = format!("{MACHINES}{EVERYTHING}");
    let (manifest, _) = lowered(&flights(), &text, &options);
    insta::assert_snapshot!(to_yaml(&manifest).unwrap());
}

#[test]
fn a_kedro_pipeline_and_a_template_when_the_workflow_has_ended() {
    let mut snapshot_ = flights();
    snapshot_.on_exit = Some(Box::new(snapshot(
        "tidy",
        &json!([
            {"name": "drop_tables", "inputs": [], "outputs": ["flights"]},
            {"name": "tell", "inputs": ["flights"], "outputs": []},
        ]),
    )));
    let text = format!("{MACHINES}on_exit: {{pipeline: tidy}}\nnodes: {{'*': {{retry: {{}}}}}}\n");
    insta::assert_snapshot!(yaml(&snapshot_, &text));
    let text = format!("{MACHINES}on_exit: {{template: neo4j}}\n");
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let spec = manifest.workflow();
    assert_eq!(spec.on_exit.as_deref(), Some("neo4j"));
    let names: Vec<&str> = spec
        .templates
        .iter()
        .map(|known| known.name.as_str())
        .collect();
    // The tasks that run in it have one of their own, which takes inputs.
    assert_eq!(names, ["pipeline", "default", "neo4j-2", "neo4j"]);
}

#[test]
fn people_hear_of_the_end_beside_the_users_exit_handler() {
    let text = format!(
        "{MACHINES}ui_url: 'https://argo/{{namespace}}/{{name}}'
on_exit: {{template: neo4j}}
schedules: {{nightly: {{cron: '@daily'}}}}
notify:
  - slack: {{secret_ref: {{name: slack, key: url}}}}
  - {{schedules: [nightly], webhook: {{url: 'https://a/$(X)', token_ref: {{name: hook, key: token}}}}}}
"
    );
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let spec = manifest.workflow();
    assert_eq!(spec.on_exit.as_deref(), Some("on-end"));
    insta::assert_snapshot!(
        to_yaml(&vec![
            template(&manifest, "notify").clone(),
            template(&manifest, "on-end").clone()
        ])
        .unwrap()
    );
    // A schedule of its name tells its own people as well.
    let options = Options {
        kind: Kind::CronWorkflow(Box::new(Cron {
            name: Some("nightly".to_owned()),
            schedules: vec!["@daily".to_owned()],
            ..Cron::default()
        })),
        ..Options::default()
    };
    let (manifest, _) = lowered(&flights(), &text, &options);
    let container = template(&manifest, "notify").container.as_ref().unwrap();
    let names: Vec<&str> = container.env.iter().map(|it| it.name.as_str()).collect();
    assert!(names.contains(&"NOTIFY_2_TOKEN"), "{names:?}");
}

fn template<'a>(manifest: &'a Manifest, name: &str) -> &'a Template {
    manifest.workflow().template(name).unwrap()
}

#[test]
fn tasks_hear_of_mlflow_only_what_argo_yml_says() {
    let of = |config: &str| {
        let text = format!("{MACHINES}{config}");
        let (manifest, _) = lowered(&flights(), &text, &Options::default());
        let container = template(&manifest, "default").container.as_ref().unwrap();
        let mut variables = container.env.iter();
        variables
            .find(|it| it.name == "ARGO_KEDRO_MLFLOW")
            .and_then(|it| it.value.clone())
    };
    assert_eq!(of("mlflow: {enabled: true}\n"), None);
    let said = of("mlflow: {enabled: false}\n");
    assert_eq!(said.as_deref(), Some(r#"{"enabled":false}"#));
    let said = of("mlflow: {run_name: nightly}\n");
    assert_eq!(
        said.as_deref(),
        Some(r#"{"enabled":true,"run_name":"nightly"}"#)
    );
}

#[test]
fn tasks_with_the_same_settings_share_a_template_whatever_selected_them() {
    let text = format!(
        "{MACHINES}nodes: {{clean: {{timeout: 60}}, '*t*n*': {{}}, count: {{timeout: 1m}}, tra*: {{timeout: 60}}}}\n"
    );
    let (manifest, _) = lowered(&flights(), &text, &Options::default());
    let templates = &manifest.workflow().templates;
    let names: Vec<&str> = templates.iter().map(|known| known.name.as_str()).collect();
    assert_eq!(names, ["pipeline", "default", "default-2", "neo4j"]);
    assert_eq!(
        template(&manifest, "default").timeout.as_deref(),
        Some("60s")
    );
    assert_eq!(
        template(&manifest, "default-2").timeout.as_deref(),
        Some("1m")
    );
    let dag = templates[0].dag.as_ref().unwrap();
    let used: Vec<&str> = dag
        .tasks
        .iter()
        .map(|task| task.template.as_str())
        .collect();
    assert_eq!(used, ["default", "default-2", "default", "neo4j"]);
}

/// What is wrong, a line a finding.
fn faults(text: &str) -> String {
    let text = format!("{text}{MACHINES}");
    let (_, findings) = lowered(&flights(), &text, &Options::default());
    let lines = findings.iter().map(|finding| {
        let span = finding.place.span.unwrap();
        let help = finding.help.as_ref().map(|help| format!("; {help}"));
        format!(
            "{}:{}: {}{}\n",
            span.line,
            span.column,
            finding.message,
            help.unwrap_or_default()
        )
    });
    lines.collect()
}

#[test]
fn a_patch_that_does_not_apply_is_named_where_it_stands() {
    insta::assert_snapshot!(faults(
        "\
patches:
  workflow:
    templates: {main: {}}
  templates:
    'template:defaul': {daemon: true}
    'template:pipeline': {name: other}
    'template:default': {container: {env: [{name: A, when: x}]}}
    clean:
      container: {env: [{name: NOPE, $patch: delete}]}
    'c*': {timeout: [1]}
    train: {timeout: 5, container: {args: {a: b}}}
"
    ));
}

#[test]
fn a_patch_reaches_what_it_is_for_and_nothing_else() {
    let text = "
patches:
  workflow: {ttlStrategy: null, hostNetwork: false, templates: [{name: extra, suspend: {duration: '1'}}]}
  templates:
    train:
      container: {env: [{name: NUM_CPU, value: '9'}], workingDir: /tmp, resources: {claims: [{name: gpu}]}}
      initContainers: [{name: wait, image: busybox}]
      inputs: {artifacts: [{name: note, path: /note, raw: {data: x}}]}
      outputs: {artifacts: [{name: all, path: /tmp/all}]}
    '*': {daemon: false}
    'template:pipeline': {dag: {failFast: false, tasks: [{name: extra, template: extra, when: a == b}]}}
";
    let (manifest, findings) = lowered(
        &flights(),
        &format!("{MACHINES}{text}"),
        &Options::default(),
    );
    assert!(findings.is_empty(), "{findings:?}");
    let spec = manifest.workflow();
    assert_eq!(spec.ttl_strategy, None);
    assert_eq!(spec.rest["hostNetwork"], false);
    let suspend = template(&manifest, "extra").suspend.as_ref().unwrap();
    assert_eq!(suspend.duration, "1");
    let patched = template(&manifest, "default-2");
    let container = patched.container.as_ref().unwrap();
    assert_eq!(container.env[1].value.as_deref(), Some("9"));
    assert_eq!(container.working_dir, "/tmp");
    assert_eq!(patched.init_containers[0].name, "wait");
    let resources = container.resources.as_ref().unwrap();
    assert_eq!(resources.rest["claims"][0]["name"], "gpu");
    assert_eq!(patched.inputs.artifacts[0].path, "/note");
    assert_eq!(patched.outputs.artifacts[0].name, "all");
    let dag = template(&manifest, "pipeline").dag.as_ref().unwrap();
    assert_eq!(dag.fail_fast, Some(false));
    assert_eq!(dag.tasks.last().unwrap().when, "a == b");
    let untouched = template(&manifest, "default");
    assert_eq!(untouched.daemon, Some(false));
    assert_eq!(untouched.container.as_ref().unwrap().working_dir, "");
}
