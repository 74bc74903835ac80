//! Pods of a running run: the start of their tasks, and what those lacked.

use std::ffi::OsString;
use std::path::PathBuf;

use diagnostic::Diagnostic;
use engine::{Isolation, Resolved};
use project::Snapshot;
use runs::{RunEvent, RunState};

use super::draft::Draft;
use super::findings;
use super::folder::Folder;
use super::pod::Pod;
use super::rooms::Rooms;
use super::tree::Tree;
use crate::error::CommandError;
use crate::render::words;
use crate::settings::variables;

/// Pods of a running run.
pub(crate) struct Pods {
    pub(super) rooms: Rooms,
    pub(super) folder: Folder,
    pub(super) variables: Vec<(OsString, OsString)>,
    pub(super) file: PathBuf,
    pub(super) pod: Pod,
    pub(super) tree: Tree,
    pub(super) installed: lint::pod::Installed,
    pub(super) lacking: Vec<Diagnostic>,
    pub(super) snapshot: Snapshot,
    pub(super) draft: Draft,
}

impl Pods {
    /// Isolation in which the tasks start.
    pub(crate) fn isolation(&self) -> Isolation {
        Isolation::Apart(self.variables.clone())
    }

    /// Folder with the folders of the claims.
    pub(crate) fn claims(&self) -> PathBuf {
        self.pod.store.clone()
    }

    /// Variable that makes a task a pod of this run.
    pub(crate) fn variable(&self) -> (OsString, OsString) {
        (variables::LIKE_A_POD.into(), self.file.clone().into())
    }

    /// Sentence about the tasks that are not like pods: those with the user's own templates.
    pub(crate) fn note(resolved: &Resolved) -> Option<String> {
        let units = resolved.units.iter().filter(|unit| !unit.runs_worker);
        let names: Vec<&str> = units.map(|unit| unit.name.as_str()).collect();
        (!names.is_empty()).then(|| {
            format!(
                "not like a pod: {} have templates of their own and run as without --like-a-pod",
                words::list(&names)
            )
        })
    }

    /// Adapts an event, before other code sees it.
    pub(crate) fn take_in(&self, event: &mut RunEvent) {
        if let RunEvent::TaskStarted { .. } = event {
            self.rooms.started();
        }
        if let RunEvent::TaskFinished { task, cause, .. } = event {
            if let Some(cause) = cause {
                let folder = format!("{}/", self.pod.project_in(task).display());
                // A pod shows paths from the project's folder.
                let shorten = |text: &mut String| *text = text.replace(&folder, "");
                shorten(&mut cause.message);
                cause.traceback.iter_mut().for_each(shorten);
                cause
                    .frame
                    .iter_mut()
                    .for_each(|frame| shorten(&mut frame.file));
            }
            self.rooms.ended(task);
        }
    }

    /// Ends the pods, and says what their tasks lacked.
    pub(crate) fn end(self, state: &RunState) -> Result<Vec<Diagnostic>, CommandError> {
        let written = self.rooms.end()?;
        let image = self.draft.image()?;
        let told = findings::RunFacts {
            pod: &self.pod,
            tree: &self.tree,
            image: &image,
            installed: &self.installed,
            config: &self.draft.config,
            snapshot: &self.snapshot,
            written: &written,
            lacking: &self.lacking,
        };
        let found = told.findings(state);
        drop(self.folder);
        found
    }
}
