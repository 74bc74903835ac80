//! Tasks of a DAG: which of them run next, and how the DAG ends (`workflow/controller/dag.go`).

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use argo::spec::Task;
use argo::status::{NodeKind, NodeStatus, Phase, task_name};
use argo::text::depends::TaskResults;
use indexmap::IndexSet;

use super::call::{CallError, CallId, CallRequest, Caller, Outcome, State};
use super::documents::TemplateReference;
use super::graph::TaskGraph;
use super::items::{Loop, is_loop, turns};
use super::operation::Operation;
use super::scope::Unresolved;

/// Message of a task that is omitted.
const OMITTED: &str = "omitted: depends condition not met";

/// State of a DAG.
#[derive(Debug)]
pub(super) struct DagState {
    pub(super) graph: Rc<TaskGraph>,
    pub(super) tasks: Vec<TaskState>,
    /// Number of nodes and hooks that have begun and not ended, and of calls that wait for free parallelism.
    open: usize,
    /// Number of active rounds through the tasks: the DAG cannot end during one.
    rounds: usize,
}

/// State of a task of a DAG.
#[derive(Debug, Default)]
pub(super) struct TaskState {
    /// Number of unfinished tasks that the task depends on.
    waiting: usize,
    /// Set once the task has begun, or was decided not to run.
    pub(super) has_begun: bool,
    /// Set once the tasks that depend on this one can continue.
    is_settled: bool,
    /// Calls of the task: one, or one for each item.
    pub(super) calls: Vec<CallId>,
    /// Calls whose end was handled.
    ended: HashSet<CallId>,
    /// Set if the task is a loop.
    is_group: bool,
    /// Calls of its hooks and exit handlers.
    pub(super) hooks: Vec<CallId>,
}

impl Operation {
    /// Begins the DAG of a call.
    pub(super) fn begin_dag(&mut self, call: CallId) {
        self.node_of_call(call, NodeKind::Dag, Phase::Running);
        self.count_group(call, 1);
        let template = Rc::clone(&self.calls[call].template);
        let graph = Rc::new(TaskGraph::new(template));
        let tasks = (0..graph.len()).map(|task| TaskState {
            waiting: graph.above(task).len(),
            ..TaskState::default()
        });
        let tasks = tasks.collect();
        let order = graph.order.clone();
        self.calls[call].state = State::Dag(Box::new(DagState {
            graph,
            tasks,
            open: 0,
            rounds: 0,
        }));
        self.start_ready_tasks(call, &order);
        self.look_at_dag(call);
    }

    pub(super) fn dag(&mut self, call: CallId) -> Option<&mut DagState> {
        match &mut self.calls[call].state {
            State::Dag(dag) => Some(dag),
            _ => None,
        }
    }

    pub(super) fn graph_of(&self, call: CallId) -> Option<Rc<TaskGraph>> {
        match &self.calls[call].state {
            State::Dag(dag) => Some(Rc::clone(&dag.graph)),
            _ => None,
        }
    }

    /// Starts the given tasks that are ready.
    fn start_ready_tasks(&mut self, call: CallId, tasks: &[usize]) {
        if let Some(dag) = self.dag(call) {
            dag.rounds += 1;
        }
        for task in tasks {
            self.take_turn_if_ready(call, *task);
        }
        if let Some(dag) = self.dag(call) {
            dag.rounds -= 1;
        }
    }

    fn take_turn_if_ready(&mut self, dag: CallId, task: usize) {
        let Some(state) = self.dag(dag) else {
            return;
        };
        let is_wanted = state.graph.rank[task].is_some();
        if self.has_failed_fast(dag) {
            return;
        }
        let Some(state) = self.dag(dag) else {
            return;
        };
        let known = &mut state.tasks[task];
        if is_wanted && known.waiting == 0 && !known.has_begun {
            known.has_begun = true;
            self.take_turn(dag, task);
        }
    }

