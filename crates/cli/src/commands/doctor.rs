use clap::Args;
use serde::Serialize;

use super::Result;
use crate::doctor::check::{Check, State};
use crate::doctor::{Examination, examine};
use crate::error::exit::Exit;
use crate::flags::output::TextOrJson;
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
    output: TextOrJson,
}

/// End of a command that runs the checks again.
const AGAIN: &str = " doctor --pod";

impl DoctorArguments {
    /// Flags of the connection as the user typed them, for commands that run the checks again.
    fn typed(&self) -> String {
        let connection = &self.connection;
        let file = connection.argo_token_file.as_deref();
        let file = file.map(|file| file.display().to_string());
        let flags = [
            ("--env", &self.env),
            ("--context", &connection.context),
            ("--namespace", &connection.namespace),
            ("--argo-server", &connection.argo_server),
            ("--argo-token-file", &file),
        ];
        let given = flags.iter().filter_map(|(flag, value)| {
            let value = value.as_deref()?;
            Some(format!(" {flag} {value}"))
        });
        given.collect()
    }
}

/// Report for programs.
#[derive(Serialize)]
struct Report<'a> {
    /// Worst state of the checks.
    state: State,
    checks: &'a [Check],
}

pub(crate) async fn run(arguments: &DoctorArguments, settings: &Settings) -> Result {
    let selection = Selection {
        env: arguments.env.clone(),
        ..Selection::default()
    };
    let wishes = Examination {
        selection: selection.for_cluster(),
        connection: &arguments.connection,
        pod: arguments.pod,
    };
    let mut found = Box::pin(examine(&wishes, settings)).await?;
    look_there_again(&mut found, &arguments.typed());
    let state = worst(&found);
    match arguments.output {
        TextOrJson::Json => {
            let report = Report {
                state,
                checks: &found,
            };
            settings.printer.document(&to_json(&report)?);
        }
        TextOrJson::Text => {
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

/// Adds the user's flags to commands that run the checks again.
fn look_there_again(checks: &mut [Check], typed: &str) {
    let mends = checks.iter_mut().filter_map(|check| check.mend.as_mut());
    for command in mends.filter_map(|mend| mend.command.as_mut()) {
        if command.ends_with(AGAIN) {
            command.push_str(typed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_looks_again_looks_where_this_one_did() {
        let arguments = DoctorArguments {
            env: Some("prod".to_owned()),
            connection: Connection {
                namespace: Some("ml".to_owned()),
                ..Connection::default()
            },
            pod: false,
            output: TextOrJson::Text,
        };
        let check = |command: &str| Check::warning("a", "b").mend("c").command(command);
        let mut checks = [check("kedro argo doctor --pod"), check("kubectl get nodes")];
        look_there_again(&mut checks, &arguments.typed());
        let commands = checks.map(|check| check.mend.and_then(|mend| mend.command));
        assert_eq!(
            commands.map(Option::unwrap_or_default),
            [
                "kedro argo doctor --pod --env prod --namespace ml",
                "kubectl get nodes"
            ]
        );
    }
}
