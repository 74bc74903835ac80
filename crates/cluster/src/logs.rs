//! The output of a run's pods: what there is, or as it comes.
//!
//! A pod's stream can end although its container goes on: the kubelet was restarted, the
//! log was rotated, a proxy cut the connection. It is taken up again after the last line
//! that was seen, by the timestamps that Kubernetes puts before the lines.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use futures::{AsyncBufReadExt, StreamExt, TryStreamExt};
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use kube::Api;
use kube::api::{ListParams, LogParams};
use kube::runtime::watcher::{self, Event, watcher};
use kube::runtime::{WatchStreamExt, utils::ResetTimerBackoff};
use tokio::sync::mpsc::UnboundedSender;

use crate::last_line::LastLine;
use crate::watch::Growing;
use crate::{Cluster, ClusterError};

/// Container that runs the user's nodes.
pub(crate) const MAIN: &str = "main";
/// Label of a pod that names its Workflow.
pub(crate) const LABEL: &str = "workflows.argoproj.io/workflow";
/// Annotation of a pod with its node's id.
pub(crate) const NODE_ID: &str = "workflows.argoproj.io/node-id";
/// Annotation of a pod with its node's path.
pub(crate) const NODE_NAME: &str = "workflows.argoproj.io/node-name";
/// Pause before a stream that broke is taken up again.
const PAUSE: Duration = Duration::from_millis(500);
/// How often in a row a stream may break without a line in between.
const MOST_BREAKS: u32 = 20;
const CALM: Duration = Duration::from_secs(30);

/// Which output to read.
#[derive(Debug, Clone, Default)]
pub struct LogOptions {
    /// Container; `main` if none.
    pub container: Option<String>,
    /// Only the last lines of each pod.
    pub tail: Option<i64>,
    /// Only what is younger, in seconds.
    pub since: Option<i64>,
    /// Kubernetes' timestamps before the lines.
    pub timestamps: bool,
}

/// Whether a line of the main container is its executor's own: Argo marks them.
fn is_executors(line: &str) -> bool {
    line.starts_with("time=") && line.contains(" argo=true")
}

/// What the executor ends with when its command has failed, before the exit code.
const FAREWELL: &str = "Error: exit status ";

/// How a container stands.
#[derive(Debug, Clone, Copy)]
enum End {
    Running,
    /// With this exit code, where it is known.
    Ended(Option<i32>),
    /// The cluster cannot be asked.
    Unknown,
}

/// The exit code that a line tells of, if it may be what the executor says in the end of a
/// command that failed.
fn farewell(line: &str) -> Option<i32> {
    line.rsplit_once(FAREWELL)?.1.parse().ok()
}

/// Whether the last line of a container is the executor's: it tells the container's own exit
/// code.
fn is_farewell_of(line: &str, end: End) -> bool {
    matches!((farewell(line), end), (Some(told), End::Ended(Some(code))) if told == code)
}

/// A pod of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodOfRun {
    /// Its name.
    pub pod: String,
    /// Id of its node in the Workflow's status.
    pub node: String,
    /// Name of its node: path of names from the Workflow's.
    pub path: String,
}

/// What reading logs tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogUpdate {
    /// A line of a pod.
    Line {
        /// The pod.
        pod: Arc<PodOfRun>,
        /// The line, without its end.
        line: String,
    },
    /// Something to know of a pod's output: it is gone, it could not start.
    Note {
        /// The pod.
        pod: Arc<PodOfRun>,
        /// What.
        text: String,
    },
}

