//! Selection of a recorded run, to read its project in the same way again.

use argo::spec::WorkflowSpec;
use runs::RunRecord;
use serde_json::{Map, Value};

use crate::flags::runtime_parameters::NewParameters;
use crate::flags::selection::Selection;

/// Selection of a run: environment, pipelines, configuration folder and runtime parameters.
///
/// `spec` is the run's own, `parameters` are its current runtime parameters; `new` overrides them.
pub(crate) fn recorded_selection(
    run: &RunRecord,
    spec: &WorkflowSpec,
    parameters: Map<String, Value>,
    new: &NewParameters,
) -> Selection {
    Selection {
        env: Some(run.environment.clone()).filter(|name| !name.is_empty()),
        pipelines: run
            .pipeline
            .split_terminator(',')
            .map(str::to_owned)
            .collect(),
        conf_source: compile::conf_source_of(spec),
        configured_params: parameters,
        params: new.params.clone(),
        params_file: new.params_file.clone(),
        ..Selection::default()
    }
}
