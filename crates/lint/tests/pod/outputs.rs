//! Outputs that are lost with the pod.

use serde_json::json;

use crate::project::{Project, csv};

#[test]
fn outputs_on_the_disk_of_a_pod_are_lost() {
    Project::at("s3://b/x", "data/r.csv").finds("warning[output-lost-with-pod]");
    Project::at("s3://b/x", "/tmp/r.csv")
        .without_image()
        .finds("warning[output-lost-with-pod]");
    // A custom template may copy the files to another place.
    let takes = "template: {default_template: t, templates: [{name: t, container: {command: [sh, -c], args: 'argo-kedro exec && aws s3 cp data/r.csv s3://b'}}]}";
    Project::at("s3://b/x", "data/r.csv").argo(takes).finds("");
    let mut crossing = Project::at("s3://b/x", "data/r.csv");
    crossing.nodes = json!([
        {"name": "one", "inputs": ["companies"], "outputs": ["report"]},
        {"name": "two", "inputs": ["report"], "outputs": []},
    ]);
    crossing.finds("warning[local-path-crosses-tasks]");
    let shared = "nodes: {'*': {volumes: [{name: v, mount_path: /app/data, persistent_volume_claim: {claimName: c}}]}}";
    crossing.argo(shared).finds("");
}

#[test]
fn data_that_are_handed_over_on_the_disk_of_a_pod_do_not_arrive() {
    const LOST: &str = "error[handoff-without-path]";
    let project = |argo: &str| {
        let mut project = Project::default().argo(argo);
        project.datasets = json!({
            "companies": csv("s3://b/x"),
            "report": {"type": "MemoryDataset", "place": "memory", "registered": false},
        });
        project.nodes = json!([
            {"name": "one", "inputs": ["companies"], "outputs": ["report"]},
            {"name": "two", "inputs": ["report"], "outputs": []},
        ]);
        project
    };
    for path in ["relative/folder", "/mnt/nothing", "file:///mnt/nothing"] {
        project(&format!("memory_datasets: {{path: '{path}'}}")).finds(LOST);
    }
    for path in [
        "s3://b/handoff",
        "{{workflow.parameters.b}}/h",
        "$(BUCKET)/h",
    ] {
        project(&format!("memory_datasets: {{path: '{path}'}}")).finds("");
    }
    let mounted = |tasks: &str, volume: &str| {
        let volume = format!("{{name: v, mount_path: /mnt/shared, {volume}}}");
        format!(
            "memory_datasets: {{path: /mnt/shared/handoff}}\nnodes: {{'{tasks}': {{volumes: [{volume}]}}}}"
        )
    };
    let claim = "persistent_volume_claim: {claimName: c}";
    project(&mounted("*", claim)).finds("");
    // Only one task mounts the volume, or each task mounts its own.
    project(&mounted("one", claim)).finds(LOST);
    project(&mounted("*", "empty_dir: {}")).finds(LOST);
}
