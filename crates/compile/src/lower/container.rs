//! The container that runs Kedro nodes.

use indexmap::IndexMap;
use plan::{Machine, Task, TaskSettings};
use project::config::NodeSettings;
use serde_json::{Map, Value};
use serde_saphyr::FlowSeq;

use super::classes::Class;
use super::{Context, environment, parameters, pod, volumes};
use crate::manifest::{Container, Inputs, Parameter, Resources, Template, TemplateMetadata};
use crate::name_list;

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
pub(crate) const HANDOFF_PATH: &str = "ARGO_KEDRO_HANDOFF_PATH";
const GPU: &str = "nvidia.com/gpu";

pub(super) fn task_template(class: &Class, said: &TaskSettings, context: &Context<'_>) -> Template {
    let mut template = pod_template(class, said, context);
    template.outputs = Some(crate::usage::outputs());
    let mut container = Container {
        env: environment::of_task(class, said, context),
        resources: Some(resources(&class.machine, said)),
        volume_mounts: volumes::mounts(class, said, context),
        ..plain(
            image(context),
            FlowSeq(vec!["argo-kedro".to_owned(), "exec".to_owned()]),
            arguments(context),
            Some(&said.values),
        )
    };
    environment::name_secrets(&mut container, &template.volumes);
    template.container = Some(container);
    template
}

/// A container with what settings say of every container.
pub(super) fn plain(
    image: String,
    command: FlowSeq<Vec<String>>,
    args: Vec<String>,
    settings: Option<&NodeSettings>,
) -> Container {
    let policy = settings.and_then(|settings| settings.image_pull_policy);
    Container {
        image,
        command,
        args,
        image_pull_policy: policy.map(|policy| policy.as_str().to_owned()),
        env_from: environment::sources(settings.and_then(|settings| settings.env_from.as_ref())),
        env: Vec::new(),
        resources: None,
        volume_mounts: Vec::new(),
        security_context: settings.and_then(|settings| settings.container_security_context.clone()),
        other: Map::new(),
    }
}

/// Whether [`NODES_FROM_NAME`] gives the nodes of a task.
pub(super) fn nodes_follow_from_name(task: &Task) -> bool {
    matches!(task.nodes.as_slice(), [node] if task.name.replace('-', "_") == *node)
}

/// What a template of tasks has besides its container.
pub(super) fn pod_template(class: &Class, said: &TaskSettings, context: &Context<'_>) -> Template {
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
    let mut template = Template {
        name: class.name.clone(),
        metadata: Some(TemplateMetadata {
            labels: IndexMap::new(),
            annotations: IndexMap::from([(
                "argo-kedro/nodes".to_owned(),
                format!("{{{{inputs.parameters.{NODES}}}}}"),
            )]),
        }),
        inputs: Some(Inputs {
            parameters: inputs,
            ..Inputs::default()
        }),
        ..Template::default()
    };
    pod::of_class(&mut template, class, said, context);
    template
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
        format!("--pipelines={}", name_list::written(&snapshot.pipelines)),
    ];
    if let Some(environment) = &snapshot.environment {
        arguments.push(format!("--env={}", parameters::literal(environment)));
    }
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
    if let Some(runner) = &snapshot.runner {
        arguments.push(format!("--runner={}", parameters::literal(&runner.name)));
        if !runner.parameters.is_empty() {
            let text = parameters::json(&Value::Object(runner.parameters.clone()));
            arguments.push(format!("--runner-params={text}"));
        }
    }
    arguments
}

pub(super) fn resources(machine: &Machine, said: &TaskSettings) -> Resources {
    let mut amounts = IndexMap::from([
        ("cpu".to_owned(), machine.cpu.to_string()),
        ("memory".to_owned(), machine.memory.to_string()),
    ]);
    let others = said.values.resources.iter();
    amounts.extend(others.map(|(name, amount)| (name.clone(), amount.0.clone())));
    let requests = amounts.clone();
    if machine.gpu > 0 {
        // Kubernetes takes a limit of an extended resource for its request as well.
        amounts.insert(GPU.to_owned(), machine.gpu.to_string());
    }
    Resources {
        requests,
        limits: amounts,
        ..Resources::default()
    }
}
