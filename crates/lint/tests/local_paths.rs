//! Data on a disk that only one pod can read, and data on a shared volume.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use diagnostic::{Diagnostic, Severity};
use project::Snapshot;
use project::config::{ConfigFile, check};
use serde_json::json;

/// Findings of the rule about `table`, which `make` writes and `use` reads.
fn findings(path: &str, argo: &str) -> Vec<Diagnostic> {
    let documents = diagnostic::yaml::parse("argo.yml", argo).unwrap();
    let files = [ConfigFile {
        path: "argo.yml".to_owned(),
        text: argo.to_owned(),
    }];
    let config = check(&documents[0].to_json(), &files).unwrap();
    let snapshot: Snapshot = serde_json::from_value(json!({
        "project": {"name": "p", "package": "p", "path": "/p"},
        "environment": "base", "pipelines": ["__default__"], "registered": ["__default__"],
        "nodes": [
            {"name": "make", "inputs": [], "outputs": ["table"]},
            {"name": "use", "inputs": ["table"], "outputs": []},
        ],
        "datasets": {"table": {"type": "x", "place": "local", "path": path, "registered": true}},
        "parameters": {},
        "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
    }))
    .unwrap();
    let plan = plan::plan(&snapshot, &config).unwrap();
    let manifest = compile::lower(&plan, &snapshot, &config, &compile::Options::default());
    let manifest = argo::spec::Field::write(&manifest);
    let all = lint::pod::check(&snapshot, &config, &plan, &manifest, &[], None);
    let of_rule = |finding: &Diagnostic| finding.code == "local-path-crosses-tasks";
    all.into_iter().filter(of_rule).collect()
}

const ALL: &str = "nodes: {'*': {volumes: [{name: d, mount_path: /data, SOURCE}]}}";

#[test]
fn what_lies_on_local_disk_is_a_warning_and_before_a_run_an_error() {
    let found = findings("data/table.csv", "namespace: team");
    assert_eq!(found[0].severity, Severity::Warning);
    let found = lint::project::before_a_run(found);
    assert_eq!(found[0].severity, Severity::Error);
}

#[test]
fn what_lies_on_a_volume_that_both_tasks_share_is_none() {
    for source in [
        "persistent_volume_claim: {claimName: c}",
        "source: {nfs: {server: s, path: /}}",
    ] {
        let argo = ALL.replace("SOURCE", source);
        assert_eq!(findings("/data/a/table.csv", &argo), []);
        assert_eq!(findings("file:///data/table.csv", &argo), []);
        assert_eq!(findings("/database/table.csv", &argo).len(), 1);
        assert_eq!(findings("data/table.csv", &argo).len(), 1);
    }
    let patched = "patches: {pods: {containers: [{name: main, volumeMounts: [{name: d, mountPath: /data}]}]}}";
    assert_eq!(findings("/data/table.csv", patched), []);
}

#[test]
fn a_volume_of_one_pod_alone_carries_nothing_to_another() {
    for source in ["empty_dir: {}", "ephemeral: {size: 1}"] {
        assert_eq!(
            findings("/data/table.csv", &ALL.replace("SOURCE", source)).len(),
            1,
            "{source}"
        );
    }
    let one = "nodes: {make: {volumes: [{name: d, mount_path: /data, persistent_volume_claim: {claimName: c}}]}}";
    assert_eq!(findings("/data/table.csv", one).len(), 1);
}
