use argo::needs::Needs;
use clap::{Args, ValueEnum};
use cluster::{Cluster, Comparison, DryRun, Object};
use compile::{ManifestKind, Options};
use diagnostic::Diagnostic;
use project::config::ArgoConfig;
use serde_json::{Value, json};

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::image::of_pods::PodImage;
use crate::image::of_run::RunImage;
use crate::remote::findings::{at_their_settings, refuse_or_say};
use crate::remote::for_cluster::ForCluster;
use crate::remote::refused;
use crate::render::json::to_json;
use crate::render::{comparison, words};
use crate::settings::Settings;
use crate::spine::git;
use crate::spine::manifests::{self, Clock};
use crate::spine::origin::MadeOf;
use crate::spine::{self, Linted, Opened, PlannedManifest};
use crate::terminal::ask::{ask, is_somebody_there};
use crate::terminal::steps::Steps;

/// Put the pipeline on the cluster, to be run later or on a schedule
///
/// Creates a `WorkflowTemplate`, or a `CronWorkflow` for each schedule. If it exists already, the
/// command shows the differences and then updates it. Changes that somebody else made on the
/// cluster are kept. If nothing differs, nothing is written.
#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    #[command(flatten)]
    made: ForCluster,

    /// Kind of the object to create
    #[arg(long, value_enum, default_value_t)]
    kind: KindName,

    #[command(flatten)]
    clock: Clock,

    #[command(flatten)]
    consent: Consent,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: DeployOutput,
}

/// Consent to changes without a further word.
#[derive(Debug, Args)]
struct Consent {
    /// Update without asking; without a terminal, the command never asks
    #[arg(long, short)]
    yes: bool,

    /// Overwrite objects that somebody else created or changed
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// To be run later, any number of times
    #[default]
    Workflowtemplate,
    /// To be run on a schedule
    Cronworkflow,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum DeployOutput {
    /// For people
    #[default]
    Text,
    /// For programs: what was done
    Json,
    /// Only the names
    Name,
}

/// One manifest and the object of its name.
struct Deployment {
    object: Object,
    /// Compiled document.
    document: Value,
    /// Document to send: with changes by others, and with a note of what was compiled.
    sent: Linted,
    comparison: Comparison,
}

impl Deployment {
    fn name(&self) -> String {
        let name = &self.document["metadata"]["name"];
        name.as_str().unwrap_or_default().to_owned()
    }

    /// Says what happened to the object, or what would happen.
    fn outcome(&self) -> &'static str {
        if self.comparison.is_new() {
            "created"
        } else if self.comparison.is_unchanged() {
            "unchanged"
        } else {
            "changed"
        }
    }
}

pub(crate) async fn run(arguments: &DeployArguments, settings: &Settings) -> Result {
    let mut steps = Steps::new(settings.printer);
    let selection = &arguments.made.selection.for_cluster();
    let mut opened = match arguments.kind {
        KindName::Workflowtemplate => spine::open(settings, selection).await,
        // A schedule may name a pipeline where `__default__` has no nodes.
        KindName::Cronworkflow => spine::open_any(settings, selection).await,
    }
    .map_err(|error| arguments.made.explain(error))?;
    steps.done("read the project");
    let config = opened.config()?.map_err(CommandError::findings)?;
    let image = RunImage::of(&arguments.made.image, &config, &opened, settings)?;
    let built = image.built(&opened, &config)?;
    let cluster = arguments.made.cluster(&config).await;
    let reachable_cluster = cluster.as_ref().and_then(|cluster| cluster.as_ref().ok());
    let commit = git::commit(&opened.root);
    let options = arguments.made.options(
        ManifestKind::WorkflowTemplate,
        image.tagged()?,
        reachable_cluster,
        commit,
    );
    let (config, all) = arguments
        .lower(&mut opened, &options, built.as_ref())
        .await?;
    let tasks: usize = all.iter().map(|lowered| lowered.tasks).sum();
    steps.done(&format!("plan: {}", words::count(tasks, "task")));
    let findings = manifests::findings(image.findings(), &all);
    let findings = lint::project::before_a_run(findings);
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings));
    }
    opened.show(&findings, lint::Target::Cluster, settings);
    steps.done("lint");
    let Some(cluster) = cluster.transpose()? else {
        arguments.show_manifests(&all, settings)?;
        return Ok(Exit::Success);
    };
    steps.done(preflight(&cluster, &all, (&config, &opened), settings).await?);
    let ready = image
        .ready(arguments.made.dry_run.is_some(), settings.printer)
        .await?;
    if let Some(ready) = &ready {
        steps.done(&format!("image {}", ready.exact));
    }
    let mut deployments = Vec::new();
    for lowered in all {
        let mut linted = lowered.into_linted();
        if let Some(ready) = &ready
            && let Some(exact) = ready.needed()
        {
            linted = linted.with_image(&ready.tagged, exact)?;
        }
        let document = linted.document();
        let object = object_of(&linted)?;
        let name = linted.name().unwrap_or_default();
        let found = cluster.read(object, name).await?;
        let comparison = Comparison::new(found, &document, arguments.consent.force);
        // The document to send keeps changes by others; lint checks it whole.
        let sent = linted.changed(comparison.object(&document)?)?;
        deployments.push(Deployment {
            object,
            document,
            sent,
            comparison,
        });
    }
    steps.done("compared");
    for deployment in &deployments {
        show(deployment, settings)?;
    }
    arguments.refuse(&deployments)?;
    let dry_run = match arguments.made.dry_run {
        Some(_) => DryRun::Server,
        None => DryRun::No,
    };
    if dry_run == DryRun::No && !arguments.agree(&deployments).await? {
        return Err(CommandError::interrupted());
    }
    // Dry run on the server first: if the API server refuses one object, no other is written.
    if deployments.len() > 1 && dry_run == DryRun::No {
        write(&cluster, &deployments, (&config, &opened), DryRun::Server).await?;
    }
    write(&cluster, &deployments, (&config, &opened), dry_run).await?;
    // Commands without a project do not know the namespace of argo.yml.
    let is_named = arguments.made.connection.namespace.is_some() || config.namespace.is_some();
    let mut connection_flags = String::new();
    if is_named {
        connection_flags = format!(" --namespace {}", cluster.namespace);
    }
    if cluster.is_through_argo_server() && !arguments.made.connection.names_argo_server() {
        connection_flags = format!("{connection_flags} --argo-server {}", cluster.server);
    }
    arguments.show_outcome(&deployments, &cluster, &connection_flags, settings)?;
    show_left(&deployments, &cluster, &connection_flags, settings).await;
    Ok(Exit::Success)
}

