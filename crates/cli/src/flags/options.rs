//! The options of every command.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Python interpreter that has the project's packages [default: the one of the active environment]
    #[arg(
        long,
        global = true,
        env = "ARGO_KEDRO_USE_PYTHON",
        value_name = "FILE",
        help_heading = "Global options"
    )]
    pub(crate) python: Option<PathBuf>,

    /// Folder of the project, or a folder inside it [default: the current folder]
    #[arg(
        long,
        short = 'C',
        global = true,
        value_name = "FOLDER",
        help_heading = "Global options"
    )]
    pub(crate) project: Option<PathBuf>,

    /// Folder for the history of all runs and the output of runs on this machine [default:
    /// .argo-kedro in the project]
    #[arg(
        long,
        global = true,
        env = "ARGO_KEDRO_STATE",
        value_name = "FOLDER",
        help_heading = "Global options"
    )]
    pub(crate) state: Option<PathBuf>,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        help_heading = "Global options"
    )]
    pub(crate) color: Color,

    /// Form of an error on standard error [default: json with `-o json`, else text]
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORM",
        help_heading = "Global options"
    )]
    pub(crate) errors: Option<ErrorForm>,

    /// Print only results, warnings and errors
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,
}

/// Form of an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ErrorForm {
    /// For people
    Text,
    /// For programs: one line of JSON
    Json,
}

/// When to use colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` is set
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
