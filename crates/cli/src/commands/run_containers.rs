use clap::Args;
use pod::containers::{self, Plan};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;

/// Run the containers of a pod; `run` starts this command itself
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct RunContainersArguments {}

pub(crate) async fn run(_: &RunContainersArguments) -> Result {
    let plan: Plan = serde_json::from_reader(std::io::stdin().lock()).map_err(|error| {
        CommandError::new(format!("cannot read which containers to run: {error}"))
    })?;
    let code = containers::run(plan).await?;
    Ok(u8::try_from(code).map_or(Exit::Failure, Exit::As))
}
