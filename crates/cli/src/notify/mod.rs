//! Messages about the end of a run (`notify` of `argo.yml`): in a pod, as an exit handler, and here.

mod channels;
mod late;
mod of_run;
mod of_workflow;
mod send;
mod tell;

pub(crate) use channels::missing;
pub(crate) use late::Late;
pub(crate) use of_run::ending as ending_of_run;
pub(crate) use of_workflow::{ending as ending_of_workflow, request};
pub(crate) use tell::tell;
