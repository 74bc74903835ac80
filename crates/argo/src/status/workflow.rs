use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::node::Nodes;
use super::omitted::is_omitted;
use super::phase::Phase;
use super::synchronization::SynchronizationStatus;
use super::values::Outputs;
use super::{packed, phase};

/// Status of a Workflow.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowStatus {
    /// Phase of the Workflow; none until a controller has set it.
    #[serde(
        deserialize_with = "phase::of_workflow",
        skip_serializing_if = "is_omitted"
    )]
    pub phase: Option<Phase>,
    /// Time at which the Workflow began.
    pub started_at: Option<Timestamp>,
    /// Time at which the Workflow ended.
    pub finished_at: Option<Timestamp>,
    /// Estimate of the duration in seconds, from an earlier run.
    #[serde(skip_serializing_if = "is_omitted")]
    pub estimated_duration: i64,
    /// Count of ended pods and of all pods: `1/2`.
    #[serde(skip_serializing_if = "is_omitted")]
    pub progress: String,
    /// Reason for the phase, in the controller's words.
    #[serde(skip_serializing_if = "is_omitted")]
    pub message: Option<String>,
    /// Packed nodes, if they are too large without packing.
    #[serde(skip_serializing_if = "is_omitted")]
    pub compressed_nodes: String,
    /// Nodes by id.
    #[serde(skip_serializing_if = "is_omitted")]
    pub nodes: Nodes,
    /// Version of the nodes in the controller's database; empty if the status holds the nodes.
    #[serde(skip_serializing_if = "is_omitted")]
    pub offload_node_status_version: String,
    /// Templates of other objects, copied when the Workflow began.
    #[serde(skip_serializing_if = "is_omitted")]
    pub stored_templates: BTreeMap<String, Value>,
    /// Volumes of the claims that the controller created.
    #[serde(skip_serializing_if = "is_omitted")]
    pub persistent_volume_claims: Vec<Value>,
    /// Outputs with global names.
    #[serde(skip_serializing_if = "is_omitted")]
    pub outputs: Option<Outputs>,
    /// Conditions that hold for the Workflow besides its phase.
    #[serde(skip_serializing_if = "is_omitted")]
    pub conditions: Vec<Condition>,
    /// Seconds times amount of each resource.
    #[serde(skip_serializing_if = "is_omitted")]
    pub resources_duration: BTreeMap<String, i64>,
    /// Spec of the template that the Workflow was created from, if any.
    #[serde(
        rename = "storedWorkflowTemplateSpec",
        skip_serializing_if = "is_omitted"
    )]
    pub stored_workflow_spec: Option<Value>,
    /// Locks of the Workflow.
    #[serde(skip_serializing_if = "is_omitted")]
    pub synchronization: Option<SynchronizationStatus>,
    /// Repository of the artifacts.
    #[serde(skip_serializing_if = "is_omitted")]
    pub artifact_repository_ref: Option<Value>,
    /// State of the deletion of artifacts.
    #[serde(rename = "artifactGCStatus", skip_serializing_if = "is_omitted")]
    pub artifact_gc_status: Option<Value>,
    /// Says whether the outputs of each pod have arrived, by the id of its node.
    #[serde(skip_serializing_if = "is_omitted")]
    pub task_results_completion_status: BTreeMap<String, bool>,
    /// Fields that this module does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A statement about a Workflow that is true or false.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Condition {
    /// Kind of the condition: `Completed`, `PodRunning`, …
    #[serde(rename = "type", skip_serializing_if = "is_omitted")]
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    #[serde(skip_serializing_if = "is_omitted")]
    pub status: String,
    /// Details of the condition.
    #[serde(skip_serializing_if = "is_omitted")]
    pub message: String,
    /// Fields that this module does not know.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// The packed nodes of a Workflow could not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot decompress the status of its tasks: {0}")]
pub struct PackedNodesError(String);

impl WorkflowStatus {
    /// Unpacks the nodes if they are packed (`workflow/packer/packer.go`).
    ///
    /// # Errors
    ///
    /// The text cannot be unpacked, or its content is no nodes.
    pub fn unpack(&mut self) -> Result<(), PackedNodesError> {
        if self.compressed_nodes.is_empty() {
            return Ok(());
        }
        let text = packed::unpack(&self.compressed_nodes).map_err(PackedNodesError)?;
        self.nodes =
            serde_json::from_slice(&text).map_err(|error| PackedNodesError(error.to_string()))?;
        self.compressed_nodes.clear();
        Ok(())
    }

    /// Packs the nodes as the controller does if they are too large otherwise.
    ///
    /// # Errors
    ///
    /// The nodes cannot be written as JSON.
    pub fn pack(&mut self) -> Result<(), PackedNodesError> {
        let nodes =
            serde_json::to_vec(&self.nodes).map_err(|error| PackedNodesError(error.to_string()))?;
        self.compressed_nodes = packed::pack(&nodes).map_err(PackedNodesError)?;
        self.nodes.clear();
        Ok(())
    }

    /// Says whether the nodes are in the controller's database instead.
    pub fn is_offloaded(&self) -> bool {
        !self.offload_node_status_version.is_empty() && self.nodes.is_empty()
    }

    /// Says whether the Workflow has ended.
    pub fn is_final(&self) -> bool {
        self.phase.is_some_and(Phase::is_completed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(text: &str) -> String {
        packed::pack(text.as_bytes()).unwrap()
    }

    #[test]
    fn packed_nodes_are_read_like_plain_ones() {
        let nodes = r#"{"x-1": {"id": "x-1", "displayName": "a", "type": "Pod", "phase": "Failed",
            "startedAt": "2026-01-02T03:04:05Z", "finishedAt": null,
            "outputs": {"exitCode": "3", "parameters": [{"name": "o", "value": "v"}]}}}"#;
        let plain: WorkflowStatus =
            serde_json::from_str(&format!(r#"{{"phase": "Running", "nodes": {nodes}}}"#)).unwrap();
        let mut status: WorkflowStatus = serde_json::from_str(&format!(
            r#"{{"phase": "Running", "compressedNodes": "{}"}}"#,
            packed(nodes)
        ))
        .unwrap();
        status.unpack().unwrap();
        assert_eq!(status, plain);
        assert_eq!(status.nodes["x-1"].output("o"), Some("v"));
        assert_eq!(status.nodes["x-1"].exit_code(), Some("3"));
        status.pack().unwrap();
        assert!(status.nodes.is_empty());
        status.unpack().unwrap();
        assert_eq!(status, plain);
    }

    #[test]
    fn packed_text_that_is_no_status_is_an_error() {
        let mut status = WorkflowStatus {
            compressed_nodes: packed("{not json"),
            ..WorkflowStatus::default()
        };
        assert!(status.unpack().is_err());
    }
}
