//! Places where a new run finds the data of an earlier one.

use argo::spec::{Container, WorkflowSpec};
use marks::{EXEC, HANDOFF_PATH, name_list};

/// Variable with further places to search for handed-off datasets, separated by commas (`python/argo_kedro/hooks.py`).
pub const HANDOFF_FROM: &str = "ARGO_KEDRO_HANDOFF_FROM";
/// Variable with the unique ids of runs whose dataset versions also belong to this run, separated by commas
/// (`python/argo_kedro/versions.py`).
pub(crate) const RUN_VERSION_FROM: &str = "ARGO_KEDRO_RUN_VERSION_FROM";
/// Tag for the unique id of a run in its manifest.
pub(crate) const UID: &str = "{{workflow.uid}}";

/// Places where a new run finds the data of an earlier one, and the data that the earlier one took over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FromRun {
    /// Folders or URLs of handed-off datasets, the earlier run's first; empty for a run that handed them off in its own
    /// folder.
    pub handoff: Vec<String>,
    /// Unique ids of the runs whose dataset versions also belong to this run, the earlier run's first.
    pub versions: Vec<String>,
}

impl FromRun {
    /// Reads the places from the spec of the earlier run, whose unique id is `uid`.
    pub fn of(spec: &WorkflowSpec, uid: &str) -> Self {
        let text = |name: &str| {
            let mut variables = task_containers(spec).flat_map(|container| &container.env);
            let found = variables.find(|variable| variable.name == name);
            found.and_then(|variable| variable.value.clone())
        };
        let earlier = |name: &str| text(name).map_or_else(Vec::new, |it| name_list::read(&it));
        let own = text(HANDOFF_PATH).map(|path| path.replace(UID, uid));
        let mut handoff: Vec<String> = own.into_iter().collect();
        handoff.extend(earlier(HANDOFF_FROM));
        let mut versions = vec![uid.to_owned()];
        versions.extend(earlier(RUN_VERSION_FROM));
        Self { handoff, versions }
    }
}

/// The containers that run Kedro nodes.
pub(crate) fn task_containers(spec: &WorkflowSpec) -> impl Iterator<Item = &Container> {
    let containers = spec.templates.iter();
    let containers = containers.filter_map(|template| template.container.as_ref());
    containers.filter(|container| container.command == EXEC)
}

#[cfg(test)]
mod tests {
    use argo::spec::from_json;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_an_earlier_run_took_over_comes_along() {
        let container = |env: serde_json::Value| {
            let container = json!({"image": "i", "command": ["argo-kedro", "exec"], "env": env});
            let spec = json!({"templates": [{"name": "default", "container": container}]});
            from_json::<WorkflowSpec>(&spec).unwrap()
        };
        let here =
            container(json!([{"name": "ARGO_KEDRO_RUN_VERSION", "value": "{{workflow.uid}}"}]));
        let expected = FromRun {
            handoff: Vec::new(),
            versions: vec!["u1".to_owned()],
        };
        assert_eq!(FromRun::of(&here, "u1"), expected);
        let again = container(json!([
            {"name": "ARGO_KEDRO_HANDOFF_PATH", "value": "s3://b/{{workflow.uid}}"},
            {"name": "ARGO_KEDRO_HANDOFF_FROM", "value": "s3://b/u1"},
            {"name": "ARGO_KEDRO_RUN_VERSION_FROM", "value": "u1,u0"},
        ]));
        let expected = FromRun {
            handoff: vec!["s3://b/u2".to_owned(), "s3://b/u1".to_owned()],
            versions: ["u2", "u1", "u0"].map(str::to_owned).to_vec(),
        };
        assert_eq!(FromRun::of(&again, "u2"), expected);
    }
}
