//! `submit --from`: a run of a deployed `WorkflowTemplate`. No project is needed.

use cluster::{Cluster, ClusterError, Object, parameters_of, workflow_from};
use diagnostic::{Diagnostic, did_you_mean};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::flags::runtime_parameters;
use crate::flags::selection::Selection;
use crate::flags::workflow_parameters::named;
use crate::remote::submission::SubmissionId;
use crate::spine::Linted;

/// Workflow to create, and its template.
pub(crate) struct FromTemplate {
    /// Workflow to create.
    workflow: Value,
    template: Value,
}

impl FromTemplate {
    /// Reads the template `from` and makes a Workflow of it. `-p` and `--parameter` set the
    /// template's parameters. `--params` and `--params-file` set Kedro's: they become the one
    /// parameter that `compile` makes of them, and override the deployed values.
    pub(crate) async fn read(
        cluster: &Cluster,
        from: &str,
        name: Option<&str>,
        parameters: &[String],
        selection: &Selection,
    ) -> Result<Self, CommandError> {
        // `-p` means `--pipelines` elsewhere, but a template has its pipeline already.
        let words = parameters.iter().chain(&selection.pipelines);
        let mut given = named(words, "e.g. --from TEMPLATE -p size=large")?;
        let template = cluster
            .read(Object::WorkflowTemplate, from)
            .await?
            .ok_or_else(|| ClusterError::NotFound {
                kind: Object::WorkflowTemplate.kind(),
                name: from.to_owned(),
                namespace: cluster.namespace.clone(),
            })?;
        if !selection.params.is_empty() || selection.params_file.is_some() {
            let deployed = parameters_of(&template)
                .into_iter()
                .find(|parameter| parameter.name == marks::runtime_parameters::NAME)
                .ok_or_else(|| {
                    CommandError::new(format!(
                        "the WorkflowTemplate `{from}` does not accept runtime parameters of Kedro"
                    ))
                    .hint("to deploy it again: {program} deploy")
                })?;
            let text = given
                .get(marks::runtime_parameters::NAME)
                .cloned()
                .or(deployed.value);
            let mut all = match text.as_deref() {
                // Argo takes a parameter without a value from a ConfigMap or an event.
                None | Some("") => Map::new(),
                Some(text) => marks::runtime_parameters::decode(text).map_err(|error| {
                    CommandError::new(format!(
                        "the runtime parameters of the WorkflowTemplate `{from}` are no JSON object: {error}"
                    ))
                    .hint("to deploy it again: {program} deploy")
                })?,
            };
            if let Some(file) = &selection.params_file {
                compile::lay_over(&mut all, runtime_parameters::in_file(file)?);
            }
            compile::lay_over(&mut all, runtime_parameters::in_words(&selection.params)?);
            given.insert(
                marks::runtime_parameters::NAME.to_owned(),
                compile::encode_runtime_parameters(&all),
            );
        }
        let mut workflow = workflow_from(&template, name, &given)
            .map_err(|error| with_kedros_way(error.into(), &template, &given))?;
        workflow["metadata"]["namespace"] = cluster.namespace.clone().into();
        Ok(Self { workflow, template })
    }

    /// Linted Workflow to send.
    ///
    /// # Arguments
    ///
    /// * `submission`: Submission that creates it; `None` for a dry run.
    ///
    /// # Errors
    ///
    /// Returns the errors that the rules find.
    pub(crate) fn linted(&self, submission: Option<&SubmissionId>) -> Result<Linted, CommandError> {
        let mut workflow = self.workflow.clone();
        if let Some(submission) = submission {
            submission.mark(&mut workflow);
        }
        let linted = Linted::of_document(workflow);
        if linted.findings().iter().any(Diagnostic::is_error) {
            return Err(CommandError::findings(linted.findings().to_vec()));
        }
        Ok(linted)
    }

    /// Created Workflow with the tasks that the controller will take from the template, for the record.
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

/// Adds a hint to an error about parameters: Kedro's are no parameters of the template.
fn with_kedros_way(
    error: CommandError,
    template: &Value,
    given: &IndexMap<String, String>,
) -> CommandError {
    let known = parameters_of(template);
    let names = || known.iter().map(|parameter| parameter.name.as_str());
    let is_known = |name: &str| names().any(|known| known == name);
    let unlike = |name: &str| !is_known(name) && did_you_mean(name, names()).is_none();
    match given.iter().find(|(name, _)| unlike(name)) {
        Some((name, _)) if is_known(marks::runtime_parameters::NAME) => error.hint(format!(
            "for a runtime parameter of Kedro, use: --params {name}=VALUE"
        )),
        _ => error,
    }
}
