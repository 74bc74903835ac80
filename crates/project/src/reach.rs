//! Tries of the worker at the places where the data of a pipeline cross (`python/argo_kedro/worker/reach.py`).

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::Request;

/// Request to try places.
#[derive(Debug, Clone, Serialize)]
pub struct ReachRequest {
    /// The project, the environment and the pipelines to look at.
    #[serde(flatten)]
    pub request: Request,
    /// Variables that tasks have.
    pub environment: IndexMap<String, String>,
    /// Uses of the places to try; empty for all.
    pub uses: Vec<Use>,
    /// Seconds that each place has; none for as long as `doctor` gives it.
    pub patience: Option<f64>,
}

/// A place where data are, and what came of trying it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Reached {
    /// Use of the place.
    #[serde(rename = "use")]
    pub used: Use,
    /// URL of the place, without user and password.
    pub path: String,
    /// Datasets that are there; empty for handed-off ones.
    #[serde(default)]
    pub datasets: Vec<String>,
    /// `write`, `read` or `delete`: the one that failed.
    #[serde(default)]
    pub step: String,
    /// Reason why it cannot be used; none if it can.
    pub problem: Option<ReachProblem>,
    /// Reason in words, without secrets. For [`ReachProblem::NoLibrary`], the package.
    #[serde(default)]
    pub message: String,
}

/// Use of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Datasets that cross tasks and are not in the catalog.
    Handoff,
    /// Datasets that the pipeline writes.
    Written,
    /// Datasets that it only reads.
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
    /// The credentials that the catalog names are not here.
    Credentials,
    /// The path has a variable in it that only pods have.
    UnknownVariable,
    /// The user may not do it, or is not let in.
    Denied,
    /// Error: no such bucket, folder or file is there.
    NotThere,
    /// Error: nobody answers.
    NoAnswer,
    /// Anything else.
    #[serde(other)]
    Failed,
}
