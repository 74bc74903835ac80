//! Tasks of a run that read values which Kedro's runtime parameters change.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use marks::TaskOutline;
use project::{Request, Snapshot};
use runs::RunRecord;
use serde_json::{Map, Value};

use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::runtime_parameters::NewParameters;
use crate::flags::selection::Selection;
use crate::record::manifest;
use crate::record::selection::recorded_selection;
use crate::settings::Settings;
use crate::spine::{self, Opened};

/// New runtime parameters of Kedro's for an earlier run.
#[derive(Debug, Default)]
pub(crate) struct NewRuntimeParameters {
    /// The parameters, nested.
    pub(crate) parameters: Map<String, Value>,
    /// Says for each node of the project whether it reads or writes something that the parameters
    /// change, also through `${…}` in parameters or in the catalog.
    nodes: BTreeMap<String, bool>,
    /// Reason why nothing is known about the nodes.
    unknown: Option<String>,
}

impl NewRuntimeParameters {
    /// Reads parameters without their readers. No project is needed.
    pub(crate) fn without_readers(new: &NewParameters) -> Result<Self, CommandError> {
        Ok(Self {
            parameters: new.read()?,
            ..Self::default()
        })
    }

    /// Reads parameters as Kedro does, and what they change for the nodes of a run: reads the
    /// project once with the run's runtime parameters, and once with the new ones over them.
    pub(crate) async fn compared(
        new: &NewParameters,
        run: &RunRecord,
        its_own: Map<String, Value>,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        if new.is_empty() {
            return Ok(Self::default());
        }
        match compare(new, run, its_own, settings).await {
            Ok(given) => Ok(given),
            Err(error) if error.exit == Exit::Interrupted => Err(error),
            // The project may have changed since the run, or be elsewhere.
            Err(error) => Ok(Self {
                unknown: Some(error.in_one_line()),
                ..Self::without_readers(new)?
            }),
        }
    }

    /// Finds what a selection's parameters change: reads the open project with a run's runtime
    /// parameters, and once with the new ones over them. The project stays in the second state.
    pub(crate) async fn read(
        opened: &mut Opened,
        selection: &Selection,
    ) -> Result<Self, CommandError> {
        let new = Request {
            digests: true,
            ..selection.request(&opened.root)
        };
        let old = Request {
            params: Vec::new(),
            params_file: None,
            ..new.clone()
        };
        let (before, unknown) = match opened.reread(&old).await {
            Ok(()) => (std::mem::take(&mut opened.snapshot.digests), None),
            Err(error) if error.exit == Exit::Interrupted => return Err(error),
            // The new parameters may supply what was missing.
            Err(error) => (IndexMap::new(), Some(error.in_one_line())),
        };
        opened.reread(&new).await?;
        Ok(Self {
            nodes: changed_nodes(&before, &opened.snapshot),
            parameters: opened.snapshot.runtime_parameters.clone(),
            unknown,
        })
    }

    /// Gives the reason why it is unknown which tasks read a changed value; `None` if it is known.
    pub(crate) fn why_unknown<'a>(
        &self,
        mut tasks: impl Iterator<Item = &'a TaskOutline>,
    ) -> Option<String> {
        if self.parameters.is_empty() {
            return None;
        }
        if let Some(reason) = &self.unknown {
            return Some(reason.clone());
        }
        let mut nodes = tasks.by_ref().flat_map(|task| &task.nodes);
        let gone = nodes.find(|node| !self.nodes.contains_key(*node))?;
        Some(format!("the project no longer has the node `{gone}`"))
    }

    /// Says whether a task reads a changed value.
    pub(crate) fn is_read_by(&self, task: &TaskOutline) -> bool {
        let mut nodes = task.nodes.iter();
        nodes.any(|node| self.nodes.get(node) == Some(&true))
    }

    /// Names of the tasks that read a changed value, and of all tasks after them.
    pub(crate) fn touched(&self, outline: &[TaskOutline]) -> BTreeSet<String> {
        let readers = outline.iter().filter(|task| self.is_read_by(task));
        let mut touched: BTreeSet<String> = readers.map(|task| task.name.clone()).collect();
        loop {
            let before = touched.len();
            for task in outline {
                if task.upstream.iter().any(|name| touched.contains(name)) {
                    touched.insert(task.name.clone());
                }
            }
            if touched.len() == before {
                return touched;
            }
        }
    }
}

async fn compare(
    new: &NewParameters,
    run: &RunRecord,
    its_own: Map<String, Value>,
    settings: &Settings,
) -> Result<NewRuntimeParameters, CommandError> {
    let manifest = manifest::read(run)?;
    let selection = recorded_selection(run, manifest.workflow(), its_own, new);
    let mut opened = spine::open_configuration(settings, &selection).await?;
    NewRuntimeParameters::read(&mut opened, &selection).await
}

fn changed_nodes(before: &IndexMap<String, String>, after: &Snapshot) -> BTreeMap<String, bool> {
    let is_changed = |name: &String| before.get(name) != after.digests.get(name);
    let nodes = after.nodes.iter().map(|node| {
        let mut touches = node.inputs.iter().chain(&node.outputs);
        (node.name.clone(), touches.any(is_changed))
    });
    nodes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, upstream: &[&str]) -> TaskOutline {
        TaskOutline {
            name: name.to_owned(),
            nodes: vec![name.to_owned()],
            upstream: upstream.iter().map(|name| (*name).to_owned()).collect(),
            is_optional: false,
            is_group: false,
        }
    }

    #[test]
    fn who_comes_after_a_reader_is_touched_as_well() {
        let nodes = ["a", "first", "middle", "last"].map(|name| (name.to_owned(), name == "a"));
        let given = NewRuntimeParameters {
            parameters: Map::from_iter([("depth".to_owned(), 3.into())]),
            nodes: nodes.into(),
            unknown: None,
        };
        let outline = [
            task("last", &["middle"]),
            task("middle", &["a", "beside"]),
            task("a", &["first"]),
            task("first", &[]),
            task("beside", &["first"]),
        ];
        let touched: Vec<String> = given.touched(&outline).into_iter().collect();
        assert_eq!(touched, ["a", "last", "middle"]);
        assert_eq!(given.why_unknown(outline[..4].iter()), None);
        let why = given.why_unknown(outline.iter()).unwrap();
        assert!(why.contains("`beside`"), "{why}");
        // Without parameters, nothing changes.
        assert_eq!(
            NewRuntimeParameters::default().why_unknown(outline.iter()),
            None
        );
    }
}
