//! The container that runs Kedro nodes.

use indexmap::IndexMap;
use plan::{Machine, Task};
use project::config::EnvironmentVariable;
use serde_json::Value;
use serde_saphyr::FlowSeq;

use super::classes::Class;
use super::{Context, parameters};
use crate::manifest::{
    ClaimResources, ClaimSpec, ClaimTemplate, Container, EnvVar, EnvVarSource, Ephemeral, Inputs,
    Parameter, Resources, SecretKeySelector, Template, TemplateMetadata, Toleration, Volume,
    VolumeMount,
};

/// Input with the task's Kedro nodes; the name is the earlier plugin's, so that custom
/// templates that read it go on working.
pub(crate) const NODES: &str = "kedro_nodes";
/// The Kedro node of a task whose name says it: `fit_model` of `fit-model`. Most nodes are
/// named like functions, so most tasks need no argument.
pub(crate) const NODES_FROM_NAME: &str = "{{=replace(tasks.name, '-', '_')}}";
/// Input with the datasets that are handed off.
pub(super) const HANDOFF: &str = "handoff";
/// Input with the catalog entries that stay in memory.
pub(super) const MEMORY: &str = "memory";
/// Variable that says where handed-off datasets are stored (`python/argo_kedro/hooks.py`).
pub(super) const HANDOFF_PATH: &str = "ARGO_KEDRO_HANDOFF_PATH";
const GPU: &str = "nvidia.com/gpu";
const SCRATCH: &str = "scratch";

pub(super) fn task_template(class: &Class, context: &Context<'_>) -> Template {
    let mut template = pod_template(class, context);
    template.container = Some(Container {
        image: image(context),
        command: FlowSeq(vec!["argo-kedro".to_owned(), "exec".to_owned()]),
        args: arguments(context),
        env: environment(class, context),
        resources: Some(resources(&class.machine)),
        volume_mounts: mounts(class, context),
    });
    template
}

/// Whether [`NODES_FROM_NAME`] gives the nodes of a task.
pub(super) fn nodes_follow_from_name(task: &Task) -> bool {
    matches!(task.nodes.as_slice(), [node] if task.name.replace('-', "_") == *node)
}

/// What a template of tasks has besides its container.
pub(super) fn pod_template(class: &Class, context: &Context<'_>) -> Template {
    let mut inputs = vec![Parameter {
        name: NODES.to_owned(),
        default: class.names_say.then(|| NODES_FROM_NAME.to_owned()),
        ..Parameter::default()
    }];
    for (name, used) in [(HANDOFF, class.handoff), (MEMORY, class.memory)] {
        if used {
            inputs.push(Parameter {
                name: name.to_owned(),
                default: Some(String::new()),
                ..Parameter::default()
            });
        }
    }
    Template {
        name: class.name.clone(),
        metadata: Some(TemplateMetadata {
            labels: super::metadata::labels(context),
            annotations: IndexMap::from([(
                "argo-kedro/nodes".to_owned(),
                format!("{{{{inputs.parameters.{NODES}}}}}"),
            )]),
        }),
        inputs: Some(Inputs { parameters: inputs }),
        node_selector: context
            .config
            .node_selector(&class.machine.machine_type, class.machine.gpu),
        tolerations: tolerations(&class.machine),
        volumes: scratch(class).into_iter().collect(),
        ..Template::default()
    }
}

/// The image, with the tag the user fixed. Without one, the tag is the build's to choose.
pub(super) fn image(context: &Context<'_>) -> String {
    if let Some(image) = &context.options.image {
        return image.clone();
    }
    let deployment = &context.config.deployment;
    let repository = deployment
        .image
        .clone()
        .unwrap_or_else(|| context.snapshot.project.package.replace('_', "-"));
    match deployment.fixed_tag() {
        Some(tag) => format!("{repository}:{tag}"),
        None => repository,
    }
}

