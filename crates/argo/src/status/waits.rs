//! Nodes that wait for a person, and how to resume them (`updateSuspendedNode`, `SelectorMatchesNode` and
//! `ResumeWorkflow` of `workflow/util/util.go`).

use super::{NodeKind, NodeStatus, Parameter, Phase, WorkflowStatus};

/// Selector of nodes by name, or by the values of their fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NodeSelector {
    names: Vec<String>,
    fields: Vec<Field>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Field {
    name: String,
    is_equal: bool,
    value: String,
}

/// Fields that every node has.
const FIELDS: [&str; 5] = ["displayName", "templateName", "phase", "name", "id"];

impl NodeSelector {
    /// A selector of nodes that have one of these names, and these values in their fields.
    ///
    /// # Arguments
    ///
    /// * `names`: Names of nodes: displayed names, full names with or without the Workflow's name, or ids; empty for
    ///   any node.
    /// * `fields`: `FIELD=VALUE` or `FIELD!=VALUE`, separated by commas, as in Argo's `--node-field-selector`.
    ///
    /// # Errors
    ///
    /// Says why the fields cannot be read.
    pub fn read(names: &[String], fields: &str) -> Result<Self, String> {
        let parts = fields.split(',').map(str::trim);
        let fields = parts.filter(|part| !part.is_empty()).map(|part| {
            let (name, value) = part
                .split_once('=')
                .ok_or_else(|| format!("`{part}` is not FIELD=VALUE"))?;
            let is_equal = !name.ends_with('!');
            let name = name.trim_end_matches('!').trim();
            if input_of(name).is_none()
                && !name.starts_with("templateRef.")
                && !FIELDS.contains(&name)
            {
                return Err(format!(
                    "nodes have no field `{name}`; they have {} and inputs.parameters.NAME.value",
                    FIELDS.join(", ")
                ));
            }
            Ok(Field {
                name: name.to_owned(),
                is_equal,
                value: value.trim_start_matches('=').trim().to_owned(),
            })
        });
        Ok(Self {
            names: names.to_vec(),
            fields: fields.collect::<Result<_, _>>()?,
        })
    }

    /// Says whether the selector accepts a node of a Workflow.
    pub fn matches(&self, node: &NodeStatus, workflow: &str) -> bool {
        let short = node.name.strip_prefix(workflow).unwrap_or(&node.name);
        let short = short.strip_prefix('.').unwrap_or(short);
        let all = [&node.display_name, &node.name, &node.id];
        let is_named = |name: &String| all.contains(&name) || name == short;
        let has = |field: &Field| {
            (value_of(node, &field.name).as_deref() == Some(&*field.value)) == field.is_equal
        };
        (self.names.is_empty() || self.names.iter().any(is_named)) && self.fields.iter().all(has)
    }
}

fn value_of(node: &NodeStatus, field: &str) -> Option<String> {
    let reference = node.template_ref.as_ref();
    Some(match field {
        "displayName" => node.display_name.clone(),
        "templateName" => {
            reference.map_or_else(|| node.template_name.clone(), |it| it.template.clone())
        }
        "phase" => node.phase.to_string(),
        "name" => node.name.clone(),
        "id" => node.id.clone(),
        "templateRef.name" => reference?.name.clone(),
        "templateRef.template" => reference?.template.clone(),
        _ => node.input(input_of(field)?)?.to_owned(),
    })
}

/// The input parameter that a field names.
fn input_of(field: &str) -> Option<&str> {
    let input = field.strip_prefix("inputs.parameters.")?;
    input.strip_suffix(".value")
}

/// Nodes that wait for a person, or for a time (`IsActiveSuspendNode`).
pub fn waiting(status: &WorkflowStatus) -> impl Iterator<Item = &NodeStatus> {
    let nodes = status.nodes.values();
    nodes.filter(|node| node.kind == NodeKind::Suspend && node.phase == Phase::Running)
}

