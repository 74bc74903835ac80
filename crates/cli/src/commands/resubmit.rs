mod arguments;
mod here;

use std::collections::BTreeSet;

use argo::needs::Needs;
use argo::spec::{API_VERSION, Manifest, Metadata, Spec, to_json};
use cluster::Object;
use compile::{Changes, TakenOver};
use runs::{Phase, Written};

use arguments::say_what_runs_again;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::workflow_parameters::{given_for, refuse_twice};
use crate::image::of_run::named;
use crate::record::manifest;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::created::show_created;
use crate::remote::find::{FoundRun, find};
use crate::remote::findings::refuse_or_say;
use crate::remote::submission::{Announced, SubmissionId};
use crate::render::words;
use crate::run::lineage::{Lineage, MADE_OF};
use crate::run::parameter_readers::NewRuntimeParameters;
use crate::settings::Settings;
use crate::spine::Linted;

pub(crate) use arguments::ResubmitArguments;

pub(crate) async fn run(arguments: &ResubmitArguments, settings: &Settings) -> Result {
    let word = arguments.workflow_name.as_ref().unwrap_or(&arguments.run);
    let mut old = match find(word, &arguments.connection, settings).await? {
        FoundRun::Cluster(old) => old,
        FoundRun::Here(found) => return here::run(arguments, found.record, settings).await,
    };
    if let Some(flag) = arguments.here.machine.given() {
        return Err(CommandError::new(format!(
            "this run is on a cluster; {flag} is only for runs on this machine"
        )));
    }
    arguments.earlier.check(&old.record)?;
    if !old.refresh().await? {
        old.lost();
    }
    if let Some(image) = &arguments.image {
        named(image)?;
    }
    let recorded = manifest::read(&old.record)?;
    let parameters = given_for(&old.record, &recorded, &arguments.parameters)?;
    refuse_twice(&arguments.new, &parameters)?;
    let given = if arguments.from_run {
        // A run without the parameter was started without runtime parameters.
        let its_own = marks::runtime_parameters::of(recorded.workflow())?.unwrap_or_default();
        NewRuntimeParameters::compared(&arguments.new, &old.record, its_own, settings).await?
    } else {
        NewRuntimeParameters::without_readers(&arguments.new)?
    };
    let mut taken_over = arguments.from_run.then(|| taken_over(&old));
    if let Some(taken_over) = &mut taken_over {
        refuse_old_data(&old, &given, settings)?;
        let touched = given.touched(&old.outline);
        let again: Vec<&str> = taken_over
            .tasks
            .intersection(&touched)
            .map(String::as_str)
            .collect();
        say_what_runs_again(&again, settings);
        taken_over.tasks.retain(|task| !touched.contains(task));
        say_what_is_old(taken_over, &given, !parameters.is_empty(), &old, settings);
        say_what_stays_behind(taken_over, &old, settings);
        let left = old.outline.len() - taken_over.tasks.len();
        settings.printer.say(&format!(
            "{} of {} succeeded and will not run again, {} will run",
            words::count(taken_over.tasks.len(), "task"),
            old.record.name,
            words::count(left, "task")
        ));
        if left == 0 {
            settings.printer.say("no task is left to run");
            return Ok(Exit::Success);
        }
    }
    let changes = Changes {
        image: arguments.image.clone(),
        parameters,
        runtime_parameters: given.parameters,
        taken_over,
    };
    let spec = compile::changed(recorded.workflow(), &changes)?;
    // Needs of taken-over tasks do not count: the cluster may have lost them by now.
    let left = to_json(&compile::left_to_run(&spec, &BTreeSet::new()));
    let id = SubmissionId::new();
    let mut manifest = Manifest {
        api_version: API_VERSION.to_owned(),
        kind: "Workflow".to_owned(),
        metadata: metadata(&recorded.metadata, &old),
        spec: Spec::Workflow(Box::new(spec)),
        ..Manifest::default()
    };
    manifest.metadata.annotations.extend([id.annotation()]);
    // Findings that the old run had already do not count: a cluster ran it all the same.
    let linted = Linted::of_document(to_json(&recorded)).changed(to_json(&manifest))?;
    let found = old
        .cluster
        .preflight(Object::Workflow, &Needs::of(&left, "spec").without_fields())
        .await?;
    refuse_or_say(found, &old.cluster, settings)?;
    let announced = Announced::new(&old.cluster, linted, id, settings)?;
    let created = announced.create(|error, _| error.into()).await?;
    let mut run = announced.adopt(&created.object)?;
    if arguments.from_run {
        run.take_over(&old.written);
    }
    show_created(&created, &old.cluster, None, arguments.output, settings)?;
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

/// Tasks that succeeded. Init templates run again, since other tasks read their outputs.
fn taken_over(old: &ClusterRun) -> TakenOver {
    let tasks = old.outline.iter().filter(|task| !task.nodes.is_empty());
    let succeeded = |name: &str| {
        let state = old.state.tasks.get(name);
        state.is_some_and(|state| state.phase == Phase::Succeeded)
    };
    TakenOver {
        uid: old.record.uid.clone(),
        tasks: tasks
            .map(|task| task.name.clone())
            .filter(|name| succeeded(name))
            .collect(),
    }
}

/// Refuses new parameters for results that an earlier run made: the old run's tasks cannot make them again.
fn refuse_old_data(
    old: &ClusterRun,
    given: &NewRuntimeParameters,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    if given.parameters.is_empty() {
        return Ok(());
    }
    let name = &old.record.name;
    let lineage = Lineage::of(old, settings)?;
    let mut taken_over = lineage.taken_over.iter();
    if let Some((maker, task)) = taken_over.find(|(_, task)| given.is_read_by(task)) {
        return Err(CommandError::new(format!(
            "{name} used the result of `{}` from run {maker}, and this task reads a parameter that --params changes",
            task.name
        ))
        .hint(format!(
            "start from that run: {{program}} resubmit {maker} --from-run --params …"
        )));
    }
    if let Some(maker) = lineage.unknown {
        settings.printer.important(&format!(
            "the results that {name} used from run {maker} were made with the old parameters"
        ));
    }
    Ok(())
}

/// Warns where taken-over results may differ from those of a new run.
fn say_what_is_old(
    taken_over: &TakenOver,
    given: &NewRuntimeParameters,
    changes_others: bool,
    old: &ClusterRun,
    settings: &Settings,
) {
    let tasks = old.outline.iter();
    let why = given.why_unknown(tasks.filter(|task| taken_over.tasks.contains(&task.name)));
    if let Some(why) = why {
        settings.printer.important(&format!(
            "the skipped tasks used the old parameters; cannot find out which of them read the changed parameters: \
             {why}"
        ));
    } else if changes_others && !taken_over.tasks.is_empty() {
        settings
            .printer
            .say("the skipped tasks used the old parameters");
    }
}

/// Warns of datasets in the old run's folder (`${oc.env:WORKFLOW_ID}`): the new run has another folder.
fn say_what_stays_behind(taken_over: &TakenOver, old: &ClusterRun, settings: &Settings) {
    let datasets = in_folder_of_run(&old.written, &taken_over.tasks, &taken_over.uid);
    if !datasets.is_empty() {
        settings.printer.important(&format!(
            "warning: the new run does not find {}: the skipped tasks wrote {} into the folder of {}; if a task that \
             runs now needs {}, use `retry` or `submit` instead",
            words::list(&datasets),
            if datasets.len() == 1 { "it" } else { "them" },
            old.record.name,
            if datasets.len() == 1 { "it" } else { "one" },
        ));
    }
}

/// Lists what tasks have written into a folder that is named after their run.
fn in_folder_of_run<'a>(
    written: &'a [Written],
    tasks: &BTreeSet<String>,
    uid: &str,
) -> Vec<&'a str> {
    let is_there = |written: &&Written| {
        tasks.contains(&written.task) && written.path.split('/').any(|folder| folder == uid)
    };
    let found = written.iter().filter(is_there);
    found.map(|written| written.dataset.as_str()).collect()
}

