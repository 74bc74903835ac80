//! Stops, suspends, resumes and deletes Workflows, as Argo's own program does
//! (`workflow/util/util.go:428` and `:1500` of Argo Workflows 4.1.2).

use std::collections::BTreeMap;

use argo::status::waits::{NodeSelector, supplied, waiting, wanted};
use argo::status::{NodeStatus, Parameter, Phase, WorkflowStatus};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use serde_json::{Value, json};

use crate::argo_server::action::Action;
use crate::observed::phase_of;
use crate::{Cluster, ClusterError, Object, Observed};

/// Way to end a Workflow early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Asks running tasks to end, and runs the exit handler.
    Stop,
    /// Asks running tasks to end; nothing else runs.
    Terminate,
}

fn is_meant(node: &NodeStatus, which: Option<&NodeSelector>, workflow: &str) -> bool {
    which.is_none_or(|which| which.matches(node, workflow))
}

/// A resumed node: its id, and the output parameters that it needs.
type Resumed = (String, Vec<String>);

/// Computes the change of a Workflow when suspended nodes are resumed, and lists these nodes.
fn resumed(
    name: &str,
    status: &WorkflowStatus,
    which: Option<&NodeSelector>,
    outputs: &[(String, String)],
) -> Result<(Value, Vec<Resumed>), ClusterError> {
    let mut patch = json!({});
    let mut whole = status.outputs.clone().unwrap_or_default().parameters;
    let mut nodes = Vec::new();
    for node in waiting(status).filter(|node| is_meant(node, which, name)) {
        let filled = supplied(node, outputs).map_err(|parameter| {
            ClusterError::NotNow(format!(
                "`{}` of run `{name}` needs a value for its output parameter `{parameter}`",
                node.display_name
            ))
        })?;
        let mut change = json!({"phase": Phase::Succeeded, "finishedAt": node.started_at});
        if !filled.is_empty() {
            change["outputs"]["parameters"] = json!(filled);
        }
        for output in filled.iter().filter(|it| !it.global_name.is_empty()) {
            whole.retain(|known| known.name != output.global_name);
            whole.push(Parameter {
                name: output.global_name.clone(),
                value: output.value.clone(),
                ..Parameter::default()
            });
            patch["status"]["outputs"]["parameters"] = json!(whole);
        }
        patch["status"]["nodes"][&node.id] = change;
        let wanted = wanted(node).into_iter().map(|(name, _)| name.to_owned());
        nodes.push((node.id.clone(), wanted.collect()));
    }
    Ok((patch, nodes))
}

impl Cluster {
    /// Ends a Workflow. Running tasks have their grace period.
    pub async fn shut_down(&self, name: &str, how: Shutdown) -> Result<(), ClusterError> {
        self.unless_over(name, "ended").await?;
        let (word, action) = match how {
            Shutdown::Stop => ("Stop", Action::Stop),
            Shutdown::Terminate => ("Terminate", Action::Terminate),
        };
        if let Some(server) = &self.argo_server {
            let asked = self.api_call("patch", Object::Workflow, name);
            let ended = server.act(Object::Workflow, &action, &asked).await?;
            if ended["spec"]["suspend"] == true {
                server
                    .act(Object::Workflow, &Action::Resume, &asked)
                    .await?;
            }
            return Ok(());
        }
        // A controller ignores a suspended Workflow, and would never end it.
        let patch = json!({"spec": {"shutdown": word, "suspend": null}});
        self.patch(name, &patch).await
    }

    /// Prevents the start of new tasks; running ones continue.
    pub async fn suspend(&self, name: &str) -> Result<(), ClusterError> {
        self.unless_over(name, "suspended").await?;
        if let Some(server) = &self.argo_server {
            let asked = self.api_call("patch", Object::Workflow, name);
            server
                .act(Object::Workflow, &Action::Suspend, &asked)
                .await?;
            return Ok(());
        }
        self.patch(name, &json!({"spec": {"suspend": true}})).await
    }

