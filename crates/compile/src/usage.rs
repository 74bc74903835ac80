//! What a task used and where it has written what it makes, as outputs of its template: files that
//! `argo-kedro exec` writes when the task has ended, so that Argo's UI and `status` show them.

use marks::outputs::{CPU, DURATION, FOLDER, PEAK_MEMORY, WRITTEN};

use crate::manifest::{Outputs, Parameter, ValueFrom};

/// The outputs; empty texts for a task that was killed with its supervisor, or has written nothing.
pub(crate) fn outputs() -> Outputs {
    let parameters = [PEAK_MEMORY, CPU, DURATION, WRITTEN].map(|name| Parameter {
        name: name.to_owned(),
        value_from: Some(ValueFrom {
            path: format!("{FOLDER}/{name}"),
            default: Some(String::new()),
            ..ValueFrom::default()
        }),
        ..Parameter::default()
    });
    Outputs {
        parameters: parameters.to_vec(),
        ..Outputs::default()
    }
}
