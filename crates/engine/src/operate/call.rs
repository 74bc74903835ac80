//! A call of a template: a task, a step, an attempt, a hook, or the entrypoint.

use std::rc::Rc;

use argo::spec::{Arguments, Template};
use argo::status::NodeFlag;
use jiff::Timestamp;

use super::dag::DagState;
use super::documents::{DocumentTemplate, Scope, TemplateReference};
use super::steps::StepsState;
use super::tries::RetryState;

/// Number of a call.
pub(crate) type CallId = usize;

/// Caller of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller {
    /// The Workflow: its entrypoint.
    Entry,
    /// The Workflow: its exit handler.
    ExitHandler,
    /// The Workflow: a hook.
    WorkflowHook,
    /// A DAG: a task, or one item of it.
    Task { dag: CallId, task: usize },
    /// A hook or an exit handler of a task of a DAG.
    TaskHook { dag: CallId, task: usize },
    /// Steps: a step of the running group.
    Step { steps: CallId, step: usize },
    /// A hook or an exit handler of a step.
    StepHook { steps: CallId, step: usize },
    /// A retried call: one attempt.
    Attempt { retry: CallId },
}

/// Input of a call.
#[derive(Debug, Clone)]
pub(super) struct CallRequest {
    /// Name of the node.
    pub(super) name: String,
    pub(super) caller: Caller,
    /// Call whose template contains this one.
    pub(super) boundary: Option<CallId>,
    /// The task, step or hook.
    pub(super) holder: Rc<TemplateReference>,
    /// Values for the inputs, with everything replaced.
    pub(super) arguments: Arguments,
    /// Scope in which the template is searched.
    pub(super) scope: Scope,
    /// Set if the call is part of an exit handler.
    pub(super) is_exit: bool,
    pub(super) flag: Option<NodeFlag>,
    /// Number of calls around this one.
    pub(super) depth: usize,
    /// Position in the documents: an earlier call starts first.
    pub(super) order: Vec<u32>,
}

/// A call of a template.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) request: CallRequest,
    /// Id of the node.
    pub(super) id: String,
    /// Scope in which the templates named by this one are searched.
    pub(super) scope: Scope,
    /// The template, as in its document; none until it is found.
    pub(super) document_template: Option<Rc<DocumentTemplate>>,
    /// The template with everything replaced.
    pub(super) template: Rc<Template>,
    pub(super) state: State,
    /// Time by which the call has to end: `timeout`.
    pub(super) deadline: Option<Timestamp>,
    /// Locks that the call holds.
    pub(super) holds: Vec<String>,
}

/// State of a call.
#[derive(Debug)]
pub(super) enum State {
    /// Call that has not begun: other calls use up the parallelism.
    Held,
    /// Call that waits for a lock.
    Locked,
    /// Call that is a pod.
    Pod,
    /// Call that waits for somebody or for a time.
    Suspended,
    /// Call that is retried, with its attempts.
    Retry(Box<RetryState>),
    /// DAG with its tasks.
    Dag(Box<DagState>),
    /// Steps, with their progress.
    Steps(Box<StepsState>),
    /// Call that has ended.
    Over,
}

/// Reason why a call cannot begin or continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// Call that took longer than its `timeout`.
    Timeout,
    /// Templates that call each other too deep.
    TooDeep,
    /// Anything else.
    Other(String),
}

impl CallError {
    /// Longest chain of calls (`maxStackDepth` of `workflow/controller/controller.go`).
    pub(super) const DEEPEST: usize = 100;

    pub(super) fn message(&self) -> String {
        match self {
            Self::Timeout => "timeout".to_owned(),
            Self::TooDeep => "Maximum recursion depth exceeded. See https://argo-workflows.readthedocs.io/en/latest/scaling/".to_owned(),
            Self::Other(message) => message.clone(),
        }
    }
}

impl From<String> for CallError {
    fn from(message: String) -> Self {
        Self::Other(message)
    }
}

/// Outcome of beginning a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Call with a node, which may have ended already.
    Begun,
    /// Call that waits for free parallelism.
    Held,
    /// Call that could not begin.
    Failed(CallError),
}

impl Call {
    pub(super) fn name(&self) -> &str {
        &self.request.name
    }
}
