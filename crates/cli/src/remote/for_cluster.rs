//! What is typed to make something of a project on a cluster.

use clap::{Args, ValueEnum};
use compile::{Kind, Options};

use crate::flags::selection::Selection;
use crate::image::of_run::ImageArguments;
use crate::remote::connection::Connection;

/// What is read, where it goes, and how.
#[derive(Debug, Args)]
pub(crate) struct ForCluster {
    #[command(flatten)]
    pub(crate) selection: Selection,

    #[command(flatten)]
    pub(crate) connection: Connection,

    /// Name of the run, the `WorkflowTemplate` or the `CronWorkflow`; if a run already has it, letters are added [default: the
    /// project and the pipeline]
    #[arg(long, short = 'w', value_name = "NAME")]
    pub(crate) workflow_name: Option<String>,

    #[command(flatten)]
    pub(crate) image: ImageArguments,

    /// Print the manifest and create nothing; with `server`, the API server checks it
    #[arg(
        long,
        short = 'd',
        value_enum,
        value_name = "WHERE",
        num_args = 0..=1,
        default_missing_value = "client",
        alias = "dry_run"
    )]
    pub(crate) dry_run: Option<DryRunName>,
}

/// Where a dry run ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DryRunName {
    /// Send nothing to the cluster
    Client,
    /// The API server checks the manifest
    Server,
}

impl ForCluster {
    /// How a manifest is made; `image` is the one to use, where that is known.
    pub(crate) fn options(&self, kind: Kind, image: Option<String>) -> Options {
        Options {
            kind,
            name: self.workflow_name.clone(),
            image: image.or_else(|| self.image.image.clone()),
        }
    }
}
