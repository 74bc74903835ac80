//! Where a run on this machine has written what it makes.

use std::collections::BTreeMap;
use std::path::Path;

use project::Snapshot;
use serde::Deserialize;

use crate::error::CommandError;
use crate::settings::Settings;
use crate::store::shown;

/// The variable that tells the tasks where to note it (`python/argo_kedro/results.py`).
pub(crate) const VARIABLE: &str = "ARGO_KEDRO_RESULTS";

/// A line of the notes.
#[derive(Deserialize)]
struct Place {
    dataset: String,
    path: String,
}

/// Says where each dataset is that the run has written to, in the order of the pipeline.
pub(crate) fn show(
    notes: &Path,
    snapshot: &Snapshot,
    settings: &Settings,
) -> Result<(), CommandError> {
    let text = match fs_err::read_to_string(notes) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let order = snapshot.nodes.iter().flat_map(|node| &node.outputs);
    let lines = lines(&text, order, |path| Path::new(path).exists());
    if !lines.is_empty() {
        settings
            .printer
            .say(&format!("results:\n{}", lines.join("\n")));
    }
    Ok(())
}

/// What was written last of each dataset, and is there.
fn lines<'a>(
    notes: &str,
    order: impl Iterator<Item = &'a String>,
    is_there: impl Fn(&str) -> bool,
) -> Vec<String> {
    // A line that was not written to its end, on a full disk, says nothing.
    let places = notes
        .lines()
        .filter_map(|line| serde_json::from_str::<Place>(line).ok());
    let last: BTreeMap<String, String> = places.map(|place| (place.dataset, place.path)).collect();
    order
        .filter_map(|name| {
            let path = last.get(name)?;
            if path.contains("://") {
                Some(format!("  {name}  {path}"))
            } else {
                is_there(path).then(|| format!("  {name}  {}", shown(Path::new(path))))
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_last_and_is_there_is_shown_in_the_pipelines_order() {
        let notes = r#"{"dataset": "table", "path": "/x/old.csv"}
{"dataset": "model", "path": "s3://b/model"}
{"dataset": "gone", "path": "/x/gone.csv"}
{"dataset": "table", "path": "/x/new.csv"}
{"dataset": "mod"#;
        let order = ["table", "other", "gone", "model"].map(str::to_owned);
        let lines = lines(notes, order.iter(), |path| path != "/x/gone.csv");
        assert_eq!(lines, ["  table  /x/new.csv", "  model  s3://b/model"]);
    }
}
