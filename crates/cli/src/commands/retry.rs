use std::collections::BTreeSet;

use argo::needs::Needs;
use argo::spec::{WorkflowSpec, from_json, to_json};
use clap::Args;
use cluster::RetryOptions;
use compile::Changes;
use jiff::Timestamp;
use marks::TaskOutline;
use marks::runtime_parameters::NAME as RUNTIME_PARAMETERS;
use runs::Phase;
use serde_json::{Map, Value};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::runtime_parameters::NewParameters;
use crate::flags::selection::{Purpose, Selection};
use crate::flags::workflow_parameters::{given_for, refuse_twice};
use crate::local::files::{self, Again};
use crate::local::go::{Start, say_nothing_is_left};
use crate::local::how::{How, RunOutput};
use crate::local::like_a_pod::{Draft, Way};
use crate::local::project::{refuse_nodes_that_are_gone, run_project, with_nodes};
use crate::local::resolve::{identity, resolve};
use crate::record::chosen_tasks::tasks_of;
use crate::record::manifest;
use crate::record::selection::recorded_selection;
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::connection::Connection;
use crate::remote::find::{FoundRun, find};
use crate::remote::findings::refuse_or_say;
use crate::remote::follow::{follow, summarise};
use crate::remote::recorded::spec_of;
use crate::render::words;
use crate::run::lineage::Lineage;
use crate::run::parameter_readers::NewRuntimeParameters;
use crate::settings::Settings;
use crate::spine;

/// Continue a run: run the tasks that failed and those that did not run
///
/// Tasks that succeeded are not run again; their data still exists. The run keeps its name and its
/// manifest, on this machine and on a cluster.
#[derive(Debug, Args)]
pub(crate) struct RetryArguments {
    /// The run: its name, the beginning of its name, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    #[command(flatten)]
    how: How,

    #[command(flatten)]
    asked: RetryChanges,

    /// Take a secret of a run of files from a file again: its values are on no record
    #[arg(long = "secret", value_name = "NAME=FILE")]
    secrets: Vec<String>,

    #[command(flatten)]
    cluster: OnCluster,
}

/// Differences from a plain retry.
#[derive(Debug, Args)]
struct RetryChanges {
    /// Tasks or Kedro nodes to run again, with all tasks after them; needs --restart-successful
    #[arg(long, value_name = "NAMES", requires = "restart_successful")]
    nodes: Vec<String>,

    /// Run this task again even if it succeeded, with all tasks after it
    #[arg(long, value_name = "TASK", conflicts_with = "nodes")]
    from: Vec<String>,

    /// Run this task again, even if it succeeded, and nothing else: what comes after it stays as it is
    #[arg(long, value_name = "TASK", conflicts_with_all = ["nodes", "from"])]
    only: Vec<String>,

    /// Run --nodes again even if they succeeded
    #[arg(long, requires = "nodes")]
    restart_successful: bool,

    #[command(flatten)]
    new: NewParameters,

    /// Set a parameter of the Workflow
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,
}

impl RetryChanges {
    /// Tasks or nodes that run again even if they succeeded: with all after them, or alone.
    fn again(&self) -> Vec<String> {
        let all = self.nodes.iter().chain(&self.from).chain(&self.only);
        all.cloned().collect()
    }

    /// Says whether the tasks to run again run alone, without those after them (`--only`).
    fn is_alone(&self) -> bool {
        !self.only.is_empty()
    }
}

/// Arguments of a retry on a cluster alone.
#[derive(Debug, Args)]
struct OnCluster {
    /// Show progress until the run ends; the exit code is 1 if it failed
    #[arg(long, visible_alias = "wait", help_heading = "For a run on a cluster")]
    watch: bool,

    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: &RetryArguments, settings: &Settings) -> Result {
    match find(&arguments.run, &arguments.cluster.connection, settings).await? {
        FoundRun::Here(run) if run.record.is_of_files() => {
            Box::pin(of_files(arguments, &run.record.name, settings)).await
        }
        FoundRun::Here(_) => Box::pin(here(arguments, settings)).await,
        FoundRun::Cluster(run) => on_cluster(arguments, *run, settings).await,
    }
}

