//! The rules by which Argo Workflows reads a manifest, without a cluster.
//!
//! Pure: no clock, no random, no files, no environment. Each part of Argo has a module of its own:
//!
//! * [`artifact`]: where an artifact lies,
//! * [`cron`]: when a schedule starts runs,
//! * [`document`]: a document and its templates; [`library`]: several that refer to each other,
//! * [`image`]: names of images,
//! * [`graph`]: what depends on what,
//! * [`loops`]: items and the names of their nodes; [`tries`]: whether and when a node is tried again,
//! * [`merge`]: a part of a document on top of another one,
//! * [`names`]: what names may look like,
//! * [`quantity`]: amounts of CPU, memory and other resources,
//! * [`scope`]: which variables exist where,
//! * [`spec`]: documents as types; [`write`]: documents as YAML,
//! * [`status`]: where a Workflow stands,
//! * [`text`]: what stands in texts,
//! * [`time`]: times and durations.

pub mod artifact;
pub mod cron;
pub mod document;
pub mod graph;
pub mod image;
pub mod library;
pub mod loops;
pub mod merge;
pub mod names;
pub mod needs;
pub mod quantity;
pub mod scope;
pub mod spec;
pub mod status;
pub mod text;
pub mod time;
pub mod tries;
pub mod write;
