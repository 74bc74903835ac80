use argo::spec::{Dag, WorkflowSpec};

/// Name of the only step of a wide pipeline, which contains the DAG inline.
pub const WIDE_STEP: &str = "tasks";

/// The name of a status node's task, from the node's name: `a` from `flights-x7.a`, and from `flights-x7[0].tasks.a` of
/// a wide pipeline. Empty for the workflow itself.
pub fn task_of_node<'a>(node: &'a str, workflow: &str) -> &'a str {
    let rest = node.strip_prefix(workflow).unwrap_or(node);
    let rest = rest.trim_start_matches('.');
    let in_place = rest.strip_prefix("[0].").and_then(|step| {
        let inside = step.strip_prefix(WIDE_STEP)?;
        inside.strip_prefix('.')
    });
    in_place.unwrap_or(rest)
}

/// The DAG of the tasks of a workflow.
#[derive(Debug, Clone)]
pub struct MainDag<'a> {
    /// Path of the DAG in the document.
    pub path: String,
    /// The DAG.
    pub dag: &'a Dag,
    /// Name of the step that contains the DAG inline; none if the DAG is that of the entrypoint.
    pub step: Option<&'a str>,
}

/// The DAG that a workflow starts with: that of its entrypoint, or the inline DAG of the entrypoint's only step, where
/// argo-kedro puts more than 200 tasks. None for a workflow of another form.
pub fn main_dag(spec: &WorkflowSpec) -> Option<MainDag<'_>> {
    let entry = spec.template(&spec.entrypoint)?;
    let path = format!("spec.templates[{}]", entry.name);
    if let Some(dag) = &entry.dag {
        let path = format!("{path}.dag");
        let step = None;
        return Some(MainDag { path, dag, step });
    }
    let [group] = entry.steps.as_slice() else {
        return None;
    };
    let [step] = group.0.as_slice() else {
        return None;
    };
    let dag = step.inline.as_ref()?.dag.as_ref()?;
    let path = format!("{path}.steps[0][0].inline.dag");
    let step = Some(step.name.as_str());
    Some(MainDag { path, dag, step })
}

/// The DAG of [`main_dag`], for changes.
pub fn main_dag_mut(spec: &mut WorkflowSpec) -> Option<&mut Dag> {
    let mut templates = spec.templates.iter_mut();
    let entry = templates.find(|template| template.name == spec.entrypoint)?;
    if entry.dag.is_some() {
        return entry.dag.as_mut();
    }
    let [group] = entry.steps.as_mut_slice() else {
        return None;
    };
    let [step] = group.0.as_mut_slice() else {
        return None;
    };
    step.inline.as_mut()?.dag.as_mut()
}
