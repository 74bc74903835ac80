use std::path::PathBuf;

use clap::Args;

use super::Result;
use crate::error::exit::Exit;

/// End the tasks of a run when the program that runs them is killed; `run` starts this command itself
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct KeepArguments {
    /// Folder with the files of the run's pods
    pods: PathBuf,
    /// File in which the program notes its tasks
    notes: PathBuf,
}

#[expect(clippy::unnecessary_wraps, reason = "as every command")]
pub(crate) fn run(arguments: &KeepArguments) -> Result {
    engine::keep(std::io::stdin().lock(), &arguments.pods, &arguments.notes);
    Ok(Exit::Success)
}
