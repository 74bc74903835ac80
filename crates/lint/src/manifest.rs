//! Rules over Argo manifests.
