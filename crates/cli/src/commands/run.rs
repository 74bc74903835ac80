use clap::Args;
use compile::Options;
use diagnostic::Diagnostic;
use plan::Plan;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::{Purpose, Selection};
use crate::local::dry_run;
use crate::local::earlier::{Earlier, like_a_pod, read_from_outside};
use crate::local::files::{self, FilesArguments};
use crate::local::go::Start;
use crate::local::how::How;
use crate::local::like_a_pod::{Draft, LikeAPodArguments, Way};
use crate::local::made_of::{Stale, tasks_now};
use crate::local::project::run_project;
use crate::local::resolve::{UNRECORDED_RUN, identity, resolve};
use crate::local::watch_files;
use crate::record::manifest;
use crate::record::store::{NewRun, Store};
use crate::render::words;
use crate::settings::Settings;
use crate::spine::{self, Destination, Opened, PlannedManifest};

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

    /// Show which tasks would run side by side, and start nothing
    #[arg(long)]
    dry_run: bool,

    /// Take what the selected nodes need from an earlier run on this machine: its name, the beginning of its name, or
    /// @latest
    #[arg(long, value_name = "RUN", conflicts_with = "files")]
    from_run: Option<String>,

    /// Skip tasks whose code, parameters and inputs are as in their last good run on this machine, and say why the others
    /// run
    #[arg(long, conflicts_with_all = ["files", "from_run", "like_a_pod"])]
    only_stale: bool,

    /// Run, and run again what is stale (`--only-stale`) each time that files of the project change, until Ctrl-C
    #[arg(long, conflicts_with_all = ["files", "from_run", "like_a_pod", "dry_run"])]
    watch_files: bool,

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
        if arguments.dry_run {
            return files::dry_run(&arguments.files, given, how, settings);
        }
        return Box::pin(files::run(&arguments.files, given, name, how, settings)).await;
    }
    if arguments.watch_files {
        return watch_files::watch(settings).await;
    }
    Box::pin(of_project(arguments, settings)).await
}

async fn of_project(arguments: &RunArguments, settings: &Settings) -> Result {
    arguments.how.here.refuse_images()?;
    let way = Way::of(&arguments.like_a_pod)?;
    let selection = match &way {
        // A run like a pod reads the configuration that a pod reads.
        Some(_) => arguments.selection.for_cluster(),
        None => Selection {
            purpose: Purpose::Run,
            ..arguments.selection.clone()
        },
    };
    let earlier = arguments.from_run.as_deref();
    let earlier = earlier
        .map(|word| Earlier::find(word, settings))
        .transpose()?;
    if let Some(earlier) = earlier.as_ref().filter(|_| way.is_some()) {
        return Err(like_a_pod(&earlier.record.name));
    }
    let mut opened = spine::open(settings, &selection).await?;
    let Ready {
        plan,
        lowered,
        stale,
    } = ready(&mut opened, earlier.as_ref(), arguments, settings)?;
    let findings = lowered.linted().findings();
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings.to_vec()));
    }
    opened.show(findings, lint::Target::Local, settings);
    let mut new = lowered.manifest().clone();
    let skipped = stale.as_ref().map(Stale::skipped).unwrap_or_default();
    *new.workflow_mut() = compile::without(new.workflow(), &skipped);
    // Report what is missing now, before anything is on record.
    let setup = Way::setup(way.as_ref(), &new)?;
    let resolved = resolve(&new, UNRECORDED_RUN, setup.clone())?;
    if let Some(earlier) = &earlier {
        earlier.say(&opened.snapshot.taken_over, settings);
    }
    if let Some(stale) = &stale {
        stale.say(settings);
        if stale.reasons.is_empty() {
            settings.printer.say("no task is left to run");
            return Ok(Exit::Success);
        }
    }
    if arguments.dry_run {
        let reasons = stale.map(|stale| stale.reasons).unwrap_or_default();
        let plan = Some((&plan, reasons));
        return dry_run::show(&resolved, plan, &arguments.how, settings);
    }
    arguments.how.whom_to_tell(&new)?;
    let draft = way.as_ref().map(|_| Draft::of(&opened, settings));
    let draft = draft.transpose()?;
    let store = Store::create(settings, &opened.root)?;
    let text = if skipped.is_empty() {
        lowered.linted().document().to_string()
    } else {
        manifest::text(&new)
    };
    let (record, lock) = store.new_run(&NewRun {
        prefix: lowered.linted().beginning().unwrap_or_default(),
        fixed: arguments.workflow_name.as_deref(),
        manifest: &text,
        pipeline: opened.snapshot.pipelines.join(","),
        environment: opened.snapshot.environment.clone().unwrap_or_default(),
    })?;
    let resolved = resolve(&new, identity(&record), setup)?;
    settings.printer.say(&format!(
        "run {} · {}",
        record.name,
        words::count(lowered.tasks - skipped.len(), "task")
    ));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    if let Some(earlier) = &earlier {
        let read = read_from_outside(&opened.snapshot);
        let handed = Some(&opened.snapshot.taken_over);
        earlier.hand_over((&store, &record), handed, &read, settings)?;
    }
    if let Some(stale) = &stale {
        stale.hand_over((&store, &record), &opened.snapshot)?;
    }
    let start = Start::new(&store, &record, lock, resolved);
    let like_a_pod = draft.zip(way.as_ref());
    let how = &arguments.how;
    let tasks = names_and_nodes(&plan);
    let run = run_project(start, &tasks, opened, &selection, like_a_pod, how, settings);
    Box::pin(run).await
}

