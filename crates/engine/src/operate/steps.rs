//! Groups of steps, one after another (`workflow/controller/steps.go`).

use std::collections::HashSet;
use std::rc::Rc;

use argo::spec::Task;
use argo::status::{NodeKind, Phase, step_group_name, task_name};

use super::call::{CallError, CallId, CallRequest, Caller, Outcome, State};
use super::dag::continues_on;
use super::documents::TemplateReference;
use super::items::{is_loop, proceeds, turns};
use super::operation::Operation;
use super::scope::Unresolved;

/// State of the steps of a template.
#[derive(Debug, Default)]
pub(super) struct StepsState {
    /// Number of the running group.
    group: usize,
    /// The steps of that group, one for each item of a loop.
    pub(super) steps: Vec<StepState>,
}

impl StepsState {
    /// Number of ended groups.
    pub(super) fn number(&self) -> usize {
        self.group
    }
}

/// State of a step.
#[derive(Debug)]
pub(super) struct StepState {
    /// The step, with everything replaced except its hooks.
    pub(super) step: Rc<Task>,
    /// Name of the step without its item.
    pub(super) bare: String,
    pub(super) call: CallId,
    has_ended: bool,
    /// Calls of its hooks and exit handlers.
    pub(super) hooks: Vec<CallId>,
}

impl Operation {
    /// Begins the steps of a call.
    pub(super) fn begin_steps(&mut self, call: CallId) {
        self.node_of_call(call, NodeKind::Steps, Phase::Running);
        self.count_group(call, 1);
        self.calls[call].state = State::Steps(Box::default());
        self.begin_group(call);
    }

    pub(super) fn steps(&mut self, call: CallId) -> Option<&mut StepsState> {
        match &mut self.calls[call].state {
            State::Steps(steps) => Some(steps),
            _ => None,
        }
    }

    fn group_of(&self, call: CallId) -> usize {
        match &self.calls[call].state {
            State::Steps(steps) => steps.group,
            _ => 0,
        }
    }

    fn group_name(&self, call: CallId, group: usize) -> String {
        let group = u32::try_from(group).unwrap_or(u32::MAX);
        step_group_name(self.calls[call].name(), group)
    }

    /// Begins the next group, or ends the steps.
    fn begin_group(&mut self, call: CallId) {
        let template = Rc::clone(&self.calls[call].template);
        let group = self.group_of(call);
        let Some(steps) = template.steps.get(group) else {
            self.end_steps(call);
            return;
        };
        let name = self.group_name(call, group);
        let id = self.id_of(&name);
        let is_new = self.node(&id).is_none();
        if is_new {
            let holder = Task::default();
            self.make_part(
                &name,
                NodeKind::StepGroup,
                call,
                &holder,
                Phase::Running,
                None,
            );
        }
        // Link an existing node too: an earlier step may have run again alone, and then has a new node.
        self.link_group(call, group, &id);
        if !self.is_fulfilled(&id) {
            if !is_new {
                self.mark(&id, Phase::Running, Some(""));
            }
        } else if self.phase(&id).is_some_and(Phase::is_failed) {
            let message = self.node(&id).and_then(|node| node.message.clone());
            self.set_outbound_of_group(call);
            self.end_group(call, Phase::Failed, message.as_deref());
            return;
        } else {
            self.next_group(call);
            return;
        }
        let mut resolved = Vec::with_capacity(steps.0.len());
        for step in &steps.0 {
            match self.resolve_step(call, step) {
                Ok(step) => resolved.push(step.into_owned()),
                Err(Unresolved::Never(reason)) => {
                    let reason = format!("step `{}`: {reason}", step.name);
                    self.stuck.insert(call, reason);
                    return;
                }
                Err(Unresolved::Failed(error)) => {
                    let error = format!("failed to resolve references: {error}");
                    self.fail_steps(call, &error);
                    return;
                }
            }
        }
        match self.expand(call, &id, &name, resolved) {
            Ok(steps) => self.begin_all(call, &id, &name, steps),
            Err(error) => self.fail_steps(call, &error),
        }
    }

    /// Expands steps with items into one step per item; the second value is the name without the item.
    fn expand(
        &mut self,
        call: CallId,
        group: &str,
        name: &str,
        steps: Vec<Task>,
    ) -> Result<Vec<(Task, String)>, String> {
        let mut expanded = Vec::with_capacity(steps.len());
        for step in steps {
            let bare = step.name.clone();
            if !is_loop(&step) {
                expanded.push((step, bare));
                continue;
            }
            let values = self.values_of_steps_loop(call, &step)?;
            let turns = turns(&step, &values)?;
            if turns.is_empty() {
                let name = task_name(name, &step.name);
                let id = self.id_of(&name);
                if self.node(&id).is_none() {
                    let message = Some("Skipped, empty params".to_owned());
                    let (kind, phase) = (NodeKind::Skipped, Phase::Skipped);
                    self.make_part(&name, kind, call, &step, phase, message);
                    self.link(group, &id);
                }
            }
            expanded.extend(turns.into_iter().map(|turn| (turn, bare.clone())));
        }
        Ok(expanded)
    }

