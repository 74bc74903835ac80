//! Custom templates: for tasks, and for work before the pipeline or after the workflow.

use plan::TaskSettings;
use project::config::{CustomTemplate, Sidecar, Volume as ConfiguredVolume};

use super::classes::Class;
use super::context::Context;
use super::{container, environment, init_templates, settings, volumes};
use argo::spec::{
    Container, EnvVar, KeyToPath, Outputs, Parameter, SecretVolume, Template, ValueFrom, Volume,
};

/// The template of a class of tasks that run in a custom template.
///
/// Contains those inputs of the earlier plugin to which the custom template refers.
pub(super) fn task_template(
    class: &Class,
    custom: &CustomTemplate,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) -> Template {
    let mut template = container::pod_template(class, task_settings, context);
    let known = [
        ("pipeline", context.snapshot.pipelines.join(",")),
        (
            "environment",
            context.snapshot.environment_name().to_owned(),
        ),
        ("mem", class.machine.memory.in_gib()),
        ("cpu", class.machine.cpu.to_string()),
        ("num_gpu", class.machine.gpu.to_string()),
    ];
    let words = serde_json::to_string(custom).unwrap_or_default();
    let meant = known
        .into_iter()
        .filter(|(name, _)| refers_to(&words, name));
    let meant = meant.map(|(name, value)| Parameter::new(name, value));
    template.inputs.parameters.extend(meant);
    let mut variables = environment::of_task(class, task_settings, context);
    environment::extend(&mut variables, &custom.container.env);
    let mut mounts = volumes::mounts(class, task_settings, context);
    mounts.extend(custom.container.volume_mounts.iter().map(volumes::mount));
    template.outputs = outputs(custom, false);
    // `argo-kedro exec` writes its use of resources, in any container.
    if words.contains("argo-kedro exec") || words.contains(r#""argo-kedro","exec""#) {
        let outputs = &mut template.outputs;
        let used = crate::usage::outputs().parameters.into_iter();
        let own: Vec<String> = outputs
            .parameters
            .iter()
            .map(|own| own.name.clone())
            .collect();
        outputs
            .parameters
            .extend(used.filter(|used| !own.contains(&used.name)));
    }
    template.volumes.extend(custom.volumes.iter().map(volume));
    let mut container = Container {
        env: variables,
        resources: Some(container::resources(&class.machine, task_settings)),
        volume_mounts: mounts,
        ..container::plain(
            container::image(context),
            custom.container.command.clone(),
            custom.container.args.clone(),
            Some(&task_settings.values),
        )
    };
    environment::name_secrets(&mut container, &template.volumes);
    template.container = Some(container);
    template.sidecars = custom.sidecars.iter().map(sidecar).collect();
    template
}

/// The templates that run before the pipeline.
pub(super) fn before_pipeline(context: &Context<'_>) -> Vec<Template> {
    init_templates::configured(context)
        .map(|custom| {
            let first = vec![environment::workflow_id()];
            beside_pipeline(custom, first, true, context)
        })
        .collect()
}

/// The template that runs after the workflow.
pub(super) fn exit_template(name: &str, context: &Context<'_>) -> Option<Template> {
    let mut templates = context.config.template.templates.iter();
    let custom = templates.find(|custom| custom.name == name)?;
    let first = vec![environment::workflow_id(), environment::status()];
    Some(beside_pipeline(custom, first, false, context))
}

fn beside_pipeline(
    custom: &CustomTemplate,
    first: Vec<EnvVar>,
    is_init: bool,
    context: &Context<'_>,
) -> Template {
    let mut variables = environment::beside_pipeline(first, context);
    environment::extend(&mut variables, &custom.container.env);
    let mounts = custom.container.volume_mounts.iter();
    Template {
        name: custom.name.clone(),
        outputs: outputs(custom, is_init),
        container: Some(Container {
            env: variables,
            volume_mounts: mounts.map(volumes::mount).collect(),
            ..container::plain(
                container::image(context),
                custom.container.command.clone(),
                custom.container.args.clone(),
                settings::of_every_node(context),
            )
        }),
        sidecars: custom.sidecars.iter().map(sidecar).collect(),
        volumes: custom.volumes.iter().map(volume).collect(),
        ..Template::default()
    }
}

/// Says whether a text refers to an input, or to all inputs.
fn refers_to(words: &str, input: &str) -> bool {
    words.contains(&format!("inputs.parameters.{input}"))
        || words.contains("inputs.parameters[")
        || words.contains("inputs.parameters}}")
        || words.contains("inputs.parameters)")
}

fn outputs(custom: &CustomTemplate, global: bool) -> Outputs {
    let parameters: Vec<Parameter> = custom
        .output_parameters()
        .filter_map(|output| {
            Some(Parameter {
                name: output.name.clone(),
                value_from: Some(ValueFrom {
                    path: output.file()?.to_owned(),
                    ..ValueFrom::default()
                }),
                global_name: global.then(|| output.name.clone()),
                ..Parameter::default()
            })
        })
        .collect();
    Outputs {
        parameters,
        ..Outputs::default()
    }
}

fn sidecar(sidecar: &Sidecar) -> Container {
    Container {
        name: sidecar.name.clone(),
        image: sidecar.image.clone(),
        command: sidecar.command.clone(),
        args: sidecar.args.clone(),
        env: sidecar.env.iter().map(environment::variable).collect(),
        volume_mounts: sidecar.volume_mounts.iter().map(volumes::mount).collect(),
        ..Container::default()
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
                ..KeyToPath::default()
            }],
            ..SecretVolume::default()
        }),
        ..Volume::default()
    }
}

#[cfg(test)]
mod tests {
    use super::refers_to;

    #[test]
    fn an_input_is_made_where_words_refer_to_it() {
        for (words, is_meant) in [
            ("argo-kedro exec --nodes x", false),
            ("echo {{inputs.parameters.mem}}", true),
            ("echo {{ inputs.parameters.memory }}", true),
            ("{{= sprig.toJson(inputs.parameters) }}", true),
            ("echo {{inputs.parameters}}", true),
            ("{{=inputs.parameters['mem']}}", true),
            ("echo {{inputs.parameters.cpu}}", false),
        ] {
            assert_eq!(refers_to(words, "mem"), is_meant, "{words}");
        }
    }
}
