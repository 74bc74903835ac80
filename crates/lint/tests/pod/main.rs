//! Things that a pod would lack: inputs, configuration, code, argo-kedro, libraries of stores; and data that would be
//! lost.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod argo_kedro;
mod code;
mod inputs;
mod libraries;
mod messages;
mod outputs;
mod placeholders;
mod project;
