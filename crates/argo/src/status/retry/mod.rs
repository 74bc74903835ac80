//! Retry of a Workflow that has ended: the same Workflow continues with the tasks that failed or did not run.
//!
//! The decisions are the controller's own (`workflow/util/util.go:1266` of Argo Workflows 4.1.2), so that the
//! controller accepts the result as its own: failed nodes and all nodes below them are removed, the groups above them
//! run again, everything else stays.
//!
//! [`formulate`] builds a status; [`formulate_retry`] builds a whole object.

mod decision;
mod error;
mod formulate;
mod object;
mod options;

pub use error::RetryError;
pub use formulate::formulate;
pub use object::{Retried, formulate_retry};
pub use options::{RetriedStatus, RetryOptions};
