//! Arguments of `resubmit`, and its messages about tasks, for runs here and on a cluster.

use clap::Args;
use runs::RunRecord;

use crate::error::CommandError;
use crate::flags::runtime_parameters::NewParameters;
use crate::local::how::Here;
use crate::remote::connection::Connection;
use crate::remote::created::{CreatedOutput, UntilTheEnd};
use crate::render::words;
use crate::settings::Settings;

/// Start a new run with the manifest of an old run, and optionally change something
///
/// The new run is where the old one was: on this machine, or on the cluster. There it works even if the old run is no
/// longer on the cluster.
#[derive(Debug, Args)]
pub(crate) struct ResubmitArguments {
    /// The old run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    pub(super) run: String,

    /// Another way to name the old run
    #[arg(long, short = 'w', value_name = "NAME", conflicts_with = "run")]
    pub(super) workflow_name: Option<String>,

    #[command(flatten)]
    pub(super) earlier: EarlierWords,

    #[command(flatten)]
    pub(super) connection: Connection,

    /// Skip tasks that succeeded in the old run, and read their data. Tasks that read a parameter
    /// which --params changes run again, and so do all tasks after them
    #[arg(long)]
    pub(super) from_run: bool,

    /// Image of the tasks on a cluster, with its tag or digest
    #[arg(long, value_name = "IMAGE")]
    pub(super) image: Option<String>,

    #[command(flatten)]
    pub(super) new: NewParameters,

    /// Set a parameter of the Workflow
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    pub(super) parameters: Vec<String>,

    #[command(flatten)]
    pub(super) until_the_end: UntilTheEnd,

    #[command(flatten)]
    pub(super) here: Here,

    /// Take a secret of a run of files from a file again: its values are on no record
    #[arg(long = "secret", value_name = "NAME=FILE")]
    pub(super) secrets: Vec<String>,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    pub(super) output: CreatedOutput,
}

/// Words of the earlier plugin, which built the image again and went on with the old run.
#[derive(Debug, Args)]
pub(super) struct EarlierWords {
    /// Environment of the old run; a new one has the same
    #[arg(long, short, alias = "environment", value_name = "NAME", hide = true)]
    pub(super) env: Option<String>,

    /// Not done here
    #[arg(long, hide = true, conflicts_with = "no_rebuild")]
    pub(super) rebuild: bool,

    /// No effect: a run that is made again is not built anew anyway
    #[arg(long, hide = true)]
    pub(super) no_rebuild: bool,
}

impl EarlierWords {
    /// Refuses flags that `resubmit` cannot apply to the old run.
    pub(super) fn check(&self, old: &RunRecord) -> std::result::Result<(), CommandError> {
        if self.rebuild {
            return Err(CommandError::new("`resubmit` builds no image")
                .hint("to build an image and use it: {program} resubmit --image \"$({program} build --push)\"")
                .hint("to continue the old run with its own image: {program} retry"));
        }
        match &self.env {
            Some(env) if *env != old.environment => Err(CommandError::new(format!(
                "run `{}` has the environment `{}`, and `resubmit` cannot change it",
                old.name, old.environment
            ))
            .hint(format!(
                "to start a run in another environment: {{program}} submit --env {env}"
            ))),
            _ => Ok(()),
        }
    }
}

/// Says which tasks run again although they succeeded in the old run.
pub(super) fn say_what_runs_again(again: &[&str], settings: &Settings) {
    if !again.is_empty() {
        settings.printer.say(&format!(
            "{} had succeeded and {} again, because they read a parameter that --params changes, or come after a \
             task that does",
            words::list(again),
            if again.len() == 1 { "runs" } else { "run" },
        ));
    }
}
