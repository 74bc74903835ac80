//! Placeholders: names that the user was meant to replace.

use diagnostic::{Diagnostic, Place, Subject};
use project::config::ArgoConfig;

use super::pods::Pods;
use crate::rule;

/// The first placeholder in a name, a path or a URL: `<bucket>`, `your-bucket`, a host of `example.com`, and the
/// proposals in the files of `init`.
pub fn placeholder(text: &str) -> Option<&str> {
    if let Some((_, rest)) = text.split_once('<')
        && let Some((inside, _)) = rest.split_once('>')
        && inside.starts_with(|letter: char| letter.is_ascii_alphabetic())
    {
        let start = text.len() - rest.len() - 1;
        return Some(&text[start..start + inside.len() + 2]);
    }
    if text == "s3://bucket/prefix" {
        return Some(text);
    }
    let parts = text.split(['/', '@', ' ']);
    parts.filter(|part| !part.is_empty()).find(|part| {
        let name = part
            .split(':')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        // RFC 2606 reserves these hosts: nobody owns them.
        let is_reserved = ["example.com", "example.org", "example.net"]
            .iter()
            .any(|host| name == *host || name.ends_with(&format!(".{host}")));
        let mut words = name.split(['-', '_', '.']);
        let begins = words.next().unwrap_or_default();
        let is_yours = begins == "your" && words.next().is_some();
        let is_mine = matches!(
            name.as_str(),
            "my-bucket"
                | "my_bucket"
                | "my-registry"
                | "my_registry"
                | "bucket-name"
                | "bucket_name"
                | "changeme"
                | "change-me"
                | "change_me"
                | "example-bucket"
                | "example_bucket"
                | "project-id"
                | "project_id"
                | "replace_me"
                | "replace-me"
                | "yourbucket"
        );
        // In lower case, these are normal names.
        let is_shouted = matches!(*part, "OWNER" | "TODO" | "BUCKET" | "BUCKET_NAME");
        is_reserved || is_yours || is_mine || is_shouted
    })
}

/// Finds the placeholder in the image of `argo.yml`. It does not matter if the command line names another image.
pub fn of_image(config: &ArgoConfig) -> Option<Diagnostic> {
    let image = config.deployment.image.as_deref()?;
    let found = placeholder(image)?;
    Some(
        rule::PLACEHOLDER
            .diagnostic(format!(
                "`{found}` in `deployment.image` is a placeholder: no registry has this image"
            ))
            .at(config.places.of(&["deployment", "image"]))
            .help("set the name of your registry, or name an image: --image REGISTRY/IMAGE:TAG"),
    )
}

/// Makes an error of a placeholder in brackets, which cannot be a real name, and a warning of any other.
fn of_certainty(found: &str, message: String) -> Diagnostic {
    if found.starts_with('<') {
        Diagnostic::error(rule::PLACEHOLDER.code, message)
    } else {
        rule::PLACEHOLDER.diagnostic(message)
    }
}

/// Finds placeholders in the names of volume claims, which `init --cloud` writes if the user names no claim.
fn of_claims(config: &ArgoConfig) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    for (selector, settings) in &config.nodes {
        for (index, volume) in settings.volumes.iter().enumerate() {
            let source = volume.persistent_volume_claim.as_ref();
            let claim = source.and_then(|source| source.0.get("claimName")?.as_str());
            let Some(found) = claim.and_then(placeholder) else {
                continue;
            };
            let name = &volume.name;
            let index = index.to_string();
            let path = [
                "nodes",
                selector,
                "volumes",
                &index,
                "persistent_volume_claim",
                "claimName",
            ];
            let message = format!(
                "`{found}` in the claim of the volume `{name}` is a placeholder: no pod can mount it"
            );
            findings.push(
                of_certainty(found, message)
                    .at(config.places.of(&path))
                    .help("write the name of a PersistentVolumeClaim of the cluster"),
            );
        }
    }
    findings
}

/// Finds placeholders in everything that pods need.
pub(super) fn check(pods: &Pods<'_>) -> Vec<Diagnostic> {
    let config = pods.config;
    let mut findings = Vec::new();
    for (path, value, what) in [
        (
            &["namespace"][..],
            config.namespace.as_deref(),
            "no cluster has this namespace",
        ),
        (
            &["memory_datasets", "path"],
            config.memory_datasets.path.as_deref(),
            "no task can store anything there",
        ),
    ] {
        if let Some(found) = value.and_then(placeholder) {
            let key = path.join(".");
            let message = format!("`{found}` in `{key}` is a placeholder: {what}");
            let finding = of_certainty(found, message);
            findings.push(
                finding
                    .at(config.places.of(path))
                    .help(format!("set `{key}` in argo.yml")),
            );
        }
    }
    findings.extend(of_claims(config));
    let mut seen = Vec::new();
    for usage in pods.read().chain(pods.written()) {
        let path = usage.shown_path();
        let Some(found) = placeholder(&path) else {
            continue;
        };
        // Report a bucket once, not for each of its datasets.
        if seen.iter().any(|known| known == found) {
            continue;
        }
        seen.push(found.to_owned());
        let message = format!(
            "`{found}` in the path of `{}` (`{path}`) is a placeholder",
            usage.plain()
        );
        findings.push(
            of_certainty(found, message)
                .at(Place::of(Subject::Dataset(usage.plain().to_owned())))
                .help("put the name of your bucket into the catalog or its globals"),
        );
    }
    findings
}
