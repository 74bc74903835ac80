//! Retry of a Workflow that is over: it makes the same Workflow, to go on with what
//! failed and what did not run.
//!
//! The same decisions as the controller's own (`workflow/util/util.go:1266` of Argo
//! Workflows 4.1.2), so that it goes on with the result as with one of Argo's: nodes that
//! failed go, with all below them; the groups above them run again; everything else stays.
//!
//! [`formulate`] decides on a status; [`formulate_retry`] does so on a whole object, and changes the rest of it, too.

mod decision;
mod error;
mod formulate;
mod object;
mod options;

pub use error::RetryError;
pub use formulate::formulate;
pub use object::{Retried, formulate_retry};
pub use options::{RetriedStatus, RetryOptions};
