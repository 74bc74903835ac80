use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_mangen::Man;

use super::Result;
use crate::arguments::Arguments;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::settings::Settings;

/// Print the manual page
///
/// To read it: argo-kedro man | man -l -
#[derive(Debug, Args)]
pub(crate) struct ManArguments {
    /// Write one page for the program and one for each command into this folder, e.g. ~/.local/share/man/man1
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

pub(crate) fn run(arguments: &ManArguments, settings: &Settings) -> Result {
    let command = Arguments::command();
    if let Some(folder) = &arguments.to {
        fs_err::create_dir_all(folder)?;
        clap_mangen::generate_to(command, folder).map_err(|error| {
            let folder = folder.display();
            CommandError::new(format!("cannot write the pages into {folder}: {error}"))
        })?;
        return Ok(Exit::Success);
    }
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    settings
        .printer
        .document(String::from_utf8_lossy(&page).trim_end());
    Ok(Exit::Success)
}
