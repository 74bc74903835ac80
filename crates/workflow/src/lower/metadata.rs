//! Names, labels and annotations.

use indexmap::IndexMap;

use super::{Context, Kind};
use crate::manifest::Metadata;

/// Longest name of a Workflow or `WorkflowTemplate` (`workflow/validate/validate.go:161`).
const LONGEST: usize = 63;
/// Longest name of a `CronWorkflow` (`workflow/validate/validate.go:440`).
const LONGEST_CRON: usize = 52;
/// What the API server adds to a generated name, and a dash.
const GENERATED: usize = 6;

/// Annotation of a `CronWorkflow` with the name of its schedule in `argo.yml`, by which one
/// that is not there any more is found.
pub const SCHEDULE: &str = "argo-kedro/schedule";

pub(super) fn metadata(
    context: &Context<'_>,
    labels: IndexMap<String, String>,
    mut annotations: IndexMap<String, String>,
) -> Metadata {
    let longest = match context.options.kind {
        Kind::CronWorkflow(_) => LONGEST_CRON,
        _ => LONGEST,
    };
    let entry = match &context.options.kind {
        Kind::CronWorkflow(cron) => cron.name.as_deref(),
        _ => None,
    };
    if let Some(entry) = entry {
        annotations.insert(SCHEDULE.to_owned(), entry.to_owned());
    }
    let own = || {
        let pipeline = context.snapshot.pipelines.join("-");
        match pipeline.as_str() {
            // A schedule keeps its object when it is given another pipeline.
            _ if entry.is_some() => context.snapshot.project.name.clone(),
            "__default__" => context.snapshot.project.name.clone(),
            other => format!("{} {other}", context.snapshot.project.name),
        }
    };
    let (name, generate_name) = match (&context.options.name, &context.options.kind) {
        (Some(name), _) => (Some(with(name.clone(), entry)), None),
        (None, Kind::Workflow) => {
            let prefix = dns_name(&own(), longest - GENERATED);
            (None, Some(format!("{prefix}-")))
        }
        (None, _) => {
            let room = longest.saturating_sub(entry.map_or(0, |entry| entry.len() + 1));
            (Some(with(dns_name(&own(), room), entry)), None)
        }
    };
    Metadata {
        name,
        generate_name,
        namespace: context.config.namespace.clone(),
        labels,
        annotations,
    }
}

pub(super) fn labels(context: &Context<'_>) -> IndexMap<String, String> {
    IndexMap::from([
        (
            "app.kubernetes.io/managed-by".to_owned(),
            "argo-kedro".to_owned(),
        ),
        (
            "argo-kedro/pipeline".to_owned(),
            label(&context.snapshot.pipelines.join("-")),
        ),
        (
            "argo-kedro/env".to_owned(),
            label(&context.snapshot.environment),
        ),
    ])
}

pub(super) fn annotations(context: &Context<'_>) -> IndexMap<String, String> {
    let snapshot = context.snapshot;
    let mut versions = format!(
        "argo-kedro {}, kedro {}",
        snapshot.versions.argo_kedro, snapshot.versions.kedro
    );
    if let Some(version) = &snapshot.project.version {
        versions.push_str(&format!(", {} {version}", snapshot.project.package));
    }
    IndexMap::from([
        (
            "argo-kedro/pipelines".to_owned(),
            snapshot.pipelines.join(","),
        ),
        ("argo-kedro/versions".to_owned(), versions),
    ])
}

/// A name, and that of the schedule in `argo.yml` that it is made of.
fn with(name: String, entry: Option<&str>) -> String {
    match entry {
        Some(entry) => format!("{name}-{entry}"),
        None => name,
    }
}

/// A label value: at most 63 of letters, digits, `-`, `_` and `.`, a letter or digit at both ends.
fn label(text: &str) -> String {
    let clean: String = text
        .chars()
        .map(|character| match character {
            '-' | '_' | '.' => character,
            other if other.is_ascii_alphanumeric() => other,
            _ => '-',
        })
        .take(LONGEST)
        .collect();
    clean
        .trim_matches(|end: char| !end.is_ascii_alphanumeric())
        .to_owned()
}

/// A name after RFC 1123: lower-case letters, digits and dashes.
fn dns_name(text: &str, longest: usize) -> String {
    let mut name = String::new();
    for character in text.chars() {
        if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        } else if !name.is_empty() && !name.ends_with('-') {
            name.push('-');
        }
    }
    name.truncate(longest);
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "kedro".to_owned()
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_labels_keep_kubernetes_rules() {
        assert_eq!(dns_name("Flight Delays (2013)", 57), "flight-delays-2013");
        assert_eq!(dns_name("ünï", 57), "n");
        assert_eq!(dns_name("___", 57), "kedro");
        assert_eq!(dns_name(&"a ".repeat(60), 7), "a-a-a-a");
        assert_eq!(label("__default__"), "default");
        assert_eq!(label("data processing"), "data-processing");
        assert_eq!(label(&"x".repeat(70)).len(), 63);
    }
}
