//! Names of templates that argo-kedro writes itself.

/// Name of the template that starts the workflow.
pub(super) const PIPELINE: &str = "pipeline";
/// Name of the exit handler, unless it is a template of the user's.
pub(super) const ON_EXIT: &str = "on-exit";
