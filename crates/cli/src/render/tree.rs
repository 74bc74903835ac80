//! Nodes of a run as a tree, as `argo get` shows them: parallel steps in one group, tasks below their DAG.

use std::collections::BTreeMap;

use argo::status::{NodeKind, NodeStatus, Phase, WorkflowStatus};
use jiff::Timestamp;
use runs::RunState;

use super::runs as table;

/// Tree of a run; `None` if its tasks are a flat list, as in a Kedro pipeline, or a single one.
///
/// # Arguments
///
/// * `name`: Name of the run.
/// * `state`: State of its tasks, which knows more than a status.
pub(crate) fn tree(
    name: &str,
    status: Option<&WorkflowStatus>,
    state: &RunState,
    now: Timestamp,
    width: Option<u16>,
) -> Option<String> {
    let status = status.filter(|status| status.nodes.len() > 1)?;
    if state.tasks.values().any(|task| !task.nodes.is_empty()) {
        return None;
    }
    let mut drawing = Drawing::new(name, status, state, now);
    drawing.draw();
    Some(table::table(&table::TASKS, &drawing.rows, width))
}

struct Drawing<'a> {
    name: &'a str,
    state: &'a RunState,
    now: Timestamp,
    /// Nodes inside each node, in their order; top-level nodes are below the empty id.
    inside: BTreeMap<&'a str, Vec<&'a NodeStatus>>,
    rows: Vec<Vec<String>>,
}

impl<'a> Drawing<'a> {
    fn new(name: &'a str, status: &'a WorkflowStatus, state: &'a RunState, now: Timestamp) -> Self {
        let mut nodes: Vec<&NodeStatus> = status.nodes.values().collect();
        // A cluster gives nodes in no order.
        nodes.sort_by_key(|node| (node.started_at.is_none(), node.started_at));
        let groups = |id: &str| nodes.iter().any(|node| node.boundary == id);
        let retries = nodes
            .iter()
            .copied()
            .filter(|node| node.kind == NodeKind::Retry);
        let attempts = retries.flat_map(|node| node.children.iter().map(move |id| (id, node)));
        let retry_of: BTreeMap<&String, &NodeStatus> = attempts.collect();
        let mut inside: BTreeMap<&str, Vec<&NodeStatus>> = BTreeMap::new();
        for node in &nodes {
            if matches!(node.kind, NodeKind::StepGroup | NodeKind::TaskGroup) {
                continue;
            }
            let above = match retry_of.get(&node.id).filter(|_| node.is_attempt()) {
                // The retry node has the result.
                Some(_) if !groups(&node.id) => continue,
                Some(retry) => &retry.id,
                None => &node.boundary,
            };
            inside.entry(above).or_default().push(node);
        }
        Self {
            name,
            state,
            now,
            inside,
            rows: Vec::new(),
        }
    }

    fn draw(&mut self) {
        let top = self.inside.remove("").unwrap_or_default();
        let (first, others): (Vec<_>, Vec<_>) =
            top.into_iter().partition(|node| node.name == self.name);
        for node in first.into_iter().chain(others) {
            self.row("", node);
            self.below(node, "");
        }
    }

    fn below(&mut self, node: &'a NodeStatus, indent: &str) {
        let children = self.inside.remove(node.id.as_str()).unwrap_or_default();
        // Steps of one group run at the same time.
        let mut groups: Vec<Vec<&NodeStatus>> = Vec::new();
        let mut last = None;
        for child in children {
            let group = if node.kind == NodeKind::Steps {
                step(child, node)
            } else {
                None
            };
            match groups.last_mut() {
                Some(members) if group.is_some() && group == last => members.push(child),
                _ => groups.push(vec![child]),
            }
            last = group;
        }
        let count = groups.len();
        for (number, members) in groups.into_iter().enumerate() {
            let is_last = number + 1 == count;
            let (corner, bar) = if is_last {
                ("└", " ")
            } else {
                ("├", "│")
            };
            let size = members.len();
            for (place, child) in members.into_iter().enumerate() {
                let (mark, rest) = match (node.kind == NodeKind::Steps, place) {
                    (false, _) => (format!("{corner}─ "), format!("{bar}  ")),
                    (true, 0) if size == 1 => (format!("{corner}─── "), format!("{bar}    ")),
                    (true, 0) => (format!("{corner}─┬─ "), format!("{bar} │  ")),
                    (true, _) if place + 1 == size => (format!("{bar} └─ "), format!("{bar}    ")),
                    (true, _) => (format!("{bar} ├─ "), format!("{bar} │  ")),
                };
                self.row(&format!("{indent}{mark}"), child);
                self.below(child, &format!("{indent}{rest}"));
            }
        }
    }

