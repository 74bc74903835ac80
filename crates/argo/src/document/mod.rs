//! Documents: what a manifest says, and where in the file it says it.
//!
//! A document keeps its whole YAML tree, so nothing is lost of what Argo does not know, and a finding has a place.
//! A key whose value is null counts as absent, as it does for Kubernetes.

mod dag;
mod identity;
pub mod index;
mod kind;
pub mod read;
mod template;
mod workflow;

pub use dag::{graph_of, task_graph, terms_of};
pub use identity::{API_VERSION, Identity, identify, is_of_argo};
pub use kind::DocumentKind;
pub use template::{TEMPLATE_KINDS, Template, TemplateKind, is_dynamic, is_loop};
pub use workflow::Document;
