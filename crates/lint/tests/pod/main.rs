//! Things that a pod would not find: inputs, configuration, code, argo-kedro, libraries of stores; and data that it
//! would lose.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod argo_kedro;
mod code;
mod inputs;
mod libraries;
mod messages;
mod outputs;
mod placeholders;
mod project;
