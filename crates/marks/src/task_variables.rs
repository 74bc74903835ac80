//! Variables of a run's tasks, for programs that read the run's data later.

use std::collections::BTreeMap;
use std::path::Path;

use super::RUN_VERSION;
use argo::spec::{VolumeMount, WorkflowSpec};

/// A run: the values of `{{workflow.…}}`.
#[derive(Debug, Clone, Copy)]
pub struct RunOf<'a> {
    /// Name of the Workflow.
    pub name: &'a str,
    /// Unique id of the run.
    pub uid: &'a str,
    /// Namespace of the run; empty on this machine.
    pub namespace: &'a str,
    /// Creation time of the run, as RFC 3339 in seconds.
    pub created: &'a str,
}

/// Variables that differ between tasks, or concern only one task.
const OF_ONE_TASK: [&str; 4] = [
    "ARGO_KEDRO_HANDOFF",
    "ARGO_KEDRO_MEMORY",
    "ARGO_KEDRO_SECRETS",
    "ARGO_KEDRO_RESULTS",
];

/// The variables of containers in a Workflow's spec whose values the spec contains, so no secrets. Of several with the
/// same name, the first one counts.
pub fn task_variables(spec: &WorkflowSpec, run: RunOf<'_>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::from([
        ("WORKFLOW_ID".to_owned(), run.uid.to_owned()),
        (
            RUN_VERSION.to_owned(),
            format!("{}/{}", run.created, run.uid),
        ),
    ]);
    let containers = spec.templates.iter();
    let containers = containers.filter_map(|template| template.container.as_ref());
    let variables = containers.flat_map(|container| {
        let env = container.env.iter();
        env.map(move |variable| (variable, container))
    });
    for (variable, container) in variables {
        let (name, Some(value)) = (&variable.name, &variable.value) else {
            continue;
        };
        if is_file_of_pods(name, value, &container.volume_mounts) {
            continue;
        }
        if OF_ONE_TASK.contains(&&**name) || found.contains_key(name) {
            continue;
        }
        if let Some(value) = known(value, run) {
            found.insert(name.clone(), value);
        }
    }
    found
}

/// Prefix of argo-kedro's own variables.
const OWN: &str = "ARGO_KEDRO_";

/// Says whether the value of a variable is a path in a read-only volume of the pod that this machine lacks, such as the
/// file of a secret. Such a variable is useless here, and would hide the user's own.
pub fn is_file_of_pods(name: &str, value: &str, mounts: &[VolumeMount]) -> bool {
    let path = Path::new(value);
    let is_below = |mount: &VolumeMount| {
        mount.read_only && mount.mount_path.starts_with('/') && path.starts_with(&mount.mount_path)
    };
    let is_own = name.starts_with(OWN);
    !is_own && mounts.iter().any(is_below) && !path.exists()
}

/// The value as the task gets it; none if only Argo or Kubernetes know it.
fn known(value: &str, run: RunOf<'_>) -> Option<String> {
    let mut value = value.to_owned();
    for (name, text) in [
        ("{{workflow.uid}}", run.uid),
        ("{{workflow.name}}", run.name),
        ("{{workflow.namespace}}", run.namespace),
        ("{{workflow.creationTimestamp.RFC3339}}", run.created),
    ] {
        value = value.replace(name, text);
    }
    if value.contains("{{") || value.contains("$(") {
        return None;
    }
    // Kubernetes turns `$$` into `$`.
    Some(value.replace("$$", "$"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_task_has_is_known_where_no_cluster_has_to_be_asked() {
        let env = json!([
            {"name": "WORKFLOW_ID", "value": "{{workflow.uid}}"},
            {"name": "ARGO_KEDRO_HANDOFF_PATH", "value": "s3://b/{{workflow.uid}}"},
            {"name": "ARGO_KEDRO_HANDOFF", "value": "{{inputs.parameters.handoff}}"},
            {"name": "PLACE", "value": "{{workflow.namespace}}/{{workflow.name}}"},
            {"name": "PRICE", "value": "5$$"},
            {"name": "OTHER", "value": "$(PLACE)/x"},
            {"name": "OF_INIT", "value": "{{workflow.outputs.parameters.x}}"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}},
        ]);
        let spec = json!({"templates": [{"name": "dag", "dag": {}}, {"container": {"env": env}},
            {"container": {"env": [{"name": "PRICE", "value": "6"}]}}]});
        let run = RunOf {
            name: "r",
            uid: "u",
            namespace: "n",
            created: "2026-01-01T00:00:00Z",
        };
        let found = task_variables(&argo::spec::from_json(&spec).unwrap(), run);
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (&**name, &**value))
            .collect();
        assert_eq!(
            found,
            [
                ("ARGO_KEDRO_HANDOFF_PATH", "s3://b/u"),
                ("ARGO_KEDRO_RUN_VERSION", "2026-01-01T00:00:00Z/u"),
                ("PLACE", "n/r"),
                ("PRICE", "5$"),
                ("WORKFLOW_ID", "u"),
            ]
        );
    }
}
