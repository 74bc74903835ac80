//! Directed graphs: tasks and their dependencies. No function recurses, so a chain can have any length.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Deref;

use rustc_hash::FxBuildHasher;

use crate::document::index::Index;

/// Nodes by number, with their dependencies.
#[derive(Clone, Debug)]
pub struct Graph {
    above: Edges,
    below: Edges,
    /// Every node after its dependencies; without nodes on a cycle, and without nodes that depend on a cycle.
    order: Vec<usize>,
}

impl Graph {
    /// A graph of nodes: for each node in order, the numbers of its dependencies.
    ///
    /// Leaves out numbers without a node.
    pub fn new<N: IntoIterator<Item = usize>>(nodes: impl IntoIterator<Item = N>) -> Self {
        let mut above = Edges::default();
        for ends in nodes {
            above.push(ends.into_iter());
        }
        above.close();
        let below = above.reversed();
        let order = order(&above, &below);
        Self {
            above,
            below,
            order,
        }
    }

    /// Counts the nodes.
    pub fn len(&self) -> usize {
        self.above.len()
    }

    /// Says whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The direct dependencies of a node, in the order given.
    pub fn dependencies(&self, node: usize) -> &[usize] {
        self.above.of(node)
    }

    /// The nodes that directly depend on a node, in ascending order.
    pub fn dependents(&self, node: usize) -> &[usize] {
        self.below.of(node)
    }

    /// Every node after its dependencies; without nodes on a cycle, and without nodes that depend on a cycle.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Says whether no node depends on itself, directly or indirectly.
    pub fn is_acyclic(&self) -> bool {
        self.order.len() == self.len()
    }

    /// An order in which every node comes after its dependencies. Of the nodes that can come next, the one with the
    /// smallest number comes first.
    ///
    /// # Errors
    ///
    /// Returns the first cycle of [`Self::cycles`].
    pub fn order_by_number(&self) -> Result<Vec<usize>, Vec<usize>> {
        if !self.is_acyclic() {
            return Err(self.cycles().into_iter().next().unwrap_or_default());
        }
        let mut missing: Vec<usize> = (0..self.len())
            .map(|node| self.dependencies(node).len())
            .collect();
        let mut ready: BinaryHeap<Reverse<usize>> = (0..self.len())
            .filter(|node| missing.get(*node) == Some(&0))
            .map(Reverse)
            .collect();
        let mut order = Vec::with_capacity(self.len());
        while let Some(Reverse(node)) = ready.pop() {
            order.push(node);
            for dependent in self.dependents(node) {
                if let Some(count) = missing.get_mut(*dependent) {
                    *count = count.saturating_sub(1);
                    if *count == 0 {
                        ready.push(Reverse(*dependent));
                    }
                }
            }
        }
        Ok(order)
    }

    /// The number of nodes in the longest chain.
    pub fn depth(&self) -> usize {
        let mut depths = vec![0_usize; self.len()];
        let mut most = 0;
        for node in &self.order {
            let above = self.dependencies(*node).iter();
            let above = above.filter_map(|above| depths.get(*above));
            let depth = above.max().copied().unwrap_or(0) + 1;
            most = most.max(depth);
            if let Some(slot) = depths.get_mut(*node) {
                *slot = depth;
            }
        }
        most
    }

    /// Every dependency of every node; a node appears once for each node that depends on it.
    pub fn depended_on(&self) -> impl Iterator<Item = usize> {
        self.above.ends.iter().copied()
    }

    /// Cycles that share no node, each from its first node on: every node depends on the next one, and the last on the
    /// first.
    pub fn cycles(&self) -> Vec<Vec<usize>> {
        let count = self.len();
        let mut done = vec![false; count];
        for node in &self.order {
            set(&mut done, *node);
        }
        let mut cycles = Vec::new();
        for start in 0..count {
            let mut path = Vec::new();
            let mut position: HashMap<usize, usize> = HashMap::new();
            let mut node = start;
            while done.get(node) == Some(&false) {
                if let Some(from) = position.get(&node) {
                    cycles.push(path.split_off(*from));
                    break;
                }
                position.insert(node, path.len());
                path.push(node);
                let mut above = self.dependencies(node).iter();
                match above.find(|next| done.get(**next) == Some(&false)) {
                    Some(next) => node = *next,
                    None => break,
                }
            }
            for node in path.iter().chain(cycles.last().into_iter().flatten()) {
                set(&mut done, *node);
            }
        }
        cycles
    }

