use super::{NODES, NODES_FROM_NAME, main_dag, name_list};
use argo::quantity::QuantityError;
use argo::spec::{Resources, Task, Template, WorkflowSpec};

/// A task for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskOutline {
    /// Name of the task.
    pub name: String,
    /// Kedro nodes of the task; empty if it has none.
    pub nodes: Vec<String>,
    /// Names of the tasks that the task waits for.
    pub upstream: Vec<String>,
    /// Says whether a run can succeed without the task: it runs on a condition, or may fail.
    pub is_optional: bool,
    /// Says whether the task stands for others that appear when they start: it is a loop, or its template may call
    /// others.
    pub is_group: bool,
}

/// The tasks of a workflow's [`main_dag`], before anything has run. Empty for a workflow of another form.
pub fn outline(spec: &WorkflowSpec) -> Vec<TaskOutline> {
    let dag = main_dag(spec).map(|main| main.dag);
    let tasks = dag.map_or(&[][..], |dag| &dag.tasks).iter();
    tasks
        .map(|task| TaskOutline {
            name: task.name.clone(),
            nodes: nodes(task, spec.template(&task.template)),
            upstream: task.dependencies.clone(),
            is_optional: is_optional(task),
            is_group: is_group(task, spec.template(&task.template)),
        })
        .collect()
}

/// Says whether a task stands for others. A template of another document is unknown, and may call others.
fn is_group(task: &Task, template: Option<&Template>) -> bool {
    let is_loop =
        !task.with_items.is_empty() || !task.with_param.is_empty() || task.with_sequence.is_some();
    let calls = |template: &Template| template.dag.is_some() || !template.steps.is_empty();
    let template = task.inline.as_deref().or(template);
    is_loop || task.template_ref.is_some() || template.is_some_and(calls)
}

/// Says whether a task has fields besides argo-kedro's own: a patch may have added `when`, `continueOn` or hooks.
fn is_optional(task: &Task) -> bool {
    const GIVEN: [&str; 4] = ["name", "template", "arguments", "dependencies"];
    task.present().iter().any(|field| !GIVEN.contains(field))
}

/// Memory limit in bytes of a task's first try, if its container has a limit.
///
/// # Errors
///
/// Returns what is wrong with the amount.
pub fn memory_limit(spec: &WorkflowSpec, name: &str) -> Result<Option<u64>, QuantityError> {
    let resources = || {
        let mut tasks = main_dag(spec)?.dag.tasks.iter();
        let task = tasks.find(|task| task.name == name)?;
        let container = spec.template(&task.template)?.container.as_ref()?;
        container.resources.as_ref()
    };
    resources().map_or(Ok(None), Resources::memory_limit)
}

fn nodes(task: &Task, template: Option<&Template>) -> Vec<String> {
    let mut given = task.arguments.parameters.iter();
    let given = given.find(|parameter| parameter.name == NODES);
    if let Some(nodes) = given.and_then(|given| given.value.as_deref()) {
        return name_list::read(nodes);
    }
    let input = template.and_then(|template| template.input(NODES));
    if input.and_then(|input| input.default.as_deref()) == Some(NODES_FROM_NAME) {
        return name_list::read(&task.name.replace('-', "_"));
    }
    Vec::new()
}
