use clap::{Args, ValueEnum};
use cluster::{Cluster, Created, DryRun, Needs, Object};
use compile::{Kind, Manifest};
use diagnostic::Diagnostic;
use serde_json::Value;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::image::of_run::RunImage;
use crate::remote::cluster_run::ClusterRun;
use crate::remote::findings::refuse_or_say;
use crate::remote::follow::{Following, follow, summarise};
use crate::remote::for_cluster::{DryRunName, ForCluster};
use crate::remote::from_template::FromTemplate;
use crate::remote::refused;
use crate::remote::submission::{self, Announced};
use crate::render::words;
use crate::settings::Settings;
use crate::spine::git;
use crate::spine::{self, Target};
use crate::terminal::printer::Printer;
use crate::terminal::reporter::View;
use crate::terminal::steps::Steps;

/// Run the pipeline on Argo Workflows
///
/// The command reads the project, plans it, lints it, checks the cluster, builds and pushes the
/// image (unless it exists already), and creates the Workflow.
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
    output: Output,
}

/// Whether the program stays until the run is over.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct UntilTheEnd {
    /// Wait until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    wait: bool,

    /// Show progress until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    watch: bool,

    /// Show the output of the tasks until the run ends; the exit code is 1 if it failed
    #[arg(long)]
    logs: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
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

pub(crate) async fn run(arguments: &SubmitArguments, settings: &Settings) -> Result {
    if let Some(from) = &arguments.from {
        return run_template(arguments, from, settings).await;
    }
    let mut steps = Steps::new(settings.printer);
    let opened = spine::open(settings, &arguments.made.selection.for_cluster()).await?;
    steps.done("read the project");
    let (config, plan) = opened.plan()?;
    steps.done(&format!("plan: {}", words::count(plan.tasks.len(), "task")));
    let options = arguments.made.options(Kind::Workflow, None);
    let image = RunImage::of(&arguments.made.image, &config, &opened, settings)?;
    let built = image.built(&opened, &config)?;
    let target = Target::Cluster(built.as_ref());
    let (mut manifest, _, mut findings) = opened.lower(&plan, &config, &options, target)?;
    findings.extend(image.findings());
    let findings = lint::project::before_a_run(findings);
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings));
    }
    opened.show(&findings, settings);
    steps.done("lint");
    let commit = git::commit(&opened.root);
    manifest.metadata.annotations.extend(commit.clone());
    if arguments.made.dry_run == Some(DryRunName::Client) {
        let options = arguments.made.options(Kind::Workflow, image.tagged()?);
        let (mut manifest, ..) = opened.lower(&plan, &config, &options, target)?;
        manifest.metadata.annotations.extend(commit);
        return show_manifest(&manifest, arguments.output, settings.printer);
    }
    let cluster = arguments.made.connection.cluster(Some(&config)).await?;
    manifest.metadata.namespace = Some(cluster.namespace.clone());
    let document = to_document(&manifest)?;
    let found = cluster
        .preflight(Object::Workflow, &Needs::of(&document["spec"]))
        .await?;
    refuse_or_say(found, settings)?;
    steps.done("the cluster is ready for it");
    let ready = image
        .ready(arguments.made.dry_run.is_some(), settings.printer)
        .await?;
    if let Some(ready) = &ready {
        steps.done(&format!("image {ready}"));
    }
    let options = arguments.made.options(Kind::Workflow, ready);
    let (mut manifest, ..) = opened.lower(&plan, &config, &options, target)?;
    manifest.metadata.annotations.extend(commit);
    manifest.metadata.namespace = Some(cluster.namespace.clone());
    let document = to_document(&manifest)?;
    if arguments.made.dry_run == Some(DryRunName::Server) {
        submission::create(&cluster, &document, DryRun::Server)
            .await
            .map_err(|error| refused::explain(error, &document, &config))?;
        steps.done("the API server accepts the manifest");
        return show_manifest(&manifest, arguments.output, settings.printer);
    }
    let announced = Announced::new(&cluster, document.clone(), settings)?;
    let created = announced
        .create(|error| refused::explain(error, &document, &config))
        .await?;
    steps.done("created");
    let run = announced.adopt(&created.object);
    show_created(
        &created,
        &cluster,
        config.ui_url.as_deref(),
        arguments.output,
        settings,
    )?;
    // The worker has done its work: its memory need not wait with us.
    drop(opened);
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