    /// Answers for each question (node, other) whether the node depends on the other one, directly or indirectly.
    ///
    /// Each pass through the nodes traces sixty-four of the other nodes.
    pub fn are_ancestors(&self, questions: &[(usize, usize)]) -> Vec<bool> {
        let mut answers: Vec<bool> = questions
            .iter()
            .map(|(node, other)| self.dependencies(*node).contains(other))
            .collect();
        let mut open: Vec<usize> = (0..questions.len())
            .filter(|index| answers.get(*index) == Some(&false))
            .collect();
        while !open.is_empty() {
            let mut bits: HashMap<usize, u64> = HashMap::new();
            let (now, later): (Vec<usize>, Vec<usize>) = open.iter().partition(|index| {
                let Some((_, other)) = questions.get(**index) else {
                    return true;
                };
                let bit = bits.len();
                bits.contains_key(other) || bit < 64 && bits.insert(*other, 1 << bit).is_none()
            });
            let above = self.trace(&bits);
            for index in now {
                let Some((node, other)) = questions.get(index) else {
                    continue;
                };
                let wanted = bits.get(other).copied().unwrap_or(0);
                let seen = above.get(*node).copied().unwrap_or(0);
                if let Some(answer) = answers.get_mut(index) {
                    *answer = seen & wanted != 0;
                }
            }
            open = later;
        }
        answers
    }

    fn trace(&self, bits: &HashMap<usize, u64>) -> Vec<u64> {
        let mut above = vec![0_u64; self.len()];
        for node in &self.order {
            let mask = self.dependencies(*node).iter().fold(0, |mask, dependency| {
                let own = bits.get(dependency).copied().unwrap_or(0);
                mask | own | above.get(*dependency).copied().unwrap_or(0)
            });
            if let Some(slot) = above.get_mut(*node) {
                *slot = mask;
            }
        }
        above
    }

    /// The given nodes, and all nodes that they depend on, directly or indirectly.
    pub fn with_dependencies(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<bool> {
        reached(&self.above, nodes)
    }

    /// The given nodes, and all nodes that depend on them, directly or indirectly.
    pub fn affected(&self, nodes: impl IntoIterator<Item = usize>) -> Vec<bool> {
        reached(&self.below, nodes)
    }
}

/// A graph whose nodes have names.
#[derive(Clone, Debug)]
pub struct NamedGraph<'a> {
    /// The number of each node; of two nodes with the same name, the first.
    pub numbers: Index<'a>,
    graph: Graph,
}

impl<'a> NamedGraph<'a> {
    /// A graph of nodes: the name of each, and the names of its dependencies. Leaves out unknown names.
    pub fn new<'n, N>(nodes: impl Iterator<Item = (Option<&'a str>, N)> + Clone) -> Self
    where
        N: IntoIterator<Item = &'n str>,
    {
        let count = nodes.size_hint().0;
        let mut numbers = Index::with_capacity_and_hasher(count, FxBuildHasher);
        for (number, (name, _)) in nodes.clone().enumerate() {
            if let Some(name) = name {
                numbers.entry(name).or_insert(number);
            }
        }
        let graph = Graph::new(nodes.map(|(_, names)| {
            let names = names.into_iter();
            names.filter_map(|name| numbers.get(name).copied())
        }));
        Self { numbers, graph }
    }
}

/// The graph of numbers.
impl Deref for NamedGraph<'_> {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        &self.graph
    }
}

fn set(flags: &mut [bool], index: usize) {
    if let Some(flag) = flags.get_mut(index) {
        *flag = true;
    }
}

fn reached(edges: &Edges, nodes: impl IntoIterator<Item = usize>) -> Vec<bool> {
    let mut reached = vec![false; edges.len()];
    let mut open: Vec<usize> = nodes.into_iter().collect();
    while let Some(node) = open.pop() {
        if reached.get(node) == Some(&false) {
            set(&mut reached, node);
            open.extend(edges.of(node));
        }
    }
    reached
}

