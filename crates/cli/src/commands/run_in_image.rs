use std::path::PathBuf;

use clap::Args;
use pod::in_image;

use super::Result;
use crate::error::exit::Exit;

/// Run a container in its image; `run` starts this command itself
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct RunInImageArguments {
    /// File with the plan of the container
    plan: PathBuf,
}

pub(crate) async fn run(arguments: &RunInImageArguments) -> Result {
    Ok(Exit::As(in_image::run(&arguments.plan).await?))
}
