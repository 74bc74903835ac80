//! The image of the pods, and the places at which a file may be.

use crate::dockerfile::Dockerfile;

/// Image of the pods that is built from the project.
pub struct Image<'a> {
    /// Dockerfile that builds the image.
    pub dockerfile: &'a Dockerfile,
    /// Path of the Dockerfile, as the user would type it.
    pub dockerfile_path: &'a str,
    /// Says whether the project has no Dockerfile, and this is the one that `argo-kedro init` would add.
    pub is_proposed: bool,
    /// Path of the ignore file of the build context, as the user would type it, if there is one.
    pub ignore_file: Option<&'a str>,
    /// The project's folder below that of the build context; empty where they are the same.
    pub folder: &'a str,
    /// Finds a path, which is relative to the project or absolute.
    pub find: &'a dyn Fn(&str) -> PathInImage,
    /// Reads a file of the project, if it exists and gets into the image.
    pub read: &'a dyn Fn(&str) -> Option<String>,
    /// Says whether a text stands in the files of the configuration.
    pub is_written: &'a dyn Fn(&str) -> bool,
}

/// Place of a file, or of a folder with files in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathInImage {
    /// File in the build context: the upper bound of what is in the image.
    InImage,
    /// File in the folder of the build context; the line of the ignore file keeps it out, where one does.
    KeptOut(Option<usize>),
    /// File in that folder; a pattern of argo-kedro's own keeps it out.
    KeptOutByUs,
    /// File in the build context; no `COPY` takes it from there.
    NotCopied,
    /// File on this machine, and not in the folder of the build context.
    Elsewhere,
    /// Path that is not on this machine, or is a folder without files.
    Nowhere,
}
