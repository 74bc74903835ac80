//! The whole Workflow: its begin, stop and end (`operate` of `workflow/controller/operator.go`).

use std::rc::Rc;

use argo::spec::LifecycleHook;
use argo::status::{NodeFlag, NodeKind, Phase, exit_handler_name, hook_name, pod_name};
use argo::text::expression::Value;
use jiff::{SignedDuration, Timestamp};

use super::call::{CallError, CallId, CallRequest, Caller, Outcome, State};
use super::documents::{Scope, TemplateReference};
use super::hooks::{EXIT, holds};
use super::operation::Operation;
use super::values::{json, of_workflow, rfc3339};

/// Message of the whole run after an interrupt by the user.
pub(crate) const STOPPED: &str = "stopped";

/// Number of the whole Workflow among the timers.
const WORKFLOW_TIMER: CallId = CallId::MAX;

/// State of the whole run.
#[derive(Debug, Default)]
pub(super) struct WorkflowState {
    entry: Option<CallId>,
    exit: Option<CallId>,
    /// Calls of hooks that have begun.
    hooks: Vec<CallId>,
    pub(super) shutdown: Option<Shutdown>,
    /// Locks that the Workflow waits for before it begins.
    pub(super) waits_for: Vec<String>,
    /// Time by which the Workflow has to end.
    pub(super) deadline: Option<Timestamp>,
    /// Set while nothing new begins until somebody resumes the Workflow.
    pub(super) is_suspended: bool,
    is_interrupted: bool,
}

/// Way to end a Workflow from outside (`ShutdownStrategy` of `workflow_types.go`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shutdown {
    /// Graceful end: exit handlers still run.
    Stop,
    /// End at once, without exit handlers.
    Terminate,
}

impl Shutdown {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stop => "Stop",
            Self::Terminate => "Terminate",
        }
    }

    /// Says whether a pod still runs after the shutdown: one of an exit handler may.
    pub(super) fn lets_run(self, is_exit: bool) -> bool {
        self == Self::Stop && is_exit
    }
}

impl WorkflowState {
    /// Number of the whole Workflow among the timers, if it has a deadline.
    pub(super) fn timer(&self) -> Option<CallId> {
        self.deadline.map(|_| WORKFLOW_TIMER)
    }
}

impl Operation {
    /// Begins the Workflow, or continues from an earlier status.
    pub(super) fn begin_workflow(&mut self) {
        let now = self.now;
        self.status.phase = Some(Phase::Running);
        self.status.message = None;
        self.status.started_at = Some(now);
        self.status.finished_at = None;
        self.forget_open_pods();
        self.globals.set("workflow.status", Value::text("Running"));
        if let Some(outputs) = &self.status.outputs {
            for output in &outputs.parameters {
                if let Some(value) = &output.value {
                    let name = format!("workflow.outputs.parameters.{}", output.name);
                    self.globals.set(name, Value::text(value));
                }
            }
        }
        if let Some(seconds) = self.documents.spec.active_deadline_seconds {
            // The controller uses whole seconds.
            let started = Timestamp::from_second(now.as_second()).unwrap_or(now);
            let deadline = started.saturating_add(SignedDuration::from_secs(seconds));
            if let Ok(deadline) = deadline {
                self.workflow.deadline = Some(deadline);
                self.timers.insert((deadline, WORKFLOW_TIMER));
            }
        }
        if self.documents.spec.suspend == Some(true) {
            self.workflow.is_suspended = true;
            return;
        }
        self.begin_entry();
    }

    /// Forgets the pods that an earlier run has left open, so that they run again.
    fn forget_open_pods(&mut self) {
        let is_open = |node: &argo::status::NodeStatus| {
            matches!(node.kind, NodeKind::Pod | NodeKind::Container) && !node.phase.is_final()
        };
        let gone: std::collections::HashSet<String> = self
            .status
            .nodes
            .values()
            .filter(|node| is_open(node))
            .map(|node| node.id.clone())
            .collect();
        self.forget(&gone);
        // Also forget retried nodes without any attempt.
        let is_untried = |node: &argo::status::NodeStatus| {
            node.kind == NodeKind::Retry && !node.phase.is_final() && node.children.is_empty()
        };
        let nodes = self.status.nodes.values();
        let untried = nodes.filter(|node| is_untried(node));
        let untried = untried.map(|node| node.id.clone()).collect();
        self.forget(&untried);
    }