/// Runs a template that is deployed.
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
    if let Some(dry_run) = arguments.made.dry_run {
        if dry_run == DryRunName::Server {
            submission::create(&cluster, &made.workflow, DryRun::Server).await?;
            steps.done("the API server accepts the manifest");
        }
        return show_document(&made.workflow, arguments.output, settings.printer);
    }
    let announced = Announced::new(&cluster, made.workflow.clone(), settings)?;
    let created = announced.create(Into::into).await?;
    steps.done("created");
    let run = announced.adopt(&made.resolved(&created.object));
    show_created(&created, &cluster, None, arguments.output, settings)?;
    arguments
        .until_the_end
        .stay(run, arguments.output, settings)
        .await
}

impl UntilTheEnd {
    /// Stays with a run that was just made until its end, if that was asked for.
    pub(super) async fn stay(
        &self,
        mut run: ClusterRun,
        output: Output,
        settings: &Settings,
    ) -> Result {
        let Self { wait, watch, logs } = *self;
        if !(wait || watch || logs) {
            return Ok(Exit::Success);
        }
        let view = match output {
            Output::Json => View::Json,
            _ => View::Progress { logs },
        };
        let exit = follow(&mut run, Following { view, logs }, settings).await?;
        if exit != Exit::Interrupted && output == Output::Text {
            summarise(&run, settings).await;
        }
        Ok(exit)
    }
}

pub(crate) fn to_document(manifest: &Manifest) -> std::result::Result<Value, CommandError> {
    serde_json::to_value(manifest).map_err(|error| {
        CommandError::new(format!("the manifest cannot be written as JSON: {error}"))
    })
}

fn show_document(document: &Value, output: Output, printer: Printer) -> Result {
    let metadata = &document["metadata"];
    let name = metadata["name"]
        .as_str()
        .or(metadata["generateName"].as_str());
    let text = match output {
        Output::Json => super::plan::to_json(document),
        Output::Name => name.unwrap_or_default().to_owned(),
        Output::Text | Output::Yaml => compile::to_yaml_of(document)?,
    };
    printer.document(&text);
    Ok(Exit::Success)
}

fn show_manifest(manifest: &Manifest, output: Output, printer: Printer) -> Result {
    let text = match output {
        Output::Json => super::plan::to_json(manifest),
        Output::Name => manifest
            .metadata
            .name
            .clone()
            .or_else(|| manifest.metadata.generate_name.clone())
            .unwrap_or_default(),
        Output::Text | Output::Yaml => compile::to_yaml(manifest)?,
    };
    printer.document(&text);
    Ok(Exit::Success)
}

pub(super) fn show_created(
    created: &Created,
    cluster: &Cluster,
    ui_url: Option<&str>,
    output: Output,
    settings: &Settings,
) -> std::result::Result<(), CommandError> {
    let (printer, program, name) = (settings.printer, &settings.program, &created.name);
    let link = ui_url.map(|template| {
        template
            .replace("{namespace}", &cluster.namespace)
            .replace("{name}", name)
            .replace("{uid}", &created.uid)
    });
    match output {
        Output::Name => printer.data(name),
        // One line: with --watch, more follow.
        Output::Json => {
            let made = serde_json::json!({
                "name": name,
                "namespace": cluster.namespace,
                "uid": created.uid,
                "link": link,
            });
            printer.document(&made.to_string());
        }
        Output::Yaml => {
            let mut object: Value = created.object.clone();
            // Who wrote which field is the API server's own affair.
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("managedFields");
            }
            let text = compile::to_yaml_of(&object)?;
            printer.document(&text);
        }
        Output::Text => {
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
