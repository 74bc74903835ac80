//! Notifications about the end of a workflow: one more exit handler, in the image of the tasks.

use indexmap::IndexMap;
use plan::Plan;
use project::config::{ArgoConfig, Notify};
use serde::{Deserialize, Serialize};
use serde_json::json;

use marks::NOTIFY;

use super::classes::Classes;
use super::context::Context;
use super::options::ManifestKind;
use super::{container, environment, on_exit, parameters, settings};
use argo::spec::{
    AnyString, Container, ContinueOn, Dag, EnvVar, EnvVarSource, Resources, RetryStrategy,
    SecretKeySelector, Task, Template,
};

/// Name of the exit handler that also runs the user's handler.
const COMBINED_HANDLER: &str = "on-end";

/// Variable with a [`NotifyRequest`].
pub const REQUEST: &str = "ARGO_KEDRO_NOTIFY";
/// Variable with the failed tasks, in Argo's format: a quoted JSON text.
pub const FAILURES: &str = "WORKFLOW_FAILURES";
/// Variable with the duration of the workflow in seconds.
pub const DURATION: &str = "WORKFLOW_DURATION";
/// Variable with the namespace of the workflow.
pub const NAMESPACE: &str = "WORKFLOW_NAMESPACE";

/// Name of the exit handler, and the templates that must be added for it.
pub(super) fn handler(
    plan: &Plan,
    classes: &Classes<'_>,
    context: &Context<'_>,
) -> Option<(String, Vec<Template>)> {
    let own = on_exit::handler(plan, classes, context);
    let schedule = match &context.options.kind {
        ManifestKind::CronWorkflow(cron) => cron.name.as_deref(),
        _ => None,
    };
    let project = &context.snapshot.project.name;
    let request = NotifyRequest::new(context.config, project, schedule);
    if request.entries.is_empty() {
        return own.map(|(name, template)| (name, template.into_iter().collect()));
    }
    let mut tasks = Vec::new();
    let mut templates = Vec::new();
    if let Some((name, template)) = own {
        tasks.push(task(&name));
        templates.extend(template);
    }
    // A notification that cannot be sent must not fail the workflow.
    tasks.push(Task {
        continue_on: Some(ContinueOn {
            error: true,
            failed: true,
            ..ContinueOn::default()
        }),
        ..task(NOTIFY)
    });
    templates.push(template(&request, context));
    templates.push(Template {
        name: COMBINED_HANDLER.to_owned(),
        dag: Some(Dag {
            tasks,
            ..Dag::default()
        }),
        ..Template::default()
    });
    Some((COMBINED_HANDLER.to_owned(), templates))
}

fn task(name: &str) -> Task {
    Task {
        name: name.to_owned(),
        template: name.to_owned(),
        ..Task::default()
    }
}

/// Request to the program that sends notifications, as JSON in the variable [`REQUEST`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotifyRequest {
    /// Name of the Kedro project.
    pub project: String,
    /// Schedule of `argo.yml` that started the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Link to a run, with `{namespace}`, `{name}` and `{uid}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ui_url: Option<String>,
    /// Entries of `notify` that apply to this run, by their index.
    pub entries: IndexMap<usize, Notify>,
}

impl NotifyRequest {
    /// Request for a run of a schedule, or for a run without one (`schedule` is none).
    pub fn new(config: &ArgoConfig, project: &str, schedule: Option<&str>) -> Self {
        let all = config.notify.iter().enumerate();
        let entries = all.filter(|(_, entry)| {
            entry.schedules.is_empty()
                || schedule.is_some_and(|name| entry.schedules.iter().any(|wanted| wanted == name))
        });
        Self {
            project: project.to_owned(),
            schedule: schedule.map(str::to_owned),
            ui_url: config.ui_url.clone(),
            entries: entries
                .map(|(index, entry)| (index, entry.clone()))
                .collect(),
        }
    }
}

fn template(request: &NotifyRequest, context: &Context<'_>) -> Template {
    let mut variables = vec![
        environment::workflow_id(),
        EnvVar::new("WORKFLOW_NAME", "{{workflow.name}}"),
        EnvVar::new(NAMESPACE, "{{workflow.namespace}}"),
        environment::status(),
        EnvVar::new(DURATION, "{{workflow.duration}}"),
        EnvVar::new(FAILURES, "{{workflow.failures}}"),
        EnvVar::new(REQUEST, parameters::json(&json!(request))),
    ];
    for (index, entry) in &request.entries {
        variables.extend(entry.secrets().into_iter().map(|secret| EnvVar {
            name: secret.variable(*index),
            value_from: Some(EnvVarSource {
                secret_key_ref: Some(SecretKeySelector {
                    name: secret.key.name.clone(),
                    key: secret.key.key.clone(),
                    // The program reports a missing secret; a pod that cannot start reports nothing.
                    optional: true,
                    ..SecretKeySelector::default()
                }),
                ..EnvVarSource::default()
            }),
            ..EnvVar::default()
        }));
    }
    let amounts = |cpu: &str, memory: &str| {
        [("cpu", cpu), ("memory", memory)]
            .map(|(name, amount)| (name.to_owned(), AnyString::from(amount)))
            .into()
    };
    let mut container = Container {
        env: variables,
        resources: Some(Resources {
            requests: amounts("50m", "64Mi"),
            limits: amounts("500m", "256Mi"),
            ..Resources::default()
        }),
        ..container::plain(
            container::image(context),
            vec!["argo-kedro".to_owned(), "notify".to_owned()],
            Vec::new(),
            settings::of_every_node(context),
        )
    };
    environment::name_secrets(&mut container, &[]);
    Template {
        name: NOTIFY.to_owned(),
        container: Some(container),
        // The program always succeeds, so only a lost pod causes a retry.
        retry_strategy: Some(RetryStrategy {
            limit: Some("2".into()),
            retry_policy: Some("Always".to_owned()),
            ..RetryStrategy::default()
        }),
        ..Template::default()
    }
}
