//! Order of the tasks: each waits for the tasks whose data it reads.

use diagnostic::Diagnostic;
use project::Snapshot;
use project::snapshot::{is_parameter, without_transcoding};

use crate::group::{Group, place_of_group};
use crate::traffic::AllTraffic;

/// The groups with their dependencies.
#[derive(Debug)]
pub(crate) struct GroupGraph {
    /// Groups from which each group reads, without duplicates, in ascending order.
    groups: argo::graph::Graph,
}

/// A path from a group back to itself: each group is followed by one that reads from it.
pub(crate) type Cycle = Vec<usize>;

impl GroupGraph {
    pub(crate) fn new(snapshot: &Snapshot, groups: &[Group], traffic: &AllTraffic<'_>) -> Self {
        let groups = argo::graph::Graph::new(groups.iter().enumerate().map(|(index, group)| {
            let mut above: Vec<usize> = group
                .nodes
                .iter()
                .flat_map(|node| &snapshot.nodes[*node].inputs)
                .filter(|name| !is_parameter(name))
                .filter_map(|name| traffic.of(name)?.maker)
                .filter(|above| *above != index)
                .collect();
            above.sort_unstable();
            above.dedup();
            above
        }));
        Self { groups }
    }

    /// An order in which every group comes after those from which it reads. Of the groups that can come next, the one
    /// whose nodes Kedro puts first comes first.
    pub(crate) fn order(&self) -> Result<Vec<usize>, Cycle> {
        self.groups.order_by_number().map_err(|mut cycle| {
            cycle.reverse();
            cycle
        })
    }

    /// The dependencies of a group, without those that another dependency already has: the same meaning in fewer bytes.
    /// One step is enough and costs no more than the edges.
    pub(crate) fn upstream(&self, index: usize) -> impl Iterator<Item = usize> {
        let above = self.groups.dependencies(index);
        above.iter().copied().filter(move |candidate| {
            !above.iter().any(|other| {
                self.groups
                    .dependencies(*other)
                    .binary_search(candidate)
                    .is_ok()
            })
        })
    }
}

/// The finding about a group that depends on itself: `A → x → b → y → A`.
pub(crate) fn explain_cycle(cycle: &Cycle, snapshot: &Snapshot, groups: &[Group]) -> Diagnostic {
    // Kedro refuses a cycle of nodes, so some group has several nodes; the path starts there.
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
    .help(way_out(&cycle, snapshot, groups))
}

/// Advice about a cycle. For groups that `grouping` makes it differs, because the user cannot take a node out of one.
fn way_out(cycle: &Cycle, snapshot: &Snapshot, groups: &[Group]) -> String {
    let is_fused = |group: &&Group| {
        let nodes = group.nodes.iter();
        nodes
            .clone()
            .any(|index| snapshot.nodes[*index].group.is_some())
    };
    let in_cycle = || cycle.iter().map(|index| &groups[*index]);
    let of_grouping = in_cycle().find(|group| group.is_named && !is_fused(group));
    let fused = in_cycle().find(is_fused);
    match (of_grouping, fused) {
        (Some(group), Some(fused)) => format!(
            "`grouping` makes the group `{}`, and the FusedPipeline `{}` stays a task of its own: replace it with a plain \
             Pipeline, or set another `grouping`",
            group.name, fused.name
        ),
        (Some(_), None) => {
            "set another `grouping`, or change what it groups by, so that the nodes in between are in the group".to_owned()
        }
        (None, _) => {
            "take a node out of the group, or add the nodes in between to the group".to_owned()
        }
    }
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