fn arguments(context: &Context<'_>) -> Vec<String> {
    let snapshot = context.snapshot;
    let mut arguments = vec![
        format!("--nodes={{{{inputs.parameters.{NODES}}}}}"),
        format!("--pipelines={}", snapshot.pipelines.join(",")),
        format!("--env={}", parameters::literal(&snapshot.environment)),
    ];
    if let Some(source) = &snapshot.conf_source {
        arguments.push(format!("--conf-source={}", parameters::literal(source)));
    }
    if parameters::are_passed(context) {
        arguments.push(format!(
            "--params={{{{workflow.parameters.{}}}}}",
            parameters::NAME
        ));
    }
    if !snapshot.load_versions.is_empty() {
        let versions = snapshot
            .load_versions
            .iter()
            .map(|(dataset, version)| (dataset.clone(), Value::from(version.as_str())))
            .collect();
        arguments.push(format!(
            "--load-versions={}",
            parameters::json(&Value::Object(versions))
        ));
    }
    if let Some(runner) = &context.options.runner {
        arguments.push(format!("--runner={}", parameters::literal(runner)));
    }
    arguments
}

/// The variables every container of a task has, then the user's.
pub(super) fn environment(class: &Class, context: &Context<'_>) -> Vec<EnvVar> {
    let cores = class.machine.cpu.millicores().div_ceil(1000);
    let mut variables = vec![
        workflow_id(),
        EnvVar::new("NUM_CPU", cores.to_string()),
        EnvVar::new("MEM_LIMIT_GB", class.machine.memory.in_gib()),
    ];
    if class.handoff {
        variables.push(EnvVar::new(
            "ARGO_KEDRO_HANDOFF",
            format!("{{{{inputs.parameters.{HANDOFF}}}}}"),
        ));
        if let Some(path) = &context.config.memory_datasets.path {
            let path = path.trim_end_matches('/');
            variables.push(EnvVar::new(
                HANDOFF_PATH,
                format!("{path}/{{{{workflow.uid}}}}"),
            ));
        }
    }
    if class.memory {
        variables.push(EnvVar::new(
            "ARGO_KEDRO_MEMORY",
            format!("{{{{inputs.parameters.{MEMORY}}}}}"),
        ));
    }
    variables.extend(super::custom::init_outputs(context).map(|output| {
        EnvVar::new(
            output.to_uppercase().replace('-', "_"),
            format!("{{{{workflow.outputs.parameters.{output}}}}}"),
        )
    }));
    variables.extend(context.config.template.environment.iter().map(variable));
    variables
}

/// The workflow's unique id.
pub(super) fn workflow_id() -> EnvVar {
    EnvVar::new("WORKFLOW_ID", "{{workflow.uid}}")
}

/// A variable as the user configured it.
pub(super) fn variable(configured: &EnvironmentVariable) -> EnvVar {
    EnvVar {
        name: configured.name.clone(),
        value: configured.value.clone(),
        value_from: configured.secret_ref.as_ref().map(|secret| EnvVarSource {
            secret_key_ref: Some(SecretKeySelector {
                name: secret.name.clone(),
                key: secret.key.clone(),
            }),
        }),
    }
}

pub(super) fn resources(machine: &Machine) -> Resources {
    let mut amounts = IndexMap::from([
        ("cpu".to_owned(), machine.cpu.to_string()),
        ("memory".to_owned(), machine.memory.to_string()),
    ]);
    let requests = amounts.clone();
    if machine.gpu > 0 {
        // Kubernetes takes a limit of an extended resource for its request as well.
        amounts.insert(GPU.to_owned(), machine.gpu.to_string());
    }
    Resources {
        requests,
        limits: amounts,
    }
}

pub(super) fn mounts(class: &Class, context: &Context<'_>) -> Vec<VolumeMount> {
    class
        .machine
        .scratch
        .map(|_| VolumeMount {
            name: SCRATCH.to_owned(),
            mount_path: context.config.template.emph_storage_mount_path.clone(),
            read_only: false,
        })
        .into_iter()
        .collect()
}

fn scratch(class: &Class) -> Option<Volume> {
    let size = class.machine.scratch?;
    Some(Volume {
        name: SCRATCH.to_owned(),
        secret: None,
        ephemeral: Some(Ephemeral {
            volume_claim_template: ClaimTemplate {
                spec: ClaimSpec {
                    access_modes: FlowSeq(vec!["ReadWriteOnce".to_owned()]),
                    resources: ClaimResources {
                        requests: IndexMap::from([("storage".to_owned(), size.to_string())]),
                    },
                },
            },
        }),
    })
}

fn tolerations(machine: &Machine) -> Vec<Toleration> {
    if machine.gpu == 0 {
        return Vec::new();
    }
    vec![Toleration {
        key: GPU.to_owned(),
        operator: "Exists".to_owned(),
        effect: "NoSchedule".to_owned(),
    }]
}
