//! Selection with which a run on record was read, to read its project in the same way again.

use argo::spec::WorkflowSpec;
use runs::RunRecord;
use serde_json::{Map, Value};

use crate::flags::runtime_parameters::NewParameters;
use crate::flags::selection::Selection;

/// The selection of a run: its environment, its pipelines, its configuration folder and its runtime parameters.
///
/// `spec` is the run's own, and `parameters` what it has by now; `new` are runtime parameters that are given over them.
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
