//! Workflows from a deployed `WorkflowTemplate`.

use diagnostic::did_you_mean;
use indexmap::IndexMap;
use serde_json::{Value, json};

use crate::cron::generate_name;
use crate::{ClusterError, Object, Refusal};

/// Label of Workflows from a template, with its name.
const TEMPLATE_LABEL: &str = "workflows.argoproj.io/workflow-template";

/// Parameter of a template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateParameter {
    /// Name of the parameter.
    pub name: String,
    /// Default value of the parameter.
    pub value: Option<String>,
    /// Set if the user has to give a value.
    pub is_required: bool,
    /// Allowed values; any if empty.
    pub choices: Vec<String>,
}

/// Parameters of a `WorkflowTemplate`.
pub fn parameters_of(template: &Value) -> Vec<TemplateParameter> {
    let declared = template["spec"]["arguments"]["parameters"].as_array();
    let text = |value: &Value| value.as_str().map(str::to_owned);
    declared
        .into_iter()
        .flatten()
        .map(|parameter| {
            let value = text(&parameter["value"]).or_else(|| text(&parameter["default"]));
            TemplateParameter {
                name: text(&parameter["name"]).unwrap_or_default(),
                is_required: value.is_none() && parameter.get("valueFrom").is_none(),
                choices: parameter["enum"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(text)
                    .collect(),
                value,
            }
        })
        .collect()
}

/// Builds a Workflow from a `WorkflowTemplate`, as `argo submit --from` does. Every given parameter has to be in the
/// template, and every required one has to be given.
pub fn workflow_from(
    template: &Value,
    name: Option<&str>,
    given: &IndexMap<String, String>,
) -> Result<Value, ClusterError> {
    let known = parameters_of(template);
    let faults = faults(&known, given);
    if !faults.is_empty() {
        return Err(ClusterError::Parameters(faults));
    }
    let of = template["metadata"]["name"].as_str().unwrap_or_default();
    let mut metadata = json!({"labels": {}, "annotations": {}});
    match name {
        Some(name) => metadata["name"] = name.into(),
        None => metadata["generateName"] = generate_name(of).into(),
    }
    // The controller adds these later; add them here at once.
    for part in ["labels", "annotations"] {
        let inherited = template["spec"]["workflowMetadata"][part].as_object();
        for (key, value) in inherited.into_iter().flatten() {
            metadata[part][key] = value.clone();
        }
    }
    metadata["labels"]["app.kubernetes.io/managed-by"] = "argo-kedro".into();
    metadata["labels"][TEMPLATE_LABEL] = of.into();
    let mut spec = json!({"workflowTemplateRef": {"name": of}});
    if !given.is_empty() {
        let parameters = given
            .iter()
            .map(|(name, value)| json!({"name": name, "value": value}));
        spec["arguments"]["parameters"] = parameters.collect();
    }
    Ok(json!({
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": Object::Workflow.kind(),
        "metadata": metadata,
        "spec": spec,
    }))
}

fn faults(known: &[TemplateParameter], given: &IndexMap<String, String>) -> Vec<Refusal> {
    let mut faults = Vec::new();
    let names = || known.iter().map(|parameter| parameter.name.as_str());
    for (name, value) in given {
        let Some(parameter) = known.iter().find(|parameter| parameter.name == *name) else {
            let help = did_you_mean(name, names()).unwrap_or_else(|| match known {
                [] => "it has none".to_owned(),
                _ => format!("it has: {}", names().collect::<Vec<_>>().join(", ")),
            });
            faults.push(Refusal {
                field: name.clone(),
                message: format!("the WorkflowTemplate has no such parameter; {help}"),
            });
            continue;
        };
        if !parameter.choices.is_empty() && !parameter.choices.contains(value) {
            let help = did_you_mean(value, parameter.choices.iter().map(String::as_str));
            let help = help.unwrap_or_else(|| {
                format!("it can have these values: {}", parameter.choices.join(", "))
            });
            faults.push(Refusal {
                field: name.clone(),
                message: format!("it cannot have the value `{value}`; {help}"),
            });
        }
    }
    for parameter in known {
        if parameter.is_required && !given.contains_key(&parameter.name) {
            faults.push(Refusal {
                field: parameter.name.clone(),
                message: "it has no default, and you did not set it".to_owned(),
            });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template() -> Value {
        json!({
            "metadata": {"name": "flights"},
            "spec": {
                "workflowMetadata": {
                    "labels": {"argo-kedro/env": "cloud"},
                    "annotations": {"argo-kedro/pipelines": "__default__"},
                },
                "arguments": {"parameters": [
                    {"name": "params", "value": "{}"},
                    {"name": "day"},
                    {"name": "size", "default": "small", "enum": ["small", "large"]},
                    {"name": "site", "valueFrom": {"configMapKeyRef": {"name": "a", "key": "b"}}},
                ]},
                "templates": [],
            },
        })
    }

    fn given(entries: &[(&str, &str)]) -> IndexMap<String, String> {
        entries
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn a_workflow_refers_to_its_template_and_gives_its_parameters() {
        let given = given(&[("day", "2026-01-02"), ("size", "large")]);
        insta::assert_json_snapshot!(workflow_from(&template(), None, &given).unwrap());
    }

    #[test]
    fn parameters_are_checked_against_those_the_template_has() {
        let wrong = given(&[("dya", "1"), ("size", "lrge"), ("params", "{}")]);
        let error = workflow_from(&template(), Some("x"), &wrong).unwrap_err();
        insta::assert_snapshot!(error.to_string());
        let none = workflow_from(
            &json!({"metadata": {"name": "bare"}, "spec": {}}),
            None,
            &given(&[("a", "b")]),
        );
        insta::assert_snapshot!(none.unwrap_err().to_string());
    }
}
