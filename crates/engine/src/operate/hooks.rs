//! Hooks and exit handlers of tasks and steps (`hooks.go` and `exit_handler.go` of `workflow/controller`).

use std::rc::Rc;

use argo::spec::{Arguments, LifecycleHook, Task, to_json};
use argo::status::{NodeFlag, exit_handler_name, hook_name, task_name};
use argo::text::expression::Value;
use argo::text::tags::{Strict, Values, substitute_json};

use super::call::{CallId, CallRequest, Caller, State};
use super::documents::TemplateReference;
use super::operation::Operation;
use super::process::read;
use super::scope::NodeScope;

/// Name of the hook that is the exit handler.
pub(super) const EXIT: &str = "exit";

/// Hook that begins: name of its node, the hook, and its arguments or the reason why it has none.
type Begun = (String, LifecycleHook, Result<Arguments, String>);

/// The task or step that a hook belongs to.
struct HookOwner {
    /// Id of its node.
    id: String,
    /// Name of its node.
    name: String,
    /// Prefix of references to it: `tasks.a`.
    prefix: String,
    /// Call that contains the task or step.
    boundary: CallId,
    caller: Caller,
    order: Vec<u32>,
}

impl Operation {
    /// Begins hooks of a task whose conditions have become true.
    pub(super) fn look_at_task_hooks(&mut self, dag: CallId, task: usize) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let spec = graph.task(task);
        if !has_hooks(spec) {
            return;
        }
        let name = task_name(self.calls[dag].name(), &spec.name);
        let Some(owner) = self.owner(
            dag,
            &name,
            format!("tasks.{}", spec.name),
            Caller::TaskHook { dag, task },
        ) else {
            return;
        };
        match self.hooks_that_begin(&owner, spec, |text| self.scope_of_task(dag, task, text)) {
            Ok(hooks) => {
                for hook in hooks {
                    let call = self.begin_hook(&owner, hook);
                    self.add_task_hook(dag, task, call);
                }
            }
            Err(error) => self.mark_error(&owner.id, &error),
        }
    }

    /// Begins hooks of a step whose conditions have become true.
    pub(super) fn look_at_step_hooks(&mut self, steps: CallId, step: usize) {
        let State::Steps(state) = &self.calls[steps].state else {
            return;
        };
        let Some(known) = state.steps.get(step) else {
            return;
        };
        let (spec, bare) = (Rc::clone(&known.step), known.bare.clone());
        if !has_hooks(&spec) {
            return;
        }
        let name = self.calls[known.call].name().to_owned();
        let caller = Caller::StepHook { steps, step };
        let Some(owner) = self.owner(steps, &name, format!("steps.{bare}"), caller) else {
            return;
        };
        match self.hooks_that_begin(&owner, &spec, |text| self.scope_of_step(steps, text)) {
            Ok(hooks) => {
                for hook in hooks {
                    let call = self.begin_hook(&owner, hook);
                    self.add_step_hook(steps, step, call);
                }
            }
            Err(error) => self.fail_steps(steps, &error),
        }
    }

    fn add_step_hook(&mut self, steps: CallId, step: usize, call: CallId) {
        if let Some(known) = self
            .steps(steps)
            .and_then(|steps| steps.steps.get_mut(step))
        {
            known.hooks.push(call);
        }
    }

    fn owner(
        &self,
        boundary: CallId,
        name: &str,
        prefix: String,
        caller: Caller,
    ) -> Option<HookOwner> {
        let node = self.node_named(name)?;
        Some(HookOwner {
            id: node.id.clone(),
            name: name.to_owned(),
            prefix,
            boundary,
            caller,
            order: self.calls[boundary].request.order.clone(),
        })
    }

    /// Finds hooks that have not begun and whose conditions hold: name of the node, hook, and arguments.
    fn hooks_that_begin(
        &self,
        owner: &HookOwner,
        spec: &Task,
        scope: impl Fn(&str) -> Result<NodeScope, String>,
    ) -> Result<Vec<Begun>, String> {
        let mut found = Vec::new();
        for (name, hook) in spec.hooks.iter().filter(|(name, _)| *name != EXIT) {
            let node = hook_name(&owner.name, name);
            if self.node_named(&node).is_some() {
                continue;
            }
            let mut scope = scope(&to_json(hook).to_string())?;
            self.add_owner_variables(owner, &mut scope);
            if !holds(&hook.expression, &scope.values)? {
                continue;
            }
            let arguments = self.arguments_of_hook(owner, hook, &mut scope);
            found.push((node, hook.clone(), arguments));
        }
        Ok(found)
    }

    fn add_owner_variables(&self, owner: &HookOwner, scope: &mut NodeScope) {
        let Some(node) = self.node(&owner.id) else {
            return;
        };
        let status = Value::text(node.phase.as_str());
        scope.values.set(format!("{}.status", owner.prefix), status);
    }

    fn arguments_of_hook(
        &self,
        owner: &HookOwner,
        hook: &LifecycleHook,
        scope: &mut NodeScope,
    ) -> Result<Arguments, String> {
        let mut arguments = hook.arguments.clone();
        if arguments.parameters.is_empty() && arguments.artifacts.is_empty() {
            return Ok(arguments);
        }
        if let Some(node) = self.node(&owner.id) {
            let last = self.last_attempt(node);
            if let Some(outputs) = &last.outputs {
                let of_last = argo::status::Outputs {
                    result: None,
                    exit_code: None,
                    ..outputs.clone()
                };
                scope.add_outputs(&owner.prefix, &of_last);
            }
        }
        scope.mark_absent(&mut arguments);
        let text = to_json(&arguments).to_string();
        let text = substitute_json(&text, &scope.values, Strict::No)
            .map_err(|failure| failure.of_controller().to_owned())?;
        let mut arguments: Arguments = read(&text)?;
        for artifact in &mut arguments.artifacts {
            if artifact.from.is_empty() && artifact.from_expression.is_empty() {
                continue;
            }
            match Self::resolve_artifact(artifact, scope) {
                Ok(found) => {
                    *artifact = argo::spec::Artifact {
                        name: artifact.name.clone(),
                        ..found
                    };
                }
                Err(_) if artifact.optional => {}
                Err(error) => return Err(format!("unable to resolve references: {error}")),
            }
        }
        Ok(arguments)
    }

    fn begin_hook(&mut self, owner: &HookOwner, (name, hook, arguments): Begun) -> CallId {
        let is_exit = name == exit_handler_name(&owner.name);
        let flag = Some(NodeFlag {
            hooked: true,
            ..NodeFlag::default()
        });
        let mut order = owner.order.clone();
        order.push(u32::MAX);
        let request = CallRequest {
            caller: owner.caller,
            boundary: Some(owner.boundary),
            holder: Rc::new(TemplateReference {
                template: hook.template,
                template_ref: hook.template_ref.map(Box::new),
                ..TemplateReference::default()
            }),
            arguments: arguments.clone().unwrap_or_default(),
            scope: self.scope_of(owner.boundary),
            is_exit,
            flag,
            depth: self.calls[owner.boundary].request.depth + 1,
            order,
            name,
        };
        let id = self.id_of(&request.name);
        let (call, _) = match arguments {
            Ok(_) => self.call(request),
            Err(error) => self.call_with_error(request, error),
        };
        self.link(&owner.id, &id);
        call
    }

    /// Begins the exit handler of a task for one of its calls that has ended.
    pub(super) fn begin_exit_handler_of_task(&mut self, dag: CallId, task: usize, call: CallId) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let spec = graph.task(task);
        let name = self.calls[call].name().to_owned();
        let caller = Caller::TaskHook { dag, task };
        let prefix = format!("tasks.{}", spec.name);
        let scope = |text: &str| self.scope_of_task(dag, task, text);
        if let Some(hook) = self.exit_handler(dag, &name, prefix, caller, spec, scope) {
            let call = self.begin_hook(&hook.0, hook.1);
            self.add_task_hook(dag, task, call);
        }
    }

    /// Begins the exit handler of a step.
    pub(super) fn begin_exit_handler_of_step(&mut self, steps: CallId, step: usize, call: CallId) {
        let State::Steps(state) = &self.calls[steps].state else {
            return;
        };
        let Some(known) = state.steps.get(step) else {
            return;
        };
        let (spec, bare) = (Rc::clone(&known.step), known.bare.clone());
        let name = self.calls[call].name().to_owned();
        let caller = Caller::StepHook { steps, step };
        let scope = |text: &str| self.scope_of_step(steps, text);
        let prefix = format!("steps.{bare}");
        if let Some(hook) = self.exit_handler(steps, &name, prefix, caller, &spec, scope) {
            let call = self.begin_hook(&hook.0, hook.1);
            self.add_step_hook(steps, step, call);
        }
    }

    fn exit_handler(
        &self,
        boundary: CallId,
        name: &str,
        prefix: String,
        caller: Caller,
        spec: &Task,
        scope: impl Fn(&str) -> Result<NodeScope, String>,
    ) -> Option<(HookOwner, Begun)> {
        if self.is_shut_down(true) {
            return None;
        }
        let mut hook = spec.hooks.get(EXIT).cloned();
        if !spec.on_exit.is_empty() {
            hook = Some(LifecycleHook {
                template: spec.on_exit.clone(),
                arguments: self.documents.spec.arguments.clone(),
                ..LifecycleHook::default()
            });
        }
        let mut hook = hook?;
        if hook.arguments.parameters.is_empty() && hook.arguments.artifacts.is_empty() {
            // `WithArgs`: a handler without arguments gets those of the Workflow.
            hook.arguments = self.documents.spec.arguments.clone();
        }
        let node = exit_handler_name(name);
        if self.node_named(&node).is_some() {
            return None;
        }
        let owner = self.owner(boundary, name, prefix, caller)?;
        let found = scope(&to_json(&hook).to_string());
        let mut scope = match found {
            Ok(scope) => scope,
            Err(error) => return Some((owner, (node, hook, Err(error)))),
        };
        self.add_owner_variables(&owner, &mut scope);
        if !hook.expression.is_empty() {
            match holds(&hook.expression, &scope.values) {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some((owner, (node, hook, Err(error)))),
            }
        }
        let arguments = self.arguments_of_hook(&owner, &hook, &mut scope);
        Some((owner, (node, hook, arguments)))
    }
}

fn has_hooks(task: &Task) -> bool {
    task.hooks.keys().any(|name| name != EXIT)
}

/// Says whether a condition of a hook holds.
///
/// # Errors
///
/// The condition has no value, or its value is neither true nor false.
pub(super) fn holds(expression: &str, values: &Values) -> Result<bool, String> {
    argo::text::expression::holds(expression, values.variables())
}
