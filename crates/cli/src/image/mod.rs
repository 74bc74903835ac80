//! The image of a run on a cluster: its content, whether to build it, and the build.

pub(crate) mod changes;
pub(crate) mod of_pods;
pub(crate) mod of_project;
pub(crate) mod of_run;
pub(crate) mod steps;
pub(crate) mod wheel;
