use argo::needs::Needs;
use clap::Args;
use cluster::{DryRun, Object};
use compile::ManifestKind;
use diagnostic::Diagnostic;
use futures::FutureExt;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::image::of_run::RunImage;
use crate::remote::created::{CreatedOutput, UntilTheEnd, show_created};
use crate::remote::findings::{at_their_settings, refuse_or_say};
use crate::remote::for_cluster::{DryRunName, ForCluster};
use crate::remote::from_template::FromTemplate;
use crate::remote::inputs;
use crate::remote::refused;
use crate::remote::submission::{self, Announced, SubmissionId};
use crate::render::json::to_json;
use crate::render::words;
use crate::settings::Settings;
use crate::spine::git;
use crate::spine::origin::MadeOf;
use crate::spine::{self, Destination, Linted};
use crate::terminal::printer::Printer;
use crate::terminal::steps::Steps;

/// Run the pipeline on Argo Workflows
///
/// The command reads the project, plans it, lints it, checks the cluster, looks for the inputs in
/// their stores, builds and pushes the image (unless it exists already), and creates the Workflow.
#[derive(Debug, Args)]
pub(crate) struct SubmitArguments {
    #[command(flatten)]
    made: ForCluster,

    /// Run this deployed `WorkflowTemplate`; no project is needed
    #[arg(
        long,
        value_name = "TEMPLATE",
        conflicts_with_all = ["image", "no_build", "force_build"]
    )]
    from: Option<String>,

    /// Parameter of the `WorkflowTemplate`; with --from, -p is the same
    #[arg(long, value_name = "NAME=VALUE", requires = "from")]
    parameter: Vec<String>,

    #[command(flatten)]
    until_the_end: UntilTheEnd,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: CreatedOutput,
}

pub(crate) async fn run(arguments: &SubmitArguments, settings: &Settings) -> Result {
    if let Some(from) = &arguments.from {
        return run_template(arguments, from, settings).await;
    }
    let mut steps = Steps::new(settings.printer);
    let selection = arguments.made.selection.for_cluster();
    let opened = spine::open(settings, &selection).await;
    let mut opened = opened.map_err(|error| arguments.made.explain(error))?;
    steps.done("read the project");
    let (config, plan) = opened.plan()?;
    steps.done(&format!("plan: {}", words::count(plan.tasks.len(), "task")));
    let image = RunImage::of(&arguments.made.image, &config, &opened, settings)?;
    let built = image.built(&opened, &config)?;
    let cluster = arguments.made.cluster(&config).await;
    let there = cluster.as_ref().and_then(|cluster| cluster.as_ref().ok());
    let mut annotations = git::commit(&opened.root);
    let id = SubmissionId::new();
    // Only a run has an id: a dry run of the same project prints the same bytes.
    if arguments.made.dry_run.is_none() {
        annotations.push(id.annotation());
    }
    let options =
        arguments
            .made
            .options(ManifestKind::Workflow, image.tagged()?, there, annotations);
    let lowered = opened.lower(
        &plan,
        &config,
        &options,
        Destination::Cluster(built.as_ref()),
    );
    let mut linted = lowered.into_linted();
    let mut findings = linted.findings().to_vec();
    findings.extend(image.findings());
    let findings = lint::project::before_a_run(findings);
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings));
    }
    opened.show(&findings, lint::Target::Cluster, settings);
    steps.done("lint");
    let Some(cluster) = cluster.transpose()? else {
        return show_manifest(&linted, arguments.output, settings.printer);
    };
    let needs = Needs::of(&linted.document()["spec"], "spec");
    let request = selection.request(&opened.root);
    let (found, inputs) = futures::try_join!(
        cluster.preflight(Object::Workflow, &needs),
        inputs::look(&mut opened, request, &config).map(Ok),
    )?;
    let made_of = MadeOf::new(linted.tree(), linted.origins(), &config, &opened.snapshot);
    let found = at_their_settings(found, &made_of);
    steps.done(refuse_or_say(found, &cluster, settings)?);
    inputs.say(&opened.root, settings.printer);
    let ready = image
        .ready(arguments.made.dry_run.is_some(), settings.printer)
        .await?;
    if let Some(ready) = &ready {
        steps.done(&format!("image {}", ready.exact));
        if let Some(exact) = ready.needed() {
            linted = linted.with_image(&ready.tagged, exact)?;
        }
    }
    let explain = |error, linted: &Linted| {
        let (tree, origins) = (linted.tree(), linted.origins());
        let made_of = MadeOf::new(tree, origins, &config, &opened.snapshot);
        refused::explain(error, &made_of)
    };
    if arguments.made.dry_run.is_some() {
        submission::create(&cluster, &linted, DryRun::Server)
            .await
            .map_err(|error| explain(error, &linted))?;
        steps.done("the API server accepts the manifest");
        return show_manifest(&linted, arguments.output, settings.printer);
    }
    let announced = Announced::new(&cluster, linted, id, settings)?;
    let created = announced.create(explain).await?;
    steps.done("created");
    let run = announced.adopt(&created.object)?;
    show_created(
        &created,
        &cluster,
        config.ui_url.as_deref(),
        arguments.output,
        settings,
    )?;
    // The worker has finished: free its memory before the long wait.
    drop(opened);
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

/// Runs a deployed template.
async fn run_template(arguments: &SubmitArguments, from: &str, settings: &Settings) -> Result {
    if let Some(flag) = arguments.made.selection.names_a_part() {
        return Err(CommandError::new(format!(
            "{flag} selects a part of a project, but `--from` does not read a project"
        ))
        .hint("deploy that part under another name: {program} deploy --workflow-name NAME"));
    }
    let mut steps = Steps::new(settings.printer);
    let cluster = arguments.made.connection.cluster(None).await?;
    let made = FromTemplate::read(
        &cluster,
        from,
        arguments.made.workflow_name.as_deref(),
        &arguments.parameter,
        &arguments.made.selection,
    )
    .await?;
    steps.done("read the template");
    let id = SubmissionId::new();
    let is_run = arguments.made.dry_run.is_none();
    let linted = made.linted(is_run.then_some(&id))?;
    if let Some(dry_run) = arguments.made.dry_run {
        if dry_run == DryRunName::Server {
            submission::create(&cluster, &linted, DryRun::Server).await?;
            steps.done("the API server accepts the manifest");
        }
        return show_manifest(&linted, arguments.output, settings.printer);
    }
    let announced = Announced::new(&cluster, linted, id, settings)?;
    let created = announced.create(|error, _| error.into()).await?;
    steps.done("created");
    let run = announced.adopt(&made.resolved(&created.object))?;
    show_created(&created, &cluster, None, arguments.output, settings)?;
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

fn show_manifest(manifest: &Linted, output: CreatedOutput, printer: Printer) -> Result {
    let text = match output {
        CreatedOutput::Json => to_json(&manifest.document())?,
        CreatedOutput::Name => manifest.beginning().unwrap_or_default().to_owned(),
        CreatedOutput::Text | CreatedOutput::Yaml => manifest.text()?,
    };
    printer.document(&text);
    Ok(Exit::Success)
}
