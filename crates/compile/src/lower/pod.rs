//! Fields of pods besides containers: those of all pods in the workflow, those of some in their template.

use indexmap::IndexMap;
use plan::TaskSettings;
use project::config::{NodeSettings, Structure, Toleration};

use super::classes::Class;
use super::context::Context;
use super::{metadata, retry, settings, volumes};
use crate::manifest::{LocalObjectReference, Metrics, Template, TemplateMetadata, WorkflowSpec};

const GPU: &str = "nvidia.com/gpu";

/// Writes the fields of every pod into the workflow.
pub(super) fn of_workflow(spec: &mut WorkflowSpec, context: &Context<'_>) {
    let config = context.config;
    spec.image_pull_secrets = config
        .image_pull_secrets
        .iter()
        .map(|name| LocalObjectReference { name: name.clone() })
        .collect();
    spec.active_deadline_seconds = config.active_deadline;
    spec.parallelism = config.parallelism;
    spec.archive_logs = config.archive_logs;
    spec.synchronization.clone_from(&config.synchronization);
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
    })
    .filter(|metadata| *metadata != TemplateMetadata::default());
    spec.node_selector.clone_from(&every.node_selector);
    spec.affinity.clone_from(&every.affinity);
    spec.tolerations = every.tolerations.clone().unwrap_or_default();
    spec.pod_priority_class_name
        .clone_from(&every.priority_class);
    spec.scheduler_name.clone_from(&every.scheduler_name);
    spec.security_context.clone_from(&every.security_context);
}

/// Puts what the pods of a class have into its template: what they share with every pod is
/// in the workflow. Argo takes each field from the one or the other, and merges none.
pub(super) fn of_class(
    template: &mut Template,
    class: &Class,
    task_settings: &TaskSettings,
    context: &Context<'_>,
) {
    let values = &task_settings.values;
    let nothing = NodeSettings::default();
    let every = settings::of_every_node(context).unwrap_or(&nothing);
    template.metadata = Some(TemplateMetadata {
        labels: with_own(metadata::labels(context), &values.labels, &every.labels),
        annotations: with_own(
            template.metadata.take().unwrap_or_default().annotations,
            &values.annotations,
            &every.annotations,
        ),
    });
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
    template.active_deadline_seconds = values.active_deadline;
    template.synchronization.clone_from(&values.synchronization);
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
    let mut tolerations = values.tolerations.clone().unwrap_or_default();
    if machine.gpu > 0 {
        tolerations.push(gpu_toleration());
    }
    if Some(&tolerations) != every.tolerations.as_ref() {
        template.tolerations = tolerations;
    }
    template.affinity = unlike(values.affinity.as_ref(), every.affinity.as_ref());
    template.priority_class_name = unlike(
        values.priority_class.as_ref(),
        every.priority_class.as_ref(),
    );
    template.scheduler_name = unlike(
        values.scheduler_name.as_ref(),
        every.scheduler_name.as_ref(),
    );
    template.security_context = unlike(
        values.security_context.as_ref(),
        every.security_context.as_ref(),
    );
    template.volumes = volumes::volumes(class, task_settings);
}

/// Our own labels, and those of the class that not every pod has.
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
        prometheus: configured.to_vec(),
    })
}

/// Machines with GPUs turn away pods that do not ask for them.
fn gpu_toleration() -> Toleration {
    Toleration {
        key: Some(GPU.to_owned()),
        operator: Some("Exists".to_owned()),
        effect: Some("NoSchedule".to_owned()),
        ..Toleration::default()
    }
}
