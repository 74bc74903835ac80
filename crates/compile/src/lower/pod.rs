//! Fields of pods besides containers: shared fields in the workflow, others in the template.

use indexmap::IndexMap;
use plan::TaskSettings;
use project::config::{NodeSettings, Structure, Toleration as ConfiguredToleration};

use super::classes::Class;
use super::context::Context;
use super::{metadata, retry, settings, volumes};
use argo::spec::{
    IntOrString, LocalObjectReference, Metrics, Synchronization, Template, TemplateMetadata,
    Toleration, WorkflowSpec,
};
use serde_json::{Map, Value};

const GPU: &str = "nvidia.com/gpu";

/// Writes the fields of every pod into the workflow.
pub(super) fn of_workflow(spec: &mut WorkflowSpec, context: &Context<'_>) {
    let config = context.config;
    spec.image_pull_secrets = config
        .image_pull_secrets
        .iter()
        .map(|name| LocalObjectReference {
            name: name.clone(),
            ..LocalObjectReference::default()
        })
        .collect();
    spec.active_deadline_seconds = config.active_deadline.map(Into::into);
    spec.parallelism = config.parallelism.map(Into::into);
    spec.archive_logs = config.archive_logs;
    spec.synchronization = config.synchronization.as_ref().map(synchronization);
    spec.metrics = metrics(&config.metrics);
    let Some(every) = settings::of_every_node(context) else {
        return;
    };
    if let Some(account) = &every.service_account {
        spec.service_account_name = Some(account.clone());
    }
    spec.pod_metadata = Some(TemplateMetadata {
        labels: every.labels.clone(),
        annotations: every.annotations.clone(),
        ..TemplateMetadata::default()
    })
    .filter(|metadata| *metadata != TemplateMetadata::default());
    spec.node_selector.clone_from(&every.node_selector);
    spec.affinity = tree(every.affinity.clone());
    spec.tolerations = every.tolerations.iter().flatten().map(toleration).collect();
    spec.pod_priority_class_name
        .clone_from(&every.priority_class);
    spec.scheduler_name.clone_from(&every.scheduler_name);
    spec.security_context = tree(every.security_context.clone());
}

/// Writes the pod fields of a class into its template, except those of every pod, which are in the workflow. Argo takes
/// each field from one of the two, and merges none.
pub(super) fn of_class(
    template: &mut Template,
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) {
    let values = &task_settings.values;
    let nothing = NodeSettings::default();
    let every = settings::of_every_node(context).unwrap_or(&nothing);
    template.metadata = TemplateMetadata {
        labels: with_own(metadata::labels(context), &values.labels, &every.labels),
        annotations: with_own(
            std::mem::take(&mut template.metadata.annotations),
            &values.annotations,
            &every.annotations,
        ),
        ..TemplateMetadata::default()
    };
    if let Some(retry) = &values.retry {
        template.retry_strategy = Some(retry::strategy(retry));
        template.pod_spec_patch = retry
            .memory
            .as_ref()
            .map(|memory| retry::patch(memory, &class.machine));
    }
    template.timeout = values
        .timeout
        .as_ref()
        .map(|timeout| timeout.as_str().to_owned());
    template.active_deadline_seconds = values.active_deadline.map(IntOrString::from);
    template.synchronization = values.synchronization.as_ref().map(synchronization);
    template.metrics = values.metrics.as_deref().and_then(metrics);
    template.service_account_name = unlike(
        values.service_account.as_ref(),
        every.service_account.as_ref(),
    );
    let mut selector = values.node_selector.clone();
    let machine = &class.machine;
    selector.extend(
        context
            .config
            .node_selector(&machine.machine_type, machine.gpu),
    );
    if selector != every.node_selector {
        template.node_selector = selector;
    }
    let configured = |settings: &NodeSettings| -> Vec<Toleration> {
        settings
            .tolerations
            .iter()
            .flatten()
            .map(toleration)
            .collect()
    };
    let mut tolerations = configured(values);
    if machine.gpu > 0 {
        tolerations.push(gpu_toleration());
    }
    if tolerations != configured(every) {
        template.tolerations = tolerations;
    }
    template.affinity = tree(unlike(values.affinity.as_ref(), every.affinity.as_ref()));
    template.priority_class_name = unlike(
        values.priority_class.as_ref(),
        every.priority_class.as_ref(),
    );
    template.scheduler_name = unlike(
        values.scheduler_name.as_ref(),
        every.scheduler_name.as_ref(),
    );
    template.security_context = tree(unlike(
        values.security_context.as_ref(),
        every.security_context.as_ref(),
    ));
    template.volumes = volumes::volumes(class, task_settings);
}

/// Our own labels, and the labels of the class that are not on every pod.
fn with_own(
    own: IndexMap<String, String>,
    of_class: &IndexMap<String, String>,
    of_every: &IndexMap<String, String>,
) -> IndexMap<String, String> {
    let mut all = own;
    metadata::add(&mut all, of_every);
    metadata::add(&mut all, of_class);
    all.retain(|name, value| of_every.get(name) != Some(value));
    all
}

fn unlike<T: Clone + PartialEq>(of_class: Option<&T>, of_every: Option<&T>) -> Option<T> {
    of_class.filter(|_| of_class != of_every).cloned()
}

fn metrics(configured: &[Structure]) -> Option<Metrics> {
    (!configured.is_empty()).then(|| Metrics {
        prometheus: configured.iter().map(|metric| metric.0.clone()).collect(),
        ..Metrics::default()
    })
}

/// Locks. Fields that Argo cannot read stay unchanged; lint reports them.
fn synchronization(configured: &Structure) -> Synchronization {
    Synchronization::unchecked(configured.0.clone())
}

fn tree(configured: Option<Structure>) -> Option<Map<String, Value>> {
    configured.map(|structure| structure.0)
}

fn toleration(configured: &ConfiguredToleration) -> Toleration {
    Toleration {
        key: configured.key.clone(),
        operator: configured.operator.clone(),
        value: configured.value.clone(),
        effect: configured.effect.clone(),
        toleration_seconds: configured.toleration_seconds,
        ..Toleration::default()
    }
}

/// Toleration for GPU nodes, which reject pods without one.
fn gpu_toleration() -> Toleration {
    Toleration {
        key: Some(GPU.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoSchedule".to_owned()),
        ..Toleration::default()
    }
}
