//! The container that runs Kedro nodes.

use indexmap::IndexMap;
use plan::{Machine, TaskSettings};
use project::config::NodeSettings;
use serde_json::Value;

use super::classes::Class;
use super::context::Context;
use super::inputs::{HANDOFF, MEMORY};
use super::{environment, parameters, pod, volumes};
use argo::spec::{AnyString, Container, Inputs, Parameter, Resources, Template, TemplateMetadata};
use marks::{EXEC, NODES, NODES_FROM_NAME, name_list, runtime_parameters};

const GPU: &str = "nvidia.com/gpu";

/// Template of a class of tasks.
pub(super) fn task_template(
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) -> Template {
    let mut template = pod_template(class, task_settings, context);
    template.outputs = crate::usage::outputs();
    let mut container = Container {
        env: environment::of_task(class, task_settings, context),
        resources: Some(resources(&class.machine, task_settings)),
        volume_mounts: volumes::mounts(class, task_settings, context),
        ..plain(
            image(context),
            EXEC.map(str::to_owned).to_vec(),
            arguments(context),
            Some(&task_settings.values),
        )
    };
    environment::name_secrets(&mut container, &template.volumes);
    template.container = Some(container);
    template
}

/// Container with the settings that all containers share.
pub(super) fn plain(
    image: String,
    command: Vec<String>,
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
        security_context: settings
            .and_then(|settings| settings.container_security_context.clone())
            .map(|context| context.0),
        ..Container::default()
    }
}

/// Template of tasks, without its container.
pub(super) fn pod_template(
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) -> Template {
    let mut inputs = vec![Parameter {
        name: NODES.to_owned(),
        default: class
            .nodes_follow_from_names
            .then(|| NODES_FROM_NAME.into()),
        ..Parameter::default()
    }];
    for (name, used) in [(HANDOFF, class.handoff), (MEMORY, class.memory)] {
        if used {
            inputs.push(Parameter {
                name: name.to_owned(),
                default: Some(AnyString::default()),
                ..Parameter::default()
            });
        }
    }
    let mut template = Template {
        name: class.name.clone(),
        metadata: TemplateMetadata {
            annotations: IndexMap::from([(
                "argo-kedro/nodes".to_owned(),
                format!("{{{{inputs.parameters.{NODES}}}}}"),
            )]),
            ..TemplateMetadata::default()
        },
        inputs: Inputs {
            parameters: inputs,
            ..Inputs::default()
        },
        ..Template::default()
    };
    pod::of_class(&mut template, class, task_settings, context);
    template
}

/// The image, with the user's fixed tag if there is one. Otherwise the build chooses the tag.
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
            runtime_parameters::NAME
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

/// Resources of a task's container.
pub(super) fn resources(machine: &Machine, task_settings: &TaskSettings) -> Resources {
    let mut amounts = IndexMap::from([
        ("cpu".to_owned(), AnyString(machine.cpu.to_string())),
        ("memory".to_owned(), AnyString(machine.memory.to_string())),
    ]);
    let others = task_settings.values.resources.iter();
    amounts.extend(others.map(|(name, amount)| (name.clone(), AnyString(amount.0.clone()))));
    let requests = amounts.clone();
    if machine.gpu > 0 {
        // For an extended resource, Kubernetes also uses the limit as the request.
        amounts.insert(GPU.to_owned(), AnyString(machine.gpu.to_string()));
    }
    Resources {
        requests,
        limits: amounts,
        ..Resources::default()
    }
}
