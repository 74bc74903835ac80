//! Outputs that are lost with the pod.

use serde_json::json;

use crate::project::Project;

#[test]
fn outputs_on_the_disk_of_a_pod_are_lost() {
    Project::at("s3://b/x", "data/r.csv").finds("warning[output-lost-with-pod]");
    Project::at("s3://b/x", "/tmp/r.csv")
        .without_image()
        .finds("warning[output-lost-with-pod]");
    // A template of one's own may take them away.
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
