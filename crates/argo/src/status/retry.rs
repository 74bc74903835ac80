//! What `retry` makes of a Workflow that is over: the same Workflow, to go on with what
//! failed and what did not run.
//!
//! The same decisions as the controller's own (`workflow/util/util.go:1266` of Argo
//! Workflows 4.1.2), so that it goes on with the result as with one of Argo's: nodes that
//! failed go, with all below them; the groups above them run again; everything else stays.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::packed;

/// What to run again, besides what failed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RetryOptions {
    /// Ids of nodes to run again although they ended well.
    pub again: BTreeSet<String>,
    /// Workflow parameters to change: name and value.
    pub parameters: Vec<(String, String)>,
}

/// A Workflow as it goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Retried {
    /// The whole object.
    pub workflow: Value,
    /// Ids of the nodes that are no more; their pods have to go before the Workflow goes on.
    pub deleted: BTreeSet<String>,
}

impl Retried {
    /// How many pods that had ended well run once more although nobody asked for them: with
    /// other parameters, groups are expanded anew as a whole. An exit handler always runs again.
    ///
    /// # Arguments
    ///
    /// * `before`: The Workflow before the retry.
    /// * `options`: What was asked for.
    pub fn repeated(&self, before: &Value, options: &RetryOptions) -> usize {
        let nodes = nodes_of(before).unwrap_or_default();
        let run = before["metadata"]["name"].as_str().unwrap_or_default();
        let exit = format!("{run}.onExit");
        let is_of_exit = |node: &Value| {
            let name = node["name"].as_str().unwrap_or_default();
            name.starts_with(&exit)
        };
        let ended_well = |id: &&String| {
            nodes.get(*id).is_some_and(|node| {
                node["phase"] == "Succeeded"
                    && node["type"] == "Pod"
                    && !is_of_exit(node)
                    && !options.again.contains(*id)
            })
        };
        self.deleted.iter().filter(ended_well).count()
    }
}

/// Why a Workflow cannot be retried.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RetryError {
    /// It is not over, or ended well.
    #[error("it is {0}, so there is nothing to retry")]
    Phase(String),
    /// Its nodes are in the controller's database.
    #[error(
        "its tasks are stored in the database of the controller, and only Argo Server can read it"
    )]
    Offloaded,
    /// Its nodes make no tree.
    #[error("cannot read its status: {0}")]
    Status(String),
}

/// Formulates the retry of a Workflow. `now` is when it goes on.
pub fn formulate_retry(
    workflow: &Value,
    options: &RetryOptions,
    now: Timestamp,
) -> Result<Retried, RetryError> {
    let phase = workflow["status"]["phase"].as_str().unwrap_or_default();
    match phase {
        "Failed" | "Error" => {}
        "Succeeded" if !options.again.is_empty() => {}
        "" => return Err(RetryError::Phase("not started".to_owned())),
        other => return Err(RetryError::Phase(other.to_lowercase())),
    }
    if workflow["status"]["offloadNodeStatusVersion"]
        .as_str()
        .is_some_and(|version| !version.is_empty())
    {
        return Err(RetryError::Offloaded);
    }
    let old = nodes_of(workflow)?;
    let name = workflow["metadata"]["name"].as_str().unwrap_or_default();
    let graph = Graph::new(&old, name)?;
    let decision = graph.decide(options);
    let moment = now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut nodes = Map::new();
    for (id, node) in &old {
        let is_exit = text(node, "name").starts_with(&format!("{name}.onExit"));
        if decision.delete.contains(id) || (is_exit && !decision.reset.contains(id)) {
            continue;
        }
        let mut node = node.clone();
        if decision.reset.contains(id) {
            reset(&mut node, &moment);
        }
        for list in ["children", "outboundNodes"] {
            if let Some(Value::Array(ids)) = node.get_mut(list) {
                ids.retain(|id| id.as_str().is_none_or(|id| !decision.delete.contains(id)));
            }
        }
        nodes.insert(id.clone(), node);
    }
    let deleted: BTreeSet<String> = old
        .keys()
        .filter(|id| !nodes.contains_key(*id))
        .cloned()
        .collect();
    Ok(Retried {
        workflow: reopened(workflow, nodes, &options.parameters, &moment),
        deleted,
    })
}

