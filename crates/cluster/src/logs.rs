//! Output of a run's pods: all of it so far, or live.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::ListParams;
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{WatchStreamExt, utils::ResetTimerBackoff};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::argo_server::Reading;
use crate::container::{MAIN, Standing, names, standing, trouble_before_main};
use crate::executor::is_argos;
use crate::log_update::{LogOptions, LogUpdate, PodOfRun};
use crate::output::ContainerLog;
use crate::watch::Growing;
use crate::{Cluster, ClusterError};

/// Label of a pod with the name of its Workflow.
pub(crate) const LABEL: &str = "workflows.argoproj.io/workflow";
/// Annotation of a pod with its node's id.
pub(crate) const NODE_ID: &str = "workflows.argoproj.io/node-id";
/// Annotation of a pod with its node's path.
pub(crate) const NODE_NAME: &str = "workflows.argoproj.io/node-name";
const CALM: Duration = Duration::from_secs(30);

impl Cluster {
    /// Lists the existing pods of a run.
    pub async fn pods(&self, run: &str) -> Result<Vec<PodOfRun>, ClusterError> {
        if self.argo_server.is_some() {
            return self.pods_by_nodes(run).await;
        }
        Ok(self.pods_of(run).await?.iter().map(pod_of_run).collect())
    }

    async fn pods_of(&self, run: &str) -> Result<Vec<Pod>, ClusterError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_run = ListParams::default().labels(&format!("{LABEL}={run}"));
        let pods = api.list(&of_run).await;
        Ok(pods
            .map_err(|error| self.api_call_for_pods("list", run).failed(error))?
            .items)
    }

    /// Reads the output so far of a run's pods. `wanted` selects the pods; returns those that exist.
    pub async fn logs(
        &self,
        run: &str,
        options: &LogOptions,
        wanted: impl Fn(&PodOfRun) -> bool,
        updates: &UnboundedSender<LogUpdate>,
    ) -> Result<Vec<Arc<PodOfRun>>, ClusterError> {
        if let Some(server) = &self.argo_server {
            let reading = Reading::new(self, server, run, options, wanted, updates);
            return reading.by_now().await;
        }
        let mut pods = self.pods_of(run).await?;
        pods.sort_by(|one, other| {
            let at = |pod: &Pod| pod.metadata.creation_timestamp.clone().map(|time| time.0);
            (at(one), &one.metadata.name).cmp(&(at(other), &other.metadata.name))
        });
        let mut read = Vec::new();
        let mut others: Option<Vec<String>> = None;
        for pod in &pods {
            let of_run = Arc::new(pod_of_run(pod));
            if !wanted(&of_run) {
                continue;
            }
            let Some(container) = container(pod, options) else {
                others.get_or_insert_with(|| names(pod).into_iter().map(str::to_owned).collect());
                continue;
            };
            read.push(Arc::clone(&of_run));
            if let Some(text) = trouble_before_main(pod) {
                let pod = Arc::clone(&of_run);
                let _ = updates.send(LogUpdate::Note { pod, text });
            }
            if standing(pod, container) != Standing::Waits {
                let output =
                    ContainerLog::new(self.clone(), of_run, pod, container, options, updates);
                output.read().await?;
            }
        }
        match others {
            Some(others) if read.is_empty() => Err(no_container(options, &others)),
            _ => Ok(read),
        }
    }

    /// Follows the output of a run's pods, including later ones, until `over` completes and the known pods have ended.
    pub async fn follow_logs(
        &self,
        run: &str,
        options: &LogOptions,
        wanted: impl Fn(&PodOfRun) -> bool,
        updates: &UnboundedSender<LogUpdate>,
        over: impl Future<Output = ()>,
    ) -> Result<(), ClusterError> {
        if let Some(server) = &self.argo_server {
            let reading = Reading::new(self, server, run, options, wanted, updates);
            return reading.follow(over).await;
        }
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let config = watcher::Config::default()
            .labels(&format!("{LABEL}={run}"))
            .timeout(60);
        let mut pods = watcher(api.clone(), config)
            .backoff(ResetTimerBackoff::new(Growing::default(), CALM))
            .boxed();
        let mut over = std::pin::pin!(over);
        let mut following = Following {
            cluster: self,
            options,
            updates,
            followed: HashSet::new(),
            others: None,
            streams: JoinSet::new(),
            is_over: watch::Sender::new(false),
        };
        loop {
            tokio::select! {
                event = pods.next() => match event {
                    Some(Ok(Event::Apply(pod) | Event::InitApply(pod))) => {
                        following.take_up(&pod, &wanted);
                    }
                    Some(Err(
                        watcher::Error::InitialListFailed(kube::Error::Api(status))
                        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
                        | watcher::Error::WatchError(status),
                    )) if matches!(status.code, 401 | 403) => {
                        let asked = self.api_call_for_pods("list", run);
                        return Err(asked.failed(kube::Error::Api(status)));
                    }
                    Some(_) => {}
                    None => break,
                },
                Some(ended) = following.streams.join_next(), if !following.streams.is_empty() => {
                    ended.unwrap_or_else(|error| Err(ClusterError::Api(error.to_string())))?;
                }
                () = &mut over => break,
            }
        }
        // The end of a run may be known before the start of its last pods.
        let of_run = ListParams::default().labels(&format!("{LABEL}={run}"));
        let last = api.list(&of_run).await;
        for pod in last.iter().flat_map(|pods| &pods.items) {
            following.take_up(pod, &wanted);
        }
        following.is_over.send_replace(true);
        while let Some(ended) = following.streams.join_next().await {
            ended.unwrap_or_else(|error| Err(ClusterError::Api(error.to_string())))?;
        }
        // Show the known output first: pods that started last may be missing.
        last.map_err(|error| self.api_call_for_pods("list", run).failed(error))?;
        match following.others {
            Some(others) if following.followed.is_empty() => Err(no_container(options, &others)),
            _ => Ok(()),
        }
    }

    pub(crate) fn api_call_for_pods<'a>(
        &'a self,
        verb: &'static str,
        name: &'a str,
    ) -> crate::error::ApiCall<'a> {
        crate::error::ApiCall {
            verb,
            kind: "pod",
            // Only output is a resource of its own.
            resource: if verb == "get" { "pods/log" } else { "pods" },
            name,
            namespace: &self.namespace,
            server: &self.server,
        }
    }
}