/// Retries a run of Argo manifests.
async fn of_files(arguments: &RetryArguments, name: &str, settings: &Settings) -> Result {
    let asked = &arguments.asked;
    if !asked.new.is_empty() {
        return Err(CommandError::new(format!(
            "run `{name}` is a run of files, and --params is for runs of a project"
        ))
        .hint("to set a parameter of the Workflow: --parameter NAME=VALUE"));
    }
    let what = Again {
        tasks: &asked.again(),
        is_alone: asked.is_alone(),
        parameters: &asked.parameters,
        secrets: &arguments.secrets,
    };
    Box::pin(files::retry(name, what, &arguments.how, settings)).await
}

async fn on_cluster(
    arguments: &RetryArguments,
    mut run: ClusterRun,
    settings: &Settings,
) -> Result {
    let (asked, cluster) = (&arguments.asked, &arguments.cluster);
    if let Some(flag) = arguments.how.here.machine.given() {
        return Err(CommandError::new(format!(
            "this run is on a cluster; {flag} is only for runs on this machine"
        )));
    }
    let name = run.record.name.clone();
    if !run.refresh().await? {
        run.lost();
        return Err(CommandError::new(format!(
            "run `{name}` was deleted from the cluster, so it cannot be continued"
        ))
        .hint(format!(
            "to start a new run that uses its results: {}",
            run.going_on("{program}")
        )));
    }
    if run.state.phase == Phase::Succeeded && asked.again().is_empty() {
        let output = arguments.how.output;
        say_nothing_is_left(&run.record, &run.state, output, settings.printer);
        return Ok(Exit::Success);
    }
    refuse_alone(asked, &run)?;
    let mut options = RetryOptions {
        again: run.nodes_of(&asked.again()).await?,
        parameters: given_for(
            &run.record,
            &manifest::read(&run.record)?,
            &asked.parameters,
        )?,
        ..RetryOptions::default()
    };
    refuse_twice(&asked.new, &options.parameters)?;
    // First check whether the run can be retried at all.
    let (mut workflow, mut retried) = run
        .cluster
        .plan_retry(&name, &options, Timestamp::now())
        .await?;
    let mut given = NewRuntimeParameters::default();
    if !asked.new.is_empty() {
        let mut all = current_runtime_parameters(&run, &workflow)?;
        given =
            NewRuntimeParameters::compared(&asked.new, &run.record, all.clone(), settings).await?;
        compile::lay_over(&mut all, given.parameters.clone());
        let all = compile::encode_runtime_parameters(&all);
        options
            .parameters
            .push((RUNTIME_PARAMETERS.to_owned(), all));
        (workflow, retried) = run
            .cluster
            .plan_retry(&name, &options, Timestamp::now())
            .await?;
    }
    let done = run.done_in(&workflow, &retried.deleted).await?;
    check_needs(&run, &done, settings).await?;
    say_what_stays(&run, &given, &done, settings)?;
    let counts = run.cluster.retry(&name, &options, Timestamp::now()).await?;
    // Record at once that the run continues, for whoever looks next.
    let left = match run.refresh().await {
        Ok(true) => words::count(run.state.outstanding().len(), "task"),
        _ => format!("{} of its workflow", words::count(counts.nodes, "node")),
    };
    let how = &arguments.how;
    if how.output == RunOutput::Name {
        settings.printer.data(&name);
    }
    settings
        .printer
        .say(&format!("run {name} continues: {left} to run"));
    if counts.repeated > 0 && !options.parameters.is_empty() {
        settings.printer.important(&format!(
            "{} of them had succeeded and run again, because with other parameters Argo runs a group again as a \
             whole",
            words::count(counts.repeated, "task")
        ));
    }
    if !(cluster.watch || how.logs) {
        settings
            .printer
            .say(&format!("to watch it: {} watch {name}", settings.program));
        return Ok(Exit::Success);
    }
    let exit = follow(&mut run, how.following(), settings).await?;
    if exit != Exit::Interrupted && how.output == RunOutput::Text {
        summarise(&run, settings).await;
    }
    Ok(exit)
}

