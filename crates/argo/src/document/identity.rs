//! Kind of a document. No other module reads `kind` and `apiVersion` to identify a document.

use diagnostic::yaml::{Content, Yaml};

use super::kind::DocumentKind;
use super::read::field;

/// The version of Argo Workflows' kinds.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// Beginning of the versions of all kinds of Argo.
const GROUP: &str = "argoproj.io/";

/// Argo's kinds without a workflow: of Argo Workflows, and of Argo CD, Rollouts and Events, which share the group.
const OTHERS: &[&str] = &[
    "AnalysisRun",
    "AnalysisTemplate",
    "AppProject",
    "Application",
    "ApplicationSet",
    "ClusterAnalysisTemplate",
    "EventBus",
    "EventSource",
    "Experiment",
    "Rollout",
    "Sensor",
    "WorkflowArtifactGCTask",
    "WorkflowEventBinding",
    "WorkflowTaskResult",
    "WorkflowTaskSet",
];

/// Kind of a document, as `kind` and `apiVersion` state it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Identity<'a> {
    /// Empty document.
    Empty,
    /// Document without the key `kind` or `apiVersion`.
    Missing(&'static str),
    /// `kind` or `apiVersion` is not a string.
    NotText,
    /// One of the kinds that contain a workflow.
    Argo {
        /// Kind of the document.
        kind: DocumentKind,
        /// The node of `apiVersion`, if the kind does not exist in that version.
        wrong_version: Option<&'a Yaml>,
    },
    /// A kind that Argo does not have, with Argo's version.
    Unknown {
        /// The node of `kind`.
        node: &'a Yaml,
        /// The text of `kind`.
        word: &'a str,
    },
    /// A kind without a workflow: another kind of Argo, a kind of Kubernetes, or of another project.
    Other {
        /// The node of `kind`.
        node: &'a Yaml,
        /// The text of `kind`.
        word: &'a str,
    },
}

impl Identity<'_> {
    /// The kind, if it contains a workflow.
    pub fn kind(self) -> Option<DocumentKind> {
        match self {
            Self::Argo { kind, .. } => Some(kind),
            _ => None,
        }
    }
}

/// Reads `kind` and `apiVersion` of a document.
pub fn identify(document: &Yaml) -> Identity<'_> {
    if document.value == Content::Null {
        return Identity::Empty;
    }
    let Some(node) = field(document, "kind") else {
        return Identity::Missing("kind");
    };
    let Some(version) = field(document, "apiVersion") else {
        return Identity::Missing("apiVersion");
    };
    let (Some(word), Some(group)) = (node.as_str(), version.as_str()) else {
        return Identity::NotText;
    };
    let is_argo = group.starts_with(GROUP);
    match DocumentKind::of(word) {
        // The word is another project's kind, unless the version looks like a misspelling of Argo's.
        Some(_) if !is_argo && !group.to_ascii_lowercase().contains("argo") => {
            Identity::Other { node, word }
        }
        Some(kind) => Identity::Argo {
            kind,
            wrong_version: (group != API_VERSION).then_some(version),
        },
        None if is_argo && !OTHERS.contains(&word) => Identity::Unknown { node, word },
        None => Identity::Other { node, word },
    }
}

/// Says whether `apiVersion` or `kind` makes a document one of Argo's.
pub fn is_of_argo(document: &Yaml) -> bool {
    let word = |key| field(document, key).and_then(Yaml::as_str);
    match (word("apiVersion"), word("kind")) {
        (Some(version), _) => version.starts_with(GROUP),
        (None, Some(kind)) => DocumentKind::of(kind).is_some(),
        (None, None) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(text: &str) -> String {
        let document: serde_json::Value = serde_json::from_str(text).unwrap();
        let document = Yaml::from(document);
        match identify(&document) {
            Identity::Argo {
                kind,
                wrong_version,
            } => format!("{} {}", kind.word(), wrong_version.is_none()),
            Identity::Unknown { word, .. } => format!("unknown {word}"),
            Identity::Other { word, .. } => format!("other {word}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn documents_say_what_they_are() {
        for (document, expected) in [
            ("null", "Empty"),
            ("[]", "Missing(\"kind\")"),
            (r#"{"kind": null, "apiVersion": "v1"}"#, "Missing(\"kind\")"),
            (r#"{"kind": "Workflow"}"#, "Missing(\"apiVersion\")"),
            (r#"{"kind": 1, "apiVersion": "v1"}"#, "NotText"),
            (
                r#"{"kind": "CronWorkflow", "apiVersion": "argoproj.io/v1alpha1"}"#,
                "CronWorkflow true",
            ),
            (
                r#"{"kind": "Workflow", "apiVersion": "argo/v1"}"#,
                "Workflow false",
            ),
            (
                r#"{"kind": "Workflow", "apiVersion": "example.org/v1"}"#,
                "other Workflow",
            ),
            (
                r#"{"kind": "Workflw", "apiVersion": "argoproj.io/v1alpha1"}"#,
                "unknown Workflw",
            ),
            (
                r#"{"kind": "Sensor", "apiVersion": "argoproj.io/v1alpha1"}"#,
                "other Sensor",
            ),
            (r#"{"kind": "Secret", "apiVersion": "v1"}"#, "other Secret"),
        ] {
            assert_eq!(identity(document), expected, "{document}");
        }
    }
}
