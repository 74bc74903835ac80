//! Kinds of builders.

use std::fmt;

/// Kind of a builder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BuilderKind {
    /// Docker: with buildx if available, else the classic builder.
    Docker,
    /// Podman.
    Podman,
    /// Buildah.
    Buildah,
    /// The user's own command.
    Command,
    /// No builder: an image that does not exist is an error.
    None,
}

impl BuilderKind {
    /// Name of the builder; for a program, the name of its file.
    pub fn name(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
            Self::Buildah => "buildah",
            Self::Command => "command",
            Self::None => "none",
        }
    }
}

impl fmt::Display for BuilderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A working builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Builder {
    /// Docker.
    Docker {
        /// Says whether Docker has buildx.
        buildx: bool,
    },
    /// Podman or Buildah, which take the same arguments.
    Containers(BuilderKind),
    /// The user's own words. `{image}`, `{context}`, `{dockerfile}`, `{ignore_file}` and `{platform}` are replaced in
    /// them; the word `{build_args}` becomes `--build-arg=NAME=VALUE` for each argument.
    Command(Vec<String>),
    /// No builder.
    None,
}

impl Builder {
    /// Kind of the builder.
    pub fn kind(&self) -> BuilderKind {
        match self {
            Self::Docker { .. } => BuilderKind::Docker,
            Self::Containers(kind) => *kind,
            Self::Command(_) => BuilderKind::Command,
            Self::None => BuilderKind::None,
        }
    }

    /// Says whether the builder keeps images on this machine.
    pub fn has_store(&self) -> bool {
        matches!(self, Self::Docker { .. } | Self::Containers(_))
    }
}
