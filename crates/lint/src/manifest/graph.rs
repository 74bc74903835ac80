//! The graph of a DAG's tasks. Nothing recurses: a chain may be as long as it likes.

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use argo::document::index::Index;

/// Tasks by number, and what each depends on.
pub(super) struct Graph<'a> {
    pub(super) numbers: Index<'a>,
    dependencies: Edges,
    /// Every task after what it depends on; tasks on a cycle, and behind one, are not in it.
    pub(super) order: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// A graph of these nodes: each a name and the names it depends on; unknown names are left out.
    pub(super) fn new<'n, N>(nodes: impl Iterator<Item = (Option<&'a str>, N)> + Clone) -> Self
    where
        N: IntoIterator<Item = &'n str>,
    {
        let mut numbers =
            Index::with_capacity_and_hasher(nodes.size_hint().0, BuildHasherDefault::default());
        for (number, (name, _)) in nodes.clone().enumerate() {
            if let Some(name) = name {
                numbers.entry(name).or_insert(number);
            }
        }
        let mut dependencies = Edges::default();
        for (_, names) in nodes {
            dependencies.push(
                names
                    .into_iter()
                    .filter_map(|name| numbers.get(name).copied()),
            );
        }
        let order = order(&dependencies);
        Self {
            numbers,
            dependencies,
            order,
        }
    }

    /// Whether no task depends on itself.
    pub(super) fn is_acyclic(&self) -> bool {
        self.order.len() == self.len()
    }

    /// The length of the longest chain.
    pub(super) fn depth(&self) -> usize {
        let mut depths = vec![0_usize; self.len()];
        let mut most = 0;
        for node in &self.order {
            let below = self
                .of(*node)
                .iter()
                .filter_map(|dependency| depths.get(*dependency));
            let depth = below.max().copied().unwrap_or(0) + 1;
            most = most.max(depth);
            if let Some(slot) = depths.get_mut(*node) {
                *slot = depth;
            }
        }
        most
    }

    /// How many tasks there are.
    pub(super) fn len(&self) -> usize {
        self.dependencies.starts.len()
    }

    /// What a task depends on directly.
    pub(super) fn of(&self, node: usize) -> &[usize] {
        self.dependencies.of(node)
    }

    /// Every task that another one depends on, as often as it is depended on.
    pub(super) fn depended_on(&self) -> impl Iterator<Item = usize> {
        self.dependencies.ends.iter().copied()
    }

    /// Cycles that share no task, each from its first task in the file.
    pub(super) fn cycles(&self) -> Vec<Vec<usize>> {
        let count = self.len();
        let mut done = vec![false; count];
        for node in &self.order {
            if let Some(slot) = done.get_mut(*node) {
                *slot = true;
            }
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
                let next = self
                    .of(node)
                    .iter()
                    .find(|next| done.get(**next) == Some(&false));
                match next {
                    Some(next) => node = *next,
                    None => break,
                }
            }
            for node in path.iter().chain(cycles.last().into_iter().flatten()) {
                if let Some(slot) = done.get_mut(*node) {
                    *slot = true;
                }
            }
        }
        cycles
    }

    /// For each question (task, other): whether `other` is among the ancestors of `task`.
    ///
    /// Sixty-four of the other tasks are traced at a time, through all tasks in order.
    pub(super) fn are_ancestors(&self, questions: &[(usize, usize)]) -> Vec<bool> {
        let mut answers: Vec<bool> = questions
            .iter()
            .map(|(task, other)| self.of(*task).contains(other))
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
                let Some((task, other)) = questions.get(index) else {
                    continue;
                };
                let wanted = bits.get(other).copied().unwrap_or(0);
                let seen = above.get(*task).copied().unwrap_or(0);
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
            let mask = self.of(*node).iter().fold(0, |mask, dependency| {
                let own = bits.get(dependency).copied().unwrap_or(0);
                mask | own | above.get(*dependency).copied().unwrap_or(0)
            });
            if let Some(slot) = above.get_mut(*node) {
                *slot = mask;
            }
        }
        above
    }

    /// The tasks some others need, themselves included.
    pub(super) fn needed(&self, targets: impl IntoIterator<Item = usize>) -> Vec<bool> {
        let mut needed = vec![false; self.len()];
        let mut open: Vec<usize> = targets.into_iter().collect();
        while let Some(node) = open.pop() {
            if needed.get(node) == Some(&false) {
                if let Some(slot) = needed.get_mut(node) {
                    *slot = true;
                }
                open.extend(self.of(node));
            }
        }
        needed
    }
}

/// Lists of numbers, one after the other.
#[derive(Default)]
struct Edges {
    /// Where the list of each node starts.
    starts: Vec<usize>,
    ends: Vec<usize>,
}

impl Edges {
    fn push(&mut self, ends: impl Iterator<Item = usize>) {
        self.starts.push(self.ends.len());
        self.ends.extend(ends);
    }

    fn of(&self, node: usize) -> &[usize] {
        let Some(start) = self.starts.get(node).copied() else {
            return &[];
        };
        let end = self
            .starts
            .get(node + 1)
            .copied()
            .unwrap_or(self.ends.len());
        self.ends.get(start..end).unwrap_or(&[])
    }

    /// The same edges the other way round.
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

fn order(dependencies: &Edges) -> Vec<usize> {
    let dependents = dependencies.reversed();
    let count = dependencies.starts.len();
    let mut missing: Vec<usize> = (0..count).map(|node| dependencies.of(node).len()).collect();
    let mut order: Vec<usize> = (0..count)
        .filter(|node| missing.get(*node) == Some(&0))
        .collect();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        next += 1;
        for dependent in dependents.of(node) {
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

    fn graph<'a>(nodes: &[(&'a str, &[&'a str])]) -> Graph<'a> {
        Graph::new(
            nodes
                .iter()
                .map(|(name, below)| (Some(*name), below.iter().copied())),
        )
    }

    #[test]
    fn ancestors_reach_through_others() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["a"])]);
        assert_eq!(
            graph.are_ancestors(&[(2, 0), (2, 1), (3, 1)]),
            [true, true, false]
        );
        assert_eq!(graph.depth(), 3);
        assert_eq!(graph.needed([1]), [true, true, false, false]);
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
    }

    #[test]
    fn many_questions_over_a_long_chain() {
        let names: Vec<String> = (0..10_000).map(|n| n.to_string()).collect();
        let graph = Graph::new(names.iter().enumerate().map(|(n, name)| {
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
