//! From a project to its plan and manifest: [`open`] reads it, an [`Opened`] project makes both.

pub(crate) mod catalog_places;
pub(crate) mod environments;
pub(crate) mod findings;
pub(crate) mod git;
mod linted;
pub(crate) mod manifests;
mod opened;
pub(crate) mod origin;
pub(crate) mod reach;

pub(crate) use linted::Linted;
pub(crate) use opened::{
    Destination, Opened, PlannedManifest, one_thread, open, open_any, open_configuration,
};
