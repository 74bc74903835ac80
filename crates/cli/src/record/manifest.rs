//! Recorded manifest of a run: JSON in one text. Earlier versions wrote YAML for runs on this machine.

use argo::spec::{
    Arguments, Manifest, NotADocument, Unreadable, WorkflowSpec, from_json, from_text,
};
use marks::{TaskOutline, outline};
use runs::RunRecord;
use serde_json::Value;

use crate::error::CommandError;

/// Text to record.
pub(crate) fn text(manifest: &Manifest) -> String {
    argo::spec::to_json(manifest).to_string()
}

/// Reads the manifest of a run.
pub(crate) fn read(record: &RunRecord) -> Result<Manifest, CommandError> {
    from_text(&record.manifest).map_err(|error| not_readable(&record.name, &error))
}

/// Tasks in the manifest of a run; none if the manifest has another form, or Argo cannot read it either.
pub(crate) fn outline_of(record: &RunRecord) -> Result<Vec<TaskOutline>, CommandError> {
    match from_text(&record.manifest) {
        Ok(manifest) => Ok(outline(manifest.workflow())),
        Err(NotADocument::Unreadable(_)) => Ok(Vec::new()),
        Err(error) => Err(not_readable(&record.name, &error)),
    }
}

/// Tasks in the spec of a cluster's Workflow; none if it has another form, or Argo cannot read it either.
pub(crate) fn outline_of_spec(spec: &Value) -> Vec<TaskOutline> {
    from_json::<WorkflowSpec>(spec).map_or_else(|_| Vec::new(), |spec| outline(&spec))
}

/// Arguments in the spec of a cluster's Workflow; none if the spec has no arguments, or `null`.
///
/// # Errors
///
/// Returns the field that Argo cannot read.
pub(crate) fn arguments_of_spec(spec: &Value) -> Result<Arguments, Unreadable> {
    match &spec["arguments"] {
        Value::Null => Ok(Arguments::default()),
        arguments => from_json(arguments),
    }
}

fn not_readable(run: &str, error: &NotADocument) -> CommandError {
    CommandError::new(format!(
        "cannot read the manifest of run {run} in the history: {error}"
    ))
    .hint(format!("to delete the record: {{program}} delete {run}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use jiff::Timestamp;
    use runs::Phase;

    use super::*;

    fn record(manifest: &str) -> RunRecord {
        RunRecord {
            name: "flights-1".to_owned(),
            uid: "u".to_owned(),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            manifest: manifest.to_owned(),
            cluster: None,
            phase: Phase::Pending,
            finished: None,
        }
    }

    const OLD: &str = "\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: flights-}
spec:
  entrypoint: pipeline
  arguments: {parameters: [{name: size, value: 3}]}
  templates:
    - name: pipeline
      steps:
        - - name: tasks
            inline:
              dag:
                tasks:
                  - {name: fit, template: default, arguments: {parameters: [{name: kedro_nodes, value: fit}]}}
    - name: default
      container: {image: i, command: [argo-kedro, exec]}
";

    #[test]
    fn a_record_of_an_earlier_version_is_read_as_one_of_today() {
        let old = record(OLD);
        let today = record(&text(&read(&old).unwrap()));
        assert!(today.manifest.starts_with('{'));
        assert_eq!(read(&old).unwrap(), read(&today).unwrap());
        let tasks = outline_of(&today).unwrap();
        assert_eq!(
            (tasks[0].name.as_str(), &tasks[0].nodes[0]),
            ("fit", &"fit".to_owned())
        );
        // The record of a run on a cluster has such nulls.
        let nulls =
            r#"{"kind": "Workflow", "metadata": {"name": "a", "generateName": null}, "spec": {}}"#;
        assert_eq!(read(&record(nulls)).unwrap().metadata.generate_name, None);
    }

    #[test]
    fn a_record_that_cannot_be_read_is_an_error_that_names_the_run() {
        for broken in ["", "{\"kind\": ", "a: [", "--- 1\n--- 2"] {
            let error = read(&record(broken)).unwrap_err();
            assert!(error.message().contains("run flights-1"), "{broken}");
            assert!(outline_of(&record(broken)).is_err(), "{broken}");
        }
        // Argo cannot read this manifest either, so it has no tasks.
        let unreadable = record(r#"{"kind": "Workflow", "spec": {"entrypoint": 3}}"#);
        let error = read(&unreadable).unwrap_err();
        assert!(
            error.message().contains("`spec.entrypoint`"),
            "{}",
            error.message()
        );
        assert_eq!(outline_of(&unreadable).unwrap(), []);
    }

    #[test]
    fn a_workflow_without_arguments_has_none() {
        for spec in [
            json!({"entrypoint": "a"}),
            json!({"arguments": null}),
            json!({"arguments": {}}),
        ] {
            assert_eq!(arguments_of_spec(&spec), Ok(Arguments::default()), "{spec}");
        }
        let given = json!({"arguments": {"parameters": [{"name": "x", "value": 3}]}});
        let read = arguments_of_spec(&given).unwrap();
        assert_eq!(read.parameters[0].name, "x");
        assert!(arguments_of_spec(&json!({"arguments": 3})).is_err());
    }
}
