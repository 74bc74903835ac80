//! Calls of templates (`executeTemplate` of `workflow/controller/operator.go`).

use std::rc::Rc;

use argo::spec::Template;
use argo::status::{NodeKind, NodeStatus, Phase, pod_name};
use argo::text::expression::Value;
use argo::text::tags::Values;

use super::call::{Call, CallError, CallId, CallRequest, Caller, Outcome, State};
use super::documents::{TemplateNodeKind, kind};
use super::operation::{Notice, Operation};
use super::process::{of_node, process};

/// Annotation with the display name of a node.
const DISPLAY_NAME: &str = "workflows.argoproj.io/display-name";

impl Operation {
    /// Calls a template. The caller of this function has to handle the outcome.
    pub(super) fn call(&mut self, request: CallRequest) -> (CallId, Outcome) {
        let call = self.add_call(request);
        let outcome = self.execute(call);
        (call, outcome)
    }

    fn add_call(&mut self, request: CallRequest) -> CallId {
        let call = self.calls.len();
        let id = self.id_of(&request.name);
        self.by_node.insert(id.clone(), call);
        self.calls.push(Call {
            scope: request.scope.clone(),
            request,
            id,
            document_template: None,
            template: Rc::default(),
            state: State::Over,
            deadline: None,
            holds: Vec::new(),
        });
        call
    }

    /// Begins a call, or retries one that was held back or waited for a lock.
    pub(super) fn execute(&mut self, call: CallId) -> Outcome {
        if self.is_done_already(call) {
            return Outcome::Begun;
        }
        if self.calls[call].document_template.is_none()
            && let Err(error) = self.prepare(call)
        {
            return self.could_not_begin(call, error);
        }
        if self.has_no_room(call) {
            self.hold(call);
            return Outcome::Held;
        }
        match self.take_locks(call) {
            Ok(true) => {}
            Ok(false) => return Outcome::Begun,
            Err(error) => return self.could_not_begin(call, error.into()),
        }
        match self.look_up(call) {
            Ok(true) => return Outcome::Begun,
            Ok(false) => {}
            Err(error) => return self.could_not_begin(call, error),
        }
        self.begin_call(call)
    }

    /// Begins a call that fails at once: an argument cannot be replaced.
    pub(super) fn call_with_error(
        &mut self,
        request: CallRequest,
        error: String,
    ) -> (CallId, Outcome) {
        let call = self.add_call(request);
        let outcome = self.could_not_begin(call, CallError::Other(error));
        (call, outcome)
    }

    /// Says whether the node of a call has ended in an earlier run.
    fn is_done_already(&mut self, call: CallId) -> bool {
        let id = &self.calls[call].id;
        let is_done = self
            .node(id)
            .is_some_and(|node| node.phase.is_final() && node.is_fulfilled());
        if is_done {
            self.calls[call].state = State::Over;
            self.notices.push_back(Notice::Ended(call));
        }
        is_done
    }

    /// Finds the template of a call, and replaces its inputs and tags.
    fn prepare(&mut self, call: CallId) -> Result<(), CallError> {
        let request = &self.calls[call].request;
        if request.depth >= CallError::DEEPEST {
            return Err(CallError::TooDeep);
        }
        let (scope, known) = self.documents.resolve(&request.scope, &request.holder)?;
        let values = || {
            let is_tried = self.has_tries(&known.template);
            self.values_of_node(call, &known.template, &request.name, is_tried)
        };
        let template = process(&known, &request.arguments, values, &self.documents)?;
        let call = &mut self.calls[call];
        call.scope = scope;
        call.document_template = Some(known);
        call.template = template;
        Ok(())
    }

    /// Values in scope for a node, in addition to its inputs. A retried call has no `pod.name` before an attempt
    /// begins.
    pub(super) fn values_of_node(
        &self,
        call: CallId,
        template: &Template,
        name: &str,
        is_tried: bool,
    ) -> Values {
        let request = &self.calls[call].request;
        let mut values = of_node(&self.globals, name);
        let mut set = |name: &str, text: &str| values.set(name, Value::text(text));
        if kind(template) == Some(TemplateNodeKind::Pod) && !is_tried {
            let pod = pod_name(&self.documents.name, name, &template.name);
            set("pod.name", &pod);
        }
        let own = &request.holder.name;
        match request.caller {
            Caller::Task { .. } => set("tasks.name", own),
            Caller::Attempt { retry } => {
                let of = &self.calls[retry].request;
                if matches!(of.caller, Caller::Task { .. }) {
                    set("tasks.name", own);
                } else {
                    set("steps.name", own);
                }
            }
            _ => set("steps.name", own),
        }
        set("node.name", name);
        values
    }

    /// Marks the node of a call that could not begin.
    fn could_not_begin(&mut self, call: CallId, error: CallError) -> Outcome {
        let message = error.message();
        let request = self.calls[call].request.clone();
        let id = self.calls[call].id.clone();
        if self.node(&id).is_some() {
            self.mark_error(&id, &message);
        } else {
            self.make_node(&request, NodeKind::Skipped, Phase::Error, Some(message));
        }
        self.mark_over(call);
        Outcome::Failed(error)
    }

