//! A Workflow that goes on.

use std::collections::{HashMap, HashSet, VecDeque};

use argo::graph::Graph;
use argo::status::{NodeStatus, Parameter, Phase, WorkflowStatus, node_id, task_name};
use jiff::Timestamp;

use super::event::{Changes, Event};
use super::group::{self, Group};
use super::workflow::Workflow;

/// A Workflow that goes on: its status, and what the status does not say of the way to the next one.
#[derive(Debug)]
pub(crate) struct Operation {
    pub(super) workflow: Workflow,
    pub(super) status: WorkflowStatus,
    /// Nodes around the tasks, the outermost first; the last one is the DAG.
    pub(super) groups: Vec<Group>,
    /// Id of each task's node.
    pub(super) ids: Vec<String>,
    pub(super) numbers: HashMap<String, usize>,
    pub(super) graph: Graph,
    /// For each task, how many of its dependencies have not ended.
    waiting: Vec<usize>,
    /// How many tasks have not ended.
    open: usize,
    pub(super) is_stopped: bool,
}

impl Operation {
    /// A Workflow that nothing has run of.
    pub(crate) fn new(workflow: Workflow) -> Self {
        let graph = Graph::new(workflow.tasks.iter().map(|task| {
            let mut seen = HashSet::new();
            let dependencies = task.dependencies.iter().copied();
            dependencies
                .filter(|above| seen.insert(*above))
                .collect::<Vec<_>>()
        }));
        let groups = group::around(&workflow);
        let dag = groups.last().map_or(&workflow.name, |group| &group.name);
        let names = workflow.tasks.iter().map(|task| task_name(dag, &task.name));
        let ids = unique_ids(&workflow.name, names);
        let numbers = workflow.tasks.iter().enumerate();
        Self {
            numbers: numbers
                .map(|(number, task)| (task.name.clone(), number))
                .collect(),
            waiting: (0..graph.len()).map(|task| graph.of(task).len()).collect(),
            open: graph.len(),
            status: WorkflowStatus::default(),
            groups,
            ids,
            graph,
            is_stopped: false,
            workflow,
        }
    }

    /// The status.
    pub(crate) fn status(&self) -> &WorkflowStatus {
        &self.status
    }

    /// The node of a task, once it has one.
    pub(crate) fn node(&self, task: usize) -> Option<&NodeStatus> {
        self.status.nodes.get(self.ids.get(task)?)
    }

    /// Begins, or goes on with a status of before.
    pub(crate) fn begin(&mut self, now: Timestamp) -> Changes {
        self.open_groups(now);
        self.open = 0;
        let mut ended = Vec::with_capacity(self.graph.len());
        for task in 0..self.graph.len() {
            let has_ended = self.phase(task).is_some_and(Phase::is_final);
            self.open += usize::from(!has_ended);
            ended.push(has_ended);
        }
        let mut changes = Changes::default();
        let mut omitted = VecDeque::new();
        for task in 0..self.graph.len() {
            let above = self.graph.of(task).iter();
            let waiting = above.filter(|above| ended.get(**above) == Some(&false));
            self.waiting[task] = waiting.count();
        }
        for task in 0..self.graph.len() {
            if self.waiting[task] == 0 && self.node(task).is_none() {
                self.take_turn(task, now, &mut changes, &mut omitted);
            }
        }
        self.go_on(omitted, now, &mut changes);
        changes
    }

    /// Takes in what happens to the pod of a task.
    pub(crate) fn take_in(&mut self, task: usize, event: Event, now: Timestamp) -> Changes {
        let mut changes = Changes::default();
        if self.phase(task).is_some_and(Phase::is_final) {
            return changes;
        }
        if self.node(task).is_none() {
            let node = self.new_pod(task, now);
            self.add(task, node);
        }
        let outputs = event.outputs();
        if let Some(node) = self.status.nodes.get_mut(&self.ids[task]) {
            event.apply(node, now);
        }
        changes.changed.push(task);
        if self.phase(task).is_some_and(Phase::is_final) {
            self.put_outputs(outputs);
            self.go_on(VecDeque::from([task]), now, &mut changes);
        }
        changes
    }

    /// Takes in that the user has stopped the Workflow: however it goes on, it fails.
    pub(crate) fn stop(&mut self) {
        self.is_stopped = true;
    }

    /// Ends the Workflow, where nothing more will happen.
    pub(crate) fn end(&mut self, now: Timestamp) {
        if !self.status.is_final() {
            self.close_groups(now);
        }
    }

    fn phase(&self, task: usize) -> Option<Phase> {
        Some(self.node(task)?.phase)
    }

    /// Goes on after tasks that have ended.
    fn go_on(&mut self, mut ended: VecDeque<usize>, now: Timestamp, changes: &mut Changes) {
        let before = changes.changed.len();
        while let Some(task) = ended.pop_front() {
            self.open = self.open.saturating_sub(1);
            for position in 0..self.graph.dependents(task).len() {
                let next = self.graph.dependents(task)[position];
                self.waiting[next] = self.waiting[next].saturating_sub(1);
                // One that ended before a retry stays as it is.
                if self.waiting[next] == 0 && self.node(next).is_none() {
                    self.take_turn(next, now, changes, &mut ended);
                }
            }
        }
        changes.changed[before..].sort_unstable();
        if self.open == 0 {
            self.end(now);
        }
    }

    /// Adds the node of a task to the nodes before it, or to the DAG.
    pub(super) fn add(&mut self, task: usize, mut node: NodeStatus) {
        let id = &self.ids[task];
        let mut is_connected = false;
        for above in self.graph.of(task) {
            if let Some(parent) = self.status.nodes.get_mut(&self.ids[*above]) {
                parent.children.push(id.clone());
                is_connected = true;
            }
        }
        if !is_connected
            && let Some(dag) = self.groups.last()
            && let Some(parent) = self.status.nodes.get_mut(&dag.id)
        {
            parent.children.push(id.clone());
        }
        // Of a task that runs again, tasks after it may have ended before.
        let after = self.graph.dependents(task).iter();
        let after = after.map(|after| &self.ids[*after]);
        node.children.extend(
            after
                .filter(|after| self.status.nodes.contains_key(*after))
                .cloned(),
        );
        self.status.nodes.insert(id.clone(), node);
    }

    /// Puts outputs that the whole Workflow knows into the status.
    fn put_outputs(&mut self, outputs: Vec<Parameter>) {
        for output in outputs {
            let all = self.status.outputs.get_or_insert_default();
            let name = output.global_name;
            let global = Parameter {
                name,
                value: output.value,
                ..Parameter::default()
            };
            let mut known = all.parameters.iter_mut();
            match known.find(|known| known.name == global.name) {
                Some(known) => *known = global,
                None => all.parameters.push(global),
            }
        }
    }
}

/// Ids of nodes. Two names may have one digest, about once in a hundred runs of 10,000 tasks. Argo then takes one task
/// for the other; here the second one gets a number behind its id.
fn unique_ids(workflow: &str, names: impl Iterator<Item = String>) -> Vec<String> {
    let mut taken = HashSet::new();
    names
        .map(|name| {
            let digest = node_id(workflow, &name);
            let mut id = digest.clone();
            let mut number = 2;
            while !taken.insert(id.clone()) {
                id = format!("{digest}-{number}");
                number += 1;
            }
            id
        })
        .collect()
}
