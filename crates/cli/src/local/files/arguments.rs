//! Arguments of a run of manifests.

use std::path::PathBuf;

use clap::Args;

/// Arguments of a run of manifests.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct FilesArguments {
    /// Argo manifests to run instead of the project: the Workflow, and what it refers to; - is standard input
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,

    /// Set a parameter of the Workflow; short form with files: -p
    #[arg(long = "parameter", value_name = "NAME=VALUE", requires = "files", help_heading = HEADING)]
    pub(super) parameters: Vec<String>,

    /// Template to start with [default: the one of the Workflow]
    #[arg(long, value_name = "TEMPLATE", requires = "files", help_heading = HEADING)]
    pub(super) entrypoint: Option<String>,

    /// Run in spite of errors that lint finds
    #[arg(long, requires = "files", help_heading = HEADING)]
    pub(super) allow_errors: bool,

    /// Run no process for these tasks: TASK=exit:1,exit:0 or TASK=result:TEXT or TASK=param:NAME=TEXT
    #[arg(long, value_name = "TASK=END", requires = "files", help_heading = HEADING)]
    pub(super) stub: Vec<String>,

    /// Leave out what does not run here where tasks lack nothing without it, and say so
    #[arg(long, requires = "files", help_heading = HEADING)]
    pub(super) ignore_unsupported: bool,

    /// Command of an image, for containers that have none: IMAGE=COMMAND
    #[arg(long = "image", value_name = "IMAGE=COMMAND", requires = "files", help_heading = HEADING)]
    pub(super) images: Vec<String>,

    /// Compare what the run has come to with this file; the exit code is 1 if it differs
    #[arg(long, value_name = "FILE", requires = "files", help_heading = HEADING)]
    pub(super) expect: Option<PathBuf>,

    /// Take a config map from a file: KEY=VALUE lines, or YAML
    #[arg(long = "configmap", value_name = "NAME=FILE", requires = "files", help_heading = HEADING)]
    pub(super) config_maps: Vec<String>,

    /// Take a secret from a file: KEY=VALUE lines, or YAML
    #[arg(long = "secret", value_name = "NAME=FILE", requires = "files", help_heading = HEADING)]
    pub(super) secrets: Vec<String>,
}

const HEADING: &str = "Argo manifests";