    fn forget(&mut self, gone: &std::collections::HashSet<String>) {
        if gone.is_empty() {
            return;
        }
        self.status.nodes.retain(|id, _| !gone.contains(id));
        for node in self.status.nodes.values_mut() {
            node.children.retain(|id| !gone.contains(id));
        }
    }

    /// Begins the entrypoint once the Workflow has its locks (`operate` of `workflow/controller/operator.go`).
    pub(super) fn begin_entry(&mut self) {
        match self.take_locks_of_workflow() {
            Ok(None) => {}
            Ok(Some(message)) => {
                self.status.phase = Some(Phase::Pending);
                self.status.message = Some(message);
                self.status.started_at = None;
                return;
            }
            Err(error) => {
                let message = format!("Failed to acquire the synchronization lock. {error}");
                self.finish(Phase::Failed, Some(message));
                return;
            }
        }
        if self.status.phase == Some(Phase::Pending) {
            self.status.phase = Some(Phase::Running);
            self.status.message = None;
            self.status.started_at = Some(self.now);
        }
        let spec = &self.documents.spec;
        let holder = TemplateReference {
            template: spec.entrypoint.clone(),
            ..TemplateReference::default()
        };
        let request = CallRequest {
            name: self.documents.name.clone(),
            caller: Caller::Entry,
            boundary: None,
            holder: Rc::new(holder),
            arguments: spec.arguments.clone(),
            scope: Scope::Local,
            is_exit: false,
            flag: None,
            depth: 1,
            order: Vec::new(),
        };
        self.workflow.entry = Some(self.calls.len());
        let (call, outcome) = self.call(request);
        self.take_in_outcome(call, outcome);
    }

    /// Continues a resumed Workflow.
    pub(super) fn resume_workflow(&mut self) {
        if self.workflow.entry.is_none() && !self.status.is_final() {
            self.begin_entry();
        }
    }

    /// Checks the Workflow's own calls, and says whether something has begun or ended.
    pub(super) fn look_at_workflow(&mut self) -> bool {
        let Some(entry) = self.workflow.entry.filter(|_| !self.status.is_final()) else {
            return false;
        };
        let id = self.calls[entry].id.clone();
        let Some(phase) = self.phase(&id) else {
            return false;
        };
        let status = of_workflow(phase);
        self.globals
            .set("workflow.status", Value::text(status.as_str()));
        if self.begin_hooks() {
            return true;
        }
        let hooks_run = self
            .workflow
            .hooks
            .iter()
            .any(|hook| !self.is_fulfilled(&self.calls[*hook].id));
        if hooks_run || !self.is_fulfilled(&id) {
            return false;
        }
        match self.workflow.exit {
            None => {
                let may = self.workflow.shutdown != Some(Shutdown::Terminate)
                    && !self.workflow.is_interrupted;
                if let Some(handler) = self.exit_hook().filter(|_| may) {
                    self.begin_exit(handler);
                    return true;
                }
            }
            Some(exit) => {
                if !self.is_fulfilled(&self.calls[exit].id) {
                    return false;
                }
            }
        }
        self.end_workflow(entry, status);
        true
    }

    /// Ends the Workflow with the phase of its first node and its exit handler.
    fn end_workflow(&mut self, entry: CallId, status: Phase) {
        let node = self.node(&self.calls[entry].id);
        let message = node.and_then(|node| node.message.clone());
        let exit = self
            .workflow
            .exit
            .and_then(|exit| self.node(&self.calls[exit].id));
        let failed_exit = exit.filter(|node| node.phase.is_failed());
        let (phase, message) = match status {
            Phase::Succeeded => match failed_exit {
                Some(node) => (node.phase, node.message.clone()),
                None => (Phase::Succeeded, None),
            },
            phase => match self.workflow.shutdown {
                Some(how) => (
                    phase,
                    Some(format!("Stopped with strategy '{}'", how.word())),
                ),
                None if self.workflow.is_interrupted => (phase, Some(STOPPED.to_owned())),
                None => (phase, message),
            },
        };
        self.finish(phase, message);
    }

    fn finish(&mut self, phase: Phase, message: Option<String>) {
        self.status.phase = Some(phase);
        self.status.message = message.filter(|text| !text.is_empty());
        self.status.finished_at = Some(self.now);
        self.workflow.waits_for.clear();
        self.timers.clear();
        let open =
            (0..self.calls.len()).filter(|call| matches!(self.calls[*call].state, State::Pod));
        self.changes.end.extend(open);
    }

