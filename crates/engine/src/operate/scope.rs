//! Values of earlier tasks and steps (`workflow/controller/scope.go`, `resolveReferences` of `steps.go`,
//! `resolveDependencyReferences` of `dag.go`).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use argo::spec::{Arguments, Artifact, Task, Template, to_json};
use argo::status::{NodeKind, NodeStatus, Outputs, Phase, task_name};
use argo::text::expression::Value;
use argo::text::tags::{Strict, Values, has_tag, substitute_json};

use super::aggregate::aggregate;
use super::call::{CallId, State};
use super::graph::TaskGraph;
use super::items::{is_loop, proceeds};
use super::operation::Operation;
use super::outputs::{ABSENT, artifact_of};
use super::process::{of_node, read};
use super::values::rfc3339;

/// Prefixes of references to other tasks and steps.
const NODES: Strict<'static> = Strict::Prefixes(&["steps", "tasks"]);

/// Values and artifacts that are in scope at a place of a template.
#[derive(Debug, Default)]
pub(super) struct NodeScope {
    pub(super) values: Values,
    pub(super) artifacts: BTreeMap<String, Artifact>,
    /// Variables of outputs that will never exist, and have no default.
    pub(super) absent: BTreeSet<String>,
}

/// Reason why a task or step cannot be resolved.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unresolved {
    /// Reference to a value that will never exist: on a cluster the node waits for ever.
    Never(String),
    /// Text that cannot be replaced.
    Failed(String),
}

impl NodeScope {
    fn set(&mut self, name: String, text: &str) {
        self.values.set(name, Value::text(text));
    }

    /// Adds the values and outputs of a node (`buildLocalScope`).
    pub(super) fn add_node(&mut self, prefix: &str, node: &NodeStatus) {
        self.set(format!("{prefix}.id"), &node.id);
        if let Some(started) = node.started_at {
            self.set(format!("{prefix}.startedAt"), &rfc3339(started));
        }
        if let Some(finished) = node.finished_at {
            self.set(format!("{prefix}.finishedAt"), &rfc3339(finished));
        }
        if !node.pod_ip.is_empty() {
            self.set(format!("{prefix}.ip"), &node.pod_ip);
        }
        self.set(format!("{prefix}.status"), node.phase.as_str());
        if !node.host_node_name.is_empty() {
            self.set(format!("{prefix}.hostNodeName"), &node.host_node_name);
        }
        if let Some(outputs) = &node.outputs {
            self.add_outputs(prefix, outputs);
        }
    }

    pub(super) fn add_outputs(&mut self, prefix: &str, outputs: &Outputs) {
        if let Some(result) = &outputs.result {
            self.set(format!("{prefix}.outputs.result"), result);
        }
        if let Some(code) = &outputs.exit_code {
            self.set(format!("{prefix}.exitCode"), code);
        }
        for parameter in &outputs.parameters {
            if let Some(value) = &parameter.value {
                let name = format!("{prefix}.outputs.parameters.{}", parameter.name);
                self.set(name, value);
            }
        }
        for artifact in &outputs.artifacts {
            let name = format!("{prefix}.outputs.artifacts.{}", artifact.name);
            self.artifacts.insert(name, artifact_of(artifact));
        }
    }

    /// Adds outputs of a node that did not run (`addSkippedNodeOutputsToScope`).
    pub(super) fn add_skipped(
        &mut self,
        prefix: &str,
        node: &NodeStatus,
        template: &Template,
        is_step: bool,
    ) {
        if node.outputs.is_some() || !matches!(node.phase, Phase::Skipped | Phase::Omitted) {
            return;
        }
        for output in &template.outputs.parameters {
            let name = format!("{prefix}.outputs.parameters.{}", output.name);
            let default = output
                .value_from
                .as_ref()
                .and_then(|from| from.default.as_ref());
            if let Some(default) = default {
                self.set(name, default);
            } else {
                self.values.set(name.clone(), Value::Nil);
                self.absent.insert(name);
            }
        }
        if is_step {
            for output in &template.outputs.artifacts {
                let name = format!("{prefix}.outputs.artifacts.{}", output.name);
                self.artifacts.insert(name, Artifact::default());
            }
        }
    }

