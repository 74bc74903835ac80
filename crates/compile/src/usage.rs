//! Outputs of a template for the resources that its tasks used (`marks::outputs`).

use argo::spec::{AnyString, Outputs, Parameter, ValueFrom};
use marks::outputs::{CPU, DURATION, FOLDER, PEAK_MEMORY, WRITTEN};

/// The outputs, with empty texts for a task that was killed with its supervisor or wrote nothing.
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
