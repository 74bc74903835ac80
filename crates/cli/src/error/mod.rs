//! Errors for people and for programs, and how the program ends.

pub(crate) mod candidates;
mod command_error;
pub(crate) mod document;
pub(crate) mod exit;
mod lost_output;
mod of_argo_server;
mod of_cluster;
mod of_image;
mod of_project;
mod of_runs;
mod of_state;

pub(crate) use command_error::CommandError;