/// A run that is about to begin.
struct Ready {
    plan: Plan,
    lowered: PlannedManifest,
    /// Tasks that need not run, if the user asked for that.
    stale: Option<Stale>,
}

/// Plans a run: with results of an earlier run, and without tasks that need not run.
fn ready(
    opened: &mut Opened,
    earlier: Option<&Earlier>,
    arguments: &RunArguments,
    settings: &Settings,
) -> std::result::Result<Ready, CommandError> {
    let mut options = Options {
        name: arguments.workflow_name.clone(),
        from_run: earlier.map(Earlier::places),
        ..Options::default()
    };
    let target = if arguments.like_a_pod.like_a_pod {
        Destination::LikeAPod
    } else {
        Destination::Local
    };
    if earlier.is_some() {
        let wanted = opened.snapshot.to_take_over();
        opened.snapshot.taken_over = wanted.into_iter().map(str::to_owned).collect();
    }
    let (mut plan, mut lowered) = planned(opened, &options, target)?;
    if let Some(earlier) = earlier {
        earlier.check_project(lowered.manifest())?;
        let offered = earlier.offers(&opened.snapshot)?;
        if offered != opened.snapshot.taken_over {
            // A hook may supply the other datasets.
            opened.snapshot.taken_over = offered;
            (plan, lowered) = planned(opened, &options, target)?;
        }
        earlier.in_own_folder(&read_from_outside(&opened.snapshot), settings)?;
    }
    let stale = arguments.only_stale.then(|| stale(opened, &plan, settings));
    let stale = stale.transpose()?;
    if let Some(places) = stale.as_ref().and_then(Stale::places) {
        options.from_run = Some(places);
        (plan, lowered) = planned(opened, &options, target)?;
    }
    Ok(Ready {
        plan,
        lowered,
        stale,
    })
}

fn names_and_nodes(plan: &Plan) -> Vec<(String, Vec<String>)> {
    let tasks = plan.tasks.iter();
    tasks
        .map(|task| (task.name.clone(), task.nodes.clone()))
        .collect()
}

/// Finds tasks that need not run.
fn stale(
    opened: &Opened,
    plan: &Plan,
    settings: &Settings,
) -> std::result::Result<Stale, CommandError> {
    let now = tasks_now(&opened.snapshot, &opened.root, &names_and_nodes(plan));
    Stale::find(plan, &now, settings)
}

/// The plan of a project, and its manifest for this machine.
fn planned(
    opened: &Opened,
    options: &Options,
    target: Destination<'_>,
) -> std::result::Result<(Plan, PlannedManifest), CommandError> {
    let (config, plan) = opened.plan()?;
    let lowered = opened.lower(&plan, &config, options, target);
    Ok((plan, lowered))
}
