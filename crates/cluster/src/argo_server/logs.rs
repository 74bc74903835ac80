//! Output of a run's pods through Argo Server: one stream for all pods, each line with the name of its pod.
//!
//! The server does not show pods, so all facts about them come from the nodes of the Workflow. A broken stream is read
//! again from its beginning, without the lines that were already seen.

use std::sync::Arc;

use argo::status::{NodeKind, NodeStatus, Nodes, Phase, node_of_pod};
use futures::{AsyncBufReadExt, TryStreamExt};
use http_body_util::BodyExt;
use indexmap::IndexMap;
use kube::core::Status;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::Instant;

use super::connection::ArgoServer;
use super::failure::ArgoServerError;
use super::reply::Line;
use crate::container::MAIN;
use crate::executor::{MOST_LINES, is_argos, is_executors};
use crate::last_line::{LastLine, split_stamp};
use crate::watch::Growing;
use crate::{Cluster, ClusterError, LogOptions, LogUpdate, Object, Observed, PodOfRun};

impl Cluster {
    /// Lists the pods of a run, from its nodes.
    pub(crate) async fn pods_by_nodes(&self, run: &str) -> Result<Vec<PodOfRun>, ClusterError> {
        let nodes = self.nodes_of_run(run).await?;
        let began = |node: &&NodeStatus| node.kind == NodeKind::Pod && node.phase != Phase::Pending;
        Ok(nodes.values().filter(began).map(of_node).collect())
    }

    async fn nodes_of_run(&self, run: &str) -> Result<Nodes, ClusterError> {
        let workflow = self.read(Object::Workflow, run).await?;
        let observed = workflow.as_ref().map(Observed::read).transpose()?;
        Ok(observed.unwrap_or_default().status.nodes)
    }
}
fn of_node(node: &NodeStatus) -> PodOfRun {
    PodOfRun {
        pod: node.id.clone(),
        node: node.id.clone(),
        path: node.name.clone(),
    }
}

/// Output of a pod, as far as it was read.
struct OfPod {
    pod: Arc<PodOfRun>,
    is_wanted: bool,
    last: LastLine,
    /// Last lines, if only these are wanted.
    lines: Vec<String>,
}

/// Output of a run, as far as it was read.
pub(crate) struct Reading<'a, Wanted> {
    cluster: &'a Cluster,
    server: &'a ArgoServer,
    run: &'a str,
    options: &'a LogOptions,
    wanted: Wanted,
    updates: &'a UnboundedSender<LogUpdate>,
    nodes: Nodes,
    /// Pods, in order of their first line.
    pods: IndexMap<String, OfPod>,
    began: Instant,
}

/// Number of tries of the last read: about half a minute.
const LAST_TRIES: usize = 10;

/// Part of the output to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All lines so far.
    ByNow,
    /// The last lines so far.
    Tail,
    /// All lines so far, and later ones.
    AsItComes,
}

impl<'a, Wanted: Fn(&PodOfRun) -> bool> Reading<'a, Wanted> {
    /// Starts without any output.
    pub(crate) fn new(
        cluster: &'a Cluster,
        server: &'a ArgoServer,
        run: &'a str,
        options: &'a LogOptions,
        wanted: Wanted,
        updates: &'a UnboundedSender<LogUpdate>,
    ) -> Self {
        Self {
            cluster,
            server,
            run,
            options,
            wanted,
            updates,
            nodes: Nodes::new(),
            pods: IndexMap::new(),
            began: Instant::now(),
        }
    }

    /// Reads the output so far; returns the pods that have some.
    pub(crate) async fn by_now(mut self) -> Result<Vec<Arc<PodOfRun>>, ClusterError> {
        self.nodes = self.cluster.nodes_of_run(self.run).await?;
        let part = self.first_part().unwrap_or(Part::ByNow);
        match self.part(part).await {
            Ok(()) => {}
            // The Workflow is deleted, or only in Argo's archive: it has no pods.
            Err(status) if status.reason == "NotFound" => {}
            Err(status) => return Err(self.failed(status)),
        }
        self.show_tail();
        self.say_what_is_missing();
        let read = self.pods.into_values().filter(|of_pod| of_pod.is_wanted);
        Ok(read.map(|of_pod| of_pod.pod).collect())
    }

