//! What a run took over from the runs that it was made of (`resubmit --from-run`).

use std::collections::BTreeSet;

use compile::TaskOutline;
use serde_json::Value;

use crate::error::CommandError;
use crate::record::store::Store;
use crate::remote::cluster_run::{ClusterRun, outline_of};
use crate::settings::Settings;

/// Annotation of a Workflow with the name of the run that it was made of.
pub(crate) const MADE_OF: &str = "argo-kedro/resubmitted-from";

/// What runs before a run did for it.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// Tasks that the run has not, since an earlier one did them: the name of that run, the nearest one, and the task.
    pub(crate) taken_over: Vec<(String, TaskOutline)>,
    /// An earlier run that is not on record here; what it did is not known.
    pub(crate) unknown: Option<String>,
}

impl Lineage {
    /// Follows the record back as far as it goes.
    pub(crate) fn of(run: &ClusterRun, settings: &Settings) -> Result<Self, CommandError> {
        let store = Store::open_anywhere(settings)?;
        let mut lineage = Self::default();
        let mut seen: BTreeSet<String> = run.outline.iter().map(|task| task.name.clone()).collect();
        let mut runs = BTreeSet::from([run.record.name.clone()]);
        let mut manifest = run.record.manifest.clone();
        while let Some(name) = made_of(&manifest) {
            if !runs.insert(name.clone()) {
                break;
            }
            let Ok(record) = store.name(&name).and_then(|name| store.record(&name)) else {
                lineage.unknown = Some(name);
                break;
            };
            for task in outline_of(&record.manifest) {
                if seen.insert(task.name.clone()) {
                    lineage.taken_over.push((name.clone(), task));
                }
            }
            manifest = record.manifest;
        }
        Ok(lineage)
    }
}

/// The run that a run was made of, if it took something over from it.
fn made_of(manifest: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(manifest).ok()?;
    let takes_over = manifest["spec"].to_string().contains(compile::HANDOFF_FROM);
    let name = manifest["metadata"]["annotations"][MADE_OF].as_str()?;
    takes_over.then(|| name.to_owned())
}
