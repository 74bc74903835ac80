//! Starts a new run on this machine with the manifest of an old one.

use std::collections::BTreeSet;

use argo::spec::Manifest;
use compile::{Changes, TakenOver};
use engine::Resolved;
use marks::{TaskOutline, runtime_parameters};
use project::Snapshot;
use project::snapshot::{Node, without_transcoding};
use runs::RunRecord;

use super::arguments::{ResubmitArguments, say_what_runs_again};
use crate::commands::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::{Purpose, Selection};
use crate::flags::workflow_parameters::{given_for, refuse_twice};
use crate::local::earlier::{Earlier, like_a_pod};
use crate::local::files;
use crate::local::go::Start;
use crate::local::how::{How, RunOutput};
use crate::local::like_a_pod::{Draft, Way};
use crate::local::project::{refuse_nodes_that_are_gone, run_project, with_nodes};
use crate::local::resolve::{UNRECORDED_RUN, identity, resolve};
use crate::record::manifest;
use crate::record::selection::recorded_selection;
use crate::record::store::{NewRun, Store};
use crate::remote::created::CreatedOutput;
use crate::render::words;
use crate::run::lineage::MADE_OF;
use crate::run::parameter_readers::NewRuntimeParameters;
use crate::settings::Settings;
use crate::spine;

/// Starts a new run from an old one.
pub(super) async fn run(
    arguments: &ResubmitArguments,
    old: RunRecord,
    settings: &Settings,
) -> Result {
    arguments.earlier.check(&old)?;
    refuse_flags(arguments, &old)?;
    let how = How {
        here: arguments.here.clone(),
        logs: arguments.until_the_end.logs,
        output: match arguments.output {
            CreatedOutput::Json => RunOutput::Json,
            CreatedOutput::Name => RunOutput::Name,
            CreatedOutput::Text | CreatedOutput::Yaml => RunOutput::Text,
        },
    };
    let recorded = manifest::read(&old)?;
    let (new, prefix) = anew(recorded, &old.name);
    if old.is_of_files() {
        let given = (&arguments.parameters[..], &arguments.secrets[..]);
        return Box::pin(files::resubmit(&old, (new, &prefix), given, &how, settings)).await;
    }
    Box::pin(of_project(arguments, &old, (new, &prefix), &how, settings)).await
}

fn refuse_flags(
    arguments: &ResubmitArguments,
    old: &RunRecord,
) -> std::result::Result<(), CommandError> {
    let name = &old.name;
    let refused = |flag: &str, why: &str| {
        CommandError::new(format!(
            "run `{name}` is on this machine, and {flag} is {why}"
        ))
    };
    if arguments.image.is_some() {
        return Err(refused("--image", "for runs on a cluster")
            .hint("to start a run on a cluster: {program} submit --image IMAGE"));
    }
    if arguments.output == CreatedOutput::Yaml {
        return Err(refused("-o yaml", "for runs on a cluster"));
    }
    if !old.is_of_files() {
        return match arguments.secrets.first() {
            None => Ok(()),
            Some(_) => Err(refused("--secret", "for runs of files")
                .hint("set the variables of the secrets, as for {program} run")),
        };
    }
    if arguments.from_run {
        return Err(refused("--from-run", "for runs of a project").hint(format!(
            "to continue the old run without the tasks that succeeded: {{program}} retry {name}"
        )));
    }
    if !arguments.new.is_empty() {
        return Err(refused("--params", "for runs of a project")
            .hint("to set a parameter of the Workflow: --parameter NAME=VALUE"));
    }
    Ok(())
}

/// Manifest for a new run, and the beginning of its name.
fn anew(mut recorded: Manifest, old: &str) -> (Manifest, String) {
    let metadata = &mut recorded.metadata;
    let name = metadata.name.take();
    let begins = metadata.generate_name.get_or_insert_with(|| {
        let name = name.unwrap_or_else(|| old.to_owned());
        format!("{}-", name.chars().take(57).collect::<String>())
    });
    let begins = begins.clone();
    metadata
        .annotations
        .insert(MADE_OF.to_owned(), old.to_owned());
    (recorded, begins)
}

