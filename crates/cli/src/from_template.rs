//! `submit --from`: a run of a `WorkflowTemplate` that is deployed. No project is needed.

use cluster::{Cluster, ClusterError, Object, parameters_of, workflow_from};
use diagnostic::yaml;
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::selection::Selection;

/// A Workflow to be made, and the template it is made from.
pub(crate) struct FromTemplate {
    /// The Workflow.
    pub(crate) workflow: Value,
    template: Value,
}

impl FromTemplate {
    /// Reads the template `from` and makes a Workflow of it. `-p` and `--parameter` are the
    /// template's parameters; `--params`, Kedro's, become the one that `compile` makes of
    /// them, over those that it was deployed with.
    pub(crate) async fn read(
        cluster: &Cluster,
        from: &str,
        name: Option<&str>,
        parameters: &[String],
        selection: &Selection,
    ) -> Result<Self, CommandError> {
        // `-p` is `--pipelines` elsewhere, and a template has its pipeline already.
        let words = parameters.iter().chain(&selection.pipelines);
        let mut given = split(words)?;
        let template = cluster
            .read(Object::WorkflowTemplate, from)
            .await?
            .ok_or_else(|| ClusterError::NotFound {
                kind: Object::WorkflowTemplate.kind(),
                name: from.to_owned(),
                namespace: cluster.namespace.clone(),
            })?;
        if !selection.params.is_empty() {
            let deployed = parameters_of(&template)
                .into_iter()
                .find(|parameter| parameter.name == workflow::RUNTIME_PARAMETERS)
                .ok_or_else(|| {
                    CommandError::new(format!(
                        "the WorkflowTemplate `{from}` takes no runtime parameters of Kedro's"
                    ))
                    .hint("deploy it again: {program} deploy")
                })?;
            let text = given
                .get(workflow::RUNTIME_PARAMETERS)
                .cloned()
                .or(deployed.value)
                .unwrap_or_default();
            let mut all = serde_json::from_str(&text).unwrap_or_default();
            for (path, value) in runtime_parameters(&selection.params)? {
                insert(&mut all, &path, value);
            }
            given.insert(
                workflow::RUNTIME_PARAMETERS.to_owned(),
                workflow::encode_runtime_parameters(&all),
            );
        }
        let mut workflow = workflow_from(&template, name, &given)?;
        workflow["metadata"]["namespace"] = cluster.namespace.clone().into();
        Ok(Self { workflow, template })
    }

    /// The Workflow as it was made, with the tasks that the controller will take from the
    /// template: what is put on record.
    pub(crate) fn resolved(&self, created: &Value) -> Value {
        let mut resolved = created.clone();
        let mut spec = self.template["spec"].clone();
        let given = self.workflow["spec"]["arguments"]["parameters"].as_array();
        let declared = spec["arguments"]["parameters"].as_array_mut();
        for parameter in declared.into_iter().flatten() {
            let given = given
                .into_iter()
                .flatten()
                .find(|given| given["name"] == parameter["name"]);
            if let Some(given) = given {
                parameter["value"] = given["value"].clone();
            }
        }
        resolved["status"]["storedWorkflowTemplateSpec"] = spec;
        resolved
    }
}

/// `name=value` each.
fn split<'a>(
    words: impl Iterator<Item = &'a String>,
) -> Result<IndexMap<String, String>, CommandError> {
    words
        .map(|word| match word.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
            _ => Err(
                CommandError::new(format!("`{word}` gives no parameter its value"))
                    .hint("e.g. --from TEMPLATE -p size=large"),
            ),
        })
        .collect()
}

/// Reads `--params` as Kedro does (`_split_params` of `kedro.framework.cli.utils`, and
/// `OmegaConf.from_dotlist`): dotted names, and values that are YAML.
fn runtime_parameters(words: &[String]) -> Result<Vec<(Vec<String>, Value)>, CommandError> {
    let wrong = |item: &str| {
        CommandError::new(format!("`{item}` gives no runtime parameter its value"))
            .hint("e.g. --params model.depth=3,name=x")
    };
    words
        .iter()
        .flat_map(|word| word.split(','))
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            let (name, text) = item.split_once('=').ok_or_else(|| wrong(item))?;
            let path: Vec<String> = name.trim().split('.').map(str::to_owned).collect();
            if path.iter().any(String::is_empty) {
                return Err(wrong(item));
            }
            Ok((path, value(text.trim())))
        })
        .collect()
}

fn value(text: &str) -> Value {
    match text {
        // Words of YAML 1.1, as PyYAML reads them.
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => yaml::parse("", text)
            .ok()
            .and_then(|documents| documents.first().map(yaml::Yaml::to_json))
            .unwrap_or_else(|| text.into()),
    }
}

fn insert(all: &mut Map<String, Value>, path: &[String], value: Value) {
    match path {
        [] => {}
        [name] => {
            all.insert(name.clone(), value);
        }
        [group, rest @ ..] => {
            let entry = all.entry(group.clone()).or_insert(Value::Null);
            if !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            if let Some(inner) = entry.as_object_mut() {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn runtime_parameters_are_read_as_kedro_reads_them() {
        let words = [
            "model.depth=3,model.rate=1e-3,name=x y,day=2026-01-02",
            "on=yes,quoted='3',none=null,list=[1],url=s3://b?a=b",
        ];
        let mut all = json!({"model": {"depth": 1, "kept": true}, "on": {}})
            .as_object()
            .cloned()
            .unwrap();
        for (path, value) in runtime_parameters(&words.map(str::to_owned)).unwrap() {
            insert(&mut all, &path, value);
        }
        assert_eq!(
            Value::Object(all),
            json!({
                "model": {"depth": 3, "kept": true, "rate": 0.001},
                "on": true, "name": "x y", "day": "2026-01-02", "quoted": "3", "none": null,
                "list": [1], "url": "s3://b?a=b",
            })
        );
        for bad in ["depth", "=3", "a..b=1"] {
            assert!(runtime_parameters(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_parameter_is_a_name_and_a_value() {
        let words = ["a=b=c".to_owned(), "d=".to_owned()];
        let given = split(words.iter()).unwrap();
        assert_eq!((given["a"].as_str(), given["d"].as_str()), ("b=c", ""));
        assert!(split(["training".to_owned()].iter()).is_err());
    }
}