    /// Handles a call of the Workflow itself that could not begin.
    pub(super) fn workflow_failed(&mut self, call: CallId, error: &CallError) {
        let caller = self.calls[call].request.caller;
        let message = match caller {
            Caller::ExitHandler => {
                format!("error in exit template execution : {}", error.message())
            }
            Caller::WorkflowHook => return,
            _ => format!("error in entry template execution: {}", error.message()),
        };
        self.finish(Phase::Error, Some(message));
    }

    fn exit_hook(&self) -> Option<LifecycleHook> {
        let spec = &self.documents.spec;
        let on_exit = spec.on_exit.as_ref().filter(|name| !name.is_empty());
        let mut hook = match on_exit {
            Some(template) => LifecycleHook {
                template: template.clone(),
                ..LifecycleHook::default()
            },
            None => spec.hooks.get(EXIT)?.clone(),
        };
        if hook.arguments.parameters.is_empty() && hook.arguments.artifacts.is_empty() {
            hook.arguments = spec.arguments.clone();
        }
        Some(hook)
    }

    fn begin_exit(&mut self, handler: LifecycleHook) {
        self.set_failures();
        let name = exit_handler_name(&self.documents.name);
        self.workflow.exit = Some(self.calls.len());
        let (call, outcome) = self.call_of_workflow(name, handler, Caller::ExitHandler, true);
        self.take_in_outcome(call, outcome);
    }