    /// Removes the value of arguments that consist only of an output that will never exist (`markAbsentOptionalArgs`).
    pub(super) fn mark_absent(&self, arguments: &mut Arguments) {
        for parameter in &mut arguments.parameters {
            let value = parameter.value.as_deref().unwrap_or_default();
            let name = value
                .strip_prefix("{{")
                .and_then(|rest| rest.strip_suffix("}}"))
                .map(str::trim);
            if name.is_some_and(|name| self.absent.contains(name)) {
                parameter.value = Some(ABSENT.into());
            }
        }
    }
}

impl Operation {
    /// Resolves a task that is about to begin.
    pub(super) fn resolve_task<'a>(
        &self,
        dag: CallId,
        graph: &'a TaskGraph,
        task: usize,
    ) -> Result<Cow<'a, Task>, Unresolved> {
        let has_tags = self.may_have_tags(dag);
        Self::resolve(graph.task(task), has_tags, |text| {
            self.scope_of_task(dag, task, text)
        })
    }

    /// Resolves a step that is about to begin.
    pub(super) fn resolve_step<'a>(
        &self,
        steps: CallId,
        step: &'a Task,
    ) -> Result<Cow<'a, Task>, Unresolved> {
        let has_tags = self.may_have_tags(steps);
        Self::resolve(step, has_tags, |text| self.scope_of_step(steps, text))
    }

    /// Says whether the tasks or steps of a template may contain tags: a replaced value can add one only where there is
    /// one.
    fn may_have_tags(&self, call: CallId) -> bool {
        let known = self.calls[call].document_template.as_ref();
        known.is_none_or(|known| known.has_tags())
    }

    fn resolve(
        task: &Task,
        has_tags: bool,
        scope: impl FnOnce(&str) -> Result<NodeScope, String>,
    ) -> Result<Cow<'_, Task>, Unresolved> {
        let has_artifacts = !task.arguments.artifacts.is_empty();
        let text = if has_tags || has_artifacts {
            to_json(&without_hooks(task)).to_string()
        } else {
            String::new()
        };
        if !has_tag(&text) && !has_artifacts {
            return match proceeds(&task.when) {
                Err(error) if !is_loop(task) => Err(Unresolved::Failed(error)),
                _ => Ok(Cow::Borrowed(task)),
            };
        }
        let scope = scope(&text).map_err(Unresolved::Failed)?;
        let unresolved = |failure: argo::text::tags::Failure| {
            if failure.is_missing {
                Unresolved::Never(failure.to_string())
            } else {
                Unresolved::Failed(failure.of_controller().to_owned())
            }
        };
        if !task.when.is_empty() {
            let when = argo::text::tags::substitute(&task.when, &scope.values, NODES)
                .map_err(unresolved)?;
            match proceeds(&when) {
                Ok(true) => {}
                Ok(false) => {
                    return Ok(Cow::Owned(Task {
                        when,
                        ..task.clone()
                    }));
                }
                // The tag may need an item.
                Err(_) if is_loop(task) => {}
                Err(error) => return Err(Unresolved::Failed(error)),
            }
        }
        let mut bare = without_hooks(task);
        scope.mark_absent(&mut bare.arguments);
        let text = to_json(&bare).to_string();
        let text = substitute_json(&text, &scope.values, NODES).map_err(unresolved)?;
        let mut resolved: Task = read(&text).map_err(Unresolved::Failed)?;
        resolved.hooks.clone_from(&task.hooks);
        resolved.on_exit.clone_from(&task.on_exit);
        let mut artifacts = Vec::with_capacity(resolved.arguments.artifacts.len());
        for artifact in resolved.arguments.artifacts {
            if artifact.from.is_empty() && artifact.from_expression.is_empty() {
                artifacts.push(artifact);
                continue;
            }
            match Self::resolve_artifact(&artifact, &scope) {
                Ok(found) => artifacts.push(Artifact {
                    name: artifact.name,
                    ..found
                }),
                Err(_) if artifact.optional => {}
                Err(error) => return Err(Unresolved::Failed(error)),
            }
        }
        resolved.arguments.artifacts = artifacts;
        Ok(Cow::Owned(resolved))
    }

    /// Values in scope everywhere in a template: the Workflow's values, and the inputs.
    pub(super) fn scope_of_template(&self, call: CallId) -> NodeScope {
        let template = &self.calls[call].template;
        let mut scope = NodeScope {
            values: of_node(&self.globals, self.calls[call].name()),
            ..NodeScope::default()
        };
        for input in &template.inputs.parameters {
            let value = input.value.as_deref().unwrap_or_default();
            scope.set(format!("inputs.parameters.{}", input.name), value);
        }
        for input in &template.inputs.artifacts {
            let name = format!("inputs.artifacts.{}", input.name);
            scope.artifacts.insert(name, input.clone());
        }
        if let Some(outputs) = &self.status.outputs {
            scope.add_outputs("workflow", outputs);
        }
        scope
    }

    /// Values in scope for a task.
    ///
    /// # Arguments
    ///
    /// * `text`: The text to replace. Only the tasks that it names are looked up: a chain of 10,000 tasks has 50
    ///   million pairs of a task and an earlier one.
    pub(super) fn scope_of_task(
        &self,
        dag: CallId,
        task: usize,
        text: &str,
    ) -> Result<NodeScope, String> {
        let mut scope = self.scope_of_template(dag);
        let Some(graph) = self.graph_of(dag) else {
            return Ok(scope);
        };
        let above: Vec<usize> = match mentioned(text, "tasks") {
            Mentioned::All => graph.all_above(task),
            Mentioned::Names(names) => names
                .iter()
                .filter_map(|name| graph.number(name))
                .filter(|above| graph.is_above(*above, task))
                .collect(),
        };
        for above in above {
            self.add_task(dag, graph.task(above), &mut scope)?;
        }
        Ok(scope)
    }

    /// Adds an ended task to the scope of others.
    pub(super) fn add_task(
        &self,
        dag: CallId,
        task: &Task,
        scope: &mut NodeScope,
    ) -> Result<(), String> {
        let name = task_name(self.calls[dag].name(), &task.name);
        let Some(node) = self.node_named(&name) else {
            return Ok(());
        };
        let prefix = format!("tasks.{}", task.name);
        if node.kind == NodeKind::TaskGroup {
            let items: Vec<&NodeStatus> = node
                .children
                .iter()
                .filter_map(|id| self.node(id))
                .collect();
            aggregate(&prefix, items, scope)?;
        }
        scope.add_node(&prefix, self.last_attempt(node));
        self.add_skipped(dag, task, &prefix, node, false, scope);
        Ok(())
    }

    fn add_skipped(
        &self,
        call: CallId,
        task: &Task,
        prefix: &str,
        node: &NodeStatus,
        is_step: bool,
        scope: &mut NodeScope,
    ) {
        if !matches!(node.phase, Phase::Skipped | Phase::Omitted) {
            return;
        }
        let found = self
            .documents
            .resolve(&self.calls[call].scope, &task.into());
        if let Ok((_, known)) = found {
            scope.add_skipped(prefix, node, &known.template, is_step);
        }
    }

    /// Values in scope for a step: those of the groups before it.
    pub(super) fn scope_of_step(&self, steps: CallId, text: &str) -> Result<NodeScope, String> {
        let groups = match &self.calls[steps].state {
            State::Steps(state) => state.number(),
            _ => usize::MAX,
        };
        self.scope_of_groups(steps, groups, text)
    }

    /// Values in scope after a number of groups of steps.
    pub(super) fn scope_of_groups(
        &self,
        steps: CallId,
        groups: usize,
        text: &str,
    ) -> Result<NodeScope, String> {
        let mut scope = self.scope_of_template(steps);
        let mentioned = mentioned(text, "steps");
        let template = Rc::clone(&self.calls[steps].template);
        for (number, group) in template.steps.iter().enumerate().take(groups) {
            for step in &group.0 {
                if !mentioned.has(&step.name) {
                    continue;
                }
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                let group = argo::status::step_group_name(self.calls[steps].name(), number);
                self.add_step(steps, &group, step, &mut scope)?;
            }
        }
        Ok(scope)
    }

    fn add_step(
        &self,
        steps: CallId,
        group: &str,
        step: &Task,
        scope: &mut NodeScope,
    ) -> Result<(), String> {
        let name = task_name(group, &step.name);
        let prefix = format!("steps.{}", step.name);
        if let Some(node) = self.node_named(&name) {
            scope.add_node(&prefix, self.last_attempt(node));
            self.add_skipped(steps, step, &prefix, node, true, scope);
            return Ok(());
        }
        let Some(of_group) = self.node_named(group) else {
            return Ok(());
        };
        let start = format!("{name}(");
        let items: Vec<&NodeStatus> = of_group
            .children
            .iter()
            .filter_map(|id| self.node(id))
            .filter(|node| node.name.starts_with(&start) && node.kind != NodeKind::Skipped)
            .collect();
        if !items.is_empty() {
            aggregate(&prefix, items, scope)?;
        }
        scope.add_node(&prefix, of_group);
        Ok(())
    }

    /// Last attempt of a retried node, or the node itself (`possiblyGetRetryChildNode`).
    pub(super) fn last_attempt<'a>(&'a self, node: &'a NodeStatus) -> &'a NodeStatus {
        if node.kind != NodeKind::Retry {
            return node;
        }
        let attempts = node.children.iter().rev().filter_map(|id| self.node(id));
        let mut attempts = attempts
            .filter(|node| !node.node_flag.is_some_and(|flag| flag.hooked) || node.is_attempt());
        attempts.next().unwrap_or(node)
    }

    /// Values for the items of a task.
    pub(super) fn values_of_dag_loop(
        &self,
        dag: CallId,
        task: usize,
        resolved: &Task,
    ) -> Result<Values, String> {
        let text = to_json(&without_hooks(resolved)).to_string();
        Ok(self.scope_of_task(dag, task, &text)?.values)
    }

    /// Values for the items of a step.
    pub(super) fn values_of_steps_loop(
        &self,
        steps: CallId,
        resolved: &Task,
    ) -> Result<Values, String> {
        let text = to_json(&without_hooks(resolved)).to_string();
        Ok(self.scope_of_step(steps, &text)?.values)
    }
}

