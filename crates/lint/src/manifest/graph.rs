//! The graph of a DAG's tasks. Nothing recurses: a chain may be as long as it likes.

use std::collections::HashMap;

/// Tasks by number, and what each depends on.
pub(super) struct Graph<'a> {
    pub(super) numbers: HashMap<&'a str, usize>,
    pub(super) dependencies: Vec<Vec<usize>>,
    /// Every task after what it depends on; tasks on a cycle, and behind one, are not in it.
    pub(super) order: Vec<usize>,
}

impl<'a> Graph<'a> {
    /// A graph of these nodes: each a name and the names it depends on; unknown names are left out.
    pub(super) fn new<'n>(nodes: impl Iterator<Item = (Option<&'a str>, Vec<&'n str>)>) -> Self {
        let nodes: Vec<_> = nodes.collect();
        let mut numbers = HashMap::with_capacity(nodes.len());
        for (number, (name, _)) in nodes.iter().enumerate() {
            if let Some(name) = name {
                numbers.entry(*name).or_insert(number);
            }
        }
        let dependencies: Vec<Vec<usize>> = nodes
            .iter()
            .map(|(_, names)| names.iter().filter_map(|name| numbers.get(name).copied()).collect())
            .collect();
        let order = order(&dependencies);
        Self { numbers, dependencies, order }
    }

    /// Whether no task depends on itself.
    pub(super) fn is_acyclic(&self) -> bool {
        self.order.len() == self.dependencies.len()
    }

    /// The length of the longest chain.
    pub(super) fn depth(&self) -> usize {
        let mut depths = vec![0_usize; self.dependencies.len()];
        let mut most = 0;
        for node in &self.order {
            let below = self.of(*node).iter().filter_map(|dependency| depths.get(*dependency));
            let depth = below.max().copied().unwrap_or(0) + 1;
            most = most.max(depth);
            if let Some(slot) = depths.get_mut(*node) {
                *slot = depth;
            }
        }
        most
    }

    /// What a task depends on directly.
    pub(super) fn of(&self, node: usize) -> &[usize] {
        self.dependencies.get(node).map_or(&[], Vec::as_slice)
    }

    /// Cycles that share no task, each from its first task in the file.
    pub(super) fn cycles(&self) -> Vec<Vec<usize>> {
        let count = self.dependencies.len();
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
                let next = self.of(node).iter().find(|next| done.get(**next) == Some(&false));
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
        let mut answers: Vec<bool> =
            questions.iter().map(|(task, other)| self.of(*task).contains(other)).collect();
        let mut open: Vec<usize> =
            (0..questions.len()).filter(|index| answers.get(*index) == Some(&false)).collect();
        while !open.is_empty() {
            let mut bits: HashMap<usize, u64> = HashMap::new();
            let (now, later): (Vec<usize>, Vec<usize>) = open.iter().partition(|index| {
                let Some((_, other)) = questions.get(**index) else { return true };
                let bit = bits.len();
                bits.contains_key(other) || bit < 64 && bits.insert(*other, 1 << bit).is_none()
            });
            let above = self.trace(&bits);
            for index in now {
                let Some((task, other)) = questions.get(index) else { continue };
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
        let mut above = vec![0_u64; self.dependencies.len()];
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
        let mut needed = vec![false; self.dependencies.len()];
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

fn order(dependencies: &[Vec<usize>]) -> Vec<usize> {
    let mut dependents = vec![Vec::new(); dependencies.len()];
    let mut missing: Vec<usize> = dependencies.iter().map(Vec::len).collect();
    for (node, below) in dependencies.iter().enumerate() {
        for dependency in below {
            if let Some(list) = dependents.get_mut(*dependency) {
                list.push(node);
            }
        }
    }
    let mut order: Vec<usize> = (0..dependencies.len())
        .filter(|node| missing.get(*node) == Some(&0))
        .collect();
    let mut next = 0;
    while let Some(node) = order.get(next).copied() {
        next += 1;
        for dependent in dependents.get(node).into_iter().flatten() {
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
        Graph::new(nodes.iter().map(|(name, below)| (Some(*name), below.to_vec())))
    }

    #[test]
    fn ancestors_reach_through_others() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &["b"]), ("d", &["a"])]);
        assert_eq!(graph.are_ancestors(&[(2, 0), (2, 1), (3, 1)]), [true, true, false]);
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
            (Some(name.as_str()), n.checked_sub(1).map(|n| names[n].as_str()).into_iter().collect())
        }));
        let questions: Vec<_> = (200..10_000).map(|n| (n, n / 100)).collect();
        assert!(graph.are_ancestors(&questions).into_iter().all(|answer| answer));
        assert_eq!(graph.depth(), 10_000);
    }
}
