//! Environment variables of containers.

use std::collections::BTreeSet;

use plan::TaskSettings;
use project::Snapshot;
use project::config::{EnvironmentSource, EnvironmentVariable, Mlflow};

use super::classes::Class;
use super::context::{Context, Part};
use super::inputs::{HANDOFF, MEMORY};
use super::{init_templates, settings, volumes};
use crate::from_run::{HANDOFF_FROM, RUN_VERSION_FROM};
use argo::spec::{
    ConfigMapKeySelector, Container, EnvFromSource, EnvVar, EnvVarSource, ObjectFieldSelector,
    OptionalName, SecretKeySelector, Volume,
};
use marks::{HANDOFF_PATH, LOAD_VERSIONS, RUN_VERSION, name_list};

/// Variable with the memory that a task may use, in GiB.
pub(super) const MEM_LIMIT_GB: &str = "MEM_LIMIT_GB";

/// Variable that lists the secrets in a container, for the program that writes its output: names of variables,
/// `BEGINNING*` for all names with this beginning, and folders of files.
const SECRETS: &str = "ARGO_KEDRO_SECRETS";

/// Variable with argo.yml's settings for `MLflow`, if it has any (`python/argo_kedro/mlflow/join.py`).
const MLFLOW: &str = "ARGO_KEDRO_MLFLOW";

/// Variables of every task's container, then those of the user.
pub(super) fn of_task(
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) -> Vec<EnvVar> {
    let cores = class.machine.cpu.millicores().div_ceil(1000);
    let mut variables = vec![
        workflow_id(),
        EnvVar::new("NUM_CPU", cores.to_string()),
        EnvVar::new(MEM_LIMIT_GB, class.machine.memory.in_gib()),
        run_version(),
    ];
    if let Some(folder) = context.config.memory_datasets.folder()
        && reads_versions(context.snapshot)
    {
        variables.push(EnvVar::new(
            LOAD_VERSIONS,
            format!("{folder}/{{{{workflow.uid}}}}/load-versions"),
        ));
    }
    let mlflow = &context.config.mlflow;
    if *mlflow != Mlflow::default()
        && let Ok(text) = serde_json::to_string(mlflow)
    {
        variables.push(EnvVar::new(MLFLOW, text));
    }
    if class.part == Part::OnExit {
        variables.push(status());
    }
    if class.handoff {
        variables.push(EnvVar::new(
            "ARGO_KEDRO_HANDOFF",
            format!("{{{{inputs.parameters.{HANDOFF}}}}}"),
        ));
        if let Some(folder) = context.config.memory_datasets.folder() {
            variables.push(EnvVar::new(
                HANDOFF_PATH,
                format!("{folder}/{{{{workflow.uid}}}}"),
            ));
        }
    }
    if let Some(from) = &context.options.from_run {
        if class.handoff && !from.handoff.is_empty() {
            let places = name_list::written_with_tags(&from.handoff);
            variables.push(EnvVar::new(HANDOFF_FROM, places));
        }
        let versions = name_list::written_with_tags(&from.versions);
        variables.push(EnvVar::new(RUN_VERSION_FROM, versions));
    }
    if class.memory {
        variables.push(EnvVar::new(
            "ARGO_KEDRO_MEMORY",
            format!("{{{{inputs.parameters.{MEMORY}}}}}"),
        ));
    }
    variables.extend(init_templates::outputs(context).map(|output| {
        EnvVar::new(
            output.to_uppercase().replace('-', "_"),
            format!("{{{{workflow.outputs.parameters.{output}}}}}"),
        )
    }));
    extend(&mut variables, &context.config.template.environment);
    extend(&mut variables, &task_settings.values.environment);
    variables
}

/// Says whether nodes read a versioned dataset that none of them writes.
fn reads_versions(snapshot: &Snapshot) -> bool {
    let plain = |name: &str| name.split('@').next().unwrap_or(name).to_owned();
    let written: BTreeSet<String> = snapshot
        .nodes
        .iter()
        .flat_map(|node| &node.outputs)
        .map(|name| plain(name))
        .collect();
    let read = snapshot.nodes.iter().flat_map(|node| &node.inputs);
    let mut free = read.filter(|name| !written.contains(&plain(name)));
    free.any(|name| {
        let dataset = snapshot.datasets.get(name);
        dataset.is_some_and(|dataset| dataset.versioned)
    })
}

