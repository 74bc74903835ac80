//! A call of a template: a task, a step, an attempt, a hook, or the entrypoint.

use std::rc::Rc;

use argo::spec::{Arguments, Template};
use argo::status::NodeFlag;
use jiff::Timestamp;

use super::dag::DagState;
use super::documents::{Holder, Known, Scope};
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
    /// A DAG: a task, or an item of it.
    Task { dag: CallId, task: usize },
    /// A hook or an exit handler of a task of a DAG.
    TaskHook { dag: CallId, task: usize },
    /// Steps: a step of the group that runs.
    Step { steps: CallId, step: usize },
    /// A hook or an exit handler of a step.
    StepHook { steps: CallId, step: usize },
    /// A call that is tried again when it fails.
    Attempt { retry: CallId },
}

/// Work that a call is to do.
#[derive(Debug, Clone)]
pub(super) struct Request {
    /// Name of the node.
    pub(super) name: String,
    pub(super) caller: Caller,
    /// The call whose template has this one in it.
    pub(super) boundary: Option<CallId>,
    /// The task, step or hook.
    pub(super) holder: Rc<Holder>,
    /// Values for the inputs, with everything filled in.
    pub(super) arguments: Arguments,
    /// Scope in which the template is looked for.
    pub(super) scope: Scope,
    /// Says whether it is part of an exit handler.
    pub(super) is_exit: bool,
    pub(super) flag: Option<NodeFlag>,
    /// Calls around it.
    pub(super) depth: usize,
    /// Place in the documents: what comes first there starts first.
    pub(super) order: Vec<u32>,
}

/// A call of a template.
#[derive(Debug)]
pub(crate) struct Call {
    pub(super) request: Request,
    /// Id of the node.
    pub(super) id: String,
    /// Scope in which the templates that this one names are looked for.
    pub(super) scope: Scope,
    /// The template, as its document has it; none before it is found.
    pub(super) known: Option<Rc<Known>>,
    /// The template with everything filled in.
    pub(super) template: Rc<Template>,
    pub(super) state: State,
    /// The moment by which it has to end: `timeout`.
    pub(super) deadline: Option<Timestamp>,
    /// Locks that it holds.
    pub(super) holds: Vec<String>,
}

/// State of a call.
#[derive(Debug)]
pub(super) enum State {
    /// Call that has not begun: others take all the room there is.
    Held,
    /// Call that waits for a lock.
    Locked,
    /// Call that is a pod.
    Pod,
    /// Call that waits for somebody or for a time.
    Suspended,
    /// Attempts of a call that is tried again.
    Retry(Box<RetryState>),
    /// DAG with its tasks.
    Dag(Box<DagState>),
    /// Steps, and how far they are.
    Steps(Box<StepsState>),
    /// Call in which nothing more happens.
    Over,
}

/// Reason why a call could not begin or go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CallError {
    /// End of a call that took longer than its `timeout`.
    Timeout,
    /// Templates call each other too deep.
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

/// Outcome of the beginning of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The node of the call is there, and may have ended already.
    Begun,
    /// Result for a call that has no room yet.
    Held,
    /// Result for a call that could not begin.
    Failed(CallError),
}

impl Call {
    pub(super) fn name(&self) -> &str {
        &self.request.name
    }
}