/// Refuses to run a task alone if other tasks come after it: Argo never looks at what comes before
/// an ended task (`executeDAGTask` of `workflow/controller/dag.go`), so the task would not run.
fn refuse_alone(asked: &RetryChanges, run: &ClusterRun) -> std::result::Result<(), CommandError> {
    let tasks = tasks_of(&asked.only, &run.state, &run.outline)?;
    for task in &tasks {
        let mut after = with_what_follows(std::slice::from_ref(task), &run.outline);
        after.remove(task);
        let after: Vec<&str> = after.iter().map(String::as_str).collect();
        if !after.is_empty() {
            let name = &run.record.name;
            return Err(CommandError::new(format!(
                "Argo cannot run `{task}` alone: it also runs what comes after it, and that is {}",
                words::list(&after)
            ))
            .hint(format!(
                "to run all of them again: {{program}} retry {name} --from {task}"
            )));
        }
    }
    Ok(())
}

/// Checks that the cluster still has what the remaining tasks need: a secret, for example, may be gone since the run was made.
async fn check_needs(
    run: &ClusterRun,
    done: &BTreeSet<String>,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    let manifest = manifest::read(&run.record)?;
    let left = to_json(&compile::left_to_run(manifest.workflow(), done));
    let needs = Needs::of(&left, "spec").without_fields();
    let mut found = run.cluster.check_needs(&needs).await?;
    for finding in found.iter_mut().filter(|finding| finding.is_error()) {
        finding.help = Some(
            "a retry needs the same things as the run: restore what is missing, or start a new run"
                .to_owned(),
        );
    }
    refuse_or_say(found, &run.cluster, settings)?;
    Ok(())
}

/// Kedro's runtime parameters that a run has now.
fn current_runtime_parameters(
    run: &ClusterRun,
    workflow: &Value,
) -> std::result::Result<Map<String, Value>, CommandError> {
    // A run without runtime parameters of its own has those of its template.
    let run_spec: WorkflowSpec = from_json(&workflow["spec"])?;
    let of_template: WorkflowSpec = from_json(spec_of(workflow))?;
    let run_parameters = match marks::runtime_parameters::of(&run_spec)? {
        Some(parameters) => Some(parameters),
        None => marks::runtime_parameters::of(&of_template)?,
    };
    run_parameters.ok_or_else(|| {
        CommandError::new(format!(
            "run `{}` was started without runtime parameters, so its tasks cannot read any",
            run.record.name
        ))
        .hint("start a new run with them: {program} resubmit --from-run --params …")
    })
}

/// Says which results of ended tasks would differ with the new parameters.
fn say_what_stays(
    run: &ClusterRun,
    given: &NewRuntimeParameters,
    done: &BTreeSet<String>,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    if given.parameters.is_empty() {
        return Ok(());
    }
    let stays = run.outline.iter().filter(|task| done.contains(&task.name));
    say_who_read_what_changes(given, stays, settings);
    for (maker, task) in Lineage::of(run, settings)?.taken_over {
        if given.is_read_by(&task) {
            settings.printer.important(&format!(
                "{} of run {maker} reads a changed parameter, but its result stays as it is",
                task.name
            ));
        }
    }
    Ok(())
}

/// Says which ended tasks read parameters that get new values.
fn say_who_read_what_changes<'a>(
    given: &NewRuntimeParameters,
    done: impl Iterator<Item = &'a TaskOutline> + Clone,
    settings: &Settings,
) {
    let printer = settings.printer;
    if let Some(why) = given.why_unknown(done.clone()) {
        printer.important(&format!(
            "the tasks that succeeded used the old parameters; cannot find out which of them read the changed \
             parameters: {why}"
        ));
    }
    let readers = done.filter(|task| given.is_read_by(task));
    let readers: Vec<&str> = readers.map(|task| task.name.as_str()).collect();
    if !readers.is_empty() {
        printer.important(&format!(
            "{} read a changed parameter and succeeded with its old value; to run them again: --nodes {} \
             --restart-successful",
            words::list(&readers),
            readers.join(",")
        ));
    }
}

