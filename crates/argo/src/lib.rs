//! What Argo Workflows makes of a manifest, worked out without a cluster.
//!
//! Pure: no clock, no random, no files, no environment. Each part of Argo is a room (a module) of its own:
//! [`text`] is what stands in texts.

pub mod text;
