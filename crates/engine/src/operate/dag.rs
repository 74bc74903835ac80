//! Tasks of a DAG: whose turn it is, and how the whole ends (`workflow/controller/dag.go` of Argo Workflows 4.1.2).

use std::collections::{HashMap, HashSet, VecDeque};

use argo::status::{NodeFlag, NodeKind, NodeStatus, Phase};
use argo::text::depends::{Condition, Dependency, TaskResults, evaluate};
use jiff::Timestamp;

use super::event::Changes;
use super::operation::Operation;

/// Why a task is omitted.
const OMITTED: &str = "omitted: depends condition not met";

impl Operation {
    /// Decides on a task whose dependencies have all ended: it runs, or it has ended, too.
    pub(super) fn take_turn(
        &mut self,
        task: usize,
        now: Timestamp,
        changes: &mut Changes,
        ended: &mut VecDeque<usize>,
    ) {
        let names = self.graph.of(task).iter();
        let names = names.map(|above| self.workflow.tasks[*above].name.as_str());
        let condition = Condition::of_dependencies(names);
        let dependency = |name: &str| {
            let node = self.node(*self.numbers.get(name)?)?;
            Some(Dependency {
                results: node.is_fulfilled().then(|| TaskResults::new(node.phase)),
                ..Dependency::default()
            })
        };
        let (phase, message) = match evaluate(&condition, &dependency) {
            Ok(Some(true)) => {
                changes.ready.push(task);
                return;
            }
            Ok(_) => (Phase::Omitted, OMITTED.to_owned()),
            Err(error) => (Phase::Error, error.to_string()),
        };
        self.add(task, self.not_run(task, phase, message, now));
        changes.changed.push(task);
        ended.push_back(task);
    }

    /// The node of a task that does not run.
    pub(super) fn not_run(
        &self,
        task: usize,
        phase: Phase,
        message: String,
        now: Timestamp,
    ) -> NodeStatus {
        NodeStatus {
            kind: NodeKind::Skipped,
            phase,
            message: Some(message),
            node_flag: Some(NodeFlag::default()),
            started_at: Some(now),
            finished_at: Some(now),
            ..self.new_node(task)
        }
    }

    /// Numbers of the tasks that no other one depends on, by their names: the DAG ends as they do.
    pub(super) fn targets(&self) -> Vec<usize> {
        let tasks = 0..self.graph.len();
        let mut targets: Vec<usize> = tasks
            .filter(|task| self.graph.dependents(*task).is_empty())
            .collect();
        targets.sort_by_key(|task| &self.workflow.tasks[*task].name);
        targets
    }

    /// How the DAG has ended: as the first of its targets that did not end well (`assessDAGPhase`). A target that did not
    /// run takes the phase of the branch that it is on.
    pub(super) fn assess(&self) -> Phase {
        let mut of_target: HashMap<&str, Option<Phase>> = HashMap::new();
        let targets = self.targets();
        for target in &targets {
            of_target.insert(&self.ids[*target], None);
        }
        let nodes = &self.status.nodes;
        let dag = self.groups.last().and_then(|dag| nodes.get(&dag.id));
        let first = dag.into_iter().flat_map(|dag| &dag.children);
        let mut queue: VecDeque<(&str, Phase)> =
            first.map(|id| (id.as_str(), Phase::Succeeded)).collect();
        let mut seen: HashSet<(&str, Phase)> = queue.iter().copied().collect();
        while let Some((id, branch)) = queue.pop_front() {
            let Some(node) = nodes.get(id) else {
                continue;
            };
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
            for child in &node.children {
                if seen.insert((child, branch)) {
                    queue.push_back((child, branch));
                }
            }
        }
        let mut phases = targets.iter().map(|target| {
            let phase = of_target.get(self.ids[*target].as_str());
            phase.copied().flatten()
        });
        let failed = phases.find_map(|phase| phase.filter(|phase| phase.is_failed()));
        failed.unwrap_or(Phase::Succeeded)
    }
}