async fn of_project(
    arguments: &ResubmitArguments,
    old: &RunRecord,
    (mut new, prefix): (Manifest, &str),
    how: &How,
    settings: &Settings,
) -> Result {
    how.here.refuse_images()?;
    let store = Store::create(settings, &settings.project()?)?;
    let way = Way::recorded(&store, &old.name)?;
    if arguments.from_run && way.is_some() {
        return Err(like_a_pod(&old.name));
    }
    let earlier = arguments
        .from_run
        .then(|| Earlier::of(old.clone(), settings));
    let earlier = earlier.transpose()?;
    let outline = marks::outline(new.workflow());
    let parameters = given_for(old, &new, &arguments.parameters)?;
    refuse_twice(&arguments.new, &parameters)?;
    let mut changes = Changes {
        parameters,
        ..Changes::default()
    };
    *new.workflow_mut() = compile::changed(new.workflow(), &changes)?;
    changes.parameters.clear();
    // A run without the parameter was started without runtime parameters.
    let its_own = runtime_parameters::of(new.workflow())?.unwrap_or_default();
    let selection = Selection {
        purpose: Purpose::Run,
        ..recorded_selection(old, new.workflow(), its_own, &arguments.new)
    };
    let mut opened;
    let mut given = NewRuntimeParameters::default();
    if arguments.new.is_empty() {
        opened = spine::open(settings, &selection).await?;
    } else {
        opened = spine::open_configuration(settings, &selection).await?;
        given = NewRuntimeParameters::read(&mut opened, &selection).await?;
    }
    let mut done = BTreeSet::new();
    if let Some(earlier) = &earlier {
        done = skipped(earlier, &given, &outline, settings);
        if done.len() == outline.len() {
            settings.printer.say("no task is left to run");
            return Ok(Exit::Success);
        }
        changes.taken_over = Some(TakenOver {
            uid: old.uid.clone(),
            tasks: done.clone(),
        });
    }
    changes.runtime_parameters = given.parameters;
    *new.workflow_mut() = compile::changed(new.workflow(), &changes)?;
    let setup = Way::setup(way.as_ref(), &new)?;
    let resolved = resolve(&new, UNRECORDED_RUN, setup.clone())?;
    refuse_nodes_that_are_gone(&old.name, &resolved, &opened)?;
    how.whom_to_tell(&new)?;
    let draft = way.as_ref().map(|_| Draft::of(&opened, settings));
    let like_a_pod = draft.transpose()?.zip(way.as_ref());
    let (read, made) = datasets(&resolved, &opened.snapshot);
    if let Some(earlier) = &earlier {
        earlier.in_own_folder(&read, settings)?;
    }
    let (record, lock) = store.new_run(&NewRun {
        prefix,
        fixed: None,
        manifest: &manifest::text(&new),
        pipeline: old.pipeline.clone(),
        environment: old.environment.clone(),
    })?;
    if let Some(earlier) = &earlier {
        earlier.hand_results_over((&store, &record), &made, settings)?;
        earlier.hand_records_over((&store, &record), &done)?;
        earlier.hand_over((&store, &record), None, &read, settings)?;
    }
    let resolved = resolve(&new, identity(&record), setup)?;
    settings.printer.say(&format!(
        "run {}, as {} · {}",
        record.name,
        old.name,
        words::count(resolved.units.len(), "task")
    ));
    for note in &resolved.notes {
        settings.printer.say(note);
    }
    let start = Start::new(&store, &record, lock, resolved);
    let tasks = with_nodes(&outline);
    let run = run_project(start, &tasks, opened, &selection, like_a_pod, how, settings);
    Box::pin(run).await
}

/// Names the tasks that succeeded in the old run and do not run again; says which run again, and why.
fn skipped(
    old: &Earlier,
    given: &NewRuntimeParameters,
    outline: &[TaskOutline],
    settings: &Settings,
) -> BTreeSet<String> {
    let tasks = outline.iter().filter(|task| !task.nodes.is_empty());
    let mut done: BTreeSet<String> = tasks
        .map(|task| task.name.clone())
        .filter(|task| old.has_succeeded(task))
        .collect();
    let done_before = outline.iter().filter(|task| done.contains(&task.name));
    if let Some(why) = given.why_unknown(done_before) {
        settings.printer.important(&format!(
            "the skipped tasks used the old parameters; cannot find out which of them read the changed parameters: \
             {why}"
        ));
    }
    let touched = given.touched(outline);
    let again: Vec<&str> = done.intersection(&touched).map(String::as_str).collect();
    say_what_runs_again(&again, settings);
    done.retain(|task| !touched.contains(task));
    settings.printer.say(&format!(
        "{} of {} succeeded and will not run again, {} will run",
        words::count(done.len(), "task"),
        old.record.name,
        words::count(outline.len() - done.len(), "task")
    ));
    done
}

/// Datasets that the running tasks read but do not make (without transcoding), and those that other tasks make.
fn datasets<'a>(
    resolved: &Resolved,
    snapshot: &'a Snapshot,
) -> (BTreeSet<&'a str>, BTreeSet<&'a str>) {
    let nodes = resolved.units.iter().flat_map(|unit| &unit.nodes);
    let run: BTreeSet<&str> = nodes.map(String::as_str).collect();
    let (run, others): (Vec<&Node>, Vec<&Node>) = snapshot
        .nodes
        .iter()
        .partition(|node| run.contains(node.name.as_str()));
    let own = run.iter().flat_map(|node| &node.outputs);
    let own: BTreeSet<&str> = own.map(|name| without_transcoding(name)).collect();
    let read = run.iter().flat_map(|node| &node.inputs);
    let read = read.map(|name| without_transcoding(name));
    let made = others.iter().flat_map(|node| &node.outputs);
    (
        read.filter(|name| !own.contains(name)).collect(),
        made.map(String::as_str).collect(),
    )
}
