use std::path::PathBuf;

use clap::{Args, Command};

use super::Result;
use crate::error::exit::Exit;
use crate::manual;
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

/// Prints or writes the manual. `program` describes every command and flag.
pub(crate) fn run(arguments: &ManArguments, program: Command, settings: &Settings) -> Result {
    let pages = manual::pages(program)?;
    let Some(folder) = &arguments.to else {
        let page = &pages[0].text;
        settings
            .printer
            .document(String::from_utf8_lossy(page).trim_end());
        return Ok(Exit::Success);
    };
    fs_err::create_dir_all(folder)?;
    for page in pages {
        fs_err::write(folder.join(page.file), page.text)?;
    }
    Ok(Exit::Success)
}
