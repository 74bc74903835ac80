//! What an operation is about.

/// A task of a DAG, as far as its node goes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Task {
    /// Name of the task.
    pub(crate) name: String,
    /// Name of its template.
    pub(crate) template: String,
    /// Numbers of the tasks that it depends on.
    pub(crate) dependencies: Vec<usize>,
}

/// A Workflow that is a DAG of pods.
#[derive(Debug, Clone, Default)]
pub(crate) struct Workflow {
    /// Name of the Workflow.
    pub(crate) name: String,
    /// Name of its entrypoint.
    pub(crate) entrypoint: String,
    /// Name of the step whose inline template the DAG is, where the entrypoint has one step.
    pub(crate) step: Option<String>,
    /// Tasks of the DAG, in their order.
    pub(crate) tasks: Vec<Task>,
}
