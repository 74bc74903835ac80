//! Names of templates that argo-kedro writes itself.

/// Name of the template that runs first.
pub(super) const PIPELINE: &str = "pipeline";
/// Name of the exit handler, unless the user names a template for it.
pub(super) const ON_EXIT: &str = "on-exit";
