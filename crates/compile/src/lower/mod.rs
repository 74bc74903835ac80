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

use crate::manifest::{
    API_VERSION, Arguments, Manifest, Parameter, PodGc, Spec, Template, TemplateMetadata,
    TtlStrategy, WorkflowSpec,
};

pub use cron::Cron;
pub(crate) use parameters::decode as decode_runtime_parameters;
pub use parameters::{
    MARK as NUMBER_MARK, NAME as RUNTIME_PARAMETERS, encode as encode_runtime_parameters,
    is_pythons as is_pythons_number,
};

pub(crate) use environment::{HANDOFF_PATH, LOAD_VERSIONS, RUN_VERSION};
pub(crate) use inputs::{NODES, NODES_FROM_NAME};
pub use metadata::SCHEDULE;
pub use notify::{DURATION, FAILURES, NAMESPACE, NOTIFY, NotifyRequest, REQUEST as NOTIFY_REQUEST};
pub use options::{Kind, Options};

use classes::Class;
use context::Context;
use settings::Settings;

/// The variable that says where handed-off datasets are stored.
pub fn handoff_variable() -> &'static str {
    HANDOFF_PATH
}

/// The variable that says where a run notes which versions it reads.
pub fn load_versions_variable() -> &'static str {
    LOAD_VERSIONS
}

/// Lowers a plan to a manifest; patches that do not apply are left out.
pub fn lower(plan: &Plan, snapshot: &Snapshot, config: &ArgoConfig, options: &Options) -> Manifest {
    lower_and_check(plan, snapshot, config, options).0
}

/// Lowers a plan to a manifest, and says which patches of `argo.yml` do not apply to it.
pub fn lower_and_check(
    plan: &Plan,
    snapshot: &Snapshot,
    config: &ArgoConfig,
    options: &Options,
) -> (Manifest, Vec<Diagnostic>) {
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
            seconds_after_completion: config.ttl.after_completion,
            seconds_after_success: config.ttl.after_success,
            seconds_after_failure: config.ttl.after_failure,
        })
        .filter(|ttl| *ttl != TtlStrategy::default()),
        pod_gc: pod_gc(&config.pod_gc),
        templates,
        ..WorkflowSpec::default()
    };
    pod::of_workflow(&mut workflow, &context);
    let patches = patch::Patches::new(config, &settings, &classes);
    let (workflow, findings) = patches.apply(workflow);
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
    let inherited = Some(TemplateMetadata {
        labels: labels.clone(),
        annotations: annotations.clone(),
    });
    let (kind, spec) = match &options.kind {
        Kind::Workflow => ("Workflow", Spec::Workflow(Box::new(workflow))),
        Kind::WorkflowTemplate => (
            "WorkflowTemplate",
            Spec::Workflow(Box::new(WorkflowSpec {
                workflow_metadata: inherited,
                ..workflow
            })),
        ),
        Kind::CronWorkflow(cron) => (
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
    };
    (manifest, findings)
}

/// Template of a class of tasks: in the custom template that they ask for, or in ours.
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

/// The runtime parameters, as one parameter that Argo's UI shows and a retry can change.
fn arguments(context: &Context<'_>) -> Option<Arguments> {
    if !parameters::are_passed(context) {
        return None;
    }
    let text = parameters::encode(&context.snapshot.runtime_parameters);
    Some(Arguments {
        parameters: vec![Parameter {
            description: Some("Kedro runtime parameters, a JSON object".to_owned()),
            ..Parameter::new(parameters::NAME, text)
        }],
        ..Arguments::default()
    })
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
