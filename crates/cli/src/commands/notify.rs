use std::collections::BTreeSet;

use clap::Args;

use super::Result;
use crate::error::exit::Exit;
use crate::notify::{ending_of_workflow, tell};
use crate::settings::Settings;

/// Tell people how a workflow has ended; the manifest calls this command when it has
#[derive(Debug, Args)]
#[command(hide = true)]
pub(crate) struct NotifyArguments {}

/// Sends messages and always succeeds: a message that cannot be sent must not fail the workflow.
pub(crate) async fn run(_: &NotifyArguments, settings: &Settings) -> Result {
    match ending_of_workflow(|name| std::env::var(name).ok()) {
        Ok((request, ending)) => {
            tell(&request, &ending, &BTreeSet::new(), settings.printer).await;
        }
        Err(error) => {
            let width = settings.printer.width_of_messages();
            settings
                .printer
                .important(&error.render(&settings.program, width));
        }
    }
    Ok(Exit::Success)
}
