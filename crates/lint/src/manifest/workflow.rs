//! Fields of the workflow as a whole: its entrypoint, its exit handler, its arguments.

use argo::document::read::{at, entry, field, has, lacks, list, text};
use diagnostic::yaml::Yaml;
use diagnostic::{did_you_mean, yaml};

use super::context::Context;
use super::names::{self, Naming};
use super::{arguments, durations, hooks, references, retry};
use crate::finding::Findings;
use crate::rule::{
    INVALID_EXECUTOR_PLUGIN, INVALID_LABEL_SELECTOR, INVALID_POD_RESOURCE, MISSING_ENTRYPOINT,
    TEMPLATES_WITH_TEMPLATE_REF,
};

/// Checks the workflow's `spec`.
pub(super) fn check(context: Context<'_>, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    names::check(
        list(spec, &["templates"]),
        "template",
        Naming::Field,
        findings,
    );
    references::workflow_template(context, findings);
    templates_and_reference(spec, findings);
    entrypoint(context, findings);
    for key in ["entrypoint", "onExit"] {
        if let Some(node) = field(spec, key) {
            references::of_workflow(context, node, findings);
        }
        arguments::of_entry(context, key, findings);
    }
    hooks::check(context, spec, true, findings);
    arguments::of_workflow(context, findings);
    if let Some(strategy) = field(spec, "retryStrategy") {
        retry::check(strategy, findings);
    }
    pod_gc(spec, findings);
    pod_resources(spec, findings);
    executor_plugins(spec, findings);
}

fn templates_and_reference(spec: &Yaml, findings: &mut Findings) {
    let templates = entry(spec, "templates").filter(|(_, list)| !list.items().is_empty());
    if let (true, Some((key, _))) = (has(spec, "workflowTemplateRef"), templates) {
        let message = "`templates` and `workflowTemplateRef` cannot be used together";
        let help = "put the templates into the WorkflowTemplate";
        findings.push(TEMPLATES_WITH_TEMPLATE_REF.at(key, message).help(help));
    }
}

fn entrypoint(context: Context<'_>, findings: &mut Findings) {
    let spec = context.workflow.document.spec;
    let unknown = has(spec, "workflowTemplateRef") && context.workflow.referred().is_none()
        || !lacks(spec, "entrypoint");
    if unknown
        || context.workflow.document.kind.is_template()
        || context.workflow.entrypoint().is_some()
    {
        return;
    }
    let names: Vec<_> = context.workflow.template_names().unwrap_or_default();
    let help = did_you_mean("main", names.iter().copied()).or_else(|| {
        names
            .first()
            .map(|name| format!("for example `entrypoint: {name}`"))
    });
    let node = field(spec, "entrypoint").unwrap_or(spec);
    let message = "the workflow does not say which template to start with: `entrypoint` is missing";
    findings.push(MISSING_ENTRYPOINT.at(node, message).maybe_help(help));
}

fn pod_gc(spec: &Yaml, findings: &mut Findings) {
    let Some(pods) = field(spec, "podGC") else {
        return;
    };
    durations::check(
        pods,
        "deleteDelayDuration",
        durations::Style::Seconds,
        findings,
    );
    for expression in list(pods, &["labelSelector", "matchExpressions"]) {
        let Some(operator) = text(expression, "operator") else {
            continue;
        };
        let values = list(expression, &["values"]).len();
        let problem = match operator {
            "In" | "NotIn" if values == 0 => format!("`{operator}` needs `values`"),
            "Exists" | "DoesNotExist" if values > 0 => format!("`{operator}` takes no `values`"),
            "In" | "NotIn" | "Exists" | "DoesNotExist" => continue,
            _ => format!("`{operator}` is not an operator of a label selector"),
        };
        let node = field(expression, "operator").unwrap_or(expression);
        let help = did_you_mean(operator, ["In", "NotIn", "Exists", "DoesNotExist"]);
        findings.push(INVALID_LABEL_SELECTOR.at(node, problem).maybe_help(help));
    }
}

/// Checks `podResources` of a workflow or template: Kubernetes allows only some resources for a whole pod.
pub(super) fn pod_resources(holder: &Yaml, findings: &mut Findings) {
    let Some(resources) = field(holder, "podResources") else {
        return;
    };
    if let Some((key, claims)) = entry(resources, "claims")
        && !claims.items().is_empty()
    {
        let message = "`podResources` cannot hold `claims`";
        findings.push(INVALID_POD_RESOURCE.at(key, message));
    }
    for amounts in ["limits", "requests"] {
        for (key, _) in field(resources, amounts).map_or(&[][..], yaml::Yaml::entries) {
            let known = matches!(key.name.as_str(), "cpu" | "memory");
            if !known && !key.name.starts_with("hugepages-") {
                let message = format!("`podResources` cannot have `{}`", key.name);
                let help = "put it into the container's `resources`; `podResources` can have cpu, memory and \
                    hugepages-*";
                findings.push(INVALID_POD_RESOURCE.at(key, message).help(help));
            }
        }
    }
}

fn executor_plugins(spec: &Yaml, findings: &mut Findings) {
    for plugin in list(spec, &["executorPlugins"]) {
        let problem = if at(plugin, &["metadata", "name"]).is_none() {
            "`metadata.name`"
        } else if let Some(container) = at(plugin, &["spec", "sidecar", "container"]) {
            match () {
                () if list(container, &["ports"]).is_empty() => "a port",
                () if at(container, &["resources", "requests"]).is_none() => "`resources.requests`",
                () if at(container, &["resources", "limits"]).is_none() => "`resources.limits`",
                () if !has(container, "securityContext") => "`securityContext`",
                () => continue,
            }
        } else {
            continue;
        };
        let message = format!("an executor plugin needs {problem}");
        findings.push(INVALID_EXECUTOR_PLUGIN.at(plugin, message));
    }
}
