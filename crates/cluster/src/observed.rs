//! A Workflow as the cluster shows it at one moment.

use argo::status::{Phase, UnknownPhase, WorkflowStatus};
use marks::TaskOutline;
use runs::RunView;
use serde::Deserialize as _;
use serde_json::Value;

use crate::ClusterError;

/// Status of a Workflow, and what its spec and its metadata say of that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Observed {
    /// Status of the Workflow, with its nodes unpacked.
    pub status: WorkflowStatus,
    /// Says whether somebody keeps new tasks from starting.
    pub suspended: bool,
    /// Version of the object; a higher one is a later one.
    pub version: Option<u64>,
}

impl Observed {
    /// Reads a whole Workflow. One that no controller has seen has no status.
    ///
    /// # Errors
    ///
    /// The status is not readable, e.g. has a phase that Argo does not have.
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

    /// Looks at the Workflow as a run; `outline` is what its spec says of its tasks.
    pub fn view(&self, name: &str, outline: &[TaskOutline]) -> RunView {
        RunView {
            suspended: self.suspended,
            ..RunView::new(name, outline, &self.status)
        }
    }

    /// Takes a status, and unpacks its nodes.
    ///
    /// # Errors
    ///
    /// The packed nodes are not readable.
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

/// The phase of a whole Workflow; `Pending` until a controller has seen it.
///
/// # Errors
///
/// Argo does not have such a phase.
pub(crate) fn phase_of(workflow: &Value) -> Result<Phase, ClusterError> {
    let phase = workflow["status"]["phase"].as_str().unwrap_or_default();
    if phase.is_empty() {
        return Ok(Phase::Pending);
    }
    let phase: Result<Phase, UnknownPhase> = phase.parse();
    phase.map_err(|error| unreadable(&error))
}

/// The error for a status that is not readable.
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
