use clap::{Args, ValueEnum};
use jiff::Timestamp;
use runs::{RunRecord, RunState, RunSummary};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::record::manifest::outline_of;
use crate::record::store::Store;
use crate::remote::cluster_run::expect_tasks;
use crate::remote::connection::Connection;
use crate::remote::refresh;
use crate::render::json::to_json;
use crate::render::runs as table;
use crate::settings::Settings;

/// List the runs of this project, here and on clusters
#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// List the runs of argo-kedro in the namespace on the cluster, also those of other people
    #[arg(long)]
    cluster: bool,

    #[command(flatten)]
    connection: Connection,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: ListOutput,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum ListOutput {
    /// For people
    #[default]
    Table,
    /// For people, with the `WORKFLOW_ID` of each run
    Wide,
    /// For programs
    Json,
    /// Only the names
    Name,
}

pub(crate) async fn run(arguments: &ListArguments, settings: &Settings) -> Result {
    if arguments.cluster {
        let mut runs = refresh::in_namespace(&arguments.connection, settings).await?;
        for (record, state) in &mut runs {
            expect_tasks(record, state)?;
        }
        show_there(runs, arguments.output, settings)?;
        return Ok(Exit::Success);
    }
    refresh::bring_up_to_date(&arguments.connection, settings).await?;
    let store = Store::open(settings)?;
    let mut list = store.all()?;
    for name in &list.unreadable {
        settings.printer.important(&format!(
            "cannot read the record of run {name}, so the list does not have it; to delete the record: {} delete \
             {name}",
            settings.program
        ));
    }
    if let ListOutput::Json = arguments.output {
        as_json(&store, &list.runs, settings)?;
        return Ok(Exit::Success);
    }
    let unseen = list
        .runs
        .iter_mut()
        .filter(|run| run.record.cluster.is_some() && run.tasks == 0);
    for run in unseen {
        // No controller has seen the run: count the tasks of its manifest, which a record in a list lacks.
        let whole = store.record(&run.record.name)?;
        let outline = outline_of(&whole)?;
        run.tasks = u32::try_from(outline.len()).unwrap_or(u32::MAX);
    }
    show(&list.runs, arguments.output, settings);
    Ok(Exit::Success)
}

/// Shows runs on a cluster, whoever submitted them.
fn show_there(
    runs: Vec<(RunRecord, RunState)>,
    output: ListOutput,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    if let ListOutput::Json = output {
        let rows: Vec<serde_json::Value> = runs
            .iter()
            .map(|(record, state)| serde_json::json!({"run": record, "state": state}))
            .collect();
        settings.printer.document(&to_json(&rows)?);
        return Ok(());
    }
    let runs: Vec<RunSummary> = runs
        .into_iter()
        .map(|(record, state)| RunSummary::new(record, &state))
        .collect();
    show(&runs, output, settings);
    Ok(())
}

fn show(runs: &[RunSummary], output: ListOutput, settings: &Settings) {
    let text = match output {
        ListOutput::Name => runs
            .iter()
            .map(|run| format!("{}\n", run.record.name))
            .collect(),
        _ if runs.is_empty() => {
            settings.printer.say(&format!(
                "no runs yet. To start one: {} run",
                settings.program
            ));
            return;
        }
        _ => {
            let is_wide = matches!(output, ListOutput::Wide);
            table::list(runs, Timestamp::now(), settings.printer.width(), is_wide)
        }
    };
    settings.printer.data(&text);
}

/// Gives runs with everything known about their tasks; one at a time, since there may be thousands.
fn as_json(
    store: &Store,
    runs: &[RunSummary],
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    let printer = settings.printer;
    let load = |run: &RunSummary| {
        let (record, mut state) = store.load(&run.record.name)?;
        expect_tasks(&record, &mut state)?;
        Ok::<_, CommandError>((record, state))
    };
    let load = |run: &RunSummary| match load(run) {
        Ok(found) => Some(found),
        Err(error) => {
            printer.important(&format!(
                "{}: the list does not have it",
                error.in_one_line()
            ));
            None
        }
    };
    let mut loaded = runs.iter().filter_map(load).peekable();
    if loaded.peek().is_none() {
        printer.document("[]");
        return Ok(());
    }
    printer.document("[");
    while let Some((record, state)) = loaded.next() {
        let row = to_json(&serde_json::json!({"run": record, "state": state}))?;
        let end = if loaded.peek().is_some() { "," } else { "" };
        printer.document(&format!("  {}{end}", row.replace('\n', "\n  ")));
    }
    printer.document("]");
    Ok(())
}
