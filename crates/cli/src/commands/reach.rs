use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;

use super::Result;
use crate::error::CommandError;
use crate::settings::Settings;

/// Try the storage from inside a container; `doctor --pod` starts this command itself
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct ReachArguments {
    /// Places to try, as JSON (`python/argo_kedro/worker/reach.py`)
    request: String,
}

/// Becomes the worker.
pub(crate) fn run(arguments: &ReachArguments, settings: &Settings) -> Result {
    let project = settings.project()?;
    let interpreter = settings.interpreter(&project)?;
    let error = Command::new(&interpreter)
        .args(["-u", "-m", "argo_kedro.worker", "reach"])
        .arg(&arguments.request)
        .current_dir(&project)
        .exec();
    Err(CommandError::new(format!(
        "cannot start {}: {error}",
        interpreter.display()
    )))
}
