use clap::Args;
use cluster::{Needs, Object};
use diagnostic::Diagnostic;
use runs::Phase;
use serde_json::{Map, Value, json};
use workflow::{Changes, TakenOver};

use super::Result;
use super::retry::parameters_of;
use super::submit::{Output, UntilTheEnd, show_created};
use crate::cluster_run::{ClusterRun, Found, find};
use crate::connection::Connection;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::render::{diagnostics, words};
use crate::run_image::named;
use crate::selection::Selection;
use crate::settings::Settings;
use crate::spine;
use crate::submission::Announced;

/// Start a new run of what an old run on a cluster ran, with something changed
///
/// The new run has the manifest of the old one, whether that is still on the cluster or not.
#[derive(Debug, Args)]
pub(crate) struct ResubmitArguments {
    /// The old run: its name, a unique beginning of it, or @latest
    #[arg(default_value = runs::LATEST)]
    run: String,

    #[command(flatten)]
    connection: Connection,

    /// Take over what succeeded in the old run: its tasks are left out, their data is read
    /// from where it is
    #[arg(long)]
    from_run: bool,

    /// Image of the tasks, with its tag or digest
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,

    /// Runtime parameters, over those of the old run: `key=value,group.key=value`
    #[arg(long, value_name = "PARAMETERS")]
    params: Vec<String>,

    /// Change a parameter of the workflow
    #[arg(long = "parameter", short = 'p', value_name = "NAME=VALUE")]
    parameters: Vec<String>,

    #[command(flatten)]
    until_the_end: UntilTheEnd,

    /// Form of the output
    #[arg(long, short, value_enum, default_value_t)]
    output: Output,
}

pub(crate) async fn run(arguments: &ResubmitArguments, settings: &Settings) -> Result {
    let Found::Cluster(mut old) = find(&arguments.run, &arguments.connection, settings).await?
    else {
        return Err(CommandError::new(
            "this run is on this machine: there is nothing to submit again",
        )
        .hint("start it on a cluster: {program} submit")
        .hint("or go on with it: {program} retry"));
    };
    if old.state.phase != Phase::Succeeded && !old.refresh().await? {
        old.lost();
    }
    if let Some(image) = &arguments.image {
        named(image)?;
    }
    let recorded: Value = serde_json::from_str(&old.record.manifest).unwrap_or_default();
    let changes = Changes {
        image: arguments.image.clone(),
        parameters: parameters_of(&old, &arguments.parameters)?,
        runtime_parameters: runtime_parameters(&arguments.params, settings).await?,
        taken_over: arguments.from_run.then(|| taken_over(&old)),
    };
    if let Some(taken_over) = &changes.taken_over {
        let left = old.outline.len() - taken_over.tasks.len();
        settings.printer.say(&format!(
            "{} of {} taken over, {} to run",
            words::count(taken_over.tasks.len(), "task"),
            old.record.name,
            words::count(left, "task")
        ));
        if left > 0 && !(changes.parameters.is_empty() && changes.runtime_parameters.is_empty()) {
            settings
                .printer
                .say("what is taken over was made with the old parameters");
        }
        if left == 0 {
            settings.printer.say("there is nothing left to run");
            return Ok(Exit::Success);
        }
    }
    let spec = workflow::changed(&recorded["spec"], &changes);
    let manifest = json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": metadata(&recorded["metadata"], &old),
        "spec": spec,
    });
    let found = old
        .cluster
        .preflight(Object::Workflow, &Needs::of(&manifest["spec"]))
        .await?;
    if found.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(found));
    }
    if !found.is_empty() {
        let here = std::env::current_dir()?;
        settings.printer.say(&diagnostics::terminal(&found, &here));
    }
    let announced = Announced::new(&old.cluster, manifest, settings)?;
    let created = announced.create(Into::into).await?;
    let run = announced.adopt(&created.object);
    show_created(&created, &old.cluster, None, arguments.output, settings)?;
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

/// The tasks that succeeded; init templates run again, since others read what they hand on.
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

/// Kedro reads its own words.
async fn runtime_parameters(
    params: &[String],
    settings: &Settings,
) -> std::result::Result<Map<String, Value>, CommandError> {
    if params.is_empty() {
        return Ok(Map::new());
    }
    let selection = Selection {
        params: params.to_vec(),
        ..Selection::default()
    };
    let opened = spine::open_configuration(settings, &selection).await?;
    Ok(opened.snapshot.runtime_parameters)
}

/// The name begins as the old one's, and is the cluster's to choose.
fn metadata(recorded: &Value, old: &ClusterRun) -> Value {
    // On record it may have another one by now.
    let name = recorded["name"].as_str().unwrap_or(&old.record.name);
    let prefix = recorded["generateName"].as_str().map_or_else(
        || format!("{}-", name.chars().take(57).collect::<String>()),
        str::to_owned,
    );
    let mut labels = recorded["labels"].as_object().cloned().unwrap_or_default();
    labels.insert(
        "app.kubernetes.io/managed-by".to_owned(),
        "argo-kedro".into(),
    );
    let mut annotations = recorded["annotations"]
        .as_object()
        .cloned()
        .unwrap_or_default();
    annotations.insert("argo-kedro/resubmitted-from".to_owned(), name.into());
    json!({
        "generateName": prefix,
        "namespace": old.cluster.namespace,
        "labels": labels,
        "annotations": annotations,
    })
}
