//! A Dockerfile, and those of its instructions that rules need (docs.docker.com/reference/dockerfile).

use std::collections::BTreeMap;

use super::shell::Command;

/// A Dockerfile, limited to the stages from which the image is built.
#[derive(Debug, Clone, Default)]
pub struct Dockerfile {
    /// Registry images on which the stage is based, tags included.
    pub bases: Vec<String>,
    /// Working directory, if known.
    pub working_dir: Option<String>,
    /// Instructions of the stages that change files.
    pub steps: Vec<FileInstruction>,
    /// Variables of its `ENV`s, if their values are known.
    pub environment: BTreeMap<String, String>,
}

/// One instruction that changes files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileInstruction {
    /// `RUN`: the commands of one instruction.
    Run(Vec<Command>),
    /// `COPY` and `ADD`.
    Copy(Copy),
    /// Part of the build context that `RUN --mount=type=bind` mounts for its commands.
    Mount(Copy),
    /// `WORKDIR`, which creates the folder.
    WorkingDir(String),
}

/// A `COPY` or an `ADD`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// Place of the sources.
    pub from: Origin,
    /// Paths of the sources in that place.
    pub sources: Vec<String>,
    /// Target: an absolute path, if the working directory is known.
    pub target: String,
    /// Says whether the target ends with `/`, and so is a folder.
    pub into_folder: bool,
}

/// Source of the files of a `COPY`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The build context.
    Context,
    /// Another stage.
    Stage,
    /// A registry image.
    Image(String),
    /// The network.
    Network,
}

impl Dockerfile {
    /// The commands of every `RUN`.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.steps.iter().flat_map(|step| match step {
            FileInstruction::Run(commands) => commands.as_slice(),
            _ => &[],
        })
    }

    /// Every `COPY` and `ADD`.
    pub fn copies(&self) -> impl Iterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            FileInstruction::Copy(copy) => Some(copy),
            _ => None,
        })
    }

    /// Every `COPY` and `ADD`, and the parts of the build context that commands mount.
    pub fn copies_and_mounts(&self) -> impl DoubleEndedIterator<Item = &Copy> {
        self.steps.iter().filter_map(|step| match step {
            FileInstruction::Copy(copy) | FileInstruction::Mount(copy) => Some(copy),
            _ => None,
        })
    }
}
