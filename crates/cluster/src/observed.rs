//! A Workflow on the cluster at one time.

use argo::status::{Phase, UnknownPhase, WorkflowStatus};
use marks::TaskOutline;
use runs::RunView;
use serde::Deserialize as _;
use serde_json::Value;

use crate::ClusterError;

/// Status of a Workflow, with the related parts of its spec and metadata.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Status of the Workflow, with its nodes decompressed.
    pub status: WorkflowStatus,
    /// Set if the Workflow is suspended.
    pub suspended: bool,
    /// Version of the object; a higher version is later.
    pub version: Option<u64>,
}

impl Observed {
    /// Reads a whole Workflow. Without a controller it has no status.
    ///
    /// # Errors
    ///
    /// The status is not readable, e.g. it has a phase that Argo does not know.
    pub fn read(workflow: &Value) -> Result<Self, ClusterError> {
        let status = match &workflow["status"] {
            Value::Null => WorkflowStatus::default(),
            status => WorkflowStatus::deserialize(status).map_err(|error| unreadable(&error))?,
        };
        Self::new(
            status,
            workflow["spec"]["suspend"].as_bool(),
            workflow["metadata"]["resourceVersion"].as_str(),
        )
    }

    /// View of the Workflow as a run; `outline` lists the tasks in its spec.
    pub fn view(&self, name: &str, outline: &[TaskOutline]) -> RunView {
        RunView {
            suspended: self.suspended,
            ..RunView::new(name, outline, &self.status)
        }
    }

    /// Takes a status, and decompresses its nodes.
    ///
    /// # Errors
    ///
    /// The compressed nodes are not readable.
    pub(crate) fn new(
        mut status: WorkflowStatus,
        suspend: Option<bool>,
        version: Option<&str>,
    ) -> Result<Self, ClusterError> {
        status.unpack().map_err(|error| unreadable(&error))?;
        Ok(Self {
            status,
            suspended: suspend.unwrap_or_default(),
            version: version.and_then(|version| version.parse().ok()),
        })
    }
}

/// Phase of a whole Workflow; `Pending` until a controller has seen it.
///
/// # Errors
///
/// Argo does not know the phase.
pub(crate) fn phase_of(workflow: &Value) -> Result<Phase, ClusterError> {
    let phase = workflow["status"]["phase"].as_str().unwrap_or_default();
    if phase.is_empty() {
        return Ok(Phase::Pending);
    }
    let phase: Result<Phase, UnknownPhase> = phase.parse();
    phase.map_err(|error| unreadable(&error))
}

/// Error for an unreadable status.
pub(crate) fn unreadable(error: &dyn std::fmt::Display) -> ClusterError {
    ClusterError::Status(error.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_controller_has_seen_is_pending() {
        for workflow in [
            json!({}),
            json!({"status": {}}),
            json!({"status": {"phase": ""}}),
        ] {
            assert_eq!(phase_of(&workflow).unwrap(), Phase::Pending, "{workflow}");
            assert_eq!(Observed::read(&workflow).unwrap(), Observed::default());
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_no_empty_status() {
        for status in [
            json!({"phase": "Done"}),
            json!({"nodes": []}),
            json!({"nodes": {"r": {"phase": "Done"}}}),
            json!({"compressedNodes": "%%%"}),
        ] {
            let workflow = json!({"status": status});
            let error = Observed::read(&workflow).unwrap_err().to_string();
            assert!(error.starts_with("cannot read the status"), "{error}");
        }
        assert!(phase_of(&json!({"status": {"phase": "Done"}})).is_err());
    }

    #[test]
    fn spec_and_metadata_are_read() {
        let workflow = json!({"metadata": {"resourceVersion": "17"}, "spec": {"suspend": true},
            "status": {"phase": "Running"}});
        let observed = Observed::read(&workflow).unwrap();
        assert_eq!((observed.suspended, observed.version), (true, Some(17)));
        assert_eq!(observed.status.phase, Some(Phase::Running));
        assert!(observed.view("run", &[]).suspended);
    }
}
