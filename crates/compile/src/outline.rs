//! What a Workflow says of its tasks before anything has run.

use argo::quantity::QuantityError;

use crate::manifest::{DagTask, Resources, Template, WorkflowSpec};
use crate::name_list;

/// A task as the views name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskOutline {
    /// Name of the task.
    pub name: String,
    /// Its Kedro nodes; none where it has none.
    pub nodes: Vec<String>,
    /// Names of the tasks it waits for.
    pub upstream: Vec<String>,
    /// Whether a run can succeed without it: it runs on a condition, or may fail.
    pub is_optional: bool,
}

/// The tasks of the DAG that a workflow starts with: in its entrypoint, or inline in its
/// one step. None for a workflow of another form.
pub fn outline(spec: &WorkflowSpec) -> Vec<TaskOutline> {
    let Some(entry) = spec.template(&spec.entrypoint) else {
        return Vec::new();
    };
    tasks(entry)
        .into_iter()
        .map(|task| TaskOutline {
            name: task.name.clone(),
            nodes: nodes(task, spec.template(&task.template)),
            upstream: task
                .dependencies
                .as_ref()
                .map(|dependencies| dependencies.0.clone())
                .unwrap_or_default(),
            // What patches add: `when`, `continueOn`, hooks.
            is_optional: !task.other.is_empty(),
        })
        .collect()
}

/// Bytes of memory that a task of a workflow may use at its first try, where its container has a limit.
///
/// # Errors
///
/// Returns what is wrong with the amount.
pub fn memory_limit(spec: &WorkflowSpec, name: &str) -> Result<Option<u64>, QuantityError> {
    resources_of(spec, name).map_or(Ok(None), Resources::memory_limit)
}

fn resources_of<'s>(spec: &'s WorkflowSpec, name: &str) -> Option<&'s Resources> {
    let task = tasks(spec.template(&spec.entrypoint)?)
        .into_iter()
        .find(|task| task.name == name)?;
    let container = spec.template(&task.template)?.container.as_ref()?;
    container.resources.as_ref()
}

fn tasks(entry: &Template) -> Vec<&DagTask> {
    if let Some(dag) = &entry.dag {
        return dag.tasks.iter().collect();
    }
    let steps = entry.steps.iter().flatten();
    let inline = steps.filter_map(|step| step.inline.as_ref());
    inline
        .flat_map(|template| &template.dag.tasks)
        .map(|task| &task.0)
        .collect()
}

fn nodes(task: &DagTask, template: Option<&Template>) -> Vec<String> {
    let given = task.arguments.as_ref().and_then(|arguments| {
        let parameters = arguments.0.parameters.iter();
        parameters
            .filter(|parameter| parameter.name == crate::lower::NODES)
            .find_map(|parameter| parameter.value.clone())
    });
    let by_name = || {
        let inputs = template?.inputs.as_ref()?;
        let input = inputs.parameters.iter().find(|input| {
            input.name == crate::lower::NODES
                && input.default.as_deref() == Some(crate::lower::NODES_FROM_NAME)
        });
        input.map(|_| task.name.replace('-', "_"))
    };
    given
        .or_else(by_name)
        .map(|nodes| name_list::read(&nodes))
        .unwrap_or_default()
}
