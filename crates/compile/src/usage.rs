//! The outputs of a template with what its tasks used (`marks::outputs`).

use argo::spec::{AnyString, Outputs, Parameter, ValueFrom};
use marks::outputs::{CPU, DURATION, FOLDER, PEAK_MEMORY, WRITTEN};

/// The outputs; empty texts for a task that was killed with its supervisor, or has written nothing.
pub(crate) fn outputs() -> Outputs {
    let parameters = [PEAK_MEMORY, CPU, DURATION, WRITTEN].map(|name| Parameter {
        name: name.to_owned(),
        value_from: Some(ValueFrom {
            path: format!("{FOLDER}/{name}"),
            default: Some(AnyString::default()),
            ..ValueFrom::default()
        }),
        ..Parameter::default()
    });
    Outputs {
        parameters: parameters.to_vec(),
        ..Outputs::default()
    }
}
