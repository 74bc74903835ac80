//! Access checks of the worker for the places of a pipeline's data (`python/argo_kedro/worker/reach.py`).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::Request;

/// Request to check places.
#[derive(Debug, Clone, Serialize)]
pub struct ReachRequest {
    /// Project, environment and pipelines to check.
    #[serde(flatten)]
    pub request: Request,
    /// Variables of the tasks.
    pub environment: IndexMap<String, String>,
    /// Uses of the places to check; empty for all.
    pub uses: Vec<Use>,
    /// Timeout for each place in seconds; none for the default of `doctor`.
    pub patience: Option<f64>,
}

/// A place of data, and the result of its check.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reached {
    /// Use of the place.
    #[serde(rename = "use")]
    pub used: Use,
    /// URL of the place, without user and password.
    pub path: String,
    /// Datasets at the place; empty for handed-off ones.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// Failed step: `write`, `read` or `delete`.
    #[serde(default)]
    pub step: String,
    /// Reason why the place cannot be used; none if it can.
    pub problem: Option<ReachProblem>,
    /// Message without secrets. For [`ReachProblem::NoLibrary`], the name of the package.
    #[serde(default)]
    pub message: String,
}

/// Use of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Datasets that pass between tasks and are not in the catalog.
    Handoff,
    /// Datasets that the pipeline writes.
    Written,
    /// Datasets that the pipeline only reads.
    Read,
}

/// Reason why a place cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReachProblem {
    /// A package is not installed.
    NoLibrary,
    /// fsspec does not know the protocol.
    UnknownProtocol,
    /// The credentials that the catalog names are missing here.
    Credentials,
    /// The path contains a variable that only pods have.
    UnknownVariable,
    /// The user is not authenticated, or lacks a permission.
    Denied,
    /// The bucket, folder or file does not exist.
    NotThere,
    /// The server does not answer.
    NoAnswer,
    /// Any other reason.
    #[serde(other)]
    Failed,
}
