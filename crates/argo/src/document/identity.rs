//! Kind of a document: the only reader of `kind` and `apiVersion`.

use diagnostic::yaml::{Content, Yaml};

use super::kind::DocumentKind;
use super::read::field;

/// The version of Argo Workflows' kinds.
pub const API_VERSION: &str = "argoproj.io/v1alpha1";

/// Beginning of the versions of all kinds of Argo.
const GROUP: &str = "argoproj.io/";

/// Other kinds of Argo, which are not workflows: of Argo Workflows, and of Argo CD, Rollouts and Events, which share
/// its group.
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

/// Kind of a document, in its own words.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Identity<'a> {
    /// Empty document.
    Empty,
    /// Document without this key: `kind` or `apiVersion`.
    Missing(&'static str),
    /// `kind` or `apiVersion` is not a string.
    NotText,
    /// One of the kinds that have a workflow in them.
    Argo {
        /// Kind of the document.
        kind: DocumentKind,
        /// The node of `apiVersion`, if Argo has no such version of the kind.
        wrong_version: Option<&'a Yaml>,
    },
    /// A kind that Argo does not have, under Argo's version.
    Unknown {
        /// The node of `kind`.
        node: &'a Yaml,
        /// The word that stands there.
        word: &'a str,
    },
    /// A kind without a workflow in it: another one of Argo, of Kubernetes, or of somebody else.
    Other {
        /// The node of `kind`.
        node: &'a Yaml,
        /// The word that stands there.
        word: &'a str,
    },
}

impl Identity<'_> {
    /// The kind, if it is one with a workflow in it.
    pub fn kind(self) -> Option<DocumentKind> {
        match self {
            Self::Argo { kind, .. } => Some(kind),
            _ => None,
        }
    }
}

/// Reads what a document says that it is.
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
        // Another project's kind of the same word, unless the version is a slip of Argo's.
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

/// Says whether a document calls itself one of Argo's, by its version or by its kind.
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
