//! Errors for people and for programs, and how the program ends.

mod command_error;
pub(crate) mod document;
pub(crate) mod exit;
mod lost_output;

pub(crate) use command_error::CommandError;
