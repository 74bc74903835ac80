//! The status of a Workflow, as the controller writes it
//! (`pkg/apis/workflow/v1alpha1/workflow_types.go:2090` of Argo Workflows 4.1.2).

pub mod packed;
mod phase;
pub mod retry;

use indexmap::IndexMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use phase::Phase;

/// Where a Workflow stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkflowStatus {
    /// Empty until a controller has seen it.
    pub phase: String,
    /// Whether somebody keeps new tasks from starting; that is in its spec.
    #[serde(skip)]
    pub suspended: bool,
    /// Version of the Workflow that it was read from; a higher one is a later one. It is in its metadata.
    #[serde(skip)]
    pub version: Option<u64>,
    /// Why, where the controller says so.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Its nodes by id.
    pub nodes: IndexMap<String, NodeStatus>,
    /// Its nodes, packed, where they would be too large otherwise.
    pub compressed_nodes: String,
    /// Set where the nodes are in the controller's database.
    #[serde(rename = "offloadNodeStatusVersion")]
    pub offloaded: String,
    /// What it was made from, if from a template.
    pub stored_workflow_template_spec: Option<serde_json::Value>,
}

/// Where one node of a Workflow stands: a task, an attempt of one, a group of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct NodeStatus {
    /// Its id, unique in the Workflow.
    pub id: String,
    /// Path of names from the Workflow's to its own.
    pub name: String,
    /// The last of them: a task's name.
    pub display_name: String,
    /// `Pod`, `Retry`, `DAG`, `Steps`, `StepGroup`, `TaskGroup`, `Skipped`, …
    #[serde(rename = "type")]
    pub node_type: String,
    /// Template it runs.
    pub template_name: String,
    /// Id of the node it belongs to.
    #[serde(rename = "boundaryID")]
    pub boundary: String,
    /// `Pending`, `Running`, `Succeeded`, `Skipped`, `Failed`, `Error` or `Omitted`.
    pub phase: String,
    /// Why, in the controller's words.
    pub message: Option<String>,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Ids of the nodes that come after it or are inside it.
    pub children: Vec<String>,
    /// What it was given.
    pub inputs: Values,
    /// What it gave.
    pub outputs: Values,
    /// What kind of an extra it is, if one.
    pub node_flag: NodeFlag,
}

/// Inputs or outputs of a node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Values {
    /// Exit code of its main container.
    pub exit_code: Option<String>,
    /// Its parameters.
    pub parameters: Vec<NamedValue>,
}

/// A parameter.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NamedValue {
    /// Its name.
    pub name: String,
    /// Its text.
    pub value: Option<String>,
}

/// What kind of an extra a node is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NodeFlag {
    /// A hook, or an exit handler.
    pub hooked: bool,
    /// An attempt.
    pub retried: bool,
}

/// The packed nodes of a Workflow could not be unpacked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot decompress the status of its tasks: {0}")]
pub struct PackedNodesError(String);

impl Values {
    /// The text of a parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let found = self.parameters.iter().find(|entry| entry.name == name)?;
        found.value.as_deref()
    }
}

impl WorkflowStatus {
    /// Unpacks the nodes, where they are packed (`workflow/packer/packer.go:44`).
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

    /// Whether its nodes are in the controller's database instead.
    pub fn is_offloaded(&self) -> bool {
        !self.offloaded.is_empty() && self.nodes.is_empty()
    }

    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        matches!(self.phase.as_str(), "Succeeded" | "Failed" | "Error")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn packed(text: &str) -> String {
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(text.as_bytes()).unwrap();
        BASE64_STANDARD.encode(gzip.finish().unwrap())
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
        assert_eq!(status.nodes["x-1"].outputs.parameter("o"), Some("v"));
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