/// Names schedules that still run on the cluster although `argo.yml` no longer has them.
async fn show_left(
    deployments: &[Deployment],
    cluster: &Cluster,
    connection_flags: &str,
    settings: &Settings,
) {
    let deployed: Vec<&Value> = deployments
        .iter()
        .filter(|deployment| deployment.object == Object::CronWorkflow)
        .map(|deployment| &deployment.document)
        .collect();
    if deployed.is_empty() {
        return;
    }
    let left = match cluster.schedules_left(&deployed).await {
        Ok(left) => left,
        // Everything is deployed already: a warning is enough.
        Err(error) => {
            settings.printer.important(&format!(
                "warning: cannot tell whether the cluster has schedules that argo.yml no longer has: {}",
                CommandError::from(error).in_one_line()
            ));
            return;
        }
    };
    for name in left {
        settings.printer.important(&format!(
            "the schedule {name} is still on the cluster, but no longer in argo.yml; to delete it: {} schedule \
             delete {name}{connection_flags}",
            settings.program
        ));
    }
}

fn object_of(linted: &Linted) -> std::result::Result<Object, CommandError> {
    let kind = linted.kind();
    Object::of_kind(kind)
        .ok_or_else(|| CommandError::new(format!("`deploy` cannot create a `{kind}`")))
}

async fn preflight(
    cluster: &Cluster,
    all: &[PlannedManifest],
    (config, opened): (&ArgoConfig, &Opened),
    settings: &Settings,
) -> std::result::Result<&'static str, CommandError> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for lowered in all {
        let spec = argo::spec::to_json(lowered.manifest().workflow());
        let linted = lowered.linted();
        let object = object_of(linted)?;
        let root = match object {
            Object::CronWorkflow => "spec.workflowSpec",
            _ => "spec",
        };
        let of_one = cluster.preflight(object, &Needs::of(&spec, root)).await?;
        let made_of = MadeOf::new(linted.tree(), linted.origins(), config, &opened.snapshot);
        for finding in at_their_settings(of_one, &made_of) {
            let is_same = |known: &Diagnostic| {
                (
                    &known.code,
                    &known.message,
                    &known.place.file,
                    known.place.span,
                ) == (
                    &finding.code,
                    &finding.message,
                    &finding.place.file,
                    finding.place.span,
                )
            };
            if !found.iter().any(is_same) {
                found.push(finding);
            }
        }
    }
    refuse_or_say(found, cluster, settings)
}

/// Shows what the deployment changes, and what somebody else changed.
fn show(deployment: &Deployment, settings: &Settings) -> std::result::Result<(), CommandError> {
    let (printer, name) = (settings.printer, deployment.name());
    let kind = deployment.object.kind();
    if let Some(text) = comparison::by_others(&deployment.comparison)? {
        printer.say(&format!(
            "\nsomebody changed {kind} {name} after the last deploy; these changes are kept:\n{text}"
        ));
    }
    if let Some(text) = comparison::by_us(&deployment.comparison)? {
        printer.say(&format!("\nchanges to {kind} {name}:\n{text}"));
    }
    Ok(())
}