/// A task without its hooks, which may refer to the task itself.
fn without_hooks(task: &Task) -> Task {
    Task {
        hooks: indexmap::IndexMap::new(),
        ..task.clone()
    }
}

/// Tasks or steps that a text mentions.
enum Mentioned {
    /// Use of the map of all of them.
    All,
    Names(BTreeSet<String>),
}

impl Mentioned {
    fn has(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Names(names) => names.contains(name),
        }
    }
}

/// Finds the tasks or steps that a text mentions: `tasks.a`, `tasks['a']`.
fn mentioned(text: &str, word: &str) -> Mentioned {
    let mut names = BTreeSet::new();
    let mut rest = text;
    let mut before = None;
    while let Some(at) = rest.find(word) {
        let preceding = rest[..at].chars().next_back().or(before);
        let after = &rest[at + word.len()..];
        before = word.chars().next_back();
        rest = after;
        if preceding.is_some_and(|letter| letter.is_alphanumeric() || "_.-".contains(letter)) {
            continue;
        }
        let inside = after
            .strip_prefix("['")
            .or_else(|| after.strip_prefix("[\\\""))
            .or_else(|| after.strip_prefix('.'))
            .or_else(|| after.strip_prefix("?."));
        match inside {
            Some(inside) => {
                let is_of_name = |letter: char| letter.is_alphanumeric() || "_-".contains(letter);
                let end = inside.find(|letter| !is_of_name(letter));
                names.insert(inside[..end.unwrap_or(inside.len())].to_owned());
            }
            None if after
                .starts_with(|letter: char| letter.is_alphanumeric() || "_-".contains(letter)) => {}
            None => return Mentioned::All,
        }
    }
    Mentioned::Names(names)
}