/// The dependencies of all nodes, in one list.
#[derive(Clone, Debug, Default)]
struct Edges {
    /// The index in `ends` where the list of each node starts.
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Edges {
    fn push(&mut self, ends: impl Iterator<Item = usize>) {
        self.starts.push(self.ends.len());
        self.ends.extend(ends);
    }

    /// Removes numbers without a node. Call it after the last `push`.
    fn close(&mut self) {
        let count = self.starts.len();
        if self.ends.iter().all(|end| *end < count) {
            return;
        }
        let mut closed = Self::default();
        for node in 0..count {
            closed.push(self.of(node).iter().copied().filter(|end| *end < count));
        }
        *self = closed;
    }

    fn len(&self) -> usize {
        self.starts.len()
    }

    fn of(&self, node: usize) -> &[usize] {
        let Some(start) = self.starts.get(node).copied() else {
            return &[];
        };
        let end = self.starts.get(node + 1).copied();
        self.ends
            .get(start..end.unwrap_or(self.ends.len()))
            .unwrap_or(&[])
    }

    /// The same edges in the other direction.
    fn reversed(&self) -> Self {
        let mut starts = vec![0_usize; self.starts.len()];
        for end in &self.ends {
            if let Some(count) = starts.get_mut(*end) {
                *count += 1;
            }
        }
        let mut total = 0;
        for start in &mut starts {
            total += std::mem::replace(start, total);
        }
        let mut next = starts.clone();
        let mut ends = vec![0_usize; self.ends.len()];
        for node in 0..self.starts.len() {
            for end in self.of(node) {
                let Some(place) = next.get_mut(*end) else {
                    continue;
                };
                if let Some(slot) = ends.get_mut(*place) {
                    *slot = node;
                }
                *place += 1;
            }
        }
        Self { starts, ends }
    }
}

fn order(above: &Edges, below: &Edges) -> Vec<usize> {
    let count = above.len();
    let mut missing: Vec<usize> = (0..count).map(|node| above.of(node).len()).collect();
    let mut order: Vec<usize> = (0..count)
        .filter(|node| missing.get(*node) == Some(&0))
        .collect();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        next += 1;
        for dependent in below.of(node) {
            if let Some(count) = missing.get_mut(*dependent) {
                *count = count.saturating_sub(1);
                if *count == 0 {
                    order.push(*dependent);
                }
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph<'a>(nodes: &[(&'a str, &[&'a str])]) -> NamedGraph<'a> {
        NamedGraph::new(
            nodes
                .iter()
                .map(|(name, above)| (Some(*name), above.iter().copied())),
        )
    }

    #[test]
    fn ancestors_reach_through_others() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b", "?"]), ("d", &["a"])]);
        assert_eq!(
            graph.are_ancestors(&[(2, 0), (2, 1), (3, 1)]),
            [true, true, false]
        );
        assert_eq!(graph.depth(), 3);
        assert_eq!(graph.with_dependencies([1]), [true, true, false, false]);
        assert_eq!(graph.affected([1]), [false, true, true, false]);
        assert_eq!(graph.dependents(0), [1, 3]);
        assert_eq!(graph.order(), [0, 1, 3, 2]);
        assert_eq!(graph.order_by_number(), Ok(vec![0, 1, 2, 3]));
    }

    #[test]
    fn cycles_are_found_apart() {
        let graph = graph(&[
            ("a", &["b"]),
            ("b", &["a"]),
            ("c", &["c"]),
            ("d", &["a"]),
            ("e", &[]),
        ]);
        assert!(!graph.is_acyclic());
        assert_eq!(graph.cycles(), [vec![0, 1], vec![2]]);
        assert_eq!(graph.order(), [4]);
        assert_eq!(graph.order_by_number(), Err(vec![0, 1]));
    }

    #[test]
    fn numbers_that_are_no_nodes_are_left_out() {
        let graph = Graph::new([vec![7], vec![0, 2], vec![]]);
        assert_eq!(
            (0..3)
                .map(|node| graph.dependencies(node))
                .collect::<Vec<_>>(),
            [&[][..], &[0, 2], &[]]
        );
        assert_eq!(graph.order_by_number(), Ok(vec![0, 2, 1]));
        assert!(Graph::new(Vec::<Vec<usize>>::new()).is_empty());
    }

    #[test]
    fn many_questions_over_a_long_chain() {
        let names: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
        let graph = NamedGraph::new(names.iter().enumerate().map(|(n, name)| {
            (
                Some(name.as_str()),
                n.checked_sub(1).map(|n| names[n].as_str()),
            )
        }));
        let questions: Vec<_> = (200..10_000).map(|n| (n, n / 100)).collect();
        assert!(
            graph
                .are_ancestors(&questions)
                .into_iter()
                .all(|answer| answer)
        );
        assert_eq!(graph.depth(), 10_000);
    }
}
