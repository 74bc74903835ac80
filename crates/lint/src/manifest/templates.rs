//! Templates: their kinds, and the fields that each kind may have.

use argo::document::read::{at, entry, field, has, text};
use argo::document::{TEMPLATE_KINDS, Template, TemplateKind};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::Content;

use super::context::Context;
use super::durations::{self, Style, whole_number};
use super::names::{self, Naming};
use super::{
    arguments, artifacts, container_set, containers, dag, document, expressions, images, limits,
    metrics, outputs, patch, resource, retry, steps, variables, workflow,
};
use crate::finding::Findings;
use crate::rule::{
    FIELD_NOT_FOR_TEMPLATE, INVALID_DEADLINE, MISSING_FIELD, TEMPLATE_KIND_AMBIGUOUS,
    TEMPLATE_KIND_MISSING,
};

/// Checks a template and its inline templates.
pub(super) fn check<'a>(
    context: Context<'a>,
    template: Template<'a>,
    inline: bool,
    findings: &mut Findings,
) {
    kind(&template, findings);
    limits::of_template(&template, inline, findings);
    inputs(&template, findings);
    artifacts::check(&template, inline, findings);
    outputs::check(&template, findings);
    expressions::of_template(context, &template, findings);
    times(&template, findings);
    fields_of_kinds(&template, findings);
    workflow::pod_resources(template.yaml, findings);
    if let Some(strategy) = field(template.yaml, "retryStrategy") {
        retry::check(strategy, findings);
    }
    if let Some(metadata) = field(template.yaml, "metadata") {
        document::labels(metadata, findings);
    }
    metrics::check(template.yaml, findings);
    memoize(&template, findings);
    patch::of_template(&template, findings);
    containers::check(context, &template, findings);
    images::check(&template, findings);
    container_set::check(&template, findings);
    resource::check(&template, findings);
    let graph = (template.kind == TemplateKind::Dag)
        .then(|| dag::check(context, &template, inline, findings));
    if template.kind == TemplateKind::Steps {
        steps::check(context, &template, inline, findings);
    }
    if !inline {
        variables::check(context, template, graph.as_ref(), findings);
    }
    for call in template.calls() {
        if let Some(inner) = field(call, "inline") {
            check(context, Template::new(inner), true, findings);
        }
    }
}

fn kind(template: &Template<'_>, findings: &mut Findings) {
    let kinds: Vec<_> = TEMPLATE_KINDS
        .iter()
        .filter_map(|(key, _)| entry(template.yaml, key))
        .collect();
    match kinds.as_slice() {
        [] => {
            let known = TEMPLATE_KINDS.map(|(key, _)| key);
            let meant = template.yaml.entries().iter().find_map(|(key, _)| {
                did_you_mean(&key.name, known).filter(|_| !known_field(&key.name))
            });
            let help = meant.unwrap_or_else(|| format!("add one of `{}`", known.join("`, `")));
            let message = format!("{} does not say what to run", template.title());
            let node = field(template.yaml, "name").unwrap_or(template.yaml);
            findings.push(TEMPLATE_KIND_MISSING.at(node, message).help(help));
        }
        [(first, _), (second, _), ..] => {
            let message = format!(
                "{} has both `{}` and `{}`",
                template.title(),
                first.name,
                second.name
            );
            let help = "split it into two templates";
            findings.push(TEMPLATE_KIND_AMBIGUOUS.at(second, message).help(help));
        }
        [_] => {}
    }
}

fn known_field(name: &str) -> bool {
    let super::table::FieldType::Object(number) = super::table::TABLE.kind("Template") else {
        return false;
    };
    super::table::TABLE.field(number, name).is_some()
}

fn inputs(template: &Template<'_>, findings: &mut Findings) {
    names::check(
        template.inputs(),
        "input parameter",
        Naming::Parameter,
        findings,
    );
    for input in template.inputs() {
        arguments::enumeration(input, findings);
    }
}

fn times(template: &Template<'_>, findings: &mut Findings) {
    durations::check(template.yaml, "timeout", Style::Unit, findings);
    durations::check(template.yaml, "pendingTimeout", Style::Seconds, findings);
    if let Some(suspend) = field(template.yaml, "suspend") {
        durations::check(suspend, "duration", Style::Seconds, findings);
    }
    let Some(deadline) = field(template.yaml, "activeDeadlineSeconds") else {
        return;
    };
    let fine = match &deadline.value {
        Content::Integer(number) => *number >= 0,
        Content::String(text) if has_tag(text) => true,
        Content::String(_) => whole_number(deadline).is_some_and(|number| number >= 0),
        // Another rule reports the wrong type.
        _ => true,
    };
    if !fine {
        let message = "`activeDeadlineSeconds` must be a whole number of seconds, 0 or more";
        findings.push(INVALID_DEADLINE.at(deadline, message));
    }
}

/// Fields that only some kinds of template have.
fn fields_of_kinds(template: &Template<'_>, findings: &mut Findings) {
    if template.kind == TemplateKind::Unknown {
        return;
    }
    let branches = matches!(template.kind, TemplateKind::Dag | TemplateKind::Steps);
    let rules: [(&str, bool, &str); 6] = [
        (
            "activeDeadlineSeconds",
            !branches,
            "templates that run something themselves",
        ),
        (
            "timeout",
            template.is_leaf(),
            "templates that run something themselves",
        ),
        (
            "pendingTimeout",
            template.is_leaf(),
            "templates that run something themselves",
        ),
        (
            "parallelism",
            branches || template.kind == TemplateKind::Suspend,
            "steps and DAGs",
        ),
        (
            "resourceClaims",
            template.is_pod(),
            "templates with a pod of their own",
        ),
        (
            "podResources",
            !matches!(template.kind, TemplateKind::Http | TemplateKind::Plugin),
            "templates with a pod of their own",
        ),
    ];
    for (key, allowed, whose) in rules {
        let Some((key, value)) = entry(template.yaml, key) else {
            continue;
        };
        let empty = value.as_str() == Some("")
            || matches!(&value.value, Content::Sequence(items) if items.is_empty());
        if !allowed && !empty {
            let message = format!("`{}` is only for {whose}", key.name);
            findings.push(FIELD_NOT_FOR_TEMPLATE.at(key, message));
        }
    }
}

fn memoize(template: &Template<'_>, findings: &mut Findings) {
    let Some(memoize) = field(template.yaml, "memoize") else {
        return;
    };
    durations::check(memoize, "maxAge", Style::Unit, findings);
    if text(memoize, "key").is_none() && has(memoize, "key") {
        findings.push(MISSING_FIELD.at(memoize, "`memoize.key` is empty"));
    }
    if let Some(name) = at(memoize, &["cache", "configMap", "name"])
        && name.as_str() == Some("")
    {
        findings.push(MISSING_FIELD.at(name, "the ConfigMap of the cache has no name"));
    }
}

/// Checks `templateDefaults`, an incomplete template.
pub(super) fn defaults(context: Context<'_>, findings: &mut Findings) {
    let Some(defaults) = field(context.workflow.document.spec, "templateDefaults") else {
        return;
    };
    let template = Template::new(defaults);
    times(&template, findings);
    if let Some(strategy) = field(defaults, "retryStrategy") {
        retry::check(strategy, findings);
    }
    patch::of_template(&template, findings);
}