    /// Resumes a Workflow, and ends its waiting suspend tasks. Says whether there was anything to resume.
    ///
    /// # Arguments
    ///
    /// * `which`: Selects the suspend tasks; none for all of them, and for the Workflow itself.
    /// * `outputs`: Values of supplied output parameters.
    ///
    /// # Errors
    ///
    /// The Workflow has ended, an output parameter has no value, or the cluster refuses the change.
    pub async fn resume(
        &self,
        name: &str,
        which: Option<&NodeSelector>,
        outputs: &[(String, String)],
    ) -> Result<bool, ClusterError> {
        let workflow = self.unless_over(name, "resumed").await?;
        let is_suspended = workflow["spec"]["suspend"] == true;
        let counts = which.is_none() && is_suspended;
        let status = self.with_nodes(name, &workflow, counts)?;
        let (mut patch, ids) = resumed(name, &status, which, outputs)?;
        if which.is_none() {
            patch["spec"]["suspend"] = Value::Null;
        }
        if ids.is_empty() && !counts {
            return Ok(false);
        }
        let Some(server) = &self.argo_server else {
            self.patch(name, &patch).await?;
            return Ok(true);
        };
        let asked = self.api_call("patch", Object::Workflow, name);
        let mut actions = Vec::new();
        for (id, wanted) in ids {
            let given = outputs.iter().filter(|(name, _)| wanted.contains(name));
            let outputs: BTreeMap<String, String> = given.cloned().collect();
            if !outputs.is_empty() {
                let id = id.clone();
                actions.push(Action::SetOutputs { id, outputs });
            }
            if which.is_some() {
                actions.push(Action::ResumeNode { id });
            }
        }
        if which.is_none() {
            actions.push(Action::Resume);
        }
        for action in &actions {
            server.act(Object::Workflow, action, &asked).await?;
        }
        Ok(true)
    }

    /// Fails waiting suspend tasks. Says whether there were any.
    ///
    /// # Arguments
    ///
    /// * `message`: Reason; it may be empty.
    ///
    /// # Errors
    ///
    /// The Workflow has ended, or the cluster refuses the change.
    pub async fn refuse(
        &self,
        name: &str,
        which: &NodeSelector,
        message: &str,
    ) -> Result<bool, ClusterError> {
        let workflow = self.unless_over(name, "changed").await?;
        let status = self.with_nodes(name, &workflow, false)?;
        let nodes = waiting(&status).filter(|node| which.matches(node, name));
        let nodes: Vec<&NodeStatus> = nodes.collect();
        let mut patch = json!({});
        for node in &nodes {
            let mut change = json!({"phase": Phase::Failed, "finishedAt": node.started_at});
            if !message.is_empty() {
                change["message"] = message.into();
            }
            patch["status"]["nodes"][&node.id] = change;
        }
        match &self.argo_server {
            Some(server) => {
                let asked = self.api_call("patch", Object::Workflow, name);
                for node in &nodes {
                    let action = Action::StopNode {
                        id: node.id.clone(),
                        message: message.to_owned(),
                    };
                    server.act(Object::Workflow, &action, &asked).await?;
                }
            }
            None if !nodes.is_empty() => self.patch(name, &patch).await?,
            None => {}
        }
        Ok(!nodes.is_empty())
    }

    /// Status of a Workflow with changeable nodes. Nodes that the controller has compressed or off-loaded cannot be
    /// changed, which does not matter if only the Workflow itself is resumed.
    fn with_nodes(
        &self,
        name: &str,
        workflow: &Value,
        may_lack: bool,
    ) -> Result<WorkflowStatus, ClusterError> {
        let Observed { mut status, .. } = Observed::read(workflow)?;
        let is_packed = workflow["status"]["compressedNodes"]
            .as_str()
            .is_some_and(|text| !text.is_empty());
        // Argo Server compresses the nodes again by itself.
        let is_hidden = status.is_offloaded() || (is_packed && self.argo_server.is_none());
        if is_hidden && !may_lack {
            return Err(ClusterError::NotNow(format!(
                "the controller stores the tasks of run `{name}` compressed; to resume a suspended task, use `argo \
                 resume`"
            )));
        }
        if is_hidden {
            status.nodes.clear();
        }
        Ok(status)
    }

