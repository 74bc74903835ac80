//! From a Plan to Argo's manifest.

mod classes;
mod container;
mod context;
mod cron;
mod custom;
mod dag;
mod environment;
mod init_templates;
mod inputs;
mod merge;
mod metadata;
mod notify;
mod on_exit;
mod options;
mod origins;
mod parameters;
mod patch;
mod pod;
mod retry;
mod settings;
mod template_names;
mod volumes;

use diagnostic::Diagnostic;
use plan::{Plan, TaskSettings};
use project::Snapshot;
use project::config::{ArgoConfig, PodGc as PodGcChoice, PodGcStrategy};

use argo::spec::{
    API_VERSION, Arguments, Manifest, Parameter, PodGc, Spec, Template, TtlStrategy,
    WorkflowMetadata, WorkflowSpec,
};
use marks::runtime_parameters;

pub use cron::Cron;
pub use notify::{DURATION, FAILURES, NAMESPACE, NotifyRequest, REQUEST as NOTIFY_REQUEST};
pub use options::{ManifestKind, Options};
pub use parameters::encode as encode_runtime_parameters;

use crate::origins::Origins;
use classes::Class;
use context::Context;
use origins::Recorder;
use settings::Settings;

/// Lowers a plan to a manifest; skips patches that do not apply.
pub fn lower(plan: &Plan, snapshot: &Snapshot, config: &ArgoConfig, options: &Options) -> Manifest {
    lower_and_check(plan, snapshot, config, options).manifest
}

/// A manifest, with facts from lowering.
#[derive(Debug, Clone)]
pub struct Lowered {
    /// The manifest.
    pub manifest: Manifest,
    /// The patches of `argo.yml` that do not apply.
    pub findings: Vec<Diagnostic>,
    /// Origins of the fields of the manifest.
    pub origins: Origins,
}

/// Lowers a plan to a manifest. Also gives the patches of `argo.yml` that do not apply, and the origin of each field.
pub fn lower_and_check(
    plan: &Plan,
    snapshot: &Snapshot,
    config: &ArgoConfig,
    options: &Options,
) -> Lowered {
    let context = Context {
        snapshot,
        config,
        options,
    };
    let nothing = TaskSettings::default();
    let settings = Settings::new(plan, &nothing);
    let classes = classes::classes(plan, &settings, &context);
    let mut templates = vec![dag::pipeline(plan, &classes, &context)];
    templates.extend(custom::before_pipeline(&context));
    let own = classes
        .iter()
        .map(|class| task_template(class, &settings, &context));
    templates.extend(own);
    let mut on_exit = None;
    if let Some((name, more)) = notify::handler(plan, &classes, &context) {
        on_exit = Some(name);
        templates.extend(more);
    }
    let mut workflow = WorkflowSpec {
        on_exit,
        entrypoint: template_names::PIPELINE.to_owned(),
        arguments: arguments(&context),
        service_account_name: config.service_account.clone(),
        ttl_strategy: Some(TtlStrategy {
            seconds_after_completion: config.ttl.after_completion.map(Into::into),
            seconds_after_success: config.ttl.after_success.map(Into::into),
            seconds_after_failure: config.ttl.after_failure.map(Into::into),
            ..TtlStrategy::default()
        })
        .filter(|ttl| *ttl != TtlStrategy::default()),
        pod_gc: pod_gc(&config.pod_gc),
        templates,
        ..WorkflowSpec::default()
    };
    pod::of_workflow(&mut workflow, &context);
    let mut recorder = Recorder::new(&context);
    recorder.classes(&classes, &settings);
    recorder.beside_pipeline();
    let patches = patch::Patches::new(config, &settings, &classes);
    let (workflow, findings) = patches.apply(workflow, &mut recorder);
    let mut labels = metadata::labels(&context);
    let mut annotations = metadata::annotations(&context);
    if let Some(every) = settings::of_every_node(&context) {
        for (own, more) in [
            (&mut labels, &every.labels),
            (&mut annotations, &every.annotations),
        ] {
            metadata::add(own, more);
        }
    }
    let inherited = Some(WorkflowMetadata {
        labels: labels.clone(),
        annotations: annotations.clone(),
        ..WorkflowMetadata::default()
    });
    let (kind, spec) = match &options.kind {
        ManifestKind::Workflow => ("Workflow", Spec::Workflow(Box::new(workflow))),
        ManifestKind::WorkflowTemplate => (
            "WorkflowTemplate",
            Spec::Workflow(Box::new(WorkflowSpec {
                workflow_metadata: inherited,
                ..workflow
            })),
        ),
        ManifestKind::CronWorkflow(cron) => (
            "CronWorkflow",
            Spec::Cron(Box::new(cron.spec(WorkflowSpec {
                workflow_metadata: inherited,
                ..workflow
            }))),
        ),
    };
    let manifest = Manifest {
        api_version: API_VERSION.to_owned(),
        kind: kind.to_owned(),
        metadata: metadata::metadata(&context, labels, annotations),
        spec,
        ..Manifest::default()
    };
    Lowered {
        manifest,
        findings,
        origins: recorder.finish(),
    }
}

/// Template of a class of tasks: based on their custom template, or on ours.
fn task_template(class: &Class, settings: &Settings<'_>, context: &Context<'_>) -> Template {
    let context = &context.of(class.part);
    let task_settings = settings.get(class.settings);
    let custom = class.custom.as_ref().and_then(|name| {
        let templates = &context.config.template.templates;
        templates.iter().find(|template| template.name == *name)
    });
    match custom {
        Some(custom) => custom::task_template(class, custom, task_settings, context),
        None => container::task_template(class, task_settings, context),
    }
}

/// The runtime parameters, as one parameter that Argo's UI shows and that a retry can change.
fn arguments(context: &Context<'_>) -> Arguments {
    if !parameters::are_passed(context) {
        return Arguments::default();
    }
    let text = parameters::encode(&context.snapshot.runtime_parameters);
    Arguments {
        parameters: vec![Parameter {
            description: Some("Kedro runtime parameters, a JSON object".into()),
            ..Parameter::new(runtime_parameters::NAME, text)
        }],
        ..Arguments::default()
    }
}

fn pod_gc(choice: &PodGcChoice) -> Option<PodGc> {
    let (strategy, delay) = match choice {
        PodGcChoice::AtOnce(strategy) => (strategy, None),
        PodGcChoice::Later(later) => (&later.strategy, Some(&later.delete_delay)),
    };
    let strategy = match strategy {
        PodGcStrategy::Never => return None,
        PodGcStrategy::OnPodCompletion => "OnPodCompletion",
        PodGcStrategy::OnPodSuccess => "OnPodSuccess",
        PodGcStrategy::OnWorkflowCompletion => "OnWorkflowCompletion",
        PodGcStrategy::OnWorkflowSuccess => "OnWorkflowSuccess",
    };
    Some(PodGc {
        strategy: strategy.to_owned(),
        delete_delay_duration: delay.map(|delay| delay.as_str().to_owned()),
        ..PodGc::default()
    })
}
