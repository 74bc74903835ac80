//! A project with all settings of `argo.yml` for pods.

use indexmap::IndexMap;
use project::Snapshot;
use project::config::{ArgoConfig, ConfigFile, check};
use serde_json::{Value, json};

pub(crate) fn config(text: &str) -> ArgoConfig {
    let documents = diagnostic::yaml::parse("argo.yml", text).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text: text.to_owned(),
    }];
    check(&documents[0].to_json(), &files).unwrap()
}

pub(crate) fn snapshot(pipeline: &str, nodes: &Value) -> Snapshot {
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

/// Two equal nodes, one node with a GPU, one in a custom template.
pub(crate) fn flights() -> Snapshot {
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

pub(crate) const MACHINES: &str = "
deployment: {image: registry/flights, tag: v1}
machine_types: {default: {mem: 2, cpu: 1}, gpu: {mem: 16, cpu: 4, num_gpu: 1, node_selector: {accelerator: l4}}}
template: {templates: [{name: neo4j, container: {command: [sh], args: run}, sidecars: [{name: db, image: 'neo4j:5'}]}]}
";

pub(crate) const EVERYTHING: &str = "
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
