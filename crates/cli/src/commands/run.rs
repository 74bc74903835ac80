use std::collections::BTreeSet;

use clap::Args;
use compile::Options;
use diagnostic::Diagnostic;
use engine::{Identity, Setup};
use jiff::Timestamp;
use runs::{Phase, RunState};

use super::Result;
use crate::error::CommandError;
use crate::flags::selection::Selection;
use crate::local::files::{self, FilesArguments};
use crate::local::go::{Start, go};
use crate::local::how::{How, Output};
use crate::local::isolation::isolation_of;
use crate::local::like_a_pod::{Draft, LikeAPodArguments, Way};
use crate::local::resolve::{identity, resolve};
use crate::local::written;
use crate::record::results;
use crate::record::store::{NewRun, Store};
use crate::render::words;
use crate::settings::Settings;
use crate::spine;

/// Run the pipeline on this machine, as the same workflow that Argo would run
///
/// With files, the command runs Argo manifests: no project and no Python is needed. Containers and
/// scripts are processes of this machine.
#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    files: FilesArguments,

    #[command(flatten)]
    selection: Selection,

    #[command(flatten)]
    pub(crate) how: How,

    #[command(flatten)]
    like_a_pod: LikeAPodArguments,

    /// Name of the run; if it is already used, letters are added [default: the project and the pipeline]
    #[arg(long, short = 'w', value_name = "NAME")]
    workflow_name: Option<String>,
}

pub(crate) async fn run(arguments: &RunArguments, settings: &Settings) -> Result {
    if !arguments.files.files.is_empty() {
        let (how, name) = (&arguments.how, arguments.workflow_name.as_deref());
        // With files, `-p` sets a parameter, as `argo submit` has it.
        let given = &arguments.selection.pipelines;
        return files::run(&arguments.files, given, name, how, settings).await;
    }
    let way = Way::of(&arguments.like_a_pod)?;
    // Whatever is like a pod reads what a pod reads.
    let for_cluster = way.as_ref().map(|_| arguments.selection.for_cluster());
    let selection = for_cluster.as_ref().unwrap_or(&arguments.selection);
    let mut opened = spine::open(settings, selection).await?;
    let (config, plan) = opened.plan()?;
    let options = Options {
        name: arguments.workflow_name.clone(),
        ..Options::default()
    };
    let lowered = opened.lower(&plan, &config, &options, spine::Destination::Local);
    let findings = lowered.linted().findings();
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings.to_vec()));
    }
    opened.show(findings, lint::Target::Local, settings);
    // Before anything is put on record: whatever is missing is said now.
    let nobody = Identity {
        name: "",
        uid: "",
        created: Timestamp::UNIX_EPOCH,
    };
    resolve(lowered.manifest(), nobody, Setup::default())?;
    arguments.how.whom_to_tell(lowered.manifest())?;
    let draft = way.as_ref().map(|_| Draft::of(&opened, settings));
    let draft = draft.transpose()?;
    let store = Store::create(settings, &opened.root)?;
    let prefix = lowered.linted().beginning().unwrap_or_default();
    let fixed = arguments.workflow_name.as_deref();
    let text = lowered.linted().document().to_string();
    let (record, lock) = store.new_run(&NewRun {
        prefix,
        fixed,
        manifest: &text,
        pipeline: opened.snapshot.pipelines.join(","),
        environment: opened.snapshot.environment.clone().unwrap_or_default(),
    })?;
    let resolved = resolve(lowered.manifest(), identity(&record), Setup::default())?;
    settings.printer.say(&format!(
        "run {} · {}",
        record.name,
        words::count(lowered.tasks, "task")
    ));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let isolation = isolation_of(
        draft.zip(way.as_ref()),
        &resolved,
        (&store, &record.name),
        (&mut opened, selection),
        &arguments.how,
        settings,
    )
    .await?;
    let start = Start {
        store: &store,
        record: &record,
        lock,
        resolved,
        state: RunState::default(),
        again: BTreeSet::new(),
        stubs: Vec::new(),
        images: engine::Images::default(),
    };
    let ended = go(
        start,
        isolation.with(opened.worker),
        &opened.root,
        Some(&opened.interpreter),
        &arguments.how,
        settings,
    )
    .await?;
    if arguments.how.output == Output::Text {
        let written = written::here(&store, &record.name, settings.printer)?;
        let written = results::in_order(written, &opened.snapshot);
        if ended.state.phase == Phase::Succeeded {
            results::show(&written, settings.printer);
        }
        results::show_mlflow(&written, settings.printer);
    }
    Ok(ended.exit)
}
