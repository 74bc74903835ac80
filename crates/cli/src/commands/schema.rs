use clap::Args;

use super::Result;
use crate::error::exit::Exit;
use crate::render::json::to_json;
use crate::settings::Settings;

/// Print the JSON Schema of argo.yml
///
/// Editors find the schema by the first line of the argo.yml that `init` writes.
#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {}

pub(crate) fn run(_: &SchemaArguments, settings: &Settings) -> Result {
    settings
        .printer
        .document(&to_json(&project::config::file_schema())?);
    Ok(Exit::Success)
}
