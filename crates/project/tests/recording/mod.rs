//! Recorded snapshots: answers of the worker for the projects of `tests/recorded_projects.py`.
//!
//! `scripts/record_snapshots.py` records them; `tests/test_recorded_snapshots.py` checks that the worker still gives
//! these answers.

use std::fs;
use std::path::Path;

use diagnostic::Diagnostic;
use project::Snapshot;
use project::config::{ArgoConfig, ConfigFile, check};
use serde_json::{Value, json};

/// Recorded project.
pub(crate) struct Recording {
    /// Answer of the worker: everything that Kedro knows about the project.
    pub(crate) snapshot: Snapshot,
    files: Vec<ConfigFile>,
}

impl Recording {
    /// Configuration of the project, or all its faults.
    pub(crate) fn config(&self) -> Result<ArgoConfig, Vec<Diagnostic>> {
        let none = json!({});
        check(self.snapshot.argo.as_ref().unwrap_or(&none), &self.files)
    }
}

/// Recording with a name.
pub(crate) fn recording(name: &str) -> Recording {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../project/tests/fixtures");
    let text = fs::read_to_string(folder.join(format!("{name}.json"))).unwrap();
    let mut recorded: Value = serde_json::from_str(&text).unwrap();
    let files = recorded["files"].as_object().unwrap().iter();
    let files = files
        .map(|(path, text)| ConfigFile {
            path: path.clone(),
            text: text.as_str().unwrap().to_owned(),
        })
        .collect();
    Recording {
        snapshot: serde_json::from_value(recorded["snapshot"].take()).unwrap(),
        files,
    }
}
