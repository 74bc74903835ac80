//! Runs on this machine: its resources, tasks like pods, and runs of other processes.

pub(crate) mod control;
pub(crate) mod dry_run;
pub(crate) mod earlier;
pub(crate) mod environment;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod go;
mod handoff_file;
pub(crate) mod how;
pub(crate) mod interrupts;
pub(crate) mod isolation;
pub(crate) mod like_a_pod;
mod locks;
pub(crate) mod log_files;
pub(crate) mod machine;
pub(crate) mod made_of;
pub(crate) mod project;
pub(crate) mod resolve;
pub(crate) mod share;
pub(crate) mod summary;
pub(crate) mod watch_files;
pub(crate) mod written;
