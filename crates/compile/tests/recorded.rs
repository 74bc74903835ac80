//! From Kedro's real pipelines to the manifest: lowers recorded snapshots.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

#[path = "../../project/tests/recording/mod.rs"]
mod recording;

use argo::write::to_yaml;
use compile::{Cron, ManifestKind, Options, lower};
use recording::recording;
use serde_json::{Value, json};

/// The manifest as it is printed.
fn printed(name: &str, kind: ManifestKind) -> String {
    let recording = recording(name);
    let snapshot = &recording.snapshot;
    let config = recording.config().unwrap();
    let plan = plan::plan(snapshot, &config).unwrap();
    let options = Options {
        kind,
        ..Options::default()
    };
    to_yaml(&lower(&plan, snapshot, &config, &options)).unwrap()
}

/// The manifest as a YAML reader reads it.
fn manifest(name: &str, kind: ManifestKind) -> Value {
    let documents = diagnostic::yaml::parse("workflow.yaml", &printed(name, kind)).unwrap();
    documents[0].to_json()
}

fn template<'a>(manifest: &'a Value, name: &str) -> &'a Value {
    let mut templates = manifest["spec"]["templates"].as_array().unwrap().iter();
    templates
        .find(|template| template["name"] == name)
        .unwrap_or_else(|| panic!("there is no template `{name}`"))
}

fn names(spec: &Value) -> Vec<&str> {
    let templates = spec["templates"].as_array().unwrap().iter();
    templates
        .map(|template| template["name"].as_str().unwrap())
        .collect()
}

#[test]
fn each_kind_is_what_its_name_says() {
    let cron = Cron {
        schedules: vec!["0 6 * * *".to_owned()],
        ..Cron::default()
    };
    for (kind, name) in [
        (ManifestKind::Workflow, "Workflow"),
        (ManifestKind::WorkflowTemplate, "WorkflowTemplate"),
        (ManifestKind::CronWorkflow(Box::new(cron)), "CronWorkflow"),
    ] {
        let manifest = manifest("gpu_group", kind);
        assert_eq!(manifest["kind"], name);
        let mut spec = &manifest["spec"];
        if name == "CronWorkflow" {
            assert_eq!(spec["schedules"], json!(["0 6 * * *"]));
            spec = &spec["workflowSpec"];
        }
        assert_eq!(names(spec), ["pipeline", "gpu", "default"], "{name}");
        let is_generated = manifest["metadata"].get("generateName").is_some();
        assert_eq!(is_generated, name == "Workflow", "{name}");
    }
}

#[test]
fn the_files_of_the_earlier_plugin_compile_unchanged() {
    let argo = recording("earlier_plugin").snapshot.argo.unwrap();
    // The build chooses the tag; otherwise no two compilations would give the same bytes.
    assert_eq!(argo["deployment"]["tag"], "${ka.random:}");
    let manifest = manifest("earlier_plugin", ManifestKind::Workflow);
    assert_eq!(
        names(&manifest["spec"]),
        ["pipeline", "g2-standard-4", "default"]
    );
}

#[test]
fn globals_may_name_what_only_a_container_has() {
    let snapshot = recording("container_variables").snapshot;
    let path = snapshot.datasets["made"].path.as_deref();
    assert_eq!(path, Some("s3://b/WORKFLOW_ID/made.json"));
    assert!(printed("container_variables", ManifestKind::Workflow).contains("secretKeyRef"));
}

#[test]
fn settings_reach_the_manifest_though_on_is_true_to_kedros_reader() {
    let argo = recording("node_settings").snapshot.argo.unwrap();
    assert_eq!(argo["nodes"]["*"]["retry"]["true"], json!(["preempted"]));
    let manifest = manifest("node_settings", ManifestKind::Workflow);
    let template_of = |entry: &str| {
        let task = &template(&manifest, entry)["dag"]["tasks"][0];
        template(&manifest, task["template"].as_str().unwrap())
    };
    let heavy = template_of("pipeline");
    let expression = heavy["retryStrategy"]["expression"].as_str().unwrap();
    assert!(expression.contains("137"), "{expression}");
    assert!(!expression.contains("143"), "{expression}");
    let patch = heavy["podSpecPatch"].as_str().unwrap();
    assert!(patch.contains("asInt(retries)"), "{patch}");
    assert_eq!(
        heavy["container"]["terminationMessagePolicy"],
        "FallbackToLogsOnError"
    );
    assert_eq!(manifest["spec"]["onExit"], "on-exit");
    let arguments = template_of("on-exit")["container"]["args"].as_array();
    assert!(arguments.unwrap().contains(&json!("--pipelines=tidy")));
}
