//! Fields of a pod that its containers may read into a variable (`fieldRef`).

use std::collections::BTreeMap;

use argo::spec::{Template, WorkflowSpec};
use argo::text::tags::{Strict, Values, substitute};

/// Pod of a node, with the fields that its containers may read.
#[derive(Debug, Clone, Default)]
pub(crate) struct PodFields {
    name: String,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
}

impl PodFields {
    /// Collects the fields that the controller sets (`addMetadata` and `newWorkflowPod` of
    /// `workflow/controller/workflowpod.go`).
    ///
    /// # Arguments
    ///
    /// * `values`: Values of the whole Workflow.
    /// * `workflow`: Name of the Workflow.
    /// * `pod`: Name of the pod.
    /// * `node`: Id and name of the node.
    ///
    /// # Errors
    ///
    /// A tag in the metadata cannot be replaced. The error has Argo's words.
    pub(crate) fn of(
        spec: &WorkflowSpec,
        template: &Template,
        values: &Values,
        workflow: &str,
        pod: String,
        (id, name): (&str, &str),
    ) -> Result<Self, String> {
        let mut fields = Self {
            name: pod,
            labels: of_argo(
                "workflows.argoproj.io",
                &[("workflow", workflow), ("completed", "false")],
            ),
            annotations: of_argo(
                "workflows.argoproj.io",
                &[("node-id", id), ("node-name", name)],
            ),
        };
        if let Some(all) = &spec.pod_metadata {
            for (own, given) in [
                (&mut fields.labels, &all.labels),
                (&mut fields.annotations, &all.annotations),
            ] {
                for (key, text) in given {
                    let text = substitute(text, values, Strict::No)
                        .map_err(|failure| failure.to_string())?;
                    own.insert(key.clone(), text);
                }
            }
        }
        // The tags of the template are replaced already.
        let own = &template.metadata;
        let pairs = |from: &indexmap::IndexMap<String, String>| {
            let pairs = from.iter();
            pairs
                .map(|(key, text)| (key.clone(), text.clone()))
                .collect::<Vec<_>>()
        };
        fields.labels.extend(pairs(&own.labels));
        fields.annotations.extend(pairs(&own.annotations));
        Ok(fields)
    }

    /// Value of a field; none if this engine does not support the field.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        if let Some((of, key)) = entry(path) {
            let map = match of {
                "labels" => &self.labels,
                _ => &self.annotations,
            };
            // A missing label or annotation is empty, as in Kubernetes.
            return Some(map.get(key).cloned().unwrap_or_default());
        }
        Some(match path {
            "metadata.name" => self.name.clone(),
            "metadata.namespace" | "spec.serviceAccountName" => "default".to_owned(),
            "spec.nodeName" => "localhost".to_owned(),
            "status.podIP" | "status.podIPs" | "status.hostIP" | "status.hostIPs" => {
                "127.0.0.1".to_owned()
            }
            _ => return None,
        })
    }
}

/// Says whether this engine supports a field.
pub(crate) fn is_known(path: &str) -> bool {
    PodFields::default().get(path).is_some()
}

fn of_argo(prefix: &str, pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs.iter();
    pairs
        .map(|(key, text)| (format!("{prefix}/{key}"), (*text).to_owned()))
        .collect()
}

/// Reads `metadata.labels['KEY']` and `metadata.annotations['KEY']`.
fn entry(path: &str) -> Option<(&str, &str)> {
    let (of, rest) = path.strip_prefix("metadata.")?.split_once("['")?;
    let key = rest.strip_suffix("']")?;
    matches!(of, "labels" | "annotations").then_some((of, key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use argo::spec::from_json;
    use argo::text::expression::Value;
    use serde_json::json;

    #[test]
    fn a_pod_has_the_metadata_of_the_workflow_and_of_its_template() {
        let spec: WorkflowSpec = from_json(&json!({
            "podMetadata": {"labels": {"team": "{{workflow.parameters.team}}", "both": "workflow"}},
        }))
        .unwrap();
        let template: Template = from_json(&json!({
            "metadata": {"labels": {"both": "template"}, "annotations": {"note": "n"}},
        }))
        .unwrap();
        let mut values = Values::default();
        values.set("workflow.parameters.team", Value::text("red"));
        let fields =
            PodFields::of(&spec, &template, &values, "w", "p".to_owned(), ("i", "w.a")).unwrap();
        for (path, expected) in [
            ("metadata.name", Some("p")),
            ("metadata.labels['team']", Some("red")),
            ("metadata.labels['both']", Some("template")),
            (
                "metadata.labels['workflows.argoproj.io/workflow']",
                Some("w"),
            ),
            ("metadata.labels['none']", Some("")),
            ("metadata.annotations['note']", Some("n")),
            (
                "metadata.annotations['workflows.argoproj.io/node-name']",
                Some("w.a"),
            ),
            ("metadata.labels", None),
            ("metadata.finalizers['note']", None),
            ("spec.hostNetwork", None),
        ] {
            assert_eq!(fields.get(path).as_deref(), expected, "{path}");
            assert_eq!(is_known(path), expected.is_some(), "{path}");
        }
    }
}