    /// Reads all output, until `over` says that the run is over.
    pub(crate) async fn follow(
        mut self,
        over: impl Future<Output = ()>,
    ) -> Result<(), ClusterError> {
        let mut over = std::pin::pin!(over);
        if let Some(part) = self.first_part() {
            self.part(part)
                .await
                .map_err(|status| self.failed(status))?;
            self.show_tail();
        }
        let mut pauses = Growing::default();
        loop {
            let before = self.seen();
            let ended = tokio::select! {
                ended = self.part(Part::AsItComes) => ended,
                () = &mut over => break,
            };
            match ended {
                Err(status) if will_stay(&status) => return Err(self.failed(status)),
                _ if self.seen() != before => pauses = Growing::default(),
                _ => {}
            }
            // The server also ends the stream at the end of the run; `over` follows then.
            let pause = pauses.next().unwrap_or_default();
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = &mut over => break,
            }
        }
        self.last_part().await
    }

    /// Reads the lines that a broken stream missed, or the last ones. Tolerates a server that is briefly away.
    async fn last_part(&mut self) -> Result<(), ClusterError> {
        for pause in Growing::default().take(LAST_TRIES) {
            match self.part(Part::ByNow).await {
                Ok(()) => return Ok(()),
                // The Workflow was deleted right after its end.
                Err(status) if status.reason == "NotFound" => return Ok(()),
                Err(status) if will_stay(&status) => return Err(self.failed(status)),
                Err(_) => tokio::time::sleep(pause).await,
            }
        }
        let last = self.part(Part::ByNow).await;
        last.map_err(|status| self.failed(status))
    }

    fn failed(&self, status: Box<Status>) -> ClusterError {
        let asked = self.cluster.api_call_for_pods("get", self.run);
        asked.failed(kube::Error::Api(status))
    }

    /// Part with the last lines, if only these are wanted: read it first.
    fn first_part(&self) -> Option<Part> {
        self.options.tail.map(|_| Part::Tail)
    }

    fn seen(&self) -> Vec<LastLine> {
        self.pods.values().map(|pod| pod.last.clone()).collect()
    }

    /// Reads one stream to its end.
    async fn part(&mut self, part: Part) -> Result<(), Box<Status>> {
        for of_pod in self.pods.values_mut() {
            of_pod.last.again();
        }
        let body = self.server.stream(&self.path(part)).await?;
        let mut lines = body
            .into_data_stream()
            .map_err(std::io::Error::other)
            .into_async_read()
            .lines();
        loop {
            let line = match lines.try_next().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(()),
                Err(error) => return Err(self.server.unreachable(&error)),
            };
            match self.server.context().line(&line) {
                Line::Result(entry) => {
                    let text = |key: &str| entry[key].as_str().unwrap_or_default();
                    self.take(text("podName"), text("content"), part).await?;
                }
                Line::Error(status) => return Err(status),
                Line::Nothing => {}
            }
        }
    }

    fn path(&self, part: Part) -> String {
        let container = self.options.container.as_deref().unwrap_or(MAIN);
        let mut path = format!(
            "/api/v1/workflows/{}/{}/log?logOptions.timestamps=true&logOptions.container={}",
            self.cluster.namespace,
            self.run,
            utf8_percent_encode(container, NON_ALPHANUMERIC)
        );
        if part == Part::AsItComes {
            path.push_str("&logOptions.follow=true");
        }
        if let Some(tail) = self.options.tail.filter(|_| part == Part::Tail) {
            let more = if self.is_users() { MOST_LINES } else { 0 };
            path.push_str(&format!(
                "&logOptions.tailLines={}",
                tail.saturating_add(more)
            ));
        }
        if let Some(since) = self.options.since {
            // Extend the window by the elapsed time, so that it still begins at the same time.
            let later = i64::try_from(self.began.elapsed().as_secs()).unwrap_or(0);
            let since = since.saturating_add(later);
            path.push_str(&format!("&logOptions.sinceSeconds={since}"));
        }
        path
    }

    /// Takes a line of a pod, and shows it if it is new and wanted.
    async fn take(&mut self, pod: &str, line: &str, part: Part) -> Result<(), Box<Status>> {
        if !self.pods.contains_key(pod) {
            let of_pod = self.of_pod(pod).await;
            self.pods.insert(pod.to_owned(), of_pod);
        }
        let is_users = self.is_users();
        let Some(of_pod) = self.pods.get_mut(pod) else {
            return Ok(());
        };
        let text = split_stamp(line).map_or(line, |(_, text)| text);
        let is_argos_own = is_users && is_executors(text);
        let Some(line) = of_pod.last.take(line, self.options.timestamps) else {
            return Ok(());
        };
        if is_argos_own || !of_pod.is_wanted {
            return Ok(());
        }
        if part == Part::Tail {
            of_pod.lines.push(line);
        } else {
            send(self.updates, &of_pod.pod, line);
        }
        Ok(())
    }

    /// Adds a new pod: its node may have begun after the nodes were read.
    async fn of_pod(&mut self, pod: &str) -> OfPod {
        if node_of_pod(&self.nodes, pod).is_none()
            && let Ok(nodes) = self.cluster.nodes_of_run(self.run).await
        {
            self.nodes = nodes;
        }
        let of_run = match node_of_pod(&self.nodes, pod) {
            Some(node) => of_node(node),
            None => PodOfRun {
                pod: pod.to_owned(),
                node: String::new(),
                path: pod.to_owned(),
            },
        };
        OfPod {
            is_wanted: (self.wanted)(&of_run),
            pod: Arc::new(of_run),
            last: LastLine::default(),
            lines: Vec::new(),
        }
    }

    /// Shows the last lines of each pod, as many of the user's own as requested.
    fn show_tail(&mut self) {
        let wanted = usize::try_from(self.options.tail.unwrap_or(0)).unwrap_or(0);
        for of_pod in self.pods.values_mut() {
            let lines = std::mem::take(&mut of_pod.lines);
            let left_out = lines.len().saturating_sub(wanted);
            for line in lines.into_iter().skip(left_out) {
                send(self.updates, &of_pod.pod, line);
            }
        }
    }

    /// Notes the ended pods without any line: the server does not report the reason.
    fn say_what_is_missing(&self) {
        let ended = |node: &&NodeStatus| node.kind == NodeKind::Pod && node.phase.is_completed();
        for node in self.nodes.values().filter(ended) {
            let pod = of_node(node);
            let is_read = self.pods.values().any(|read| read.pod.node == pod.node);
            if !is_read && (self.wanted)(&pod) {
                let text = "there is no output: its pod was deleted, or has no such container, or printed nothing";
                let pod = Arc::new(pod);
                let _ = self.updates.send(LogUpdate::Note {
                    pod,
                    text: text.to_owned(),
                });
            }
        }
    }

    fn is_users(&self) -> bool {
        !self.options.container.as_deref().is_some_and(is_argos)
    }
}

fn send(updates: &UnboundedSender<LogUpdate>, pod: &Arc<PodOfRun>, line: String) {
    let pod = Arc::clone(pod);
    let _ = updates.send(LogUpdate::Line { pod, line });
}

/// Says whether the error is permanent.
fn will_stay(status: &Status) -> bool {
    match ArgoServerError::carried(status, "") {
        Some(error) => !error.may_pass(),
        None => matches!(status.code, 401 | 403 | 404),
    }
}
