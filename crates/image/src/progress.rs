//! Progress of a build: its steps, and the lines of the builder.

/// Something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Build the image.
    Build,
    /// Push it to its registry.
    Push,
    /// Pull it from there into the store.
    Pull,
}

/// Progress of a build.
#[derive(Debug, Clone, Copy)]
pub enum Line<'a> {
    /// A step begins.
    Step(Step),
    /// The builder says a line.
    Output(&'a str),
}

/// Takes what goes on.
pub type Progress<'a> = dyn FnMut(Line<'_>) + 'a;
