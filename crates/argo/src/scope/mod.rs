//! Variables: which exist in which place of a manifest, and of what kind.
//!
//! Argo has two readers of variables. A tag such as `{{inputs.parameters.x}}` is looked up by its whole name, in what is
//! known where the tag stands (`resolveAllVariables` in `workflow/validate/validate.go`, `processArgs` and its callers in
//! `workflow/controller`): that is [`TemplateScope`] and [`nodes`]. An expression names maps within maps: those are the
//! environments that [`Scope`] gives.

mod environments;
mod globals;
mod list;
pub mod nodes;
mod template;
mod verdict;
mod workflow;

pub use environments::{HTTP, RETRY, STOP, of_data};
pub use globals::Globals;
pub use list::{NotThere, Variable, variables};
pub use template::TemplateScope;
pub use verdict::Verdict;
pub use workflow::{ROOTS, Scope};