async fn here(arguments: &RetryArguments, settings: &Settings) -> Result {
    arguments.how.here.refuse_images()?;
    let asked = &arguments.asked;
    let root = settings.project()?;
    let store = Store::create(settings, &root)?;
    let name = store.name(&arguments.run)?;
    // Read the state under the lock: no other program can change it then.
    let lock = store.lock(&name)?;
    let mut record = store.record(&name)?;
    let state = store.state_under_lock(&name, &lock)?;
    if state.phase == Phase::Succeeded && asked.again().is_empty() {
        say_nothing_is_left(&record, &state, arguments.how.output, settings.printer);
        return Ok(Exit::Success);
    }
    let mut manifest = manifest::read(&record)?;
    let outline = marks::outline(manifest.workflow());
    let parameters = given_for(&record, &manifest, &asked.parameters)?;
    refuse_twice(&asked.new, &parameters)?;
    let again = tasks_of(&asked.again(), &state, &outline)?;
    let again: BTreeSet<String> = if asked.is_alone() {
        again.into_iter().collect()
    } else {
        with_what_follows(&again, &outline)
    };
    let stays = |task: &str| {
        let known = state.tasks.get(task);
        let has_ended = known.is_some_and(|known| known.phase == Phase::Succeeded);
        (has_ended || asked.is_alone()) && !again.contains(task)
    };
    let mut changes = Changes {
        parameters,
        ..Changes::default()
    };
    *manifest.workflow_mut() = compile::changed(manifest.workflow(), &changes)?;
    // A run without the parameter was started without runtime parameters.
    let runtime_parameters =
        marks::runtime_parameters::of(manifest.workflow())?.unwrap_or_default();
    let selection = Selection {
        purpose: Purpose::Run,
        ..recorded_selection(&record, manifest.workflow(), runtime_parameters, &asked.new)
    };
    let mut opened;
    if asked.new.is_empty() {
        opened = spine::open(settings, &selection).await?;
    } else {
        opened = spine::open_configuration(settings, &selection).await?;
        let given = NewRuntimeParameters::read(&mut opened, &selection).await?;
        let done = outline.iter().filter(|task| stays(&task.name));
        say_who_read_what_changes(&given, done, settings);
        changes.runtime_parameters = given.parameters;
        *manifest.workflow_mut() = compile::changed(manifest.workflow(), &changes)?;
    }
    let way = Way::recorded(&store, &record.name)?;
    let resolved = resolve(
        &manifest,
        identity(&record),
        Way::setup(way.as_ref(), &manifest)?,
    )?;
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    refuse_nodes_that_are_gone(&record.name, &resolved, &opened)?;
    if !(asked.new.is_empty() && asked.parameters.is_empty()) {
        // The next retry starts from these parameters.
        record.manifest = manifest::text(&manifest);
        store.history()?.amend(&record.name, &record.manifest)?;
    }
    let left = resolved.units.iter().filter(|unit| !stays(&unit.name));
    let left = words::count(left.count(), "task");
    settings.printer.say(&if asked.is_alone() {
        format!(
            "run {} · {left} to run again, and nothing else",
            record.name
        )
    } else {
        format!("run {} · {left} left", record.name)
    });
    let draft = way.as_ref().map(|_| Draft::of(&opened, settings));
    let start = Start {
        state,
        again,
        is_alone: asked.is_alone(),
        ..Start::new(&store, &record, lock, resolved)
    };
    let like_a_pod = draft.transpose()?.zip(way.as_ref());
    let how = &arguments.how;
    let tasks = with_nodes(&outline);
    let run = run_project(start, &tasks, opened, &selection, like_a_pod, how, settings);
    Box::pin(run).await
}

/// Gives tasks and all tasks after them.
fn with_what_follows(tasks: &[String], outline: &[TaskOutline]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = tasks.iter().cloned().collect();
    // The outline lists a task after the tasks it waits for.
    for task in outline {
        if task.upstream.iter().any(|name| all.contains(name)) {
            all.insert(task.name.clone());
        }
    }
    all
}
