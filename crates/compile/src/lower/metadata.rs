//! Names, labels and annotations.

use indexmap::IndexMap;

use super::context::Context;
use super::options::ManifestKind;
use argo::spec::Metadata;
use marks::SCHEDULE;

/// Longest name of a Workflow or `WorkflowTemplate` (`workflow/validate/validate.go:161`).
const LONGEST: usize = 63;
/// Longest name of a `CronWorkflow` (`workflow/validate/validate.go:440`).
const LONGEST_CRON: usize = 52;
/// Number of characters that the API server adds to a generated name, with a dash.
const GENERATED: usize = 6;

/// Label with the name of the program that created an object.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";

pub(super) fn metadata(
    context: &Context<'_>,
    labels: IndexMap<String, String>,
    mut annotations: IndexMap<String, String>,
) -> Metadata {
    let longest = match context.options.kind {
        ManifestKind::CronWorkflow(_) => LONGEST_CRON,
        _ => LONGEST,
    };
    let entry = match &context.options.kind {
        ManifestKind::CronWorkflow(cron) => cron.name.as_deref(),
        _ => None,
    };
    if let Some(entry) = entry {
        annotations.insert(SCHEDULE.to_owned(), entry.to_owned());
    }
    annotations.extend(context.options.annotations.clone());
    let own = || {
        let pipeline = context.snapshot.pipelines.join("-");
        match pipeline.as_str() {
            // A schedule keeps its object even if the user gives it another pipeline.
            _ if entry.is_some() => context.snapshot.project.name.clone(),
            "__default__" => context.snapshot.project.name.clone(),
            other => format!("{} {other}", context.snapshot.project.name),
        }
    };
    let (name, generate_name) = match (&context.options.name, &context.options.kind) {
        (Some(name), _) => (Some(with_schedule_name(name.clone(), entry)), None),
        (None, ManifestKind::Workflow) => {
            let prefix = dns_name(&own(), longest - GENERATED);
            (None, Some(format!("{prefix}-")))
        }
        (None, _) => {
            let room = longest.saturating_sub(entry.map_or(0, |entry| entry.len() + 1));
            (
                Some(with_schedule_name(dns_name(&own(), room), entry)),
                None,
            )
        }
    };
    Metadata {
        name,
        generate_name,
        namespace: context
            .options
            .namespace
            .clone()
            .or_else(|| context.config.namespace.clone()),
        labels,
        annotations,
        ..Metadata::default()
    }
}

/// Says whether this program finds its objects by a label or annotation. The user may set all others.
fn is_ours(name: &str) -> bool {
    name == MANAGED_BY || name.starts_with("argo-kedro/")
}

/// Adds the user's labels or annotations, which win, except over our own ones.
pub(super) fn add(own: &mut IndexMap<String, String>, more: &IndexMap<String, String>) {
    for (name, value) in more {
        if !(is_ours(name) && own.contains_key(name)) {
            own.insert(name.clone(), value.clone());
        }
    }
}

/// The project and its pipelines for people: only the project for its default pipeline.
fn title(context: &Context<'_>) -> String {
    let project = &context.snapshot.project.name;
    match pipelines(context).as_str() {
        "default" => project.clone(),
        pipelines => format!("{project}: {pipelines}"),
    }
}

/// The names of the pipelines. Argo's UI reads Markdown and would show Kedro's `__default__` in bold.
fn pipelines(context: &Context<'_>) -> String {
    let names = context.snapshot.pipelines.iter();
    let names = names.map(|name| match name.as_str() {
        "__default__" => "default",
        other => other,
    });
    names.collect::<Vec<_>>().join(", ")
}

/// Labels of every object and pod. Kubernetes recommends those that begin with `app.kubernetes.io`
/// (<https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/>).
pub(super) fn labels(context: &Context<'_>) -> IndexMap<String, String> {
    IndexMap::from([
        (
            "app.kubernetes.io/name".to_owned(),
            label(&title(context).replace([':', ','], "").replace(' ', "-")),
        ),
        (
            "app.kubernetes.io/part-of".to_owned(),
            label(&context.snapshot.project.name),
        ),
        (MANAGED_BY.to_owned(), "argo-kedro".to_owned()),
        (
            "argo-kedro/pipeline".to_owned(),
            label(&context.snapshot.pipelines.join("-")),
        ),
        (
            "argo-kedro/env".to_owned(),
            label(context.snapshot.environment_name()),
        ),
    ])
}

/// Annotations of every object. Argo's UI shows title and description in its lists
/// (Argo Workflows, `docs/title-and-description.md`).
pub(super) fn annotations(context: &Context<'_>) -> IndexMap<String, String> {
    let snapshot = context.snapshot;
    let mut versions = format!(
        "argo-kedro {}, kedro {}",
        snapshot.versions.argo_kedro, snapshot.versions.kedro
    );
    if let Some(version) = &snapshot.project.version {
        versions.push_str(&format!(", {} {version}", snapshot.project.package));
    }
    let description = format!(
        "Kedro pipeline {}, environment {}",
        pipelines(context),
        snapshot.environment_name()
    );
    IndexMap::from([
        ("workflows.argoproj.io/title".to_owned(), title(context)),
        ("workflows.argoproj.io/description".to_owned(), description),
        (
            "argo-kedro/pipelines".to_owned(),
            snapshot.pipelines.join(","),
        ),
        ("argo-kedro/versions".to_owned(), versions),
    ])
}

/// A name, with the name of its schedule in `argo.yml`.
fn with_schedule_name(name: String, entry: Option<&str>) -> String {
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

/// A name that follows RFC 1123: lower-case letters, digits and dashes.
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
    fn users_may_set_what_is_not_ours() {
        let map = |pairs: &[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect::<IndexMap<_, _>>()
        };
        let mut own = map(&[
            ("app.kubernetes.io/part-of", "shop"),
            (MANAGED_BY, "argo-kedro"),
            ("argo-kedro/env", "cloud"),
        ]);
        add(
            &mut own,
            &map(&[
                ("app.kubernetes.io/part-of", "platform"),
                (MANAGED_BY, "helm"),
                ("argo-kedro/env", "mine"),
                ("argo-kedro/more", "kept"),
                ("team", "a"),
            ]),
        );
        assert_eq!(
            own,
            map(&[
                ("app.kubernetes.io/part-of", "platform"),
                (MANAGED_BY, "argo-kedro"),
                ("argo-kedro/env", "cloud"),
                ("argo-kedro/more", "kept"),
                ("team", "a"),
            ])
        );
    }

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
