//! Outputs of a template, built from those of its tasks or steps (`getTemplateOutputsFromScope` of
//! `workflow/controller/operator.go`), and its global outputs.

use std::rc::Rc;

use argo::spec::{Artifact, ValueFrom, from_json, to_json};
use argo::status::{Outputs, Parameter};
use argo::text::expression::{Value, Variables, evaluate};
use argo::text::tags::{Strict, substitute};

use super::call::CallId;
use super::graph::TaskGraph;
use super::operation::Operation;
use super::scope::NodeScope;

/// Argument from an output of a task that did not run (`AbsentOptionalArgumentValue` of `workflow/common/common.go`).
pub(super) const ABSENT: &str = "__argo-internal.absent-optional-output__";

/// Fields for the possible locations of an artifact.
const PLACES: [&str; 10] = [
    "s3",
    "git",
    "http",
    "artifactory",
    "hdfs",
    "raw",
    "oss",
    "gcs",
    "azure",
    "plugin",
];

/// Key under which an expression holds the name of an artifact.
const NAME_OF_ARTIFACT: &str = "\u{0}artifact";

/// Says whether an artifact has a location.
pub(super) fn has_location(artifact: &Artifact) -> bool {
    let present = artifact.present();
    PLACES.iter().any(|place| present.contains(place))
}

/// Converts an artifact of a node to that of a template.
pub(super) fn artifact_of(artifact: &argo::status::Artifact) -> Artifact {
    serde_json::to_value(artifact)
        .ok()
        .and_then(|value| from_json(&value).ok())
        .unwrap_or_else(|| Artifact {
            name: artifact.name.clone(),
            ..Artifact::default()
        })
}

impl Operation {
    /// Sets the outputs of a successful DAG.
    ///
    /// # Errors
    ///
    /// An output has no value.
    pub(super) fn outputs_of_dag(&mut self, call: CallId, graph: &TaskGraph) -> Result<(), String> {
        let names: Vec<String> = graph
            .tasks()
            .iter()
            .map(|task| argo::status::task_name(self.calls[call].name(), &task.name))
            .collect();
        for name in &names {
            let outputs = self.node_named(name).and_then(|node| node.outputs.clone());
            if let Some(outputs) = outputs {
                self.add_global_outputs(&outputs);
            }
        }
        let template = Rc::clone(&self.calls[call].template);
        if template.outputs.parameters.is_empty() && template.outputs.artifacts.is_empty() {
            return Ok(());
        }
        let mut scope = self.scope_of_template(call);
        for task in graph.tasks() {
            self.add_task(call, task, &mut scope)?;
        }
        let outputs = self.template_outputs(call, &scope)?;
        self.set_outputs(call, outputs);
        Ok(())
    }

    /// Sets the outputs of successful steps.
    ///
    /// # Errors
    ///
    /// An output has no value.
    pub(super) fn outputs_of_steps(&mut self, call: CallId) -> Result<(), String> {
        let template = Rc::clone(&self.calls[call].template);
        if template.outputs.parameters.is_empty() && template.outputs.artifacts.is_empty() {
            return Ok(());
        }
        let text = to_json(&template.outputs).to_string();
        let scope = self.scope_of_groups(call, usize::MAX, &text)?;
        let outputs = self.template_outputs(call, &scope)?;
        self.add_global_outputs(&outputs);
        self.set_outputs(call, outputs);
        Ok(())
    }

    fn set_outputs(&mut self, call: CallId, outputs: Outputs) {
        let id = self.calls[call].id.clone();
        if let Some(node) = self.node_mut(&id) {
            node.outputs = Some(outputs);
        }
    }

    fn template_outputs(&self, call: CallId, scope: &NodeScope) -> Result<Outputs, String> {
        let template = Rc::clone(&self.calls[call].template);
        let mut outputs = Outputs::default();
        for output in &template.outputs.parameters {
            let Some(from) = &output.value_from else {
                return Err("output parameters must have a valueFrom specified".to_owned());
            };
            let value = match value_from(from, scope) {
                Ok(OutputValue::Text(text)) => text,
                Ok(OutputValue::Absent) | Err(_) if from.default.is_some() => from
                    .default
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                Ok(OutputValue::Absent) => {
                    return Err(format!(
                        "output parameter {:?}: {:?} is an absent optional (skipped/omitted node output with no default)",
                        output.name, from.parameter
                    ));
                }
                Err(error) => return Err(error),
            };
            outputs.parameters.push(Parameter {
                name: output.name.clone(),
                value: Some(value),
                global_name: output.global_name.clone().unwrap_or_default(),
                ..Parameter::default()
            });
        }
        for output in &template.outputs.artifacts {
            if output.from.is_empty() && output.from_expression.is_empty() {
                continue;
            }
            match Self::resolve_artifact(output, scope) {
                Ok(found) => {
                    let found = Artifact {
                        name: output.name.clone(),
                        ..found
                    };
                    outputs.artifacts.push(super::nodes::artifact(&found));
                }
                Err(error) if error.contains("Unable to resolve") && output.optional => {}
                Err(error) => {
                    return Err(format!("unable to resolve outputs from scope: {error}"));
                }
            }
        }
        Ok(outputs)
    }

