//! Records changes: first the status, then the events of the tasks.

use std::collections::BTreeSet;

use argo::status::{NodeKind, NodeStatus, split_attempt};
use jiff::Timestamp;
use runs::{Cause, RunEvent, RunView, TaskView, Used};
use tokio::time::Instant;

use super::{Dispatcher, EngineError, Record};
use crate::operate::{CallId, Changes};

impl<R: Record> Dispatcher<R> {
    /// Name of the task that a call belongs to, as in the views.
    pub(super) fn task(&self, call: CallId) -> String {
        let node = self.operation.status().nodes.get(self.operation.id(call));
        let name = self.operation.name(call);
        let name = match node {
            Some(node) if node.is_attempt() => split_attempt(name).0,
            _ => name,
        };
        let template = &self.operation.template(call).name;
        runs::label(name, &self.job.resolved.name, template)
    }

    /// Records the whole status and the locks of the run, and reports the events that follow from them.
    pub(super) fn record_beginning(&mut self, now: Timestamp) -> Result<(), EngineError> {
        self.is_urgent = true;
        self.record.keep(None);
        self.put_locks()?;
        self.record_all_changes(now)
    }

    /// Reports everything in the status that the record lacks.
    fn record_all_changes(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let resolved = &self.job.resolved;
        let mut view = RunView {
            suspended: self.operation.is_suspended(),
            ..RunView::new(&resolved.name, &resolved.outline, self.operation.status())
        };
        for task in &mut view.tasks {
            self.say_when_waits_end(task);
        }
        for (at, event) in runs::events(self.record.state(), &view, now) {
            self.record_event(at, event)?;
        }
        Ok(())
    }

    /// Reports the changes of an event.
    ///
    /// # Arguments
    ///
    /// * `about`: Facts about the pod of a call that no status holds.
    pub(super) fn record_changes(
        &mut self,
        changes: &Changes,
        now: Timestamp,
        mut about: Option<(CallId, Used, Option<Cause>)>,
    ) -> Result<(), EngineError> {
        self.is_urgent = true;
        self.put_locks()?;
        let status = self.operation.status();
        self.record.keep(Some(&changes.changed));
        for (cache, key) in &changes.remembered {
            let result = self.operation.remembered(cache, key);
            // Artifacts belong to one run, so later runs cannot use such a result.
            let result = result.filter(|result| {
                let outputs = result.outputs.as_ref();
                outputs.is_none_or(|outputs| outputs.artifacts.is_empty())
            });
            if let Some(result) = result {
                let kept = self.record.remember(cache, key, result);
                kept.map_err(EngineError::Record)?;
            }
        }
        let mut owners: BTreeSet<(usize, String)> = BTreeSet::new();
        for (place, id) in changes.changed.iter().enumerate() {
            let Some(node) = status.nodes.get(id).filter(|node| runs::is_leaf(node)) else {
                continue;
            };
            let owner = self.owner(node).id.clone();
            if !owners.iter().any(|(_, known)| *known == owner) {
                owners.insert((place, owner));
            }
        }
        let of_event = about.as_ref().map(|(call, ..)| {
            let node = status.nodes.get(self.operation.id(*call));
            node.map(|node| self.owner(node).id.clone())
        });
        let of_event = of_event.flatten();
        let mut views = Vec::with_capacity(owners.len());
        let mut is_new = false;
        for (_, id) in owners {
            let Some(node) = status.nodes.get(&id) else {
                continue;
            };
            let name = runs::label(&node.name, &self.job.resolved.name, &node.template_name);
            is_new |= !self.record.state().tasks.contains_key(&name);
            let (used, cause) = if of_event.as_deref() == Some(id.as_str()) {
                about
                    .take()
                    .map_or((Used::default(), None), |it| (it.1, it.2))
            } else {
                (Used::default(), None)
            };
            let attempts: Vec<&NodeStatus> = if node.kind == NodeKind::Retry {
                let children = node.children.iter().filter_map(|id| status.nodes.get(id));
                children.filter(|child| child.is_attempt()).collect()
            } else {
                vec![node]
            };
            let mut view = TaskView::of_nodes(&name, node, &attempts, used, cause);
            self.say_when_waits_end(&mut view);
            views.push(view);
        }
        if is_new {
            // A loop adds tasks while the run continues.
            let resolved = &self.job.resolved;
            let mut view = RunView {
                suspended: self.operation.is_suspended(),
                ..RunView::new(&resolved.name, &resolved.outline, status)
            };
            for known in views {
                if let Some(task) = view.tasks.iter_mut().find(|task| task.name == known.name) {
                    *task = TaskView {
                        nodes: task.nodes.clone(),
                        upstream: task.upstream.clone(),
                        ..known
                    };
                }
            }
            for (at, event) in runs::events(self.record.state(), &view, now) {
                if !matches!(event, RunEvent::RunFinished { .. }) {
                    self.record_event(at, event)?;
                }
            }
            return Ok(());
        }
        for view in views {
            for (at, event) in runs::events_of_task(self.record.state(), &view, now) {
                self.record_event(at, event)?;
            }
        }
        Ok(())
    }

    /// Sets whether a task that waits for somebody also ends by itself: a status does not say it.
    fn say_when_waits_end(&self, task: &mut TaskView) {
        let nodes = &self.operation.status().nodes;
        let waits = |node: &&NodeStatus| {
            node.kind == NodeKind::Suspend && node.phase == argo::status::Phase::Running
        };
        let Some(node) = task.ids.iter().find_map(|id| nodes.get(id).filter(waits)) else {
            return;
        };
        let message = match self.operation.wait_ends(&node.id) {
            None => "suspended until somebody resumes it".to_owned(),
            Some(at) => format!(
                "suspended until somebody resumes it, or until {}",
                at.strftime("%Y-%m-%d %H:%M:%S UTC")
            ),
        };
        if let Some(attempt) = task.attempts.last_mut() {
            attempt.message = Some(message);
        }
    }

    /// Node that an attempt belongs to, or the node itself.
    fn owner<'a>(&'a self, node: &'a NodeStatus) -> &'a NodeStatus {
        if !node.is_attempt() {
            return node;
        }
        let (name, _) = split_attempt(&node.name);
        let nodes = &self.operation.status().nodes;
        let id = argo::status::node_id(&self.job.resolved.name, name);
        nodes
            .get(&id)
            .filter(|owner| owner.name == name)
            .unwrap_or(node)
    }

    pub(super) fn record_event(
        &mut self,
        at: Timestamp,
        event: RunEvent,
    ) -> Result<(), EngineError> {
        self.pending_since.get_or_insert_with(Instant::now);
        self.record.put(at, event).map_err(EngineError::Record)
    }
}