    /// Begins a call after all checks have passed.
    fn begin_call(&mut self, call: CallId) -> Outcome {
        let template = Rc::clone(&self.calls[call].template);
        if self.has_tries(&template)
            && !matches!(self.calls[call].request.caller, Caller::Attempt { .. })
        {
            return self.begin_tries(call);
        }
        let begun = match kind(&template) {
            Some(TemplateNodeKind::Pod) => self.begin_pod(call),
            Some(TemplateNodeKind::Dag) => {
                self.begin_dag(call);
                Ok(())
            }
            Some(TemplateNodeKind::Steps) => {
                self.begin_steps(call);
                Ok(())
            }
            Some(TemplateNodeKind::Suspend) => self.begin_suspend(call),
            None => Err(CallError::Other(format!(
                "Template '{}' missing specification",
                template.name
            ))),
        };
        match begun {
            Ok(()) => Outcome::Begun,
            Err(error) => self.end_with_error(call, error),
        }
    }

    /// Makes the node of a call, unless an earlier run has left it (`initializeExecutableNode`).
    pub(super) fn node_of_call(&mut self, call: CallId, kind: NodeKind, phase: Phase) -> String {
        let id = self.calls[call].id.clone();
        let template = Rc::clone(&self.calls[call].template);
        if self.node(&id).is_some() {
            self.mark(&id, phase, Some(""));
        } else {
            let request = self.calls[call].request.clone();
            self.make_node(&request, kind, phase, None);
            self.set_inputs(&id, &template);
            self.set_memoization(call);
        }
        if let Some(name) = template.annotations.get(DISPLAY_NAME)
            && let Some(node) = self.node_mut(&id)
        {
            node.display_name.clone_from(name);
        }
        self.watch_timeout(call);
        id
    }

    /// Ends a call with an error that its caller handles too.
    pub(super) fn end_with_error(&mut self, call: CallId, error: CallError) -> Outcome {
        let id = self.calls[call].id.clone();
        if error == CallError::Timeout {
            self.mark(&id, Phase::Failed, Some(&error.message()));
        } else {
            self.mark_error(&id, &error.message());
        }
        self.mark_over(call);
        Outcome::Failed(error)
    }

    /// Ends a running call with an error, and tells its caller.
    pub(super) fn end_with_error_and_notify(&mut self, call: CallId, error: CallError) {
        let outcome = self.end_with_error(call, error);
        self.take_in_outcome(call, outcome);
    }

    /// Ends the state of a call: nothing more happens in it.
    pub(super) fn mark_over(&mut self, call: CallId) {
        self.forget_pod(call);
        self.calls[call].state = State::Over;
        let order = self.calls[call].request.order.clone();
        self.held.remove(&(order, call));
        self.locked.remove(&call);
        self.release_locks(call);
        self.notices.push_back(Notice::Ended(call));
    }

    /// Passes the outcome of beginning a call to its caller.
    pub(super) fn take_in_outcome(&mut self, call: CallId, outcome: Outcome) {
        match self.calls[call].request.caller {
            Caller::Entry | Caller::ExitHandler | Caller::WorkflowHook => {
                if let Outcome::Failed(error) = outcome {
                    self.workflow_failed(call, &error);
                }
            }
            Caller::Task { dag, task } => self.task_began(dag, task, call, outcome),
            Caller::Step { steps, step } => self.step_began(steps, step, call, outcome),
            Caller::Attempt { retry } => self.attempt_began(retry, call, outcome),
            // No caller depends on how a hook begins.
            Caller::TaskHook { .. } | Caller::StepHook { .. } => {}
        }
    }

    /// Handles the end of a call.
    pub(super) fn ended(&mut self, call: CallId) {
        let id = self.calls[call].id.clone();
        if !self.is_fulfilled(&id) {
            return;
        }
        match self.calls[call].request.caller {
            // `look_at_workflow` checks the Workflow's own calls.
            Caller::Entry | Caller::ExitHandler | Caller::WorkflowHook => {}
            Caller::Task { dag, task } => self.task_ended(dag, task, call),
            Caller::Step { steps, step } => self.step_ended(steps, step, call),
            Caller::Attempt { retry } => self.attempt_ended(retry),
            Caller::TaskHook { dag, task } => self.task_hook_ended(dag, task),
            Caller::StepHook { steps, step } => self.step_hook_ended(steps, step),
        }
    }

    /// Handles a change of a call: a hook may wait for it.
    pub(super) fn changed(&mut self, call: CallId) {
        match self.calls[call].request.caller {
            Caller::Task { dag, task } => self.look_at_task_hooks(dag, task),
            Caller::Step { steps, step } => self.look_at_step_hooks(steps, step),
            _ => {}
        }
    }

    /// Ends the node of a group whose parts have all ended.
    pub(super) fn end_group(&mut self, call: CallId, phase: Phase, message: Option<&str>) {
        let id = self.calls[call].id.clone();
        self.mark(&id, phase, message);
        self.end_daemons(call);
        self.mark_over(call);
    }

    /// Says whether an ended node counts as successful for its dependents.
    pub(super) fn is_completed(&self, id: &str) -> bool {
        self.node(id).is_some_and(NodeStatus::is_completed)
    }
}