fn nodes_of(workflow: &Value) -> Result<Map<String, Value>, RetryError> {
    let status = &workflow["status"];
    if let Some(packed) = status["compressedNodes"]
        .as_str()
        .filter(|text| !text.is_empty())
    {
        let unpacked = packed::unpack(packed).map_err(RetryError::Status)?;
        return serde_json::from_slice(&unpacked)
            .map_err(|error| RetryError::Status(error.to_string()));
    }
    Ok(status["nodes"].as_object().cloned().unwrap_or_default())
}

/// The Workflow without what says that it is over.
fn reopened(
    workflow: &Value,
    nodes: Map<String, Value>,
    parameters: &[(String, String)],
    moment: &str,
) -> Value {
    let mut new = workflow.clone();
    let drop = |object: &mut Value, key: &str| {
        if let Some(entries) = object.as_object_mut() {
            entries.remove(key);
        }
    };
    let labels = &mut new["metadata"]["labels"];
    drop(labels, "workflows.argoproj.io/completed");
    drop(labels, "workflows.argoproj.io/workflow-archiving-status");
    drop(&mut new["spec"], "shutdown");
    if new["spec"]["activeDeadlineSeconds"] == 0 {
        // That is how it was ended.
        drop(&mut new["spec"], "activeDeadlineSeconds");
    }
    let was_packed = workflow["status"]["compressedNodes"]
        .as_str()
        .is_some_and(|text| !text.is_empty());
    let status = &mut new["status"];
    for key in [
        "phase",
        "message",
        "persistentVolumeClaims",
        "compressedNodes",
        "nodes",
    ] {
        drop(status, key);
    }
    drop(&mut status["storedWorkflowTemplateSpec"], "shutdown");
    if status["storedWorkflowTemplateSpec"].is_null() {
        drop(status, "storedWorkflowTemplateSpec");
    }
    status["startedAt"] = json!(moment);
    status["finishedAt"] = Value::Null;
    if was_packed {
        status["compressedNodes"] = json!(packed::pack(&Value::Object(nodes)));
    } else {
        status["nodes"] = Value::Object(nodes);
    }
    if let Some(Value::Array(conditions)) = status.get_mut("conditions") {
        for condition in conditions {
            if condition["type"] == "Completed" {
                condition["status"] = json!("False");
            }
        }
    }
    override_parameters(&mut new, parameters);
    new
}

fn override_parameters(workflow: &mut Value, parameters: &[(String, String)]) {
    if parameters.is_empty() {
        return;
    }
    let given: Vec<Value> = parameters
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let old = workflow["spec"]["arguments"]["parameters"].as_array();
    let kept = old.into_iter().flatten().filter(|parameter| {
        !parameters
            .iter()
            .any(|(name, _)| parameter["name"] == **name)
    });
    let all: Vec<Value> = given.into_iter().chain(kept.cloned()).collect();
    if !workflow["status"]["storedWorkflowTemplateSpec"].is_null() {
        workflow["status"]["storedWorkflowTemplateSpec"]["arguments"]["parameters"] = json!(all);
    }
    workflow["spec"]["arguments"]["parameters"] = json!(all);
}

fn reset(node: &mut Value, moment: &str) {
    if text(node, "type") == "Suspend"
        && let Some(Value::Array(parameters)) = node.pointer_mut("/outputs/parameters")
    {
        for parameter in parameters {
            *parameter = json!({"name": parameter["name"], "valueFrom": {"supplied": {}}});
        }
    }
    if text(node, "phase") != "Skipped" {
        node["phase"] = json!("Running");
    }
    if let Some(entries) = node.as_object_mut() {
        entries.remove("message");
    }
    node["startedAt"] = json!(moment);
    node["finishedAt"] = Value::Null;
}

