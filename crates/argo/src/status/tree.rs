use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::kind::NodeKind;
use super::name::split_attempt;
use super::node::NodeStatus;
use super::node::Nodes;

/// The nodes of a Workflow and their order.
///
/// The children of a node are inside it (in a DAG, a group, a retry node) or come after it (after a pod). So a node
/// that waits for several others is a child of each of them.
#[derive(Debug)]
pub struct Tree<'a> {
    nodes: &'a Nodes,
    root: &'a str,
    /// One parent of each node; of several parents, the last by id, as in Argo.
    parents: BTreeMap<&'a str, &'a str>,
    /// The retry node of each attempt.
    tried: BTreeMap<&'a str, &'a str>,
}

/// Reason why the nodes of a Workflow form no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BrokenTree {
    /// A node has a child that does not exist.
    #[error("node {0} is missing")]
    Missing(String),
    /// A node is below itself.
    #[error("node {0} is below itself")]
    Circle(String),
    /// No node has the name of the Workflow.
    #[error("the first node is missing")]
    NoRoot,
}

impl<'a> Tree<'a> {
    /// Reads the nodes of the Workflow with this name.
    ///
    /// # Errors
    ///
    /// A node is missing, or below itself.
    pub fn new(nodes: &'a Nodes, workflow: &'a str) -> Result<Self, BrokenTree> {
        let mut in_order: Vec<(&str, &NodeStatus)> =
            nodes.iter().map(|(id, node)| (id.as_str(), node)).collect();
        in_order.sort_unstable_by_key(|(id, _)| *id);
        let mut parents = BTreeMap::new();
        let mut tried = BTreeMap::new();
        let mut root = None;
        for (id, node) in in_order {
            for child in &node.children {
                if !nodes.contains_key(child) {
                    return Err(BrokenTree::Missing(child.clone()));
                }
                parents.insert(child.as_str(), id);
                if node.kind == NodeKind::Retry {
                    tried.entry(child.as_str()).or_insert(id);
                }
            }
            if node.name == workflow {
                root = Some(id);
            }
        }
        if let Some(id) = in_a_circle(nodes) {
            return Err(BrokenTree::Circle(id.to_owned()));
        }
        Ok(Self {
            nodes,
            root: root.ok_or(BrokenTree::NoRoot)?,
            parents,
            tried,
        })
    }

    /// Id of the first node.
    pub fn root(&self) -> &'a str {
        self.root
    }

    /// The node of an id.
    pub fn node(&self, id: &str) -> Option<&'a NodeStatus> {
        self.nodes.get(id)
    }

    /// The node with an id, and the id as the status holds it.
    pub fn entry(&self, id: &str) -> Option<(&'a str, &'a NodeStatus)> {
        let found = self.nodes.get_key_value(id);
        found.map(|(id, node)| (id.as_str(), node))
    }

    /// Ids of the nodes inside a node, or right after it.
    pub fn children(&self, id: &str) -> &'a [String] {
        self.nodes.get(id).map_or(&[], |node| &node.children)
    }

    /// Id of the node above a node; of several, the last by id.
    pub fn parent(&self, id: &str) -> Option<&'a str> {
        self.parents.get(id).copied()
    }

    /// Id of an attempt's retry node.
    pub fn retry_node_of(&self, attempt: &str) -> Option<&'a str> {
        self.tried.get(attempt).copied()
    }

    /// Ids of a retry node's attempts, first to last. Its other children follow it, or are hooks.
    pub fn attempts(&self, retry: &str) -> Vec<&'a str> {
        let attempt = |id: &'a String| {
            let node = self.nodes.get(id).filter(|node| node.is_attempt())?;
            let number = split_attempt(&node.name).1?;
            Some((number, id.as_str()))
        };
        let mut found: Vec<_> = self.children(retry).iter().filter_map(attempt).collect();
        found.sort_unstable();
        found.into_iter().map(|(_, id)| id).collect()
    }

    /// Ids of all nodes below a node.
    pub fn below(&self, id: &str) -> BTreeSet<&'a str> {
        let mut seen = BTreeSet::new();
        let mut queue: VecDeque<&str> = self.children(id).iter().map(String::as_str).collect();
        while let Some(next) = queue.pop_front() {
            if seen.insert(next) {
                queue.extend(self.children(next).iter().map(String::as_str));
            }
        }
        seen
    }

    /// Ids of the first node and of all nodes below it, level by level, without the exit handler of the Workflow.
    pub fn level_by_level(&self) -> Vec<&'a str> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::from([self.root]);
        let mut queue = VecDeque::from([self.root]);
        while let Some(id) = queue.pop_front() {
            order.push(id);
            for child in self.children(id) {
                if seen.insert(child) {
                    queue.push_back(child);
                }
            }
        }
        order
    }

    /// Id of the first node that `is_meant` accepts, from a node upwards, that node included.
    pub fn up_to(&self, from: &'a str, is_meant: impl Fn(&str) -> bool) -> Option<&'a str> {
        let mut current = Some(from);
        while let Some(at) = current {
            if is_meant(at) {
                return Some(at);
            }
            current = self.parent(at);
        }
        None
    }
}

/// Id of the first node that is below itself, or below such a node.
fn in_a_circle(nodes: &Nodes) -> Option<&str> {
    let mut parents: BTreeMap<&str, usize> = nodes.keys().map(|id| (id.as_str(), 0)).collect();
    for child in nodes.values().flat_map(|node| &node.children) {
        *parents.entry(child).or_default() += 1;
    }
    // Remove nodes without parents until none is left; the remaining nodes are on a circle or below one.
    let free = parents.iter().filter(|(_, count)| **count == 0);
    let mut free: Vec<&str> = free.map(|(id, _)| *id).collect();
    while let Some(id) = free.pop() {
        parents.remove(id);
        for child in nodes.get(id).into_iter().flat_map(|node| &node.children) {
            if let Some(count) = parents.get_mut(child.as_str()) {
                *count -= 1;
                if *count == 0 {
                    free.push(child);
                }
            }
        }
    }
    parents.into_keys().next()
}
