use clap::Args;

use super::Result;
use crate::exit::Exit;
use crate::settings::Settings;

/// Add argo.yml, a Dockerfile and a .dockerignore to the project
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// A Dockerfile for NVIDIA GPUs
    #[arg(long)]
    gpu: bool,

    /// Ask nothing; files that are there stay as they are
    #[arg(long, short)]
    yes: bool,
}

pub(crate) fn run(_: &InitArguments, _: &Settings) -> Result {
    Ok(Exit::Success)
}