fn text<'a>(node: &'a Value, field: &str) -> &'a str {
    node[field].as_str().unwrap_or_default()
}

/// The nodes of a Workflow and who comes after whom.
struct Graph<'a> {
    nodes: &'a Map<String, Value>,
    root: &'a str,
    children: BTreeMap<&'a str, Vec<&'a str>>,
    /// One parent of each: where there are several, the last in the order of their ids.
    parents: BTreeMap<&'a str, &'a str>,
}

/// Which nodes run again and which are no more. One that is in both is no more.
#[derive(Debug, Default, PartialEq, Eq)]
struct Decision {
    reset: BTreeSet<String>,
    delete: BTreeSet<String>,
}

impl<'a> Graph<'a> {
    fn new(nodes: &'a Map<String, Value>, workflow: &str) -> Result<Self, RetryError> {
        let mut ids: Vec<&String> = nodes.keys().collect();
        ids.sort_unstable();
        let mut children = BTreeMap::new();
        let mut parents = BTreeMap::new();
        let mut root = None;
        for id in ids {
            let node = &nodes[id];
            let below: Vec<&str> = node["children"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            for child in &below {
                if !nodes.contains_key(*child) {
                    return Err(RetryError::Status(format!("node {child} is missing")));
                }
                parents.insert(*child, id.as_str());
            }
            children.insert(id.as_str(), below);
            if text(node, "name") == workflow {
                root = Some(id.as_str());
            }
        }
        let root =
            root.ok_or_else(|| RetryError::Status("the first node is missing".to_owned()))?;
        Ok(Self {
            nodes,
            root,
            children,
            parents,
        })
    }

    fn decide(&self, options: &RetryOptions) -> Decision {
        let mut chosen: BTreeSet<&str> = self
            .nodes
            .keys()
            .filter(|id| options.again.contains(*id))
            .map(String::as_str)
            .collect();
        chosen.extend(self.failed(&options.again));
        let mut decision = Decision::default();
        // From the top: what is below a node that goes, goes with it.
        for id in self.level_by_level() {
            if chosen.contains(id) && !decision.delete.contains(id) {
                self.rerun(id, &mut decision);
            }
        }
        if !options.parameters.is_empty() {
            // Groups are expanded anew, with the new values.
            let groups: Vec<String> = decision
                .reset
                .difference(&decision.delete)
                .filter(|id| matches!(self.kind(id), "TaskGroup" | "StepGroup"))
                .cloned()
                .collect();
            for group in groups {
                decision.delete.extend(self.below(&group));
            }
        }
        decision
    }

    /// Nodes that ran, failed, and after which nothing ended well.
    fn failed(&self, again: &BTreeSet<String>) -> Vec<&'a str> {
        let mut known = BTreeMap::new();
        self.nodes
            .iter()
            .filter(|(_, node)| {
                matches!(text(node, "phase"), "Failed" | "Error")
                    && matches!(text(node, "type"), "Pod" | "Container" | "HTTP" | "Plugin")
            })
            .filter(|(id, node)| {
                let is_attempt = node["nodeFlag"]["retried"] == true;
                let from = if is_attempt {
                    self.retry_node_of(id)
                } else {
                    id.as_str()
                };
                !self.something_succeeded_below(from, again, &mut known)
            })
            .map(|(id, _)| id.as_str())
            .collect()
    }

