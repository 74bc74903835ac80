//! Which tasks of a run read the parameters that are given anew.

use std::collections::{BTreeMap, BTreeSet};

use project::Snapshot;
use project::snapshot::is_parameter;
use runs::RunRecord;
use serde_json::{Map, Value};
use workflow::TaskOutline;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::runtime_parameters;
use crate::selection::Selection;
use crate::settings::Settings;
use crate::spine;

/// Kedro's runtime parameters as they are given for a run that was made before.
#[derive(Debug, Default)]
pub(crate) struct Given {
    /// The parameters, nested.
    pub(crate) parameters: Map<String, Value>,
    /// What the nodes read, by name; none where the project does not say.
    inputs: BTreeMap<String, Vec<String>>,
}

impl Given {
    /// Reads words as Kedro does, and what the nodes of the run read from the project as it is now.
    pub(crate) async fn read(
        words: &[String],
        run: &RunRecord,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        if words.is_empty() {
            return Ok(Self::default());
        }
        let named = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let selection = Selection {
            params: words.to_vec(),
            env: named(&run.environment),
            pipelines: named(&run.pipeline).into_iter().collect(),
            ..Selection::default()
        };
        match spine::open(settings, &selection).await {
            Ok(opened) => Ok(Self::of(opened.snapshot)),
            Err(error) if error.exit == Exit::Interrupted => Err(error),
            // The project may have moved on since the run was made, or be somewhere else.
            Err(_) => Ok(Self {
                parameters: runtime_parameters::in_words(words)?,
                inputs: BTreeMap::new(),
            }),
        }
    }

    fn of(snapshot: Snapshot) -> Self {
        let nodes = snapshot.nodes.into_iter();
        Self {
            parameters: snapshot.runtime_parameters,
            inputs: nodes
                .map(|node| {
                    let inputs = node.inputs.into_iter();
                    (
                        node.name,
                        inputs.filter(|name| is_parameter(name)).collect(),
                    )
                })
                .collect(),
        }
    }

    /// Whether the project says what all nodes of a task read.
    pub(crate) fn knows(&self, task: &TaskOutline) -> bool {
        task.nodes.iter().all(|node| self.inputs.contains_key(node))
    }

    /// Whether a task reads one of the parameters.
    pub(crate) fn is_read_by(&self, task: &TaskOutline) -> bool {
        let mut leaves = Vec::new();
        collect_leaves("", &self.parameters, &mut leaves);
        let inputs = task.nodes.iter().filter_map(|node| self.inputs.get(node));
        inputs.flatten().any(|input| {
            let Some(read) = input.strip_prefix("params:") else {
                return !leaves.is_empty();
            };
            leaves
                .iter()
                .any(|leaf| is_within(leaf, read) || is_within(read, leaf))
        })
    }

    /// Names of the tasks that read one of the parameters, and of all that come after them.
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

/// `model.depth` for each value that is no group.
fn collect_leaves(above: &str, group: &Map<String, Value>, leaves: &mut Vec<String>) {
    for (key, value) in group {
        let name = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        match value {
            Value::Object(inner) if !inner.is_empty() => collect_leaves(&name, inner, leaves),
            _ => leaves.push(name),
        }
    }
}

fn is_within(name: &str, group: &str) -> bool {
    let rest = name.strip_prefix(group);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn task(name: &str, upstream: &[&str]) -> TaskOutline {
        TaskOutline {
            name: name.to_owned(),
            nodes: vec![name.to_owned()],
            upstream: upstream.iter().map(|name| (*name).to_owned()).collect(),
            is_optional: false,
        }
    }

    fn given(parameters: &Value, input: &str) -> Given {
        Given {
            parameters: parameters.as_object().cloned().unwrap(),
            inputs: [("a".to_owned(), vec![input.to_owned()])].into(),
        }
    }

    #[test]
    fn a_parameter_is_read_by_its_name_by_its_group_and_by_what_is_in_it() {
        for (parameters, input, is_read) in [
            (json!({"depth": 3}), "params:depth", true),
            (json!({"depth": 3}), "params:depths", false),
            (json!({"depth": 3}), "params:dep", false),
            (json!({"depth": 3}), "parameters", true),
            (json!({}), "parameters", false),
            (json!({"model": {"depth": 3}}), "params:model", true),
            (json!({"model": {"depth": 3}}), "params:model.depth", true),
            (json!({"model": {"depth": 3}}), "params:model.width", false),
            (json!({"model": {}}), "params:model.width", true),
            (json!({"model": 3}), "params:model.depth.most", true),
        ] {
            let given = given(&parameters, input);
            assert_eq!(
                given.is_read_by(&task("a", &[])),
                is_read,
                "{parameters} {input}"
            );
        }
    }

    #[test]
    fn who_comes_after_a_reader_is_touched_as_well() {
        let given = given(&json!({"depth": 3}), "params:depth");
        let outline = [
            task("last", &["middle"]),
            task("middle", &["a", "beside"]),
            task("a", &["first"]),
            task("first", &[]),
            task("beside", &["first"]),
        ];
        let touched: Vec<String> = given.touched(&outline).into_iter().collect();
        assert_eq!(touched, ["a", "last", "middle"]);
        assert!(given.knows(&outline[2]) && !given.knows(&outline[0]));
    }
}
