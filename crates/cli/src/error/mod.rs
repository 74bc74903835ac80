//! Errors for people and for programs, and how the program ends.

pub(crate) mod document;
mod error;
pub(crate) mod exit;

pub(crate) use error::CommandError;
