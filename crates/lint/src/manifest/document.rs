//! The head of a document: kind, version, name, labels.

use argo::document::read::{entry, field};
use argo::document::{API_VERSION, DocumentKind, Identity, identify};
use argo::names::{
    is_dns_label, is_label_key, is_label_value, is_object_name, is_object_name_prefix,
};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::{Key, Yaml};

use crate::finding::Findings;
use crate::rule::{
    INVALID_LABEL, INVALID_OBJECT_NAME, KIND_NOT_CHECKED, MISSING_KIND, MISSING_NAME,
    OBJECT_NAME_TOO_LONG, UNKNOWN_KIND, WRONG_API_VERSION,
};

/// The kind of a document; none if its kind is not checked.
pub(super) fn kind(document: &Yaml, findings: &mut Findings) -> Option<DocumentKind> {
    let identity = identify(document);
    match identity {
        Identity::Empty => {}
        Identity::Missing(key) => {
            let message = format!("this document has no `{key}`");
            let help = format!("start it with `apiVersion: {API_VERSION}` and a `kind`");
            findings.push(MISSING_KIND.at(document, message).help(help));
        }
        Identity::NotText => {
            let message = "`kind` and `apiVersion` must be strings";
            findings.push(MISSING_KIND.at(document, message));
        }
        Identity::Argo {
            kind,
            wrong_version,
        } => {
            if let Some(version) = wrong_version {
                let group = version.as_str().unwrap_or_default();
                let word = kind.word();
                let message = format!("`{group}` is not an `apiVersion` for a {word}");
                let help = format!("use `{API_VERSION}`");
                findings.push(WRONG_API_VERSION.at(version, message).help(help));
            }
        }
        Identity::Unknown { node, word } => {
            let help = did_you_mean(word, DocumentKind::ALL.map(DocumentKind::word));
            let message = format!("Argo Workflows has no kind `{word}`");
            findings.push(UNKNOWN_KIND.at(node, message).maybe_help(help));
        }
        Identity::Other { node, word } => not_checked(node, word, findings),
    }
    identity.kind()
}

fn not_checked(kind: &Yaml, word: &str, findings: &mut Findings) {
    let message = format!("a document of kind `{word}` is not checked");
    findings.push(KIND_NOT_CHECKED.at(kind, message));
}

/// Checks `metadata`.
pub(super) fn metadata(document: &Yaml, kind: DocumentKind, findings: &mut Findings) {
    let Some(metadata) = field(document, "metadata") else {
        return;
    };
    match (entry(metadata, "name"), entry(metadata, "generateName")) {
        (Some((_, name)), _) => object_name(name, kind, findings),
        (None, Some((_, prefix))) => object_name_prefix(prefix, findings),
        (None, None) => {
            let help = if kind == DocumentKind::Workflow {
                "give it a `generateName: my-run-`, so that every run has a name of its own"
            } else {
                "give it a `name`"
            };
            let message = "`metadata` has neither `name` nor `generateName`";
            findings.push(MISSING_NAME.at(metadata, message).help(help));
        }
    }
    if let Some(namespace) = field(metadata, "namespace") {
        namespace_name(namespace, findings);
    }
    labels(metadata, findings);
}

fn namespace_name(node: &Yaml, findings: &mut Findings) {
    const LONGEST: usize = 63;
    let Some(name) = node.as_str() else { return };
    // An empty namespace counts as absent.
    if !name.is_empty() && (name.len() > LONGEST || !is_dns_label(name)) {
        let message = format!("Kubernetes does not accept the namespace `{name}`");
        let help = "use at most 63 lower-case letters, digits and `-`, with a letter or digit at both ends";
        findings.push(INVALID_OBJECT_NAME.at(node, message).help(help));
    }
}

fn object_name(node: &Yaml, kind: DocumentKind, findings: &mut Findings) {
    let Some(name) = node.as_str() else { return };
    let most = if kind == DocumentKind::CronWorkflow {
        52
    } else {
        63
    };
    if name.len() > most {
        let length = name.len();
        let message = format!("the name has {length} characters, but at most {most} are allowed");
        findings.push(OBJECT_NAME_TOO_LONG.at(node, message));
    }
    if !is_object_name(name) {
        let message = format!("Kubernetes does not accept the name `{name}`");
        findings.push(INVALID_OBJECT_NAME.at(node, message).help(NAME_HELP));
    }
}

const NAME_HELP: &str =
    "use lower-case letters, digits, `-` and `.`, with a letter or digit at both ends";

fn object_name_prefix(node: &Yaml, findings: &mut Findings) {
    let Some(prefix) = node.as_str() else { return };
    if !is_object_name_prefix(prefix) {
        let message = format!("Kubernetes does not accept a name that starts with `{prefix}`");
        findings.push(INVALID_OBJECT_NAME.at(node, message).help(NAME_HELP));
    }
}

/// Checks the labels, and the keys of the annotations, of a `metadata`.
pub(super) fn labels(metadata: &Yaml, findings: &mut Findings) {
    for (key, value) in field(metadata, "labels").map_or(&[][..], Yaml::entries) {
        label_key(key, "label", findings);
        let Some(text) = value.as_str().filter(|text| !has_tag(text)) else {
            continue;
        };
        if !is_label_value(text) {
            let message = if text.len() > 63 {
                format!(
                    "the value of label `{}` has more than 63 characters",
                    key.name
                )
            } else {
                format!("`{text}` cannot be the value of a label")
            };
            let help = "use letters, digits, `-`, `_` and `.`, or an annotation";
            findings.push(INVALID_LABEL.at(value, message).help(help));
        }
    }
    for (key, _) in field(metadata, "annotations").map_or(&[][..], Yaml::entries) {
        label_key(key, "annotation", findings);
    }
}

fn label_key(key: &Key, what: &str, findings: &mut Findings) {
    // Kubernetes compares the keys of annotations in lower case.
    let name = if what == "annotation" {
        key.name.to_lowercase()
    } else {
        key.name.clone()
    };
    if !has_tag(&name) && !is_label_key(&name) {
        let message = format!("`{}` cannot be the key of {}", key.name, article(what));
        findings.push(INVALID_LABEL.at(key, message));
    }
}

fn article(what: &str) -> String {
    if what.starts_with('a') {
        format!("an {what}")
    } else {
        format!("a {what}")
    }
}
