//! Runs of Argo manifests from files: no project, no Python.

mod arguments;
mod expect;
mod findings;
mod read;
mod record;
mod resubmit;
mod retry;
mod run;

pub(crate) use arguments::FilesArguments;
pub(crate) use resubmit::resubmit;
pub(crate) use retry::{Again, retry};
pub(crate) use run::{dry_run, run};
