//! Variables: which ones exist in which place of a manifest, and of what kind.
//!
//! Argo has two readers of variables. It looks up a tag such as `{{inputs.parameters.x}}` by its whole name, among the
//! names that are known in that place (`resolveAllVariables` in `workflow/validate/validate.go`, `processArgs` and its
//! callers in `workflow/controller`): see [`TemplateScope`] and [`nodes`]. An expression names maps within maps: see
//! the environments of [`Scope`].

mod environments;
mod globals;
mod list;
pub mod nodes;
mod template;
mod verdict;
mod workflow;

pub use environments::{HTTP, RETRY, STOP, of_data};
pub use globals::Globals;
pub use list::{UnknownName, Variable, variables};
pub use template::TemplateScope;
pub use verdict::Verdict;
pub use workflow::{ROOTS, Scope};
