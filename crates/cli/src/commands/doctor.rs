use clap::{Args, ValueEnum};
use serde::Serialize;

use super::Result;
use crate::doctor::check::{Check, State};
use crate::doctor::{Wishes, examine};
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::remote::connection::Connection;
use crate::render::checks;
use crate::render::json::to_json;
use crate::settings::Settings;

/// Check that everything is there for runs on a cluster
///
/// The command looks at Python and the project, the cluster and its Argo Workflows, your rights and those of the pods,
/// the registry and the builder, and the storage. It shows what is wrong and what mends it. It creates nothing, but for
/// one small object in each storage that the pipeline writes to, which it deletes again; and with --pod, one small
/// Workflow, likewise.
///
/// The exit code is 1 if a check failed.
#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Configuration environment: a folder of conf/ [default: cloud, if there is conf/cloud]
    #[arg(long, short, alias = "environment", value_name = "NAME")]
    env: Option<String>,

    #[command(flatten)]
    connection: Connection,

    /// Also run a pod with the project's image and service account, which tries the storage; it takes up to 2 minutes
    #[arg(long)]
    pod: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Output {
    /// For people
    #[default]
    Text,
    /// For programs
    Json,
}

/// All checks, for programs.
#[derive(Serialize)]
struct Report<'a> {
    /// The worst of them.
    state: State,
    checks: &'a [Check],
}

pub(crate) async fn run(arguments: &DoctorArguments, settings: &Settings) -> Result {
    let selection = Selection {
        env: arguments.env.clone(),
        ..Selection::default()
    };
    let wishes = Wishes {
        selection: selection.for_cluster(),
        connection: &arguments.connection,
        pod: arguments.pod,
    };
    let found = Box::pin(examine(&wishes, settings)).await?;
    let state = worst(&found);
    match arguments.output {
        Output::Json => {
            let report = Report {
                state,
                checks: &found,
            };
            settings.printer.document(&to_json(&report)?);
        }
        Output::Text => {
            let text = checks::screen(&found, settings.printer.width());
            settings.printer.data(&text);
        }
    }
    Ok(if state == State::Failed {
        Exit::Failure
    } else {
        Exit::Success
    })
}

fn worst(checks: &[Check]) -> State {
    let has = |state| checks.iter().any(|check| check.state == state);
    [State::Failed, State::Warning]
        .into_iter()
        .find(|state| has(*state))
        .unwrap_or(State::Ok)
}
