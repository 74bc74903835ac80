use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::NodeKind;
use super::omitted::is_omitted;
use super::phase::Phase;
use super::synchronization::NodeSynchronizationStatus;
use super::values::{Inputs, Outputs};

/// Status of one node of a Workflow: a task, an attempt, or a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Id of the node, unique in the Workflow; see [`node_id`](super::node_id).
    pub id: String,
    /// Path of names from the Workflow's name to the node's own; see [`NodeName`](super::NodeName).
    pub name: String,
    /// The last part of the name: a task's name.
    #[serde(skip_serializing_if = "is_omitted")]
    pub display_name: String,
    /// Kind of the node.
    #[serde(rename = "type")]
    pub kind: NodeKind,
    /// Template that the node runs.
    #[serde(skip_serializing_if = "is_omitted")]
    pub template_name: String,
    /// Template that the node runs, if another object contains it.
    #[serde(skip_serializing_if = "is_omitted")]
    pub template_ref: Option<TemplateRef>,
    /// Object whose template contains the call: `local/NAME`, `namespaced/NAME`.
    #[serde(skip_serializing_if = "is_omitted")]
    pub template_scope: String,
    /// Phase of the node.
    pub phase: Phase,
    /// Id of the DAG or steps node whose template contains the call; empty for the first node.
    #[serde(rename = "boundaryID", skip_serializing_if = "is_omitted")]
    pub boundary: String,
    /// Reason for the phase, in the controller's words.
    #[serde(skip_serializing_if = "is_omitted")]
    pub message: Option<String>,
    /// Time at which the node began.
    pub started_at: Option<Timestamp>,
    /// Time at which the node ended.
    pub finished_at: Option<Timestamp>,
    /// Estimate of the duration in seconds, from an earlier run.
    #[serde(skip_serializing_if = "is_omitted")]
    pub estimated_duration: i64,
    /// Count of ended pods and of all pods, `1/2`, or the pod's own progress.
    #[serde(skip_serializing_if = "is_omitted")]
    pub progress: String,
    /// Seconds times amount of each resource.
    #[serde(skip_serializing_if = "is_omitted")]
    pub resources_duration: BTreeMap<String, i64>,
    /// Address of the pod of a daemon.
    #[serde(rename = "podIP", skip_serializing_if = "is_omitted")]
    pub pod_ip: String,
    /// Says whether the node is a running daemon.
    #[serde(skip_serializing_if = "is_omitted")]
    pub daemoned: Option<bool>,
    /// Special kind of the node: a hook or an attempt.
    #[serde(skip_serializing_if = "is_omitted")]
    pub node_flag: Option<NodeFlag>,
    /// Inputs of the node.
    #[serde(skip_serializing_if = "is_omitted")]
    pub inputs: Option<Inputs>,
    /// Outputs of the node.
    #[serde(skip_serializing_if = "is_omitted")]
    pub outputs: Option<Outputs>,
    /// Ids of the nodes inside this node or after it.
    #[serde(skip_serializing_if = "is_omitted")]
    pub children: Vec<String>,
    /// Ids of the last nodes inside this one: the next node follows them.
    #[serde(skip_serializing_if = "is_omitted")]
    pub outbound_nodes: Vec<String>,
    /// Cluster node on which the pod ran.
    #[serde(skip_serializing_if = "is_omitted")]
    pub host_node_name: String,
    /// Result of the cache lookup.
    #[serde(skip_serializing_if = "is_omitted")]
    pub memoization_status: Option<MemoizationStatus>,
    /// The lock that the node waits for.
    #[serde(skip_serializing_if = "is_omitted")]
    pub synchronization_status: Option<NodeSynchronizationStatus>,
    /// Says whether the controller has the pod's outputs; none means yes.
    #[serde(skip_serializing_if = "is_omitted")]
    pub task_result_synced: Option<bool>,
    /// Number of restarts of the pod because its cluster node failed before the main container started.
    #[serde(skip_serializing_if = "is_omitted")]
    pub failed_pod_restarts: i32,
    /// UID of the pod that Argo is replacing.
    #[serde(rename = "restartingPodUID", skip_serializing_if = "is_omitted")]
    pub restarting_pod_uid: String,
    /// Fields that this module does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A template in another object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TemplateRef {
    /// Name of the object.
    #[serde(skip_serializing_if = "is_omitted")]
    pub name: String,
    /// Name of the template in the object.
    #[serde(skip_serializing_if = "is_omitted")]
    pub template: String,
    /// Says whether the object is a `ClusterWorkflowTemplate`.
    #[serde(skip_serializing_if = "is_omitted")]
    pub cluster_scope: bool,
}

/// Special kind of a node.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeFlag {
    /// Marks a hook or an exit handler.
    #[serde(skip_serializing_if = "is_omitted")]
    pub hooked: bool,
    /// Marks an attempt.
    #[serde(skip_serializing_if = "is_omitted")]
    pub retried: bool,
}

/// Result of a node's cache lookup.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct MemoizationStatus {
    /// Says whether the cache supplied the outputs.
    pub hit: bool,
    /// Key of the entry.
    pub key: String,
    /// Name of the cache.
    pub cache_name: String,
}

impl NodeStatus {
    /// Says whether the node ran and ended, and its outputs have arrived: Argo's `Completed`.
    pub fn is_completed(&self) -> bool {
        self.phase.is_completed() && self.is_synced()
    }

    /// Says whether nodes that wait for this one can start: Argo's `Fulfilled`.
    pub fn is_fulfilled(&self) -> bool {
        (self.phase.is_final() && self.is_synced())
            || (self.is_daemoned() && self.phase != Phase::Pending)
    }

    /// Says whether the node is a running daemon.
    pub fn is_daemoned(&self) -> bool {
        self.daemoned == Some(true)
    }

    /// Says whether the node is an attempt of the node above it.
    pub fn is_attempt(&self) -> bool {
        self.node_flag.is_some_and(|flag| flag.retried)
    }

    /// The value of an input parameter.
    pub fn input(&self, name: &str) -> Option<&str> {
        self.inputs.as_ref()?.parameter(name)
    }

    /// The value of an output parameter.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs.as_ref()?.parameter(name)
    }

    /// The exit code of the main container, as text.
    pub fn exit_code(&self) -> Option<&str> {
        self.outputs.as_ref()?.exit_code.as_deref()
    }

    fn is_synced(&self) -> bool {
        self.task_result_synced != Some(false)
    }
}

/// Nodes by id, in the order of the status.
pub type Nodes = indexmap::IndexMap<String, NodeStatus>;