/// Metadata of the new run: its name begins as the old one's, and the cluster completes it.
fn metadata(recorded: &Metadata, old: &ClusterRun) -> Metadata {
    // The record may have another name by now.
    let name = recorded.name.as_ref().unwrap_or(&old.record.name);
    let begins = || format!("{}-", name.chars().take(57).collect::<String>());
    let mut labels = recorded.labels.clone();
    labels.insert(
        "app.kubernetes.io/managed-by".to_owned(),
        "argo-kedro".to_owned(),
    );
    let mut annotations = recorded.annotations.clone();
    annotations.insert(MADE_OF.to_owned(), name.clone());
    Metadata {
        generate_name: Some(recorded.generate_name.clone().unwrap_or_else(begins)),
        namespace: Some(old.cluster.namespace.clone()),
        labels,
        annotations,
        ..Metadata::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_skipped_tasks_wrote_into_the_folder_of_their_run_stays_behind() {
        let written = |task: &str, dataset: &str, path: &str| -> Written {
            serde_json::from_value(json!({"task": task, "dataset": dataset, "path": path})).unwrap()
        };
        let all = [
            written("a", "own", "s3://b/runs/u-1/own.json"),
            written("a", "shared", "s3://b/shared/u-12/shared.json"),
            written("b", "again", "s3://b/runs/u-1/again.json"),
        ];
        let tasks = BTreeSet::from(["a".to_owned()]);
        assert_eq!(in_folder_of_run(&all, &tasks, "u-1"), ["own"]);
    }
}