    fn retry_node_of(&self, attempt: &'a str) -> &'a str {
        self.children
            .iter()
            .find(|(id, below)| self.kind(id) == "Retry" && below.contains(&attempt))
            .map_or(attempt, |(id, _)| id)
    }

    fn something_succeeded_below(
        &self,
        id: &'a str,
        again: &BTreeSet<String>,
        known: &mut BTreeMap<&'a str, bool>,
    ) -> bool {
        if let Some(answer) = known.get(id) {
            return *answer;
        }
        // Nodes below are asked first, without a call for each: chains can be long.
        let mut stack = vec![(id, false)];
        while let Some((next, asked)) = stack.pop() {
            if known.contains_key(next) {
                continue;
            }
            let below = &self.children[next];
            if asked {
                let answer = below.iter().any(|child| {
                    let ended_well = text(&self.nodes[*child], "phase") == "Succeeded";
                    (ended_well && !again.contains(*child))
                        || known.get(child).copied().unwrap_or(false)
                });
                known.insert(next, answer);
            } else {
                stack.push((next, true));
                stack.extend(below.iter().map(|child| (*child, false)));
            }
        }
        known.get(id).copied().unwrap_or(false)
    }

    /// Every node but those of the exit handler, level by level.
    fn level_by_level(&self) -> Vec<&'a str> {
        let mut order = Vec::new();
        let mut seen = BTreeSet::from([self.root]);
        let mut queue = VecDeque::from([self.root]);
        while let Some(id) = queue.pop_front() {
            order.push(id);
            for child in &self.children[id] {
                if seen.insert(*child) {
                    queue.push_back(*child);
                }
            }
        }
        order
    }

    fn below(&self, id: &str) -> Vec<String> {
        let mut seen = BTreeSet::new();
        let mut queue: VecDeque<&str> = self.children[id].iter().copied().collect();
        while let Some(next) = queue.pop_front() {
            if seen.insert(next.to_owned()) {
                queue.extend(&self.children[next]);
            }
        }
        seen.into_iter().collect()
    }

    /// Marks a node and all below it as no more, and the groups above it as running.
    fn rerun(&self, id: &'a str, decision: &mut Decision) {
        decision.delete.insert(id.to_owned());
        decision.delete.extend(self.below(id));
        if id == self.root {
            return;
        }
        let mut current = Some(id);
        while let Some(at) = current {
            match self.kind(at) {
                "DAG" | "TaskGroup" | "StepGroup" | "Steps" => {
                    decision.reset.insert(at.to_owned());
                    current = self.reset_boundaries(at, decision);
                    continue;
                }
                "Retry" if matches!(text(&self.nodes[at], "phase"), "Failed" | "Error") => {
                    decision.reset.insert(at.to_owned());
                }
                "Container" => {
                    // Its pod is run again as a whole.
                    let pod = self.up_to(at, |other| self.kind(other) == "Pod");
                    if let Some(pod) = pod {
                        decision.reset.insert(pod.to_owned());
                        decision.delete.insert(pod.to_owned());
                        decision.delete.extend(self.below(pod));
                    }
                    current = pod;
                    continue;
                }
                _ => {}
            }
            current = self.parents.get(at).copied();
        }
    }

    /// Marks the groups that a group is in; gives where to go on.
    fn reset_boundaries(&self, group: &'a str, decision: &mut Decision) -> Option<&'a str> {
        let mut at = group;
        loop {
            let mut parent = self.parents.get(at).copied();
            if let Some(retry) = parent.filter(|id| self.kind(id) == "Retry") {
                decision.reset.insert(retry.to_owned());
                at = retry;
                parent = self.parents.get(at).copied();
            }
            if let Some(outer) =
                parent.filter(|id| matches!(self.kind(id), "StepGroup" | "TaskGroup"))
            {
                decision.reset.insert(outer.to_owned());
            }
            let boundary = text(&self.nodes[at], "boundaryID");
            if boundary.is_empty() {
                return parent;
            }
            at = self.up_to(at, |id| id == boundary)?;
            decision.reset.insert(at.to_owned());
        }
    }

    /// The first node that is meant, from a node upwards.
    fn up_to(&self, from: &'a str, is_meant: impl Fn(&str) -> bool) -> Option<&'a str> {
        let mut current = Some(from);
        while let Some(at) = current {
            if is_meant(at) {
                return Some(at);
            }
            current = self.parents.get(at).copied();
        }
        None
    }

    fn kind(&self, id: &str) -> &'a str {
        self.nodes.get(id).map_or("", |node| text(node, "type"))
    }
}