    /// Finds the artifact to which another one refers (`resolveArtifact` of `scope.go`).
    pub(super) fn resolve_artifact(
        artifact: &Artifact,
        scope: &NodeScope,
    ) -> Result<Artifact, String> {
        let found = if artifact.from_expression.is_empty() {
            let name = bare(&artifact.from);
            scope
                .artifacts
                .get(name)
                .cloned()
                .ok_or_else(|| format!("Unable to resolve: {name:?}"))?
        } else {
            of_expression(&artifact.from_expression, scope)?
        };
        if artifact.sub_path.is_empty() {
            return Ok(found);
        }
        let path = substitute(&artifact.sub_path, &scope.values, Strict::No)
            .map_err(|failure| failure.to_string())?;
        Ok(artifact_inside(&found, &path))
    }

    /// Adds outputs with a global name to the values of the whole Workflow (`addOutputsToGlobalScope`).
    pub(super) fn add_global_outputs(&mut self, outputs: &Outputs) {
        for output in &outputs.parameters {
            if output.global_name.is_empty() {
                continue;
            }
            if let Some(value) = &output.value {
                let name = format!("workflow.outputs.parameters.{}", output.global_name);
                self.globals.set(name, Value::text(value));
            }
            let known = self.status.outputs.get_or_insert_default();
            let global = Parameter {
                name: output.global_name.clone(),
                value: output.value.clone(),
                ..Parameter::default()
            };
            let mut same = known.parameters.iter_mut();
            match same.find(|known| known.name == global.name) {
                Some(known) => *known = global,
                None => known.parameters.push(global),
            }
        }
        for output in &outputs.artifacts {
            if output.global_name.is_empty() {
                continue;
            }
            let known = self.status.outputs.get_or_insert_default();
            let global = argo::status::Artifact {
                name: output.global_name.clone(),
                global_name: String::new(),
                path: String::new(),
                ..output.clone()
            };
            let mut same = known.artifacts.iter_mut();
            match same.find(|known| known.name == global.name) {
                Some(known) => *known = global,
                None => known.artifacts.push(global),
            }
        }
    }
}

/// Value of an output, if there is one.
enum OutputValue {
    Text(String),
    /// Output of a node that did not run, without a default.
    Absent,
}

/// The value of an output (`resolveParameter` of `scope.go`).
fn value_from(from: &ValueFrom, scope: &NodeScope) -> Result<OutputValue, String> {
    if !from.expression.is_empty() {
        let value = evaluate(&from.expression, scope.values.variables())
            .map_err(|failure| failure.to_string())?;
        return match value {
            Value::Nil => Err(format!(
                "failed to evaluate expression {:?}",
                from.expression
            )),
            other => text_of(&other),
        };
    }
    if from.parameter.is_empty() {
        return Ok(OutputValue::Text(String::new()));
    }
    let name = bare(&from.parameter);
    if let Some(expression) = name.strip_prefix('=') {
        let value = evaluate(expression, scope.values.variables())
            .map_err(|_| format!("Invalid expression: {expression:?}"))?;
        return match value {
            Value::Nil => Err(format!("Unable to resolve: {name:?}")),
            other => text_of(&other),
        };
    }
    match scope.values.get(name) {
        Some(Value::Nil) => Ok(OutputValue::Absent),
        Some(other) => text_of(other),
        None => Err(format!("Unable to resolve: {name:?}")),
    }
}

/// A value as Go prints it (`AnyStringPtr`).
fn text_of(value: &Value) -> Result<OutputValue, String> {
    value
        .printed()
        .map(OutputValue::Text)
        .map_err(|failure| failure.to_string())
}

/// Name in a tag, or the text itself if it is no tag.
fn bare(text: &str) -> &str {
    let text = text.strip_prefix("{{").unwrap_or(text);
    text.strip_suffix("}}").unwrap_or(text).trim()
}

/// Artifact that an expression evaluates to.
fn of_expression(expression: &str, scope: &NodeScope) -> Result<Artifact, String> {
    let values = scope
        .values
        .iter()
        .map(|(name, value)| (name.to_owned(), value.clone()));
    let artifacts = scope.artifacts.iter().map(|(name, artifact)| {
        let mut value = to_json(artifact);
        if let Some(entries) = value.as_object_mut() {
            entries.insert(NAME_OF_ARTIFACT.to_owned(), name.clone().into());
        }
        (name.clone(), Value::of_json(value))
    });
    let mut variables = Variables::of_argo(values.chain(artifacts));
    if let Some(outside) = scope.values.outside() {
        variables = variables.with(outside);
    }
    let value = evaluate(expression, &variables).map_err(|failure| failure.to_string())?;
    let name = match &value {
        Value::Map(entries) => entries.get(NAME_OF_ARTIFACT).and_then(Value::as_text),
        _ => None,
    };
    name.and_then(|name| scope.artifacts.get(name))
        .cloned()
        .ok_or_else(|| format!("the expression `{expression}` is not an artifact"))
}

/// A file or folder inside an artifact (`AppendToKey`).
fn artifact_inside(artifact: &Artifact, path: &str) -> Artifact {
    let mut artifact = artifact.clone();
    for place in [&mut artifact.s3, &mut artifact.gcs, &mut artifact.oss] {
        if let Some(entries) = place
            && let Some(key) = entries.get("key").and_then(|key| key.as_str())
        {
            let (key, path) = (key.trim_end_matches('/'), path.trim_start_matches('/'));
            let joined = format!("{key}/{path}");
            entries.insert("key".to_owned(), joined.into());
        }
    }
    artifact
}
