//! Which task waits for which.

use rustc_hash::FxHashMap as HashMap;

use diagnostic::Diagnostic;
use project::Snapshot;
use project::snapshot::{is_parameter, without_transcoding};

use crate::group::{Group, place_of_group};

/// The groups and the edges between them.
#[derive(Debug)]
pub(crate) struct Graph {
    /// For each group, those it reads from, each once, in ascending order.
    upstream: Vec<Vec<usize>>,
}

/// A way from a group back to itself: each group with the dataset that leads to the next.
pub(crate) type Cycle = Vec<usize>;

impl Graph {
    pub(crate) fn new(snapshot: &Snapshot, groups: &[Group]) -> Self {
        let mut maker: HashMap<&str, usize> = HashMap::default();
        for (index, group) in groups.iter().enumerate() {
            for node in &group.nodes {
                for output in &snapshot.nodes[*node].outputs {
                    maker.insert(without_transcoding(output), index);
                }
            }
        }
        let upstream = groups
            .iter()
            .enumerate()
            .map(|(index, group)| {
                let mut above: Vec<usize> = group
                    .nodes
                    .iter()
                    .flat_map(|node| &snapshot.nodes[*node].inputs)
                    .filter(|name| !is_parameter(name))
                    .filter_map(|name| maker.get(without_transcoding(name)).copied())
                    .filter(|above| *above != index)
                    .collect();
                above.sort_unstable();
                above.dedup();
                above
            })
            .collect();
        Self { upstream }
    }

    /// An order in which every group comes after those it reads from; of those that
    /// could come next, the one whose nodes Kedro puts first.
    pub(crate) fn order(&self) -> Result<Vec<usize>, Cycle> {
        let mut waiting: Vec<usize> = self.upstream.iter().map(Vec::len).collect();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); self.upstream.len()];
        for (index, above) in self.upstream.iter().enumerate() {
            for above in above {
                below[*above].push(index);
            }
        }
        let mut ready: std::collections::BTreeSet<usize> = waiting
            .iter()
            .enumerate()
            .filter_map(|(index, count)| (*count == 0).then_some(index))
            .collect();
        let mut order = Vec::with_capacity(waiting.len());
        while let Some(index) = ready.pop_first() {
            order.push(index);
            for below in &below[index] {
                waiting[*below] -= 1;
                if waiting[*below] == 0 {
                    ready.insert(*below);
                }
            }
        }
        if order.len() == waiting.len() {
            Ok(order)
        } else {
            Err(self.cycle(&waiting))
        }
    }

    /// The groups that one waits for, without those that another of them waits for itself:
    /// the same meaning in fewer bytes. One step suffices and costs no more than the edges.
    pub(crate) fn upstream(&self, index: usize) -> impl Iterator<Item = usize> {
        let above = &self.upstream[index];
        above.iter().copied().filter(move |candidate| {
            !above
                .iter()
                .any(|other| self.upstream[*other].binary_search(candidate).is_ok())
        })
    }

    /// Follows what never got ready upwards until a group comes twice.
    fn cycle(&self, waiting: &[usize]) -> Cycle {
        let mut path: Vec<usize> = Vec::new();
        let mut next = waiting.iter().position(|count| *count > 0);
        while let Some(index) = next {
            if let Some(start) = path.iter().position(|seen| *seen == index) {
                path.drain(..start);
                break;
            }
            path.push(index);
            next = self.upstream[index]
                .iter()
                .copied()
                .find(|above| waiting[*above] > 0);
        }
        path.reverse();
        path
    }
}

/// Says how a group reaches itself: `A → x → b → y → A`.
pub(crate) fn explain_cycle(cycle: &Cycle, snapshot: &Snapshot, groups: &[Group]) -> Diagnostic {
    // Kedro itself refuses a cycle of nodes, so a group is in it; the way starts there.
    let start = cycle
        .iter()
        .position(|index| groups[*index].nodes.len() > 1);
    let mut cycle = cycle.clone();
    cycle.rotate_left(start.unwrap_or_default());
    let culprit = &groups[cycle[0]];
    let mut path = String::new();
    for (position, index) in cycle.iter().enumerate() {
        let next = cycle[(position + 1) % cycle.len()];
        let dataset = link(&groups[*index], &groups[next], snapshot);
        path.push_str(&format!("{} → {dataset} → ", groups[*index].name));
    }
    path.push_str(&culprit.name);
    Diagnostic::error(
        "group-cycle",
        format!("group `{}` depends on itself: {path}", culprit.name),
    )
    .at(place_of_group(culprit, snapshot))
    .help("take a node out of the group, or add the nodes in between to the group")
}

fn link(from: &Group, to: &Group, snapshot: &Snapshot) -> String {
    let written = |index: &usize| snapshot.nodes[*index].outputs.iter();
    let mut outputs = from.nodes.iter().flat_map(written);
    let reads = |name: &str| {
        to.nodes.iter().any(|index| {
            let inputs = &snapshot.nodes[*index].inputs;
            inputs
                .iter()
                .any(|input| without_transcoding(input) == without_transcoding(name))
        })
    };
    outputs
        .find(|name| reads(name))
        .cloned()
        .unwrap_or_else(|| "…".to_owned())
}
