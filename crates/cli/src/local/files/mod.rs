//! Runs of Argo manifests from files: no project, no Python.

mod arguments;
mod expect;
mod read;
mod run;

pub(crate) use arguments::FilesArguments;
pub(crate) use run::run;