    /// Begins all steps of a group.
    fn begin_all(&mut self, call: CallId, group: &str, name: &str, steps: Vec<(Task, String)>) {
        let number = self.group_of(call);
        for (place, (step, bare)) in steps.into_iter().enumerate() {
            let child = task_name(name, &step.name);
            let id = self.id_of(&child);
            let message = match proceeds(&step.when) {
                Ok(true) => None,
                Ok(false) => Some(format!("when '{}' evaluated false", step.when)),
                Err(error) => {
                    if self.node(&id).is_none() {
                        let (kind, phase) = (NodeKind::Skipped, Phase::Error);
                        self.make_part(&child, kind, call, &step, phase, Some(error.clone()));
                        self.link(group, &id);
                    }
                    self.fail_steps(call, &error);
                    return;
                }
            };
            if message.is_some() {
                if self.node(&id).is_none() {
                    let (kind, phase) = (NodeKind::Skipped, Phase::Skipped);
                    self.make_part(&child, kind, call, &step, phase, message);
                    self.link(group, &id);
                }
                continue;
            }
            let step = Rc::new(step);
            let of = &self.calls[call].request;
            let mut order = of.order.clone();
            order.push(u32::try_from(number).unwrap_or(u32::MAX));
            order.push(u32::try_from(place).unwrap_or(u32::MAX));
            let at = match &self.calls[call].state {
                State::Steps(steps) => steps.steps.len(),
                // The failure of an earlier step has ended the steps.
                _ => return,
            };
            let request = CallRequest {
                name: child,
                caller: Caller::Step {
                    steps: call,
                    step: at,
                },
                boundary: Some(call),
                arguments: step.arguments.clone(),
                holder: Rc::new(TemplateReference::from(&*step)),
                scope: self.scope_of(call),
                is_exit: of.is_exit,
                flag: None,
                depth: of.depth + 1,
                order,
            };
            if let Some(steps) = self.steps(call) {
                steps.steps.push(StepState {
                    step,
                    bare,
                    // Placeholder until the call has its number.
                    call: 0,
                    has_ended: false,
                    hooks: Vec::new(),
                });
            }
            let (begun, outcome) = self.call_at_step(call, at, request);
            self.step_began(call, at, begun, outcome);
        }
        self.look_at_steps(call);
    }

    fn call_at_step(
        &mut self,
        steps: CallId,
        at: usize,
        request: CallRequest,
    ) -> (CallId, Outcome) {
        let number = self.calls.len();
        if let Some(steps) = self.steps(steps) {
            steps.steps[at].call = number;
        }
        self.call(request)
    }

    /// Links a group below the one before it, or below the steps.
    fn link_group(&mut self, call: CallId, group: usize, id: &str) {
        if group == 0 {
            let steps = self.calls[call].id.clone();
            self.link(&steps, id);
            return;
        }
        let before = self.id_of(&self.group_name(call, group - 1));
        let children = self.node(&before).map(|node| node.children.clone());
        let children = children.unwrap_or_default();
        if children.is_empty() {
            self.link(&before, id);
        }
        for child in children {
            for outbound in self.outbound(&child) {
                self.link(&outbound, id);
            }
        }
    }

    /// Handles the outcome of beginning a step.
    pub(super) fn step_began(
        &mut self,
        steps: CallId,
        step: usize,
        call: CallId,
        outcome: Outcome,
    ) {
        let id = self.calls[call].id.clone();
        let group = self.id_of(&self.group_name(steps, self.group_of(steps)));
        match outcome {
            Outcome::Held => return,
            Outcome::Failed(CallError::Timeout) => {
                self.link(&group, &id);
                self.mark(&group, Phase::Failed, Some("timeout"));
                self.group_failed(steps, "timeout");
                return;
            }
            Outcome::Failed(CallError::Other(error)) => {
                self.link(&group, &id);
                let name = self.calls[call].name();
                let error = format!("step group deemed errored due to child {name} error: {error}");
                self.fail_steps(steps, &error);
                return;
            }
            Outcome::Begun | Outcome::Failed(CallError::TooDeep) => {}
        }
        self.link(&group, &id);
        self.look_at_step_hooks(steps, step);
    }

    /// Handles the end of a step.
    pub(super) fn step_ended(&mut self, steps: CallId, step: usize, call: CallId) {
        let Some(state) = self.steps(steps) else {
            return;
        };
        let Some(known) = state.steps.get_mut(step).filter(|known| known.call == call) else {
            return;
        };
        if std::mem::replace(&mut known.has_ended, true) {
            return;
        }
        self.look_at_step_hooks(steps, step);
        if self.is_completed(&self.calls[call].id.clone()) {
            self.begin_exit_handler_of_step(steps, step, call);
        }
        self.fail_fast(steps);
        self.look_at_steps(steps);
    }

