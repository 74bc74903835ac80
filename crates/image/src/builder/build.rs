//! Requests to build an image.

use std::path::Path;

use indexmap::IndexMap;

use crate::Reference;

/// Request to build an image.
#[derive(Debug)]
pub(crate) struct Build<'a> {
    /// Folder in which the builder runs.
    pub(crate) folder: &'a Path,
    pub(crate) image: &'a Reference,
    pub(crate) context: &'a Path,
    pub(crate) dockerfile: &'a Path,
    /// The ignore file to use. Docker finds it beside the Dockerfile.
    pub(crate) ignore_file: &'a Path,
    pub(crate) platform: &'a str,
    pub(crate) target: Option<&'a str>,
    pub(crate) arguments: &'a IndexMap<String, String>,
    /// Further options from the user.
    pub(crate) options: &'a [String],
    /// Push settings for an image that the build itself pushes, because it is for several platforms.
    pub(crate) pushed: Option<Pushed<'a>>,
}

/// Push settings of an image that goes to its registry and not into the store.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pushed<'a> {
    /// Says whether to accept any certificate of the registry.
    pub(crate) insecure: bool,
    /// File for the builder's metadata.
    pub(crate) metadata: &'a Path,
}
