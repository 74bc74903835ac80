//! From a Plan to Argo's manifest.

mod classes;
mod container;
mod cron;
mod custom;
mod dag;
mod metadata;
mod parameters;

use plan::Plan;
use project::Snapshot;
use project::config::{ArgoConfig, PodGc as PodGcChoice};

use crate::manifest::{
    API_VERSION, Arguments, Manifest, Parameter, PodGc, Spec, TemplateMetadata, TtlStrategy,
    WorkflowSpec,
};

pub use cron::Cron;
pub use parameters::{NAME as RUNTIME_PARAMETERS, encode as encode_runtime_parameters};

pub(crate) use container::{NODES, NODES_FROM_NAME};

/// Which kind of manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// One run.
    Workflow,
    /// Something to run later, from Argo's UI or another workflow.
    WorkflowTemplate,
    /// Something to run by the clock.
    CronWorkflow(Box<Cron>),
}

/// What is asked at the command line rather than configured.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which kind of manifest.
    pub kind: Kind,
    /// Name of the workflow; generated from the project and pipeline if none.
    pub name: Option<String>,
    /// Image to use instead of the configured one, with its tag or digest.
    pub image: Option<String>,
    /// Class of the Kedro runner inside each task.
    pub runner: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            kind: Kind::Workflow,
            name: None,
            image: None,
            runner: None,
        }
    }
}

/// The variable that says where handed-off datasets are stored.
pub fn handoff_variable() -> &'static str {
    container::HANDOFF_PATH
}

/// What every part of lowering reads.
struct Context<'a> {
    snapshot: &'a Snapshot,
    config: &'a ArgoConfig,
    options: &'a Options,
}

/// Lowers a plan to a manifest.
pub fn lower(plan: &Plan, snapshot: &Snapshot, config: &ArgoConfig, options: &Options) -> Manifest {
    let context = Context {
        snapshot,
        config,
        options,
    };
    let classes = classes::classes(plan, &context);
    let mut templates = vec![dag::pipeline(plan, &classes, &context)];
    templates.extend(custom::init_templates(&context));
    templates.extend(classes.iter().map(|class| class.template(&context)));
    let workflow = WorkflowSpec {
        workflow_metadata: None,
        entrypoint: dag::ENTRYPOINT.to_owned(),
        arguments: arguments(&context),
        service_account_name: config.service_account.clone(),
        ttl_strategy: Some(TtlStrategy {
            seconds_after_completion: config.ttl.after_completion,
            seconds_after_success: config.ttl.after_success,
            seconds_after_failure: config.ttl.after_failure,
        })
        .filter(|ttl| *ttl != TtlStrategy::default()),
        pod_gc: pod_gc(config.pod_gc),
        templates,
    };
    let (labels, annotations) = (metadata::labels(&context), metadata::annotations(&context));
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
    Manifest {
        api_version: API_VERSION.to_owned(),
        kind: kind.to_owned(),
        metadata: metadata::metadata(&context, labels, annotations),
        spec,
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
    })
}

fn pod_gc(choice: PodGcChoice) -> Option<PodGc> {
    let strategy = match choice {
        PodGcChoice::Never => return None,
        PodGcChoice::OnPodCompletion => "OnPodCompletion",
        PodGcChoice::OnPodSuccess => "OnPodSuccess",
        PodGcChoice::OnWorkflowCompletion => "OnWorkflowCompletion",
        PodGcChoice::OnWorkflowSuccess => "OnWorkflowSuccess",
    };
    Some(PodGc {
        strategy: strategy.to_owned(),
    })
}
