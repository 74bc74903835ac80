//! The image of a run on a cluster: what goes into it, whether it has to be built, how it is built.

pub(crate) mod changes;
pub(crate) mod of_pods;
pub(crate) mod of_project;
pub(crate) mod of_run;
pub(crate) mod steps;
pub(crate) mod wheel;