    /// Begins hooks whose conditions have become true, and says whether one has.
    fn begin_hooks(&mut self) -> bool {
        if self.documents.spec.hooks.keys().all(|name| name == EXIT) || self.workflow.is_interrupted
        {
            return false;
        }
        self.set_failures();
        let mut has_begun = false;
        let hooks: Vec<(String, LifecycleHook)> = self
            .documents
            .spec
            .hooks
            .iter()
            .filter(|(name, _)| *name != EXIT)
            .map(|(name, hook)| (hook_name(&self.documents.name, name), hook.clone()))
            .collect();
        for (name, hook) in hooks {
            let is_known = self
                .workflow
                .hooks
                .iter()
                .any(|known| self.calls[*known].name() == name);
            if is_known {
                continue;
            }
            match holds(&hook.expression, &self.globals) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(error) => {
                    let entry = self.documents.name.clone();
                    self.mark_error(&entry, &error);
                    continue;
                }
            }
            let entry = self.documents.name.clone();
            let (call, outcome) = self.call_of_workflow(name, hook, Caller::WorkflowHook, false);
            self.workflow.hooks.push(call);
            let id = self.calls[call].id.clone();
            self.link(&entry, &id);
            self.take_in_outcome(call, outcome);
            has_begun = true;
        }
        has_begun
    }

    fn call_of_workflow(
        &mut self,
        name: String,
        hook: LifecycleHook,
        caller: Caller,
        is_exit: bool,
    ) -> (CallId, Outcome) {
        let holder = TemplateReference {
            template: hook.template,
            template_ref: hook.template_ref.map(Box::new),
            ..TemplateReference::default()
        };
        self.call(CallRequest {
            name,
            caller,
            boundary: None,
            holder: Rc::new(holder),
            arguments: hook.arguments,
            scope: Scope::Local,
            is_exit,
            flag: Some(NodeFlag {
                hooked: true,
                ..NodeFlag::default()
            }),
            depth: 1,
            order: vec![u32::MAX],
        })
    }

    /// Sets `workflow.failures` for exit handlers.
    fn set_failures(&mut self) {
        let workflow = &self.documents.name;
        let failed = self
            .status
            .nodes
            .values()
            .filter(|node| node.phase.is_failed());
        let failed: Vec<serde_json::Value> = failed
            .map(|node| {
                let template = match &node.template_ref {
                    Some(reference) => &reference.template,
                    None => &node.template_name,
                };
                serde_json::json!({
                    "displayName": node.display_name,
                    "message": node.message.as_deref().unwrap_or_default(),
                    "templateName": template,
                    "phase": node.phase.as_str(),
                    "podName": pod_name(workflow, &node.name, template),
                    "finishedAt": node.finished_at.map(rfc3339),
                })
            })
            .collect();
        let text = if failed.is_empty() {
            "null".to_owned()
        } else {
            json(&failed.into())
        };
        // `strconv.Quote`: the quotes are part of the value.
        let quoted = serde_json::Value::from(text).to_string();
        self.globals.set("workflow.failures", Value::text(quoted));
    }

    /// Ends the Workflow before it is done.
    pub(super) fn shut_down_workflow(&mut self, how: Shutdown) {
        self.workflow.shutdown = Some(how);
        self.workflow.is_suspended = false;
        let message = format!("Stopped with strategy '{}'", how.word());
        let pods = self
            .calls
            .iter()
            .filter(|call| matches!(call.state, State::Pod));
        let with_pods: std::collections::HashSet<CallId> =
            pods.filter_map(|call| call.request.boundary).collect();
        for call in 0..self.calls.len() {
            if how.lets_run(self.calls[call].request.is_exit) {
                continue;
            }
            match self.calls[call].state {
                State::Pod => {
                    let message = format!("workflow shutdown with strategy:  {}", how.word());
                    self.end_pod(call, &message);
                }
                State::Suspended | State::Locked => {
                    let id = self.calls[call].id.clone();
                    self.mark(&id, Phase::Failed, Some(&message));
                    self.mark_over(call);
                }
                State::Held => self.mark_over(call),
                State::Retry(_) => self.look_at_tries(call),
                _ => {}
            }
        }
        // DAGs with pods end at once, except those with running exit handlers (`workflow/controller/dag.go:358`).
        for call in (0..self.calls.len()).rev() {
            let is_dag = matches!(self.calls[call].state, State::Dag(_));
            if is_dag
                && with_pods.contains(&call)
                && !self.calls[call].request.is_exit
                && !self.has_open_hooks(call)
            {
                self.end_dag_at_once(call);
            }
        }
        if self.workflow.entry.is_none() {
            self.finish(Phase::Failed, Some(message));
        }
    }

    fn has_open_hooks(&self, dag: CallId) -> bool {
        let mut calls = self.calls.iter();
        calls.any(|call| {
            let is_of =
                matches!(call.request.caller, Caller::TaskHook { dag: of, .. } if of == dag);
            is_of && !matches!(call.state, State::Over)
        })
    }

    /// Says whether a shutdown from outside prevents a call.
    pub(super) fn is_shut_down(&self, is_exit: bool) -> bool {
        self.workflow
            .shutdown
            .is_some_and(|how| !how.lets_run(is_exit))
    }

    /// Handles the deadline of the Workflow (`applyExecutionControl`,
    /// `failNodesWithoutCreatedPodsAfterDeadlineOrShutdown`).
    pub(super) fn workflow_is_late(&mut self) {
        const LATE: &str = "Step exceeded its deadline";
        for call in 0..self.calls.len() {
            if self.calls[call].request.is_exit {
                continue;
            }
            match self.calls[call].state {
                State::Pod => self.end_pod(call, LATE),
                State::Suspended | State::Locked => {
                    let id = self.calls[call].id.clone();
                    self.mark(&id, Phase::Failed, Some(LATE));
                    self.mark_over(call);
                }
                State::Retry(_) => self.look_at_tries(call),
                _ => {}
            }
        }
    }

    /// Handles an interrupt by the user: nothing begins any more.
    pub(crate) fn interrupt(&mut self) {
        self.workflow.is_interrupted = true;
    }

    /// Ends an interrupted run once nothing runs. Nodes that have not begun are left as if not yet due.
    pub(crate) fn end_interrupted(&mut self, now: Timestamp) {
        if self.status.is_final() {
            return;
        }
        self.now = now;
        self.forget_open_pods();
        let open: Vec<(String, bool)> = self
            .status
            .nodes
            .values()
            .filter(|node| !node.phase.is_final())
            .map(|node| (node.id.clone(), node.kind == NodeKind::Pod))
            .collect();
        for (id, is_pod) in open {
            self.mark(&id, Phase::Failed, is_pod.then_some(STOPPED));
        }
        self.finish(Phase::Failed, Some(STOPPED.to_owned()));
    }

    /// Ends a run that will never end by itself, and says why.
    pub(crate) fn end_stuck(&mut self, message: String, now: Timestamp) {
        self.now = now;
        self.finish(Phase::Error, Some(message));
    }
}