impl Cluster {
    /// Reads the output that the pods of a run have by now. `wanted` says which pods.
    pub async fn logs(
        &self,
        run: &str,
        options: &LogOptions,
        wanted: impl Fn(&PodOfRun) -> bool,
        updates: &UnboundedSender<LogUpdate>,
    ) -> Result<usize, ClusterError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let of_run = ListParams::default().labels(&format!("{LABEL}={run}"));
        let mut pods = api
            .list(&of_run)
            .await
            .map_err(|error| self.asking_pods("list", run).failed(error))?
            .items;
        pods.sort_by(|one, other| {
            let at = |pod: &Pod| pod.metadata.creation_timestamp.clone().map(|time| time.0);
            (at(one), &one.metadata.name).cmp(&(at(other), &other.metadata.name))
        });
        let mut read = 0;
        for pod in &pods {
            let of_run = Arc::new(pod_of_run(pod));
            if !wanted(&of_run) {
                continue;
            }
            read += 1;
            if let Some(text) = trouble_before_main(pod) {
                let pod = Arc::clone(&of_run);
                let _ = updates.send(LogUpdate::Note { pod, text });
            }
            if !has_started(pod, container(options)) {
                continue;
            }
            self.stream(&of_run, options, false, updates).await?;
        }
        Ok(read)
    }

    /// Follows the output of the pods of a run, those that start later too, until `over`
    /// comes and the pods that are known have ended.
    pub async fn follow_logs(
        &self,
        run: &str,
        options: &LogOptions,
        wanted: impl Fn(&PodOfRun) -> bool,
        updates: &UnboundedSender<LogUpdate>,
        over: impl Future<Output = ()>,
    ) -> Result<(), ClusterError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let config = watcher::Config::default()
            .labels(&format!("{LABEL}={run}"))
            .timeout(60);
        let mut pods = watcher(api, config)
            .backoff(ResetTimerBackoff::new(Growing::default(), CALM))
            .boxed();
        let mut followed: HashSet<String> = HashSet::new();
        let mut streams = tokio::task::JoinSet::new();
        let mut over = std::pin::pin!(over);
        let mut ending = false;
        loop {
            tokio::select! {
                event = pods.next(), if !ending => match event {
                    Some(Ok(Event::Apply(pod) | Event::InitApply(pod))) => {
                        let of_run = Arc::new(pod_of_run(&pod));
                        if !wanted(&of_run) || followed.contains(&of_run.pod) {
                            continue;
                        }
                        if let Some(text) = trouble_before_main(&pod) {
                            followed.insert(of_run.pod.clone());
                            let _ = updates.send(LogUpdate::Note { pod: of_run, text });
                            continue;
                        }
                        if !has_started(&pod, container(options)) {
                            continue;
                        }
                        followed.insert(of_run.pod.clone());
                        let (cluster, options, updates) =
                            (self.clone(), options.clone(), updates.clone());
                        streams.spawn(async move {
                            let _ = cluster.stream(&of_run, &options, true, &updates).await;
                        });
                    }
                    Some(Err(watcher::Error::InitialListFailed(kube::Error::Api(status))))
                        if matches!(status.code, 401 | 403) =>
                    {
                        let asked = self.asking_pods("list", run);
                        return Err(asked.failed(kube::Error::Api(status)));
                    }
                    Some(_) => {}
                    None => ending = true,
                },
                Some(_) = streams.join_next(), if !streams.is_empty() => {}
                () = &mut over, if !ending => ending = true,
                else => return Ok(()),
            }
            if ending && streams.is_empty() {
                return Ok(());
            }
        }
    }

    /// Reads one pod's output to its end, however often the stream breaks.
    async fn stream(
        &self,
        pod: &Arc<PodOfRun>,
        options: &LogOptions,
        follow: bool,
        updates: &UnboundedSender<LogUpdate>,
    ) -> Result<(), ClusterError> {
        let api: Api<Pod> = Api::namespaced(self.client.clone(), &self.namespace);
        let mut last = LastLine::default();
        let mut held: Option<String> = None;
        let mut breaks = 0;
        loop {
            let parameters = LogParams {
                container: Some(container(options).to_owned()),
                follow,
                since_seconds: options.since.filter(|_| last.is_none()),
                since_time: last.second(),
                tail_lines: options.tail.filter(|_| last.is_none()),
                timestamps: true,
                ..LogParams::default()
            };
            last.again();
            let before = last.clone();
            match api.log_stream(&pod.pod, &parameters).await {
                Ok(stream) => {
                    let mut lines = stream.lines();
                    while let Ok(Some(line)) = lines.try_next().await {
                        let is_main = container(options) == MAIN;
                        if is_main && is_executors(text_of(&line)) {
                            last.take(&line, false);
                            continue;
                        }
                        let may_be_executors = is_main
                            && text_of(&line).starts_with(FAREWELL)
                            && farewell(&line).is_some();
                        let Some(line) = last.take(&line, options.timestamps) else {
                            continue;
                        };
                        let before = held.take();
                        let line = if may_be_executors {
                            held = Some(line);
                            None
                        } else {
                            Some(line)
                        };
                        for line in before.into_iter().chain(line) {
                            let pod = Arc::clone(pod);
                            if updates.send(LogUpdate::Line { pod, line }).is_err() {
                                return Ok(());
                            }
                        }
                    }
                }
                Err(kube::Error::Api(status)) if status.code == 404 => {
                    let text = "its pod is gone, and its output with it".to_owned();
                    let pod = Arc::clone(pod);
                    let _ = updates.send(LogUpdate::Note { pod, text });
                    return Ok(());
                }
                Err(error @ kube::Error::Api(_)) if !follow => {
                    return Err(self.asking_pods("get", &pod.pod).failed(error));
                }
                Err(_) => {}
            }
            // Without either, what became of the container makes no difference.
            let end = if follow || held.is_some() {
                self.end_of(&api, &pod.pod, container(options)).await
            } else {
                End::Unknown
            };
            if !follow || matches!(end, End::Ended(_)) {
                if let Some(line) = held.filter(|line| !is_farewell_of(line, end)) {
                    let pod = Arc::clone(pod);
                    let _ = updates.send(LogUpdate::Line { pod, line });
                }
                return Ok(());
            }
            // An API server that is away is waited for, however long.
            let is_away = matches!(end, End::Unknown);
            breaks = if last == before && !is_away {
                breaks + 1
            } else {
                0
            };
            if breaks > MOST_BREAKS {
                let text = "its output cannot be followed any more".to_owned();
                let pod = Arc::clone(pod);
                let _ = updates.send(LogUpdate::Note { pod, text });
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Whether a container still writes, as far as the cluster can be asked.
    async fn end_of(&self, api: &Api<Pod>, pod: &str, container: &str) -> End {
        let Ok(found) = api.get_opt(pod).await else {
            return End::Unknown;
        };
        let state = found
            .as_ref()
            .and_then(|pod| state_of(pod, container))
            .and_then(|status| status.state.as_ref());
        match state {
            Some(state) if state.running.is_some() => End::Running,
            Some(state) => End::Ended(state.terminated.as_ref().map(|ended| ended.exit_code)),
            None => End::Ended(None),
        }
    }

    pub(crate) fn asking_pods<'a>(
        &'a self,
        verb: &'static str,
        name: &'a str,
    ) -> crate::error::Asked<'a> {
        crate::error::Asked {
            verb,
            kind: "pod",
            resource: "pods/log",
            name,
            namespace: &self.namespace,
            server: &self.server,
        }
    }
}

