//! The image of the pods, and the possible places of a file.

use crate::dockerfile::Dockerfile;

/// Image of the pods, built from the project.
pub struct Image<'a> {
    /// Dockerfile that builds the image.
    pub dockerfile: &'a Dockerfile,
    /// Path of the Dockerfile, as the user would type it.
    pub dockerfile_path: &'a str,
    /// Says whether the project has no Dockerfile, so that this is the one that `argo-kedro init` would add.
    pub is_proposed: bool,
    /// Path of the build context's ignore file, as the user would type it, if there is one.
    pub ignore_file: Option<&'a str>,
    /// The project's folder in the build context; empty if both are the same.
    pub folder: &'a str,
    /// Finds a path, relative to the project or absolute.
    pub find: &'a dyn Fn(&str) -> PathInImage,
    /// Reads a file of the project, if it exists and the build context includes it.
    pub read: &'a dyn Fn(&str) -> Option<String>,
    /// Says whether a file of the configuration contains a text.
    pub is_written: &'a dyn Fn(&str) -> bool,
}

/// Place of a file, or of a folder with files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathInImage {
    /// In the build context, and so perhaps in the image.
    InImage,
    /// In the folder of the build context, but excluded; with the line of the ignore file, if one excludes it.
    KeptOut(Option<usize>),
    /// In the folder of the build context, but excluded by a pattern of argo-kedro.
    KeptOutByUs,
    /// In the build context, but no `COPY` takes it from there.
    NotCopied,
    /// On this machine, outside of the build context's folder.
    Elsewhere,
    /// Not on this machine, or a folder without files.
    Nowhere,
}
