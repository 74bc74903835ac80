//! Findings about a user's files, as plain data.
//!
//! Whatever is wrong with a project, a configuration file or a manifest is a
//! [`Diagnostic`]: a stable code, a severity, a [`Place`], what is wrong and
//! what to do. Rendering (terminal, JSON, GitHub, SARIF) happens in the binary.

mod finding;
mod place;
mod suggest;
mod user_in_url;
pub mod yaml;

pub use finding::{Diagnostic, Severity};
pub use place::{Place, Span, Subject};
pub use suggest::{did_you_mean, nearest};
pub use user_in_url::{without_users, without_users_in_place};
