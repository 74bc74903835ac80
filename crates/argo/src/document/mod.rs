//! Documents: the content of a manifest, and the place of each value in the file.
//!
//! A document keeps its whole YAML tree, so it loses nothing that Argo does not know, and every finding has a place. A
//! key whose value is null counts as absent, as in Kubernetes.

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
