//! Templates of the user's own: for tasks, and to run before the pipeline.

use project::config::{CustomTemplate, Sidecar, Volume as ConfiguredVolume};
use serde_saphyr::FlowSeq;

use super::classes::Class;
use super::{Context, container};
use crate::manifest::{
    Container, KeyToPath, Outputs, Parameter, SecretVolume, Template, UserContainer, ValueFrom,
    Volume, VolumeMount,
};

/// The template of a class of tasks that run in a custom template.
///
/// It has the inputs of the earlier plugin's, since its words may refer to them.
pub(super) fn task_template(
    class: &Class,
    custom: &CustomTemplate,
    context: &Context<'_>,
) -> Template {
    let mut template = container::pod_template(class, context);
    let known = [
        ("pipeline", context.snapshot.pipelines.join(",")),
        ("environment", context.snapshot.environment.clone()),
        ("mem", class.machine.memory.in_gib()),
        ("cpu", class.machine.cpu.to_string()),
        ("num_gpu", class.machine.gpu.to_string()),
    ];
    if let Some(inputs) = &mut template.inputs {
        inputs
            .parameters
            .extend(known.map(|(name, value)| Parameter::new(name, value)));
    }
    let mut variables = container::environment(class, context);
    variables.extend(custom.container.env.iter().map(container::variable));
    let mut mounts = container::mounts(class, context);
    mounts.extend(custom.container.volume_mounts.iter().map(mount));
    template.outputs = outputs(custom, false);
    template.container = Some(Container {
        image: container::image(context),
        command: FlowSeq(custom.container.command.clone()),
        args: custom.container.args.clone(),
        env: variables,
        resources: Some(container::resources(&class.machine)),
        volume_mounts: mounts,
    });
    template.sidecars = custom.sidecars.iter().map(sidecar).collect();
    template.volumes.extend(custom.volumes.iter().map(volume));
    template
}

/// The templates that run before the pipeline.
pub(super) fn init_templates(context: &Context<'_>) -> Vec<Template> {
    configured(context)
        .map(|custom| {
            let mut variables = vec![container::workflow_id()];
            let environment = &context.config.template.environment;
            variables.extend(environment.iter().map(container::variable));
            variables.extend(custom.container.env.iter().map(container::variable));
            Template {
                name: custom.name.clone(),
                outputs: outputs(custom, true),
                container: Some(Container {
                    image: container::image(context),
                    command: FlowSeq(custom.container.command.clone()),
                    args: custom.container.args.clone(),
                    env: variables,
                    resources: None,
                    volume_mounts: custom.container.volume_mounts.iter().map(mount).collect(),
                }),
                sidecars: custom.sidecars.iter().map(sidecar).collect(),
                volumes: custom.volumes.iter().map(volume).collect(),
                ..Template::default()
            }
        })
        .collect()
}

/// Names of what the init templates hand on, by their own names.
pub(super) fn init_outputs<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a str> {
    configured(context)
        .flat_map(CustomTemplate::output_parameters)
        .map(|parameter| parameter.name.as_str())
}

fn configured<'a>(context: &'a Context<'_>) -> impl Iterator<Item = &'a CustomTemplate> {
    let template = &context.config.template;
    template.init_templates.iter().filter_map(|name| {
        template
            .templates
            .iter()
            .find(|custom| custom.name == *name)
    })
}

fn outputs(custom: &CustomTemplate, global: bool) -> Option<Outputs> {
    let parameters: Vec<Parameter> = custom
        .output_parameters()
        .filter_map(|output| {
            Some(Parameter {
                name: output.name.clone(),
                value_from: Some(ValueFrom {
                    path: output.file()?.to_owned(),
                }),
                global_name: global.then(|| output.name.clone()),
                ..Parameter::default()
            })
        })
        .collect();
    (!parameters.is_empty()).then_some(Outputs { parameters })
}

fn sidecar(sidecar: &Sidecar) -> UserContainer {
    UserContainer {
        name: sidecar.name.clone(),
        image: sidecar.image.clone(),
        env: sidecar.env.iter().map(container::variable).collect(),
        volume_mounts: sidecar.volume_mounts.iter().map(mount).collect(),
    }
}

fn mount(mount: &project::config::VolumeMount) -> VolumeMount {
    VolumeMount {
        name: mount.name.clone(),
        mount_path: mount.mount_path.clone(),
        read_only: mount.read_only,
    }
}

fn volume(volume: &ConfiguredVolume) -> Volume {
    let secret = &volume.secret_ref;
    Volume {
        name: volume.name.clone(),
        secret: Some(SecretVolume {
            secret_name: secret.name.clone(),
            items: vec![KeyToPath {
                key: secret.key.clone(),
                path: secret.path.clone().unwrap_or_else(|| secret.key.clone()),
            }],
        }),
        ephemeral: None,
    }
}
