//! A Dockerfile, and the instructions in it that rules ask for (docs.docker.com/reference/dockerfile).

use std::collections::BTreeMap;

use super::shell::Command;

/// A Dockerfile, narrowed to the stages from which the image is built.
#[derive(Debug, Clone, Default)]
pub struct Dockerfile {
    /// The images of registries that the stage is based on, tags included.
    pub bases: Vec<String>,
    /// Working directory, where that can be told.
    pub working_dir: Option<String>,
    /// Instructions of the stages that change files.
    pub steps: Vec<Step>,
    /// The variables that its `ENV`s set, where their values can be told.
    pub environment: BTreeMap<String, String>,
}

/// One instruction that changes files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `RUN`: the commands of a line.
    Run(Vec<Command>),
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// Part of the build context that a `RUN --mount=type=bind` has while it runs.
    Mount(Copy),
    /// `WORKDIR`, which makes the folder.
    WorkingDir(String),
}

/// A `COPY` or an `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Place of the sources.
    pub from: Origin,
    /// Paths below that.
    pub sources: Vec<String>,
    /// Target: an absolute path, where the working directory is known.
    pub target: String,
    /// Says whether the target is a folder: it is written with a `/` at its end.
    pub into_folder: bool,
}

/// Place from which a `COPY` takes its files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The build context.
    Context,
    /// Another stage.
    Stage,
    /// An image of a registry.
    Image(String),
    /// The network.
    Network,
}

impl Dockerfile {
    /// Every command of a `RUN`.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().flat_map(|step| match step {
            Step::Run(commands) => commands.as_slice(),
            _ => &[],
        })
    }

    /// Every `COPY` and `ADD`.
    pub fn copies(&self) -> impl Iterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            Step::Copy(copy) => Some(copy),
            _ => None,
        })
    }

    /// Every `COPY` and `ADD`, and what commands have of the build context while they run.
    pub fn copies_and_mounts(&self) -> impl DoubleEndedIterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            Step::Copy(copy) | Step::Mount(copy) => Some(copy),
            _ => None,
        })
    }
}
