//! The rules by which Argo Workflows reads a manifest, without a cluster.
//!
//! Pure: no clock, no random, no files, no environment. Each part of Argo is a room (a module) of its own:
//! [`text`] is what stands in texts, [`time`] are its times and durations,
//! [`status`] is where a Workflow stands.

pub mod status;
pub mod text;
pub mod time;
