//! The rules by which Argo Workflows reads a manifest, without a cluster.
//!
//! Pure: no clock, no random, no files, no environment. Each part of Argo has a module of its own:
//!
//! * [`artifact`]: locations of artifacts,
//! * [`cron`]: when a schedule starts runs,
//! * [`document`]: a document and its templates; [`library`]: several that refer to each other,
//! * [`image`]: names of images,
//! * [`graph`]: the order that dependencies give,
//! * [`loops`]: items and the names of their nodes; [`tries`]: whether and when Argo retries a node,
//! * [`merge`]: one part of a document merged over another,
//! * [`names`]: valid names,
//! * [`quantity`]: amounts of CPU, memory and other resources,
//! * [`scope`]: which variables exist where,
//! * [`spec`]: documents as types; [`write`]: documents as YAML,
//! * [`status`]: the state of a Workflow,
//! * [`text`]: tags, expressions and conditions in texts,
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
