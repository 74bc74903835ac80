//! Way from a project to what is made of it: [`open`] reads it, an [`Opened`] project has a plan and a manifest.

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
