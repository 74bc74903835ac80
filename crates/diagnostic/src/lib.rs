//! Findings about a user's files, as plain data.
//!
//! Every fault of a project, a configuration file or a manifest is a [`Diagnostic`]: a stable code, a severity, a
//! [`Place`], what is wrong and what to do. The binary renders it (terminal, JSON, GitHub, SARIF).

mod finding;
mod place;
mod suggest;
mod user_in_url;
pub mod yaml;

pub use finding::{Diagnostic, Severity};
pub use place::{Place, Span, Subject};
pub use suggest::{did_you_mean, nearest};
pub use user_in_url::{without_users, without_users_in_place};
