//! Compares the end of a run with an expectation in a file.

use std::path::Path;

use diagnostic::yaml::{self, Yaml};
use engine::expectation::{differences, of_status};
use serde_json::Value;

use crate::error::CommandError;
use crate::record::store::Store;

/// Key of an exhaustive file: anything that it does not name must be absent.
const EXACT: &str = "exact";

/// Reads the expected end of a run.
///
/// # Errors
///
/// The file cannot be read, or is no expectation.
pub(crate) fn read(path: &Path) -> Result<Value, CommandError> {
    let text = fs_err::read_to_string(path)?;
    let name = path.display().to_string();
    let documents =
        yaml::parse(&name, &text).map_err(|finding| CommandError::findings(vec![*finding]))?;
    let expected = documents.first().map(Yaml::to_json);
    match expected.filter(|expected| expected.get("phase").is_some()) {
        Some(expected) => Ok(expected),
        None => Err(CommandError::new(format!(
            "{name} does not say how a run ends: `phase` is missing"
        ))
        .hint("write `phase: Succeeded`, and below `nodes` what you expect of the nodes")),
    }
}

/// Differences between the end of a run and the expectation, one sentence each.
///
/// # Errors
///
/// The recorded status cannot be read.
pub(crate) fn compare(
    expected: &Value,
    store: &Store,
    run: &str,
) -> Result<Vec<String>, CommandError> {
    let Some(status) = store.history()?.status(run)? else {
        return Err(CommandError::new(format!(
            "run `{run}` has no status on record"
        )));
    };
    let is_exact = expected.get(EXACT) == Some(&Value::Bool(true));
    Ok(differences(expected, &of_status(run, &status), is_exact))
}
