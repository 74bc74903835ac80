//! Surroundings of a pod: values that all pods of a run share.

use argo::text::tags::Values;

use crate::images::Images;
use crate::setup::Texts;

/// Shared values for the launch of every pod of a run.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Texts of secrets and `ConfigMap`s.
    pub(crate) texts: &'a Texts,
    /// `podSpecPatch` of the Workflow.
    pub(crate) patch: Option<&'a str>,
    /// Values of the whole Workflow.
    pub(crate) values: &'a Values,
    /// Commands of images.
    pub(crate) images: &'a Images,
    /// Set if containers run in their images, which have commands of their own.
    pub(crate) in_images: bool,
}
