use clap::Args;

use super::Result;
use super::plan::to_json;
use crate::exit::Exit;
use crate::settings::Settings;

/// Print the JSON Schema of argo.yml
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {}

#[expect(clippy::unnecessary_wraps, reason = "every command gives a result")]
pub(crate) fn run(_: &SchemaArguments, settings: &Settings) -> Result {
    settings.printer.data(&to_json(&project::config::schema()));
    Ok(Exit::Success)
}
