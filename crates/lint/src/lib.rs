//! Rules for a Kedro project, its plan and any Argo manifest.
//!
//! A rule takes plain data and gives all its diagnostics, not only the first. Nothing here reads a file, prints, or
//! uses a clock.

mod amounts;
pub mod context;
pub mod dockerfile;
mod finding;
pub mod manifest;
mod mlflow;
mod one_run;
pub mod pod;
mod private_key;
pub mod project;
mod references;
mod retry_memory;
mod rule;
mod schedules;
mod settings;
mod target;

pub use self::target::Target;
pub use rule::{RULES, Rule, explain};