    /// Deletes a Workflow and its pods, which also ends a running one. With `uid`, deletes no other object of that
    /// name.
    pub async fn delete(
        &self,
        object: Object,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        let asked = self.api_call("delete", object, name);
        let parameters = DeleteParams {
            preconditions: uid.map(|uid| Preconditions {
                uid: Some(uid.to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::background()
        };
        self.objects(object)
            .delete(name, &parameters)
            .await
            .map_err(|error| asked.failed(error))?;
        Ok(())
    }

    async fn unless_over(&self, name: &str, done: &str) -> Result<Value, ClusterError> {
        let workflow =
            self.read(Object::Workflow, name)
                .await?
                .ok_or_else(|| ClusterError::NotFound {
                    kind: "Workflow",
                    name: name.to_owned(),
                    namespace: self.namespace.clone(),
                })?;
        let phase = phase_of(&workflow)?;
        if phase.is_completed() {
            return Err(ClusterError::NotNow(format!(
                "run `{name}` has ended ({phase}), so it cannot be {done}"
            )));
        }
        Ok(workflow)
    }

    async fn patch(&self, name: &str, patch: &Value) -> Result<(), ClusterError> {
        self.patch_of(Object::Workflow, name, patch).await
    }

    pub(crate) async fn patch_of(
        &self,
        object: Object,
        name: &str,
        patch: &Value,
    ) -> Result<(), ClusterError> {
        let asked = self.api_call("patch", object, name);
        self.objects(object)
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .map_err(|error| asked.failed(error))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_that_is_resumed_takes_what_it_is_given_or_its_defaults() {
        let node = |id: &str, outputs: Value| {
            json!({
                "id": id, "name": format!("run.{id}"), "displayName": id, "type": "Suspend", "phase": "Running",
                "startedAt": "2026-01-02T03:04:05Z", "finishedAt": null, "outputs": {"parameters": outputs},
            })
        };
        let supplied = json!({"supplied": {}});
        let status: WorkflowStatus = serde_json::from_value(json!({
            "phase": "Running",
            "nodes": {
                "ask": node("ask", json!([{"name": "answer", "globalName": "all", "valueFrom": supplied}])),
                "wait": node("wait", json!([{"name": "x", "valueFrom": {"supplied": {}, "default": "no"}}])),
            },
        }))
        .unwrap();
        let given = [("answer".to_owned(), "yes".to_owned())];
        let (patch, nodes) = resumed("run", &status, None, &given).unwrap();
        assert_eq!(nodes.len(), 2);
        let ended = |parameters: Value| {
            json!({
                "phase": "Succeeded", "finishedAt": "2026-01-02T03:04:05Z",
                "outputs": {"parameters": parameters},
            })
        };
        assert_eq!(
            patch["status"],
            json!({
                "nodes": {
                    "ask": ended(json!([{"name": "answer", "value": "yes", "globalName": "all"}])),
                    "wait": ended(json!([{"name": "x", "value": "no"}])),
                },
                "outputs": {"parameters": [{"name": "all", "value": "yes"}]},
            })
        );
        let only = NodeSelector::read(&["wait".to_owned()], "").unwrap();
        let (_, nodes) = resumed("run", &status, Some(&only), &[]).unwrap();
        assert_eq!(nodes, [("wait".to_owned(), vec!["x".to_owned()])]);
        let error = resumed("run", &status, None, &[]).unwrap_err().to_string();
        assert!(
            error.contains("`ask`") && error.contains("`answer`"),
            "{error}"
        );
    }
}