/// A line without the timestamp that Kubernetes put before it.
fn text_of(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, text)| text)
}

fn container(options: &LogOptions) -> &str {
    options.container.as_deref().unwrap_or(MAIN)
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

/// How a container of a pod stands, where the kubelet has said it.
pub(crate) fn state_of<'a>(pod: &'a Pod, container: &str) -> Option<&'a ContainerStatus> {
    let statuses = pod.status.as_ref()?.container_statuses.as_ref()?;
    statuses.iter().find(|status| status.name == container)
}

fn has_started(pod: &Pod, container: &str) -> bool {
    state_of(pod, container)
        .and_then(|status| status.state.as_ref())
        .is_some_and(|state| state.running.is_some() || state.terminated.is_some())
}

/// What went wrong before the user's nodes could run: an init container of Argo's that
/// failed. The user's own errors are in the output.
fn trouble_before_main(pod: &Pod) -> Option<String> {
    let statuses = pod.status.as_ref()?.init_container_statuses.as_ref()?;
    statuses.iter().find_map(|status| {
        let ended = status.state.as_ref()?.terminated.as_ref()?;
        (ended.exit_code != 0).then(|| {
            let why = ended.message.clone().or_else(|| ended.reason.clone());
            format!(
                "it did not start: Argo's container `{}` failed (exit code {}): {}",
                status.name,
                ended.exit_code,
                why.unwrap_or_default().trim()
            )
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executors_farewell_tells_the_containers_own_exit_code() {
        let line = "2026-01-01T00:00:00.1Z Error: exit status 3";
        for (line, end, is_executors) in [
            (line, End::Ended(Some(3)), true),
            ("Error: exit status 3", End::Ended(Some(3)), true),
            // The user's own: the container succeeded, or ended otherwise.
            (line, End::Ended(Some(0)), false),
            (line, End::Ended(None), false),
            (line, End::Running, false),
            ("Error: exit status many", End::Ended(Some(3)), false),
        ] {
            assert_eq!(is_farewell_of(line, end), is_executors, "{line} {end:?}");
        }
    }
}