    fn row(&mut self, mark: &str, node: &NodeStatus) {
        let shown = if node.name == self.name {
            self.name
        } else {
            &node.display_name
        };
        let name = format!("{mark}{shown}");
        let label = runs::label(&node.name, self.name, &node.template_name);
        let task = self.state.tasks.get(&label).filter(|_| runs::is_leaf(node));
        self.rows.push(match task {
            Some(task) => table::row(&name, task, self.state, self.now),
            None => self.row_of_group(name, node),
        });
    }

    /// Row of a node with children.
    fn row_of_group(&self, name: String, node: &NodeStatus) -> Vec<String> {
        let is_over = self.state.phase.is_final() && !node.phase.is_final();
        let phase = if is_over { Phase::Failed } else { node.phase };
        // The message of its child says more.
        let message = node
            .message
            .as_deref()
            .filter(|text| !text.starts_with("child '"));
        let why = message.filter(|_| phase != Phase::Succeeded);
        vec![
            name,
            table::word(phase, node.message.as_deref()).to_owned(),
            table::time(None, node.started_at, node.finished_at, phase, self.now),
            String::new(),
            String::new(),
            table::reason(None, why, 1),
        ]
    }
}

/// Number of a step's group, which follows the steps' name in the step's name.
fn step<'a>(child: &'a NodeStatus, steps: &NodeStatus) -> Option<&'a str> {
    let rest = child.name.strip_prefix(steps.name.as_str())?;
    let number = rest.strip_prefix('[')?;
    number.split_once(']').map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use runs::{RunEvent, RunView, events};
    use serde_json::json;

    use super::*;

    fn node(name: &str, kind: &str, phase: &str, boundary: &str, start: i64) -> serde_json::Value {
        let at = |second: i64| Timestamp::from_second(second).unwrap().to_string();
        let ended = matches!(phase, "Succeeded" | "Failed");
        let display = name.rsplit(['.', ']']).next().unwrap();
        json!({
            "id": name, "name": name, "displayName": display, "type": kind, "phase": phase,
            "boundaryID": boundary, "startedAt": at(start),
            "finishedAt": ended.then(|| at(start + 2)),
        })
    }

    fn status() -> WorkflowStatus {
        let nodes = [
            node("w", "Steps", "Running", "", 0),
            node("w[0]", "StepGroup", "Succeeded", "w", 0),
            node("w[0].a(0:x)", "Pod", "Succeeded", "w", 0),
            node("w[0].a(1:y)", "Pod", "Succeeded", "w", 0),
            node("w[1]", "StepGroup", "Succeeded", "w", 3),
            node("w[1].inner", "DAG", "Failed", "w", 3),
            node("w[1].inner.one", "Pod", "Succeeded", "w[1].inner", 3),
            node("w[1].inner.two", "Pod", "Failed", "w[1].inner", 5),
            node("w[2]", "StepGroup", "Running", "w", 8),
            node("w[2].ask", "Suspend", "Running", "w", 8),
            node("w.onExit", "Pod", "Succeeded", "", 9),
        ];
        let nodes: serde_json::Map<_, _> = nodes
            .into_iter()
            .map(|node| (node["id"].as_str().unwrap().to_owned(), node))
            .collect();
        let text = json!({"phase": "Running", "startedAt": "1970-01-01T00:00:00Z", "nodes": nodes});
        serde_json::from_value(text).unwrap()
    }

    fn drawn(status: &WorkflowStatus, width: u16) -> Option<String> {
        let now = Timestamp::from_second(10).unwrap();
        let view = RunView::new("w", &[], status);
        let events: Vec<(Timestamp, RunEvent)> = events(&RunState::default(), &view, now);
        let state = RunState::replay(events);
        tree("w", Some(status), &state, now, Some(width))
    }

    #[test]
    fn steps_stand_beside_each_other_and_tasks_below_their_dag() {
        let text = drawn(&status(), 80).unwrap();
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_single_task_is_no_tree() {
        let mut one = status();
        one.nodes.truncate(1);
        assert_eq!(drawn(&one, 80), None);
    }
}
