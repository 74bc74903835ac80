//! Retries a Workflow that has ended: pods first, then the Workflow, as Argo's own server does
//! (`server/workflow/workflow_server.go:478` of Argo Workflows 4.1.2). An interrupted retry can be repeated.

use futures::future::join_all;
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::{DeleteParams, DynamicObject, ListParams, PostParams};
use serde_json::Value;

use crate::argo_server::action::Action;
use crate::logs::{LABEL, NODE_ID};
use crate::{Cluster, ClusterError, Object};
use argo::status::retry::{Retried, RetryOptions, formulate_retry};

/// Number of tries if somebody else changes the Workflow at the same time.
const TRIES: usize = 5;

/// A retried run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryCounts {
    /// Number of nodes of the Workflow that will run again.
    pub nodes: usize,
    /// Number of those tasks that had succeeded, and that the user did not select.
    pub repeated: usize,
}

impl Cluster {
    /// Plans a retry: returns its effect on a Workflow, and the current Workflow.
    pub async fn plan_retry(
        &self,
        name: &str,
        options: &RetryOptions,
        now: Timestamp,
    ) -> Result<(Value, Retried), ClusterError> {
        let workflow =
            self.read(Object::Workflow, name)
                .await?
                .ok_or_else(|| ClusterError::NotFound {
                    kind: Object::Workflow.kind(),
                    name: name.to_owned(),
                    namespace: self.namespace.clone(),
                })?;
        let retried = formulate_retry(&workflow, options, now)
            .map_err(|error| ClusterError::NotNow(format!("cannot retry run `{name}`: {error}")))?;
        Ok((workflow, retried))
    }

    /// Retries a Workflow. `now` is the time of the retry.
    pub async fn retry(
        &self,
        name: &str,
        options: &RetryOptions,
        now: Timestamp,
    ) -> Result<RetryCounts, ClusterError> {
        let asked = self.api_call("update", Object::Workflow, name);
        for _ in 0..TRIES {
            let (workflow, retried) = self.plan_retry(name, options, now).await?;
            let counts = RetryCounts {
                nodes: retried.deleted.len(),
                repeated: retried.repeated,
            };
            if let Some(server) = &self.argo_server {
                let action = Action::retry(options, &workflow)?;
                server.act(Object::Workflow, &action, &asked).await?;
                return Ok(counts);
            }
            self.delete_pods(name, |node| retried.deleted.contains(node))
                .await?;
            let object: DynamicObject = serde_json::from_value(retried.workflow)
                .map_err(|error| ClusterError::Api(error.to_string()))?;
            let done = self
                .objects(Object::Workflow)
                .replace(name, &PostParams::default(), &object)
                .await
                .map_err(|error| asked.failed(error));
            match done {
                Ok(_) => return Ok(counts),
                // The next round reads the Workflow again, and decides again.
                Err(ClusterError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(ClusterError::Conflict {
            kind: Object::Workflow.kind(),
            name: name.to_owned(),
        })
    }

    /// Deletes the pods of some nodes of a run.
    async fn delete_pods(
        &self,
        run: &str,
        is_meant: impl Fn(&str) -> bool,
    ) -> Result<(), ClusterError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_run = ListParams::default().labels(&format!("{LABEL}={run}"));
        let asked = self.api_call_for_pods("list", run);
        let pods = api
            .list_metadata(&of_run)
            .await
            .map_err(|error| asked.failed(error))?;
        let names = pods.items.iter().filter_map(|pod| {
            let node = pod.metadata.annotations.as_ref()?.get(NODE_ID)?;
            is_meant(node).then(|| pod.metadata.name.clone()).flatten()
        });
        let names: Vec<String> = names.collect();
        let now = DeleteParams::default();
        let deleted = join_all(names.iter().map(|name| api.delete(name, &now))).await;
        for (answer, name) in deleted.into_iter().zip(&names) {
            match answer {
                Err(kube::Error::Api(status)) if status.is_not_found() => {}
                Err(error) => return Err(self.api_call_for_pods("delete", name).failed(error)),
                Ok(_) => {}
            }
        }
        Ok(())
    }
}
