//! A call that waits for a time or a person (`executeSuspend` of `workflow/controller/operator.go`).

use std::rc::Rc;

use argo::spec::to_json;
use argo::status::{NodeKind, NodeStatus, Outputs, Parameter, Phase};
use jiff::Timestamp;

use super::call::{CallError, CallId, State};
use super::event::Changes;
use super::limits::{duration, later};
use super::operation::Operation;

impl Operation {
    /// Begins a wait.
    pub(super) fn begin_suspend(&mut self, call: CallId) -> Result<(), CallError> {
        let template = Rc::clone(&self.calls[call].template);
        let is_new = self.node(&self.calls[call].id).is_none();
        let id = self.node_of_call(call, NodeKind::Suspend, Phase::Running);
        if is_new {
            let supplied = template.outputs.parameters.iter().filter(|output| {
                let from = output.value_from.as_ref();
                from.is_some_and(|from| from.present().contains(&"supplied"))
            });
            let parameters: Vec<Parameter> = supplied
                .map(|output| {
                    let mut from = output.value_from.clone().unwrap_or_default();
                    if from.default.is_none() {
                        let input = template.input(&output.name);
                        from.default = input.and_then(|input| input.default.clone());
                    }
                    Parameter {
                        name: output.name.clone(),
                        value_from: Some(to_json(&from)),
                        global_name: output.global_name.clone().unwrap_or_default(),
                        ..Parameter::default()
                    }
                })
                .collect();
            if let Some(node) = self.node_mut(&id)
                && !parameters.is_empty()
            {
                node.outputs = Some(Outputs {
                    parameters,
                    ..Outputs::default()
                });
            }
        }
        self.calls[call].state = State::Suspended;
        if let Some(at) = self.end_of_wait(call)? {
            self.timers.insert((at, call));
            self.look_at_suspend(call);
        }
        Ok(())
    }

    /// Time at which a wait ends by itself.
    fn end_of_wait(&self, call: CallId) -> Result<Option<Timestamp>, CallError> {
        let template = &self.calls[call].template;
        let text = template.suspend.as_ref().map(|wait| wait.duration.as_str());
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            return Ok(None);
        };
        let took = duration(text).ok_or_else(|| {
            CallError::Other(format!(
                "unable to parse {text} as a duration: time: invalid duration {text:?}"
            ))
        })?;
        let started = self
            .node(&self.calls[call].id)
            .and_then(|node| node.started_at);
        Ok(Some(later(started.unwrap_or(self.now), took)))
    }

    /// Ends a wait that is due.
    pub(super) fn look_at_suspend(&mut self, call: CallId) {
        if let Ok(Some(at)) = self.end_of_wait(call)
            && at <= self.now
        {
            self.end_wait(call);
        }
    }

    /// Ends a wait: output parameters without a supplied value take their default.
    fn end_wait(&mut self, call: CallId) {
        let id = self.calls[call].id.clone();
        let Some(node) = self.node_mut(&id) else {
            return;
        };
        let mut missing = None;
        for output in node
            .outputs
            .iter_mut()
            .flat_map(|outputs| &mut outputs.parameters)
        {
            if output.value.is_some() {
                continue;
            }
            let default = output
                .value_from
                .as_ref()
                .and_then(|from| from.get("default"));
            match default.and_then(|default| default.as_str()) {
                Some(default) => {
                    output.value = Some(default.to_owned());
                    output.value_from = None;
                }
                None => missing = Some(output.name.clone()),
            }
        }
        if let Some(name) = missing {
            let error = format!(
                "raw output parameter '{name}' has not been set and does not have a default value"
            );
            self.end_with_error_and_notify(call, CallError::Other(error));
            return;
        }
        self.mark(&id, Phase::Succeeded, None);
        let outputs = self.node(&id).and_then(|node| node.outputs.clone());
        if let Some(outputs) = outputs {
            self.add_global_outputs(&outputs);
        }
        self.mark_over(call);
    }

    /// Gives values to waits and ends them.
    ///
    /// # Arguments
    ///
    /// * `is_meant`: Selects the waits; none for all of them, and for the Workflow itself if it is suspended.
    /// * `supplied`: Values of output parameters, by name.
    /// * `by`: Name of the person.
    pub(crate) fn resume(
        &mut self,
        is_meant: Option<&dyn Fn(&NodeStatus) -> bool>,
        supplied: &[(String, String)],
        by: &str,
        now: Timestamp,
    ) -> Changes {
        self.now = now;
        for call in self.waiting(is_meant) {
            let id = self.calls[call].id.clone();
            if let Some(node) = self.node_mut(&id) {
                node.message = Some(format!("Resumed by: {by}"));
                let outputs = node.outputs.iter_mut();
                for output in outputs.flat_map(|outputs| &mut outputs.parameters) {
                    let given = supplied.iter().find(|(name, _)| *name == output.name);
                    if let Some((_, value)) = given {
                        output.value = Some(value.clone());
                        output.value_from = None;
                    }
                }
            }
            self.end_wait(call);
        }
        if is_meant.is_none() {
            self.workflow.is_suspended = false;
            self.resume_workflow();
        }
        self.settle()
    }

    /// Fails waits (`StopWorkflow` with a selector of nodes).
    ///
    /// # Arguments
    ///
    /// * `message`: Reason, for their nodes.
    pub(crate) fn refuse(
        &mut self,
        is_meant: &dyn Fn(&NodeStatus) -> bool,
        message: &str,
        now: Timestamp,
    ) -> Changes {
        self.now = now;
        for call in self.waiting(Some(is_meant)) {
            let id = self.calls[call].id.clone();
            let message = Some(message).filter(|text| !text.is_empty());
            self.mark(&id, Phase::Failed, message);
            self.mark_over(call);
        }
        self.settle()
    }

    fn waiting(&self, is_meant: Option<&dyn Fn(&NodeStatus) -> bool>) -> Vec<CallId> {
        let is_meant = |node: &NodeStatus| is_meant.is_none_or(|is_meant| is_meant(node));
        (0..self.calls.len())
            .filter(|call| matches!(self.calls[*call].state, State::Suspended))
            .filter(|call| self.node(&self.calls[*call].id).is_some_and(is_meant))
            .collect()
    }

    /// Time at which a wait ends by itself; none for one that a person has to end.
    pub(crate) fn wait_ends(&self, id: &str) -> Option<Timestamp> {
        let call = *self.by_node.get(id)?;
        self.end_of_wait(call).ok().flatten()
    }
}
