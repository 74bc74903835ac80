//! Groups of nodes that share a task.

use diagnostic::{Diagnostic, Place, Subject};
use indexmap::IndexMap;
use project::Snapshot;
use project::config::{ArgoConfig, Grouping, MemoryMode};
use project::snapshot::{DataPlace, Node, is_parameter};
use rustc_hash::FxBuildHasher;

use crate::places::place_of;

/// Prefix of the tags by which `grouping: tag` groups nodes.
const TAG_PREFIX: &str = "group.";

/// Groups by name, and by whether the name is that of a group or of a single node.
type ByName<'a> = IndexMap<(bool, &'a str), Group, FxBuildHasher>;

/// The nodes of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    /// Name of the group, or of its only node.
    pub(crate) name: String,
    /// Says whether the name is that of a group, and not that of a node.
    pub(crate) is_named: bool,
    /// Indices into the snapshot's nodes, in Kedro's order.
    pub(crate) nodes: Vec<usize>,
    /// Machine type that the group sets.
    pub(crate) machine_type: Option<String>,
    /// Custom template that the group sets.
    pub(crate) template: Option<String>,
}

/// Puts every node into a group; a node that no rule groups is a group of its own.
///
/// A `FusedPipeline` has precedence over `grouping`. Fusing by memory datasets comes last, and only merges the groups
/// of these two.
pub(crate) fn group_nodes(
    snapshot: &Snapshot,
    config: &ArgoConfig,
    findings: &mut Vec<Diagnostic>,
) -> Vec<Group> {
    let mut groups = ByName::with_capacity_and_hasher(snapshot.nodes.len(), FxBuildHasher);
    for (index, node) in snapshot.nodes.iter().enumerate() {
        let explicit = node.group.as_ref();
        let name = explicit
            .map(|group| group.name.as_str())
            .or_else(|| by_configuration(node, config.grouping, findings));
        let is_named = name.is_some();
        let name = name.unwrap_or(&node.name);
        groups
            .entry((is_named, name))
            .or_insert_with(|| Group {
                name: name.to_owned(),
                is_named,
                nodes: Vec::new(),
                machine_type: explicit.and_then(|group| group.machine_type.clone()),
                template: explicit.and_then(|group| group.template.clone()),
            })
            .nodes
            .push(index);
    }
    report_duplicates(&groups, snapshot, findings);
    let groups: Vec<Group> = groups.into_values().collect();
    let by_memory =
        config.grouping == Grouping::Memory || config.memory_datasets.mode == MemoryMode::Fuse;
    if by_memory {
        merge_by_memory(snapshot, groups)
    } else {
        groups
    }
}

/// The name of a node's group, before groups are fused by memory datasets.
pub(crate) fn name_of<'a>(node: &'a Node, config: &ArgoConfig) -> Option<&'a str> {
    let explicit = node.group.as_ref().map(|group| group.name.as_str());
    explicit.or_else(|| by_configuration(node, config.grouping, &mut Vec::new()))
}

fn by_configuration<'a>(
    node: &'a Node,
    grouping: Grouping,
    findings: &mut Vec<Diagnostic>,
) -> Option<&'a str> {
    match grouping {
        Grouping::None | Grouping::Memory => None,
        Grouping::All => Some("pipeline"),
        Grouping::Namespace => {
            let namespace = node.namespace.as_deref()?;
            Some(namespace.split('.').next().unwrap_or(namespace))
        }
        Grouping::Pipeline => node.pipelines.first().map(String::as_str),
        Grouping::Tag => {
            let groups: Vec<&str> = node
                .tags
                .iter()
                .filter_map(|tag| tag.strip_prefix(TAG_PREFIX))
                .collect();
            if groups.len() > 1 {
                findings.push(
                    Diagnostic::error(
                        "ambiguous-group",
                        format!(
                            "node `{}` is tagged for {} groups: {}",
                            node.name,
                            groups.len(),
                            groups.join(", ")
                        ),
                    )
                    .at(place_of(node))
                    .help(format!("keep only one tag that starts with `{TAG_PREFIX}`")),
                );
            }
            groups.first().copied()
        }
    }
}

/// Reports a group and a node outside of it with the same name: two tasks would have that name.
fn report_duplicates(groups: &ByName<'_>, snapshot: &Snapshot, findings: &mut Vec<Diagnostic>) {
    for (key, group) in groups.iter().filter(|(key, _)| key.0) {
        if let Some(lone) = groups.get(&(false, key.1)) {
            let node = &snapshot.nodes[lone.nodes[0]];
            let members: Vec<_> = group
                .nodes
                .iter()
                .map(|index| format!("`{}`", snapshot.nodes[*index].name))
                .collect();
            findings.push(
                Diagnostic::error(
                    "duplicate-task-name",
                    format!(
                        "`{}` is the name of a group ({}) and of a node outside it",
                        key.1,
                        members.join(", ")
                    ),
                )
                .at(place_of(node))
                .help("rename the group or the node"),
            );
        }
    }
}

/// Merges groups that share datasets which the catalog does not store.
fn merge_by_memory(snapshot: &Snapshot, groups: Vec<Group>) -> Vec<Group> {
    let mut parent: Vec<usize> = (0..groups.len()).collect();
    let mut owner: IndexMap<&str, usize> = IndexMap::new();
    for (index, group) in groups.iter().enumerate() {
        for node in group.nodes.iter().map(|node| &snapshot.nodes[*node]) {
            for name in node.inputs.iter().chain(&node.outputs) {
                let in_memory = snapshot
                    .datasets
                    .get(name)
                    .is_some_and(|dataset| dataset.place == DataPlace::Memory);
                if is_parameter(name) || !in_memory {
                    continue;
                }
                let first = *owner.entry(name).or_insert(index);
                let (one, other) = (root(&mut parent, first), root(&mut parent, index));
                parent[one.max(other)] = one.min(other);
            }
        }
    }
    let mut merged: IndexMap<usize, Vec<Group>> = IndexMap::new();
    for (index, group) in groups.into_iter().enumerate() {
        merged
            .entry(root(&mut parent, index))
            .or_default()
            .push(group);
    }
    merged.into_values().map(join).collect()
}

fn root(parent: &mut [usize], mut index: usize) -> usize {
    while parent[index] != index {
        parent[index] = parent[parent[index]];
        index = parent[index];
    }
    index
}

fn join(mut groups: Vec<Group>) -> Group {
    if groups.len() == 1 {
        return groups.remove(0);
    }
    let mut nodes: Vec<usize> = groups
        .iter()
        .flat_map(|group| group.nodes.clone())
        .collect();
    nodes.sort_unstable();
    let named: Vec<&Group> = groups.iter().filter(|group| group.is_named).collect();
    let name = match named.as_slice() {
        [only] => only.name.clone(),
        _ => format!("{}-and-{}-more", groups[0].name, nodes.len() - 1),
    };
    let only = |pick: fn(&Group) -> Option<&String>| {
        let mut found: Vec<&String> = groups.iter().filter_map(pick).collect();
        found.dedup();
        (found.len() == 1).then(|| found[0].clone())
    };
    Group {
        name,
        is_named: true,
        machine_type: match named.as_slice() {
            [group] => group.machine_type.clone(),
            _ => None,
        },
        template: only(|group| group.template.as_ref()),
        nodes,
    }
}

/// Place of a group: its name, and the line of its first node.
pub(crate) fn place_of_group(group: &Group, snapshot: &Snapshot) -> Place {
    let mut place = place_of(&snapshot.nodes[group.nodes[0]]);
    if group.is_named {
        place.subject = Some(Subject::Group(group.name.clone()));
    }
    place
}
