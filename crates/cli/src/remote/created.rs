//! Messages about a run that was just created on a cluster, and the choice to stay until its end.

use clap::{Args, ValueEnum};
use cluster::{Cluster, Created};
use serde_json::Value;

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::follow::{Following, follow, summarise};
use crate::settings::Settings;
use crate::terminal::reporter::View;

/// Says whether the program stays until the run is over.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct UntilTheEnd {
    /// Wait until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    wait: bool,

    /// Show progress until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    watch: bool,

    /// Show the output of the tasks until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    pub(crate) logs: bool,
}

/// Forms of the answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum CreatedOutput {
    /// For people
    #[default]
    Text,
    /// For programs: the created objects as JSON; with --watch or --logs, each event as one line of JSON
    Json,
    /// Only the name
    Name,
    /// The created objects as YAML
    Yaml,
}

impl UntilTheEnd {
    /// Stays with a new run until its end, if the user asked for that.
    pub(crate) async fn stay(
        &self,
        mut run: ClusterRun,
        output: CreatedOutput,
        settings: &Settings,
    ) -> Result<Exit, CommandError> {
        let Self { wait, watch, logs } = *self;
        if !(wait || watch || logs) {
            return Ok(Exit::Success);
        }
        let view = match output {
            CreatedOutput::Json => View::Json,
            _ => View::Progress { logs },
        };
        let exit = follow(&mut run, Following { view, logs }, settings).await?;
        if exit != Exit::Interrupted && output == CreatedOutput::Text {
            summarise(&run, settings).await;
        }
        Ok(exit)
    }
}

/// Shows what was created.
pub(crate) fn show_created(
    created: &Created,
    cluster: &Cluster,
    ui_url: Option<&str>,
    output: CreatedOutput,
    settings: &Settings,
) -> Result<(), CommandError> {
    let (printer, program, name) = (settings.printer, &settings.program, &created.name);
    let link = ui_url.filter(|template| !template.trim().is_empty());
    let link = link.map(|template| {
        template
            .replace("{namespace}", &cluster.namespace)
            .replace("{name}", name)
            .replace("{uid}", &created.uid)
    });
    match output {
        CreatedOutput::Name => printer.data(name),
        // One line, because `--watch` prints more.
        CreatedOutput::Json => {
            let made = serde_json::json!({
                "name": name,
                "namespace": cluster.namespace,
                "uid": created.uid,
                "link": link,
            });
            printer.document(&made.to_string());
        }
        CreatedOutput::Yaml => {
            let mut object: Value = created.object.clone();
            // Field managers matter only to the API server.
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
            let text = argo::write::json_to_yaml(&object)?;
            printer.document(&text);
        }
        CreatedOutput::Text => {
            printer.data(name);
            printer.say(&format!("to watch it: {program} watch {name}"));
            printer.say(&format!("to see its output: {program} logs -f {name}"));
            if let Some(link) = link {
                printer.say(&format!("in Argo's UI: {link}"));
            }
        }
    }
    Ok(())
}
