//! Choice of the nodes that run again: `workflow/util/util.go:1266` of Argo Workflows 4.1.2.

use std::collections::{BTreeMap, BTreeSet};

use super::options::RetryOptions;
use crate::status::{NodeKind, NodeStatus, Phase, Tree, is_inside, split_attempt};

/// Nodes that run again, and nodes that are removed. One that is in both is removed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Decision<'a> {
    pub(super) reset: BTreeSet<&'a str>,
    pub(super) delete: BTreeSet<&'a str>,
}

impl<'a> Decision<'a> {
    /// Decides for a Workflow that is over.
    pub(super) fn new(tree: &Tree<'a>, options: &RetryOptions) -> Self {
        let order = tree.level_by_level();
        let mut decision = Self::default();
        if options.is_alone {
            // One that has not run yet has no node: then the groups that it may be in look again.
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
        // From the top: what is below a node that goes, goes with it.
        for id in order {
            let is_chosen = options.again.contains(id) || failed.contains(id);
            if is_chosen && !decision.delete.contains(id) {
                decision.rerun(tree, id);
            }
        }
        if !options.parameters.is_empty() {
            // Groups are expanded anew, with the new values.
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

    /// Marks a node and all inside it as no more, and the groups above it as running. Of what comes after it, only that
    /// goes which did not run because of it.
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

    /// Marks a node and all below it as no more, and the groups above it as running.
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
                    // The pod of the container runs again as a whole.
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

    /// Marks the groups that a group is in; gives where to go on.
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
                // A node in itself is a mistake, and there is nothing further up.
                return parent;
            }
            at = outer;
        }
    }
}

/// Says whether a node is an attempt of another one. What comes after a node that was tried again may be a child of it, too.
fn is_attempt_of(tree: &Tree<'_>, id: &str, retry: &str) -> bool {
    let (Some(node), Some(retry)) = (tree.node(id), tree.node(retry)) else {
        return false;
    };
    retry.kind == NodeKind::Retry && split_attempt(&node.name).0 == retry.name
}

fn kind<'a>(tree: &Tree<'a>, id: &str) -> Option<&'a NodeKind> {
    tree.node(id).map(|node| &node.kind)
}

/// The search for nodes that ran, failed, and after which nothing ended well.
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
        // Nodes below are asked first, without a call for each: chains can be long.
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