async fn write(
    cluster: &Cluster,
    deployments: &[Deployment],
    (config, opened): (&ArgoConfig, &Opened),
    dry_run: DryRun,
) -> std::result::Result<(), CommandError> {
    for deployment in deployments {
        if deployment.comparison.is_unchanged() {
            continue;
        }
        let sent = &deployment.sent;
        cluster
            .deploy(
                deployment.object,
                &sent.document(),
                &deployment.comparison,
                dry_run,
            )
            .await
            .map_err(|error| {
                let (tree, origins) = (sent.tree(), sent.origins());
                let made_of = MadeOf::new(tree, origins, config, &opened.snapshot);
                refused::explain(error, &made_of)
            })?;
    }
    Ok(())
}

impl DeployArguments {
    async fn lower(
        &self,
        opened: &mut Opened,
        options: &Options,
        built: Option<&PodImage<'_>>,
    ) -> std::result::Result<(ArgoConfig, Vec<PlannedManifest>), CommandError> {
        match self.kind {
            KindName::Workflowtemplate => {
                let (config, lowered) = manifests::one(opened, options, built)?;
                Ok((config, vec![lowered]))
            }
            KindName::Cronworkflow => {
                let selection = self.made.selection.for_cluster();
                manifests::by_the_clock(opened, &selection, &self.clock, options, built).await
            }
        }
    }

    /// Refuses to write where that would lose somebody else's work.
    fn refuse(&self, deployments: &[Deployment]) -> std::result::Result<(), CommandError> {
        if self.consent.force {
            return Ok(());
        }
        for deployment in deployments {
            let (kind, name) = (deployment.object.kind(), deployment.name());
            if deployment.comparison.is_of_unknown_origin() {
                return Err(CommandError::new(format!(
                    "there is a {kind} `{name}` that `deploy` did not create, and it differs from the compiled one"
                ))
                .hint("use another name: --workflow-name NAME")
                .hint("or replace it with the compiled one: --force"));
            }
            let clashes = &deployment.comparison.clashes;
            if !clashes.is_empty() {
                return Err(CommandError::new(format!(
                    "somebody else changed fields of {kind} `{name}` that this deploy changes too:\n{}",
                    comparison::clashes(clashes).trim_end()
                ))
                .hint("put their changes into the project")
                .hint("or replace it with the compiled one and lose their changes: --force"));
            }
        }
        Ok(())
    }

    /// Asks whether to change the existing objects.
    async fn agree(&self, deployments: &[Deployment]) -> std::result::Result<bool, CommandError> {
        let changed: Vec<String> = deployments
            .iter()
            .filter(|deployment| deployment.outcome() == "changed")
            .map(Deployment::name)
            .collect();
        if changed.is_empty() || self.consent.yes || !is_somebody_there() {
            return Ok(true);
        }
        ask(&format!("Update {}?", changed.join(", ")), false).await
    }

    fn show_manifests(
        &self,
        all: &[PlannedManifest],
        settings: &Settings,
    ) -> std::result::Result<(), CommandError> {
        let text = match self.output {
            DeployOutput::Text => manifests::text(all)?,
            DeployOutput::Json => {
                let linted = all.iter().map(|lowered| lowered.linted().document());
                to_json(&linted.collect::<Vec<_>>())?
            }
            DeployOutput::Name => all
                .iter()
                .filter_map(|lowered| lowered.linted().name())
                .map(|name| format!("{name}\n"))
                .collect(),
        };
        settings.printer.document(&text);
        Ok(())
    }

    fn show_outcome(
        &self,
        deployments: &[Deployment],
        cluster: &Cluster,
        connection_flags: &str,
        settings: &Settings,
    ) -> std::result::Result<(), CommandError> {
        let (printer, program) = (settings.printer, &settings.program);
        let is_trial = self.made.dry_run.is_some();
        match self.output {
            DeployOutput::Name => {
                for deployment in deployments {
                    printer.data(&deployment.name());
                }
            }
            DeployOutput::Json => {
                let rows: Vec<Value> = deployments
                    .iter()
                    .map(|deployment| {
                        json!({
                            "kind": deployment.object.kind(),
                            "name": deployment.name(),
                            "namespace": cluster.namespace,
                            "outcome": deployment.outcome(),
                            "changed_by_others": deployment.comparison.was_changed_by_others(),
                            "dry_run": is_trial,
                        })
                    })
                    .collect();
                printer.document(&to_json(&rows)?);
            }
            DeployOutput::Text => {
                for deployment in deployments {
                    let (kind, outcome) = (deployment.object.kind(), deployment.outcome());
                    let trial = if is_trial { " (dry run)" } else { "" };
                    printer.data(&format!("{kind} {} {outcome}{trial}", deployment.name()));
                }
                let Some(first) = deployments.first().filter(|_| !is_trial) else {
                    return Ok(());
                };
                let name = first.name();
                printer.say(&match first.object {
                    Object::CronWorkflow => {
                        format!(
                            "to run it now: {program} schedule trigger {name}{connection_flags}"
                        )
                    }
                    _ => format!("to run it: {program} submit --from {name}{connection_flags}"),
                });
            }
        }
        Ok(())
    }
}
