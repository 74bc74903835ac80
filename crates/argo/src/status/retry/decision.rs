//! Decides which nodes run again: `workflow/util/util.go:1266` of Argo Workflows 4.1.2.

use std::collections::{BTreeMap, BTreeSet};

use super::options::RetryOptions;
use crate::status::{NodeKind, NodeStatus, Phase, Tree, is_inside, split_attempt};

/// Nodes that run again, and nodes to remove. A node in both sets is removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decision<'a> {
    pub(super) reset: BTreeSet<&'a str>,
    pub(super) delete: BTreeSet<&'a str>,
}

impl<'a> Decision<'a> {
    /// Decides for a Workflow that has ended.
    pub(super) fn new(tree: &Tree<'a>, options: &RetryOptions) -> Self {
        let order = tree.level_by_level();
        let mut decision = Self::default();
        if options.is_alone {
            // A chosen task that never ran has no node; failed groups run again, because they may contain it.
            let is_open = |id: &&str| {
                let node = tree.node(id);
                node.is_some_and(|node| node.kind.is_group() && node.phase.is_failed())
            };
            decision.reset.extend(order.iter().copied().filter(is_open));
            for id in &options.again {
                if let Some((id, node)) = tree.entry(id) {
                    decision.rerun_alone(tree, id, node);
                }
            }
            return decision;
        }
        let failed = Failed { tree, options }.find(&order);
        // Go from the top down: a removed node takes all nodes below it along.
        for id in order {
            let is_chosen = options.again.contains(id) || failed.contains(id);
            if is_chosen && !decision.delete.contains(id) {
                decision.rerun(tree, id);
            }
        }
        if !options.parameters.is_empty() {
            // Argo must expand the groups again, with the new values.
            let is_expanded = |id: &&str| {
                matches!(
                    kind(tree, id),
                    Some(NodeKind::TaskGroup | NodeKind::StepGroup)
                )
            };
            let running = decision.reset.difference(&decision.delete).copied();
            let groups: Vec<&str> = running.filter(is_expanded).collect();
            for group in groups {
                decision.delete.extend(tree.below(group));
            }
        }
        decision
    }

    /// Removes a node and all nodes inside it, and marks the groups above it as running. Of the nodes after it, removes
    /// only those that Argo omitted.
    fn rerun_alone(&mut self, tree: &Tree<'a>, id: &'a str, node: &'a NodeStatus) {
        self.delete.insert(id);
        for below in tree.below(id) {
            let known = tree.node(below);
            if known.is_some_and(|known| {
                is_inside(&known.name, &node.name) || known.phase == Phase::Omitted
            }) {
                self.delete.insert(below);
            }
        }
        self.reset_above(tree, id);
    }

    /// Removes a node and all nodes below it, and marks the groups above it as running.
    fn rerun(&mut self, tree: &Tree<'a>, id: &'a str) {
        self.delete.insert(id);
        self.delete.extend(tree.below(id));
        self.reset_above(tree, id);
    }

    /// Marks the groups above a node as running.
    fn reset_above(&mut self, tree: &Tree<'a>, id: &'a str) {
        if id == tree.root() {
            return;
        }
        let mut current = Some(id);
        while let Some(at) = current {
            match kind(tree, at) {
                Some(kind) if kind.is_group() => {
                    self.reset.insert(at);
                    current = self.reset_boundaries(tree, at);
                    continue;
                }
                Some(NodeKind::Retry)
                    if tree.node(at).is_some_and(|node| node.phase.is_failed()) =>
                {
                    self.reset.insert(at);
                }
                Some(NodeKind::Container) => {
                    // The container's whole pod runs again.
                    let is_pod = |other: &str| kind(tree, other) == Some(&NodeKind::Pod);
                    let pod = tree.up_to(at, is_pod);
                    if let Some(pod) = pod {
                        self.reset.insert(pod);
                        self.delete.insert(pod);
                        self.delete.extend(tree.below(pod));
                    }
                    current = pod;
                    continue;
                }
                _ => {}
            }
            current = tree.parent(at);
        }
    }

    /// Marks the groups that contain a group; gives the node at which to continue.
    fn reset_boundaries(&mut self, tree: &Tree<'a>, group: &'a str) -> Option<&'a str> {
        let mut at = group;
        loop {
            let mut parent = tree.parent(at);
            if let Some(retry) = parent.filter(|id| is_attempt_of(tree, at, id)) {
                self.reset.insert(retry);
                at = retry;
                parent = tree.parent(at);
            }
            let is_expanded = |id: &&str| {
                matches!(
                    kind(tree, id),
                    Some(NodeKind::StepGroup | NodeKind::TaskGroup)
                )
            };
            if let Some(outer) = parent.filter(is_expanded) {
                self.reset.insert(outer);
            }
            let boundary = tree.node(at).map_or("", |node| &node.boundary);
            if boundary.is_empty() {
                return parent;
            }
            let outer = tree.up_to(at, |id| id == boundary)?;
            self.reset.insert(outer);
            if outer == at {
                // The status is broken if a node contains itself; there is nothing further up.
                return parent;
            }
            at = outer;
        }
    }
}

/// Says whether a node is an attempt of `retry`. A retry node's children may also be nodes that follow it.
fn is_attempt_of(tree: &Tree<'_>, id: &str, retry: &str) -> bool {
    let (Some(node), Some(retry)) = (tree.node(id), tree.node(retry)) else {
        return false;
    };
    retry.kind == NodeKind::Retry && split_attempt(&node.name).0 == retry.name
}

fn kind<'a>(tree: &Tree<'a>, id: &str) -> Option<&'a NodeKind> {
    tree.node(id).map(|node| &node.kind)
}

/// The search for failed nodes after which no node succeeded.
struct Failed<'s, 'a> {
    tree: &'s Tree<'a>,
    options: &'s RetryOptions,
}

impl<'a> Failed<'_, 'a> {
    fn find(&self, ids: &[&'a str]) -> BTreeSet<&'a str> {
        let mut known = BTreeMap::new();
        let mut found = BTreeSet::new();
        for id in ids {
            let Some(node) = self.tree.node(id) else {
                continue;
            };
            if !node.phase.is_failed() || !node.kind.is_executed() {
                continue;
            }
            let retry = self.tree.retry_node_of(id).filter(|_| node.is_attempt());
            if !self.something_succeeded_below(retry.unwrap_or(id), &mut known) {
                found.insert(*id);
            }
        }
        found
    }

    fn something_succeeded_below(&self, id: &'a str, known: &mut BTreeMap<&'a str, bool>) -> bool {
        // Use a stack, not recursion, to visit lower nodes first: chains can be long.
        let mut stack = vec![(id, false)];
        while let Some((next, asked)) = stack.pop() {
            if known.contains_key(next) {
                continue;
            }
            let below = self.tree.children(next).iter().map(String::as_str);
            if asked {
                let mut below = below;
                let answer =
                    below.any(|child| self.ended_well(child) || known.get(child) == Some(&true));
                known.insert(next, answer);
            } else {
                stack.push((next, true));
                stack.extend(below.map(|child| (child, false)));
            }
        }
        known.get(id) == Some(&true)
    }

    fn ended_well(&self, id: &str) -> bool {
        let node = self.tree.node(id);
        node.is_some_and(|node| node.phase == Phase::Succeeded) && !self.options.again.contains(id)
    }
}
