//! Tasks whose results a run took over from earlier runs (`resubmit --from-run`).

use std::collections::BTreeSet;

use marks::TaskOutline;
use runs::RunRecord;

use crate::error::CommandError;
use crate::record::manifest::{outline_of, read};
use crate::record::store::Store;
use crate::remote::cluster_run::ClusterRun;
use crate::settings::Settings;

/// Annotation of a Workflow with the name of the earlier run.
pub(crate) const MADE_OF: &str = "argo-kedro/resubmitted-from";

/// Work that earlier runs did for a run.
#[derive(Debug, Default)]
pub(crate) struct Lineage {
    /// Tasks that the run lacks because an earlier one did them: the name of the nearest such run, and the task.
    pub(crate) taken_over: Vec<(String, TaskOutline)>,
    /// Earlier run without a record here; its work is unknown.
    pub(crate) unknown: Option<String>,
}

impl Lineage {
    /// Follows the records back as far as they go.
    pub(crate) fn of(run: &ClusterRun, settings: &Settings) -> Result<Self, CommandError> {
        let store = Store::open_anywhere(settings)?;
        let mut lineage = Self::default();
        let mut seen: BTreeSet<String> = run.outline.iter().map(|task| task.name.clone()).collect();
        let mut runs = BTreeSet::from([run.record.name.clone()]);
        let mut younger = run.record.clone();
        while let Some(name) = made_of(&younger)? {
            if !runs.insert(name.clone()) {
                break;
            }
            let Ok(record) = store.name(&name).and_then(|name| store.record(&name)) else {
                lineage.unknown = Some(name);
                break;
            };
            for task in outline_of(&record)? {
                if seen.insert(task.name.clone()) {
                    lineage.taken_over.push((name.clone(), task));
                }
            }
            younger = record;
        }
        Ok(lineage)
    }
}

/// Earlier run from which a run took something over, if any.
fn made_of(record: &RunRecord) -> Result<Option<String>, CommandError> {
    let manifest = read(record)?;
    let containers = manifest.workflow().templates.iter();
    let containers = containers.filter_map(|template| template.container.as_ref());
    let mut variables = containers.flat_map(|container| &container.env);
    let takes_over = variables.any(|variable| variable.name == compile::HANDOFF_FROM);
    let name = manifest.metadata.annotations.get(MADE_OF);
    Ok(name.filter(|_| takes_over).cloned())
}