    /// Handles a task whose dependencies have all ended: starts it, or ends it without a run (`executeDAGTask`).
    fn take_turn(&mut self, dag: CallId, task: usize) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let spec = graph.task(task);
        let name = task_name(self.calls[dag].name(), &spec.name);
        let id = self.id_of(&name);
        let of_before = self
            .node(&id)
            .map(|node| (node.kind.clone(), node.is_fulfilled()));
        if let Some((kind, is_over)) = &of_before
            && *is_over
        {
            // An earlier run has left the node of the task.
            if let Some(dag) = self.dag(dag) {
                dag.tasks[task].is_group = *kind == NodeKind::TaskGroup;
            }
            self.link_to_dependencies(dag, task, &id);
            self.look_at_task(dag, task);
            return;
        }
        let runs = graph.runs(task, |above| self.results(dag, &graph, above));
        match runs {
            Ok(true) => {}
            Ok(false) => {
                self.not_run(dag, task, &name, Phase::Omitted, OMITTED);
                return;
            }
            Err(error) => {
                self.not_run(dag, task, &name, Phase::Error, &error);
                return;
            }
        }
        let resolved = match self.resolve_task(dag, &graph, task) {
            Ok(resolved) => resolved,
            Err(Unresolved::Never(reason)) => {
                self.stuck
                    .insert(dag, format!("task `{}`: {reason}", spec.name));
                return;
            }
            Err(Unresolved::Failed(error)) => {
                self.not_run(dag, task, &name, Phase::Error, &error);
                return;
            }
        };
        if !is_loop(spec) {
            self.link_to_dependencies(dag, task, &id);
            self.begin_task(dag, task, &resolved, 0);
            self.look_at_task(dag, task);
            return;
        }
        let values = self.values_of_dag_loop(dag, task, &resolved);
        let turns = match values.and_then(|values| turns(&resolved, &values)) {
            Ok(turns) => turns,
            Err(error) => {
                self.not_run(dag, task, &name, Phase::Error, &error);
                return;
            }
        };
        self.begin_loop(dag, task, &name, turns, of_before.is_some());
    }

    /// Begins a task once per item.
    fn begin_loop(&mut self, dag: CallId, task: usize, name: &str, turns: Loop, is_known: bool) {
        if turns.is_empty() {
            self.not_run(dag, task, name, Phase::Skipped, "Skipped, empty params");
            return;
        }
        let id = self.id_of(name);
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        if !is_known {
            self.link_to_dependencies(dag, task, &id);
            self.make_part(
                name,
                NodeKind::TaskGroup,
                dag,
                graph.task(task),
                Phase::Running,
                None,
            );
        }
        if let Some(dag) = self.dag(dag) {
            dag.tasks[task].is_group = true;
            dag.open += 1;
        }
        for (number, turn) in turns.into_iter().enumerate() {
            let item = task_name(self.calls[dag].name(), &turn.name);
            let item = self.id_of(&item);
            if self.node(&item).is_none() {
                self.link(&id, &item);
            }
            self.begin_task(dag, task, &turn, number);
        }
        self.look_at_task(dag, task);
    }

    /// Calls the template of a task, or of one item of it.
    fn begin_task(&mut self, dag: CallId, task: usize, resolved: &Task, item: usize) {
        let of = &self.calls[dag].request;
        let name = task_name(&of.name, &resolved.name);
        let id = self.id_of(&name);
        if self.node(&id).is_none() {
            match super::items::proceeds(&resolved.when) {
                Ok(true) => {}
                Ok(false) => {
                    let message = format!("when '{}' evaluated false", resolved.when);
                    let (kind, phase) = (NodeKind::Skipped, Phase::Skipped);
                    self.make_part(&name, kind, dag, resolved, phase, Some(message));
                    return;
                }
                Err(error) => {
                    let (kind, phase) = (NodeKind::Skipped, Phase::Error);
                    self.make_part(&name, kind, dag, resolved, phase, Some(error));
                    return;
                }
            }
        }
        let mut order = of.order.clone();
        order.push(u32::try_from(task).unwrap_or(u32::MAX));
        order.push(u32::try_from(item).unwrap_or(u32::MAX));
        let request = CallRequest {
            name,
            caller: Caller::Task { dag, task },
            boundary: Some(dag),
            arguments: resolved.arguments.clone(),
            holder: Rc::new(TemplateReference::from(resolved)),
            scope: self.scope_of(dag),
            is_exit: of.is_exit,
            flag: None,
            depth: of.depth + 1,
            order,
        };
        if let Some(dag) = self.dag(dag) {
            dag.open += 1;
        }
        let (call, outcome) = self.call(request);
        if let Some(dag) = self.dag(dag) {
            dag.tasks[task].calls.push(call);
        }
        self.task_began(dag, task, call, outcome);
    }

    /// Handles the outcome of beginning a task.
    pub(super) fn task_began(&mut self, dag: CallId, task: usize, call: CallId, outcome: Outcome) {
        let name = self.calls[call].name().to_owned();
        let id = self.calls[call].id.clone();
        match outcome {
            Outcome::Held => return,
            Outcome::Failed(CallError::Timeout) => {
                self.mark(&id, Phase::Failed, Some("timeout"));
            }
            Outcome::Failed(CallError::Other(error)) => {
                self.mark_error(&id, &format!("task '{name}' errored: {error}"));
            }
            Outcome::Begun | Outcome::Failed(CallError::TooDeep) => {}
        }
        // An earlier run's children of the task still exist, and must have a parent while the task runs again. For a
        // retried node, the attempt is the parent.
        let is_tried = self
            .node(&id)
            .is_some_and(|node| node.kind == NodeKind::Retry);
        let attempt = is_tried.then(|| self.outbound(&id).pop()).flatten();
        let above = attempt.unwrap_or(id);
        if let Some(graph) = self.graph_of(dag) {
            for below in graph.below(task) {
                let name = task_name(self.calls[dag].name(), &graph.task(*below).name);
                let below = self.id_of(&name);
                if self.node(&below).is_some() {
                    self.link(&above, &below);
                }
            }
        }
        self.look_at_task_hooks(dag, task);
    }

    /// Handles the end of a task, or of one item of it.
    pub(super) fn task_ended(&mut self, dag: CallId, task: usize, call: CallId) {
        let Some(state) = self.dag(dag) else {
            return;
        };
        if !state.tasks[task].ended.insert(call) {
            return;
        }
        state.open = state.open.saturating_sub(1);
        self.look_at_task_hooks(dag, task);
        if self.is_completed(&self.calls[call].id.clone()) {
            self.begin_exit_handler_of_task(dag, task, call);
        }
        self.fail_fast(dag);
        self.look_at_task(dag, task);
        self.look_at_dag(dag);
    }

    /// Handles the end of a hook or an exit handler of a task.
    pub(super) fn task_hook_ended(&mut self, dag: CallId, task: usize) {
        if let Some(dag) = self.dag(dag) {
            dag.open = dag.open.saturating_sub(1);
        }
        self.look_at_task(dag, task);
        self.look_at_dag(dag);
    }

    /// Adds a hook or an exit handler to a task.
    pub(super) fn add_task_hook(&mut self, dag: CallId, task: usize, hook: CallId) {
        if let Some(dag) = self.dag(dag) {
            dag.open += 1;
            dag.tasks[task].hooks.push(hook);
        }
    }

    /// Lets the dependents of a task continue, if the task and its hooks have ended.
    fn look_at_task(&mut self, dag: CallId, task: usize) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let name = task_name(self.calls[dag].name(), &graph.task(task).name);
        let id = self.id_of(&name);
        let Some(state) = self.dag(dag) else {
            return;
        };
        let known = &state.tasks[task];
        if known.is_settled || !known.has_begun {
            return;
        }
        let hooks = known.hooks.clone();
        let (is_group, calls) = (known.is_group, known.calls.clone());
        let is_over =
            |operation: &Self, call: &CallId| operation.is_fulfilled(&operation.calls[*call].id);
        if hooks.iter().any(|hook| !is_over(self, hook)) {
            return;
        }
        if is_group && !self.is_fulfilled(&id) {
            if calls.iter().any(|call| !is_over(self, call)) {
                return;
            }
            let mut phase = Phase::Succeeded;
            let items = self.node(&id).map(|node| node.children.clone());
            for item in items.into_iter().flatten() {
                if let Some(ended) = self.phase(&item).filter(|phase| phase.is_failed()) {
                    phase = ended;
                }
            }
            self.mark(&id, phase, None);
            if let Some(dag) = self.dag(dag) {
                dag.open = dag.open.saturating_sub(1);
            }
            self.look_at_task_hooks(dag, task);
            self.look_at_task(dag, task);
            return;
        }
        if !self.is_fulfilled(&id) {
            return;
        }
        if let Some(dag) = self.dag(dag) {
            dag.tasks[task].is_settled = true;
        }
        let mut next: Vec<usize> = graph.below(task).to_vec();
        next.sort_by_key(|task| graph.rank[*task]);
        if let Some(dag) = self.dag(dag) {
            for below in &next {
                let waiting = &mut dag.tasks[*below].waiting;
                *waiting = waiting.saturating_sub(1);
            }
        }
        self.start_ready_tasks(dag, &next);
        self.look_at_dag(dag);
    }

    /// Results of an ended task, for the tasks that depend on it.
    fn results(&self, dag: CallId, graph: &TaskGraph, task: usize) -> Option<TaskResults> {
        let name = task_name(self.calls[dag].name(), &graph.task(task).name);
        let node = self.node_named(&name)?;
        if !node.is_fulfilled() {
            return None;
        }
        Some(if node.kind == NodeKind::TaskGroup {
            let items: Vec<Option<Phase>> =
                node.children.iter().map(|item| self.phase(item)).collect();
            TaskResults::of_items(node.phase, &items)
        } else {
            TaskResults {
                is_daemoned: node.is_daemoned(),
                ..TaskResults::new(node.phase)
            }
        })
    }

    /// Makes the node of a task that does not run.
    fn not_run(&mut self, dag: CallId, task: usize, name: &str, phase: Phase, message: &str) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let message = Some(message.to_owned());
        let kind = NodeKind::Skipped;
        let id = self.make_part(name, kind, dag, graph.task(task), phase, message);
        self.link_to_dependencies(dag, task, &id);
        self.look_at_task(dag, task);
    }

    /// Links a node below the last nodes of its dependencies, or below the DAG (`connectDependencies`).
    fn link_to_dependencies(&mut self, dag: CallId, task: usize, id: &str) {
        let Some(graph) = self.graph_of(dag) else {
            return;
        };
        let above = graph.above(task);
        if above.is_empty() {
            let dag = self.calls[dag].id.clone();
            self.link(&dag, id);
        }
        let mut parents: IndexSet<String> = IndexSet::new();
        for above in above {
            let name = task_name(self.calls[dag].name(), &graph.task(*above).name);
            parents.extend(self.outbound(&self.id_of(&name)));
        }
        for parent in parents {
            self.link(&parent, id);
        }
    }

    /// Ends a DAG as failed, whatever its tasks do.
    pub(super) fn end_dag_at_once(&mut self, call: CallId) {
        let graph = self.dag(call).map(|state| Rc::clone(&state.graph));
        if let Some(graph) = graph {
            self.set_outbound_of_targets(call, &graph);
            self.end_group(call, Phase::Failed, None);
        }
    }

    pub(super) fn look_at_dag(&mut self, call: CallId) {
        let Some(state) = self.dag(call) else {
            return;
        };
        if state.open > 0 || state.rounds > 0 {
            return;
        }
        let graph = Rc::clone(&state.graph);
        let is_exit = self.calls[call].request.is_exit;
        let phase = if self.workflow.shutdown.is_some() && !is_exit {
            Phase::Failed
        } else {
            self.assess(call, &graph)
        };
        match phase {
            Phase::Running => {}
            Phase::Failed | Phase::Error => {
                self.set_outbound_of_targets(call, &graph);
                self.end_group(call, phase, None);
            }
            _ => match self.outputs_of_dag(call, &graph) {
                Ok(()) => {
                    self.set_outbound_of_targets(call, &graph);
                    self.remember(call);
                    self.end_group(call, Phase::Succeeded, None);
                }
                Err(error) => self.end_with_error_and_notify(call, CallError::Other(error)),
            },
        }
    }

    fn set_outbound_of_targets(&mut self, call: CallId, graph: &TaskGraph) {
        let mut outbound = Vec::new();
        for target in &graph.targets {
            let name = task_name(self.calls[call].name(), &graph.task(*target).name);
            let id = self.id_of(&name);
            if self.node(&id).is_some() {
                outbound.extend(self.outbound(&id));
            }
        }
        let id = self.calls[call].id.clone();
        if let Some(node) = self.node_mut(&id) {
            node.outbound_nodes = outbound;
        }
    }

    /// Phase of a DAG: that of the first of its targets that failed (`assessDAGPhase`). A target that did not run takes
    /// the phase of its branch.
    fn assess(&self, call: CallId, graph: &TaskGraph) -> Phase {
        let ids: Vec<String> = graph
            .targets
            .iter()
            .map(|target| {
                let name = task_name(self.calls[call].name(), &graph.task(*target).name);
                self.id_of(&name)
            })
            .collect();
        let mut of_target: HashMap<&str, Option<Phase>> =
            ids.iter().map(|id| (id.as_str(), None)).collect();
        let nodes = &self.status.nodes;
        let dag = nodes.get(&self.calls[call].id);
        let first = dag.into_iter().flat_map(|dag| &dag.children);
        let mut queue: VecDeque<(&str, Phase)> =
            first.map(|id| (id.as_str(), Phase::Succeeded)).collect();
        let mut seen: HashSet<(&str, Phase)> = queue.iter().copied().collect();
        while let Some((id, branch)) = queue.pop_front() {
            let Some(node) = nodes.get(id) else {
                return Phase::Running;
            };
            if !node.is_fulfilled() {
                return Phase::Running;
            }
            let branch = if node.is_completed() {
                node.phase
            } else {
                branch
            };
            if let Some(known) = of_target.get_mut(id)
                && !known.is_some_and(Phase::is_failed)
            {
                *known = Some(branch);
            }
            for child in self.nodes_after(node) {
                if seen.insert((child, branch)) {
                    queue.push_back((child, branch));
                }
            }
        }
        let fails_fast = self.calls[call].template.dag.as_ref();
        let fails_fast = fails_fast.and_then(|dag| dag.fail_fast) != Some(false);
        let mut result = Phase::Succeeded;
        for (target, id) in graph.targets.iter().zip(&ids) {
            let phase = of_target.get(id.as_str()).copied().flatten();
            match phase {
                None => {
                    result = Phase::Running;
                    if !fails_fast {
                        break;
                    }
                }
                Some(phase) if phase.is_failed() => {
                    if continues_on(graph.task(*target), phase) {
                        continue;
                    }
                    result = phase;
                    if fails_fast {
                        break;
                    }
                }
                Some(_) => {}
            }
        }
        result
    }

    /// Ids of the nodes after a node. For a retried node, they are the nodes after its attempts, and its hooks
    /// (`getRetryNodeChildrenIds`).
    fn nodes_after<'a>(&'a self, node: &'a NodeStatus) -> Vec<&'a String> {
        if node.kind != NodeKind::Retry {
            return node.children.iter().collect();
        }
        let mut after = Vec::new();
        for child in node.children.iter().rev() {
            match self.node(child) {
                Some(child) if child.node_flag.is_some_and(|flag| flag.hooked) => {
                    after.push(&child.id);
                }
                Some(child) => after.extend(&child.children),
                None => {}
            }
        }
        after
    }
}

/// Says whether the task tolerates a failed phase (`continueOn`).
pub(super) fn continues_on(task: &Task, phase: Phase) -> bool {
    let on = task.continue_on.as_ref();
    match phase {
        Phase::Failed => on.is_some_and(|on| on.failed),
        Phase::Error => on.is_some_and(|on| on.error),
        _ => false,
    }
}