/// Followed pods of a run.
struct Following<'a> {
    cluster: &'a Cluster,
    options: &'a LogOptions,
    updates: &'a UnboundedSender<LogUpdate>,
    /// Names of the followed pods.
    followed: HashSet<String>,
    /// Containers of a pod that lacks the requested container.
    others: Option<Vec<String>>,
    streams: JoinSet<Result<(), ClusterError>>,
    is_over: watch::Sender<bool>,
}

impl Following<'_> {
    /// Follows a pod if its output is wanted and exists.
    fn take_up(&mut self, pod: &Pod, wanted: impl Fn(&PodOfRun) -> bool) {
        let of_run = Arc::new(pod_of_run(pod));
        if !wanted(&of_run) || self.followed.contains(&of_run.pod) {
            return;
        }
        let Some(container) = container(pod, self.options) else {
            if self.others.is_none() {
                let there = names(pod).into_iter().map(str::to_owned).collect();
                let text = no_container(self.options, self.others.insert(there)).to_string();
                let _ = self.updates.send(LogUpdate::Note { pod: of_run, text });
            }
            return;
        };
        let trouble = trouble_before_main(pod);
        let is_next = standing(pod, container) != Standing::Waits;
        if trouble.is_none() && !is_next {
            return;
        }
        self.followed.insert(of_run.pod.clone());
        if let Some(text) = trouble {
            let pod = Arc::clone(&of_run);
            let _ = self.updates.send(LogUpdate::Note { pod, text });
        }
        if is_next {
            let cluster = self.cluster.clone();
            let output =
                ContainerLog::new(cluster, of_run, pod, container, self.options, self.updates);
            self.streams.spawn(output.follow(self.is_over.subscribe()));
        }
    }
}

/// Requested container of a pod, if the pod has it.
fn container<'a>(pod: &'a Pod, options: &LogOptions) -> Option<&'a str> {
    let there = names(pod);
    match options.container.as_deref() {
        Some(name) => there.into_iter().find(|there| *there == name),
        // A container set may lack a container named `main`.
        None => there
            .iter()
            .find(|name| **name == MAIN)
            .or_else(|| there.iter().find(|name| !is_argos(name)))
            .copied(),
    }
}

fn no_container(options: &LogOptions, candidates: &[String]) -> ClusterError {
    ClusterError::NoContainer {
        name: options.container.clone().unwrap_or_else(|| MAIN.to_owned()),
        candidates: candidates.to_vec(),
    }
}

fn pod_of_run(pod: &Pod) -> PodOfRun {
    let annotation = |name: &str| {
        let annotations = pod.metadata.annotations.as_ref();
        annotations
            .and_then(|annotations| annotations.get(name))
            .cloned()
            .unwrap_or_default()
    };
    PodOfRun {
        pod: pod.metadata.name.clone().unwrap_or_default(),
        node: annotation(NODE_ID),
        path: annotation(NODE_NAME),
    }
}