    /// Handles the end of a hook or an exit handler of a step.
    pub(super) fn step_hook_ended(&mut self, steps: CallId, _: usize) {
        self.look_at_steps(steps);
    }

    /// Ends the running group if all its steps and their hooks have ended, and begins the next one.
    pub(super) fn look_at_steps(&mut self, call: CallId) {
        if self.stuck.contains_key(&call) {
            return;
        }
        let number = self.group_of(call);
        let Some(state) = self.steps(call) else {
            return;
        };
        let open = state.steps.iter().any(|step| !step.has_ended);
        let hooks: Vec<CallId> = state
            .steps
            .iter()
            .flat_map(|step| step.hooks.iter().copied())
            .collect();
        if open
            || hooks
                .iter()
                .any(|hook| !self.is_fulfilled(&self.calls[*hook].id))
        {
            return;
        }
        let group = self.id_of(&self.group_name(call, number));
        let children = self.node(&group).map(|node| node.children.clone());
        let may_fail: HashSet<String> = self.steps_that_may_fail(call);
        for child in children.into_iter().flatten() {
            let is_failed = self.phase(&child).is_some_and(Phase::is_failed);
            if is_failed && !may_fail.contains(&child) {
                let message = format!("child '{child}' failed");
                self.mark(&group, Phase::Failed, Some(&message));
                self.group_failed(call, &message);
                return;
            }
        }
        self.mark(&group, Phase::Succeeded, None);
        match self.put_together(call, number) {
            Ok(()) => self.next_group(call),
            Err(error) => self.end_with_error_and_notify(call, CallError::Other(error)),
        }
    }

    /// Aggregates the outputs of the loops of a group, which may fail.
    fn put_together(&self, call: CallId, group: usize) -> Result<(), String> {
        let template = Rc::clone(&self.calls[call].template);
        let steps = template.steps.get(group).map_or(&[][..], |group| &group.0);
        let loops = steps.iter().filter(|step| is_loop(step));
        let names: Vec<String> = loops.map(|step| format!("steps.{}", step.name)).collect();
        if names.is_empty() {
            return Ok(());
        }
        self.scope_of_groups(call, group + 1, &names.join(" "))
            .map(|_| ())
    }

    fn steps_that_may_fail(&self, call: CallId) -> HashSet<String> {
        let State::Steps(state) = &self.calls[call].state else {
            return HashSet::new();
        };
        let ids = state.steps.iter().filter_map(|step| {
            let id = &self.calls[step.call].id;
            let phase = self.phase(id)?;
            continues_on(&step.step, phase).then(|| id.clone())
        });
        ids.collect()
    }

    fn next_group(&mut self, call: CallId) {
        if let Some(steps) = self.steps(call) {
            steps.group += 1;
            steps.steps.clear();
        }
        if self.is_shut_down(self.calls[call].request.is_exit) {
            self.set_outbound_of_group(call);
        }
        self.begin_group(call);
    }

    /// Ends the steps with an error in the running group.
    pub(super) fn fail_steps(&mut self, call: CallId, error: &str) {
        let group = self.id_of(&self.group_name(call, self.group_of(call)));
        self.mark_error(&group, error);
        self.group_failed(call, error);
    }

    fn group_failed(&mut self, call: CallId, message: &str) {
        self.set_outbound_of_group(call);
        self.end_group(call, Phase::Failed, Some(message));
    }

    /// Ends steps that have all succeeded.
    fn end_steps(&mut self, call: CallId) {
        self.set_outbound_of_group(call);
        match self.outputs_of_steps(call) {
            Ok(()) => {
                self.remember(call);
                self.end_group(call, Phase::Succeeded, None);
            }
            Err(error) => self.end_with_error_and_notify(call, CallError::Other(error)),
        }
    }

    /// Makes the last nodes of the last begun group those of the steps.
    fn set_outbound_of_group(&mut self, call: CallId) {
        let template = Rc::clone(&self.calls[call].template);
        let groups = (0..template.steps.len()).rev();
        let mut groups = groups.map(|group| self.id_of(&self.group_name(call, group)));
        let Some(last) = groups.find(|group| self.node(group).is_some()) else {
            return;
        };
        let children = self.node(&last).map(|node| node.children.clone());
        let mut outbound = Vec::new();
        for child in children.into_iter().flatten() {
            outbound.extend(self.outbound(&child));
        }
        let id = self.calls[call].id.clone();
        if let Some(node) = self.node_mut(&id) {
            node.outbound_nodes = outbound;
        }
    }
}
