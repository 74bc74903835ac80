//! Check that an empty node of the cluster would have room for a task.

use std::collections::BTreeMap;

use argo::quantity::{self, QuantityError};
use k8s_openapi::api::core::v1::Node;
use kube::Api;
use kube::api::ListParams;

use crate::{Cluster, ClusterError};
use argo::needs::MachineNeed;

/// Label of a node with the architecture of its processor.
const ARCHITECTURE: &str = "kubernetes.io/arch";

/// The nodes of a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nodes(Vec<NodeCapacity>);

impl Cluster {
    /// Reads the nodes; `None` if the user may not read them.
    pub async fn nodes(&self) -> Result<Option<Nodes>, ClusterError> {
        let api: Api<Node> = Api::all(self.client.clone());
        let nodes = self.unless_forbidden(api.list(&ListParams::default()).await)?;
        let Some(nodes) = nodes else {
            return Ok(None);
        };
        let rooms: Result<_, QuantityError> = nodes.items.iter().map(NodeCapacity::of).collect();
        Ok(Some(Nodes(rooms?)))
    }
}

impl Nodes {
    /// Counts the nodes.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Counts the nodes of each architecture, e.g. `amd64`, in the words of image platforms.
    pub fn architectures(&self) -> BTreeMap<String, usize> {
        let mut found = BTreeMap::new();
        for room in &self.0 {
            if let Some(architecture) = room.labels.get(ARCHITECTURE) {
                *found.entry(architecture.clone()).or_default() += 1;
            }
        }
        found
    }

    /// Total of an extended resource over all nodes, e.g. `nvidia.com/gpu`.
    pub fn total(&self, resource: &str) -> u64 {
        let amounts = self.0.iter().filter_map(|room| room.extended.get(resource));
        amounts.sum()
    }

    /// Reason why not even an empty node could take the pods of a template; none if one could.
    pub fn why_none_fits(&self, need: &MachineNeed) -> Option<String> {
        if let Some(error) = need.unreadable.first() {
            return Some(error.to_string());
        }
        NodeCapacity::why_none_fits(&self.0, need)
    }
}

/// Room of a node for pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct NodeCapacity {
    millicores: u64,
    memory: u64,
    extended: BTreeMap<String, u64>,
    labels: BTreeMap<String, String>,
    /// Taints that repel pods: key and whole text.
    taints: Vec<(String, String)>,
    is_closed: bool,
}

impl NodeCapacity {
    fn of(node: &Node) -> Result<Self, QuantityError> {
        let status = node.status.as_ref();
        let amounts = status.and_then(|status| status.allocatable.as_ref());
        let mut room = Self {
            labels: node.metadata.labels.clone().unwrap_or_default(),
            is_closed: node
                .spec
                .as_ref()
                .is_some_and(|spec| spec.unschedulable == Some(true)),
            ..Self::default()
        };
        for (name, amount) in amounts.into_iter().flatten() {
            match name.as_str() {
                "cpu" => room.millicores = quantity::thousandths(&amount.0)?,
                "memory" => room.memory = quantity::whole(&amount.0)?,
                other => {
                    let count = quantity::whole(&amount.0)?;
                    room.extended.insert(other.to_owned(), count);
                }
            }
        }
        let taints = node
            .spec
            .iter()
            .flat_map(|spec| spec.taints.iter().flatten());
        room.taints = taints
            .filter(|taint| taint.effect != "PreferNoSchedule")
            .map(|taint| (taint.key.clone(), format!("{}:{}", taint.key, taint.effect)))
            .collect();
        Ok(room)
    }

    fn why_none_fits(rooms: &[Self], need: &MachineNeed) -> Option<String> {
        let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
        for room in rooms {
            let reason = room.refuses(need)?;
            *reasons.entry(reason).or_default() += 1;
        }
        if rooms.is_empty() {
            return Some("the cluster has no nodes".to_owned());
        }
        let list: Vec<String> = reasons
            .into_iter()
            .map(|(reason, count)| match count {
                1 => format!("1 node {reason}"),
                count => format!("{count} nodes {reason}"),
            })
            .collect();
        Some(list.join(", "))
    }

