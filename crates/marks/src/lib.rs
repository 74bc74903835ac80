//! What argo-kedro marks in a manifest for itself: `compile` writes the marks, and whoever has a
//! manifest or a status reads them.

pub mod outputs;