/// Adds the variable that lists the container's secrets, if there are any.
pub(super) fn name_secrets(container: &mut Container, volumes: &[Volume]) {
    let variables = container.env.iter().filter(|variable| {
        let source = variable.value_from.as_ref();
        source.is_some_and(|source| source.secret_key_ref.is_some())
    });
    let sources = container.env_from.iter();
    let sources = sources.filter(|source| source.secret_ref.is_some());
    let mounts = container.volume_mounts.iter().filter(|mount| {
        let mut of_mount = volumes.iter().filter(|volume| volume.name == mount.name);
        of_mount.any(volumes::is_secret)
    });
    let places: Vec<String> = variables
        .map(|variable| variable.name.clone())
        .chain(sources.map(|source| format!("{}*", source.prefix.as_deref().unwrap_or_default())))
        .chain(mounts.map(|mount| mount.mount_path.clone()))
        .collect();
    if !places.is_empty() {
        container.env.push(EnvVar::new(SECRETS, places.join(",")));
    }
}

/// Variables of containers that run before the pipeline or after the workflow.
pub(super) fn beside_pipeline(first: Vec<EnvVar>, context: &Context<'_>) -> Vec<EnvVar> {
    let mut variables = first;
    extend(&mut variables, &context.config.template.environment);
    if let Some(every) = settings::of_every_node(context) {
        extend(&mut variables, &every.environment);
    }
    variables
}

/// Adds variables; of two with the same name, the later one wins.
pub(super) fn extend(variables: &mut Vec<EnvVar>, more: &[EnvironmentVariable]) {
    for configured in more {
        let variable = variable(configured);
        match variables
            .iter_mut()
            .find(|known| known.name == variable.name)
        {
            Some(known) => *known = variable,
            None => variables.push(variable),
        }
    }
}

/// The workflow's unique id.
pub(super) fn workflow_id() -> EnvVar {
    EnvVar::new("WORKFLOW_ID", "{{workflow.uid}}")
}

/// Creation time of the workflow, and its unique id.
///
/// Both are the same in all pods, after a retry, and after a restart of the controller. The time comes first, because
/// Kedro needs later versions for later runs. It has a resolution of seconds, in which two runs may begin, so the id
/// follows.
fn run_version() -> EnvVar {
    EnvVar::new(
        RUN_VERSION,
        "{{workflow.creationTimestamp.RFC3339}}/{{workflow.uid}}",
    )
}

/// Variable with the final phase of the workflow, for exit handlers.
pub(super) fn status() -> EnvVar {
    EnvVar::new("WORKFLOW_STATUS", "{{workflow.status}}")
}

/// A configured variable.
pub(super) fn variable(configured: &EnvironmentVariable) -> EnvVar {
    let source = EnvVarSource {
        secret_key_ref: configured.secret_ref.as_ref().map(|secret| {
            let (name, key) = (secret.name.clone(), secret.key.clone());
            SecretKeySelector {
                name,
                key,
                ..SecretKeySelector::default()
            }
        }),
        config_map_key_ref: configured.config_map_ref.as_ref().map(|config_map| {
            let (name, key) = (config_map.name.clone(), config_map.key.clone());
            ConfigMapKeySelector {
                name,
                key,
                ..ConfigMapKeySelector::default()
            }
        }),
        field_ref: configured
            .field_ref
            .clone()
            .map(|field_path| ObjectFieldSelector {
                field_path,
                ..ObjectFieldSelector::default()
            }),
        ..EnvVarSource::default()
    };
    EnvVar {
        name: configured.name.clone(),
        value: configured.value.clone(),
        value_from: Some(source).filter(|source| *source != EnvVarSource::default()),
        ..EnvVar::default()
    }
}

/// Secrets and `ConfigMaps` whose every key becomes an environment variable.
pub(super) fn sources(configured: Option<&Vec<EnvironmentSource>>) -> Vec<EnvFromSource> {
    let name = |name: &Option<String>, optional: bool| {
        name.clone().map(|name| OptionalName {
            name,
            optional,
            ..OptionalName::default()
        })
    };
    let configured = configured.into_iter().flatten();
    configured
        .map(|source| EnvFromSource {
            prefix: source.prefix.clone(),
            secret_ref: name(&source.secret, source.optional),
            config_map_ref: name(&source.config_map, source.optional),
            ..EnvFromSource::default()
        })
        .collect()
}