    fn refuses(&self, need: &MachineNeed) -> Option<String> {
        if self.is_closed {
            return Some("closed to new pods".to_owned());
        }
        for (label, value) in &need.node_selector {
            if self.labels.get(label) != Some(value) {
                return Some(format!("without the label {label}={value}"));
            }
        }
        for (key, text) in &self.taints {
            if !need.tolerated.contains(key) && !need.tolerated.contains("*") {
                return Some(format!("with the taint {text}"));
            }
        }
        for (name, count) in &need.extended {
            let there = self.extended.get(name).copied().unwrap_or(0);
            if there < *count {
                return Some(format!("with {there} {name} of {count}"));
            }
        }
        if self.millicores < need.millicores {
            return Some(format!(
                "with {} CPU of {}",
                cores(self.millicores),
                cores(need.millicores)
            ));
        }
        if self.memory < need.memory {
            return Some(format!(
                "with {} GiB of memory of {}",
                gib(self.memory),
                gib(need.memory)
            ));
        }
        None
    }
}

fn cores(millicores: u64) -> String {
    decimal(millicores, 1000)
}

fn gib(bytes: u64) -> String {
    decimal(bytes, 1 << 30)
}

/// Formats a number with at most one decimal.
fn decimal(amount: u64, unit: u64) -> String {
    let tenths = amount * 10 / unit;
    match tenths % 10 {
        0 => format!("{}", tenths / 10),
        rest => format!("{}.{rest}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(millicores: u64, gib: u64) -> NodeCapacity {
        NodeCapacity {
            millicores,
            memory: gib << 30,
            ..NodeCapacity::default()
        }
    }

    fn need(millicores: u64, gib: u64) -> MachineNeed {
        MachineNeed {
            millicores,
            memory: gib << 30,
            ..MachineNeed::default()
        }
    }

    #[test]
    fn a_task_that_fits_some_node_is_fine() {
        let rooms = [room(1000, 2), room(4000, 16)];
        assert_eq!(NodeCapacity::why_none_fits(&rooms, &need(4000, 16)), None);
        assert_eq!(
            NodeCapacity::why_none_fits(&rooms, &need(2000, 32)).as_deref(),
            Some("1 node with 1 CPU of 2, 1 node with 16 GiB of memory of 32")
        );
        assert_eq!(
            NodeCapacity::why_none_fits(&[], &need(1, 1)).as_deref(),
            Some("the cluster has no nodes")
        );
    }

    #[test]
    fn amounts_of_a_node_are_read_as_kubernetes_reads_them() {
        let node = |amount: &str| {
            serde_json::from_value(serde_json::json!({
                "metadata": {},
                "status": {"allocatable": {"cpu": "3920m", "memory": "1e9", "nvidia.com/gpu": amount}},
            }))
            .unwrap()
        };
        let room = NodeCapacity::of(&node("1k")).unwrap();
        assert_eq!((room.millicores, room.memory), (3920, 1_000_000_000));
        assert_eq!(room.extended["nvidia.com/gpu"], 1000);
        assert!(NodeCapacity::of(&node("many")).is_err());
    }

    #[test]
    fn labels_taints_and_gpus_count() {
        let tainted = NodeCapacity {
            taints: vec![("gpu".to_owned(), "gpu:NoSchedule".to_owned())],
            extended: BTreeMap::from([("nvidia.com/gpu".to_owned(), 1)]),
            ..room(4000, 16)
        };
        let mut wanted = need(1000, 1);
        assert!(NodeCapacity::why_none_fits(std::slice::from_ref(&tainted), &wanted).is_some());
        wanted.tolerated.insert("gpu".to_owned());
        assert_eq!(
            NodeCapacity::why_none_fits(std::slice::from_ref(&tainted), &wanted),
            None
        );
        wanted.extended.insert("nvidia.com/gpu".to_owned(), 2);
        assert!(NodeCapacity::why_none_fits(std::slice::from_ref(&tainted), &wanted).is_some());
        wanted.extended.clear();
        wanted
            .node_selector
            .insert("pool".to_owned(), "a".to_owned());
        let why = NodeCapacity::why_none_fits(&[tainted], &wanted).unwrap();
        assert!(why.contains("without the label pool=a"), "{why}");
    }
}
