//! Progress of a build: its steps, and the lines of the builder.

/// A step of the work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageStep {
    /// Build the image.
    Build,
    /// Push the image to its registry.
    Push,
    /// Pull the image from its registry into the store.
    Pull,
}

/// Progress of a build.
#[derive(Debug, Clone, Copy)]
pub enum Line<'a> {
    /// A step begins.
    ImageStep(ImageStep),
    /// A line of the builder's output.
    Output(&'a str),
}

/// Receiver of the progress.
pub type Progress<'a> = dyn FnMut(Line<'_>) + 'a;
