//! Stops, suspends, resumes and deletes Workflows, as Argo's own program does
//! (`workflow/util/util.go:428` and `:1500` of Argo Workflows 4.1.2).

use argo::status::{NodeKind, Phase};
use kube::api::{DeleteParams, Patch, PatchParams, Preconditions};
use serde_json::{Value, json};

use crate::argo_server::action::Action;
use crate::observed::phase_of;
use crate::{Cluster, ClusterError, Object, Observed};

/// How a Workflow is ended before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shutdown {
    /// Running tasks are told to end, and the exit handler runs.
    Stop,
    /// Running tasks are told to end, and nothing else runs.
    Terminate,
}

impl Cluster {
    /// Ends a Workflow. Its running tasks get their grace period.
    pub async fn shut_down(&self, name: &str, how: Shutdown) -> Result<(), ClusterError> {
        self.unless_over(name, "ended").await?;
        let (word, action) = match how {
            Shutdown::Stop => ("Stop", Action::Stop),
            Shutdown::Terminate => ("Terminate", Action::Terminate),
        };
        if let Some(server) = &self.argo_server {
            let asked = self.asking("patch", Object::Workflow, name);
            let ended = server.act(Object::Workflow, &action, &asked).await?;
            if ended["spec"]["suspend"] == true {
                server
                    .act(Object::Workflow, &Action::Resume, &asked)
                    .await?;
            }
            return Ok(());
        }
        // A controller does not look at a suspended one, and would never end it.
        let patch = json!({"spec": {"shutdown": word, "suspend": null}});
        self.patch(name, &patch).await
    }

    /// Keeps new tasks from starting; those that run go on.
    pub async fn suspend(&self, name: &str) -> Result<(), ClusterError> {
        self.unless_over(name, "suspended").await?;
        if let Some(server) = &self.argo_server {
            let asked = self.asking("patch", Object::Workflow, name);
            server
                .act(Object::Workflow, &Action::Suspend, &asked)
                .await?;
            return Ok(());
        }
        self.patch(name, &json!({"spec": {"suspend": true}})).await
    }

    /// Lets tasks start again, and ends the suspend tasks that wait for it. Says whether
    /// there was anything to resume.
    pub async fn resume(&self, name: &str) -> Result<bool, ClusterError> {
        let workflow = self.unless_over(name, "resumed").await?;
        let mut patch = json!({"spec": {"suspend": null}});
        let mut waited = workflow["spec"]["suspend"] == true;
        let Observed { status, .. } = Observed::read(&workflow)?;
        let is_packed = workflow["status"]["compressedNodes"]
            .as_str()
            .is_some_and(|text| !text.is_empty());
        let is_hidden = is_packed || status.is_offloaded();
        if is_hidden && !waited {
            return Err(ClusterError::NotNow(format!(
                "the controller stores the tasks of run `{name}` compressed; to resume a suspended task, use `argo \
                 resume`"
            )));
        }
        for (id, node) in &status.nodes {
            if node.kind == NodeKind::Suspend && node.phase == Phase::Running && !is_packed {
                waited = true;
                patch["status"]["nodes"][id] =
                    json!({"phase": Phase::Succeeded, "finishedAt": node.started_at});
            }
        }
        match &self.argo_server {
            Some(server) if waited => {
                let asked = self.asking("patch", Object::Workflow, name);
                server
                    .act(Object::Workflow, &Action::Resume, &asked)
                    .await?;
            }
            None if waited => self.patch(name, &patch).await?,
            _ => {}
        }
        Ok(waited)
    }

    /// Deletes a Workflow and its pods; a running one is ended by that. With `uid`, nothing else of that name.
    pub async fn delete(
        &self,
        object: Object,
        name: &str,
        uid: Option<&str>,
    ) -> Result<(), ClusterError> {
        let asked = self.asking("delete", object, name);
        let parameters = DeleteParams {
            preconditions: uid.map(|uid| Preconditions {
                uid: Some(uid.to_owned()),
                resource_version: None,
            }),
            ..DeleteParams::background()
        };
        object
            .whole(self)
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
        let asked = self.asking("patch", object, name);
        object
            .whole(self)
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .map_err(|error| asked.failed(error))?;
        Ok(())
    }
}