/// Names of the output parameters that a person must supply, and whether each has a default.
pub fn wanted(node: &NodeStatus) -> Vec<(&str, bool)> {
    let parameters = node.outputs.iter().flat_map(|outputs| &outputs.parameters);
    let open = parameters.filter(|output| is_open(output));
    open.map(|output| (output.name.as_str(), default(output).is_some()))
        .collect()
}

/// The output parameters of a node that a person resumes.
///
/// # Arguments
///
/// * `given`: Names and values. Ignores those that the node does not ask for.
///
/// # Errors
///
/// The name of a parameter that has neither a value nor a default.
pub fn supplied(node: &NodeStatus, given: &[(String, String)]) -> Result<Vec<Parameter>, String> {
    let parameters = node.outputs.iter().flat_map(|outputs| &outputs.parameters);
    let filled = parameters.map(|output| {
        if !is_open(output) {
            return Ok(output.clone());
        }
        let given = given.iter().find(|(name, _)| *name == output.name);
        let value = given.map(|(_, value)| value.as_str());
        let value = value.or_else(|| default(output));
        let value = value.ok_or_else(|| output.name.clone())?;
        Ok(Parameter {
            value: Some(value.to_owned()),
            value_from: None,
            ..output.clone()
        })
    });
    filled.collect()
}

fn is_open(output: &Parameter) -> bool {
    let from = output.value_from.as_ref();
    output.value.is_none() && from.is_some_and(|from| from.get("supplied").is_some())
}

fn default(output: &Parameter) -> Option<&str> {
    let from = output.value_from.as_ref()?;
    from.get("default").and_then(serde_json::Value::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn node(outputs: &serde_json::Value) -> NodeStatus {
        serde_json::from_value(json!({
            "id": "run-1", "name": "run[1].ask", "displayName": "ask", "type": "Suspend", "phase": "Running",
            "templateName": "wait",
            "inputs": {"parameters": [{"name": "who", "value": "ann"}]},
            "outputs": {"parameters": outputs},
        }))
        .unwrap()
    }

    #[test]
    fn nodes_are_chosen_by_names_and_by_fields_as_argo_has_them() {
        let node = node(&json!([]));
        for (names, fields, is_meant) in [
            (&[][..], "", true),
            (&["ask"], "", true),
            (&["[1].ask"], "", true),
            (&["run[1].ask"], "", true),
            (&["run-1"], "", true),
            (&["other"], "", false),
            (&["other", "ask"], "", true),
            (&[], "displayName=ask", true),
            (&[], "displayName==ask, phase!=Failed", true),
            (&[], "displayName=ask,templateName=other", false),
            (&[], "inputs.parameters.who.value=ann", true),
            (&[], "inputs.parameters.who.value!=ann", false),
            (&[], "templateRef.name=x", false),
            (&["ask"], "id=run-2", false),
        ] {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            let selector = NodeSelector::read(&names, fields).unwrap();
            assert_eq!(
                selector.matches(&node, "run"),
                is_meant,
                "{names:?} {fields}"
            );
        }
        assert!(
            NodeSelector::read(&[], "ask")
                .unwrap_err()
                .contains("`ask`")
        );
        assert!(
            NodeSelector::read(&[], "nme=ask")
                .unwrap_err()
                .contains("`nme`")
        );
    }

    #[test]
    fn an_output_takes_the_value_that_is_given_or_its_default() {
        let node = node(&json!([
            {"name": "a", "valueFrom": {"supplied": {}}},
            {"name": "b", "valueFrom": {"supplied": {}, "default": "no"}},
            {"name": "c", "value": "is there"},
        ]));
        assert_eq!(wanted(&node), [("a", false), ("b", true)]);
        assert_eq!(supplied(&node, &[]).unwrap_err(), "a");
        let given = [
            ("a".to_owned(), "yes".to_owned()),
            ("c".to_owned(), "x".to_owned()),
        ];
        let filled = supplied(&node, &given).unwrap();
        let values: Vec<_> = filled
            .iter()
            .map(|it| it.value.as_deref().unwrap())
            .collect();
        assert_eq!(values, ["yes", "no", "is there"]);
        assert!(filled.iter().all(|it| it.value_from.is_none()));
    }
}
