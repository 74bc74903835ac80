//! The rules by which Argo Workflows reads a manifest, without a cluster.
//!
//! Pure: no clock, no random, no files, no environment. Each part of Argo is a room (a module) of its own:
//! [`text`] is what stands in texts, [`time`] are its times and durations.

pub mod text;
pub mod time;
