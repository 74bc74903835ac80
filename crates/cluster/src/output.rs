//! Output of one container of a pod, read to its end.
//!
//! A stream can end although its container continues: the kubelet was restarted, the log was rotated, a proxy cut the
//! connection. Reading then continues after the last seen line, by the timestamps that Kubernetes puts before the
//! lines. A container that restarts within its pod writes another log; the earlier log is read to its end first.

use std::sync::Arc;
use std::time::Duration;

use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::watch::Receiver;

use crate::container::{Standing, exit_code_before, restarts, standing};
use crate::executor::{MOST_LINES, is_argos, is_executors};
use crate::last_line::{LastLine, split_stamp};
use crate::log_update::{LogOptions, LogUpdate, PodOfRun};
use crate::{Cluster, ClusterError};

/// Pause before a broken stream is read again.
const PAUSE: Duration = Duration::from_millis(500);
/// Interval between checks of a container that will restart.
const LOOK: Duration = Duration::from_secs(2);
/// Maximum number of breaks in a row without a line in between.
const MOST_BREAKS: u32 = 20;

/// Line of the kubelet if the file of a log no longer exists.
const NO_LOG: &str = "unable to retrieve container logs for ";

/// Part of a container's log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All lines so far.
    ByNow,
    /// All lines so far, and later ones.
    AsItComes,
    /// Lines of the instance before the current one.
    InstanceBefore,
}

/// Output to read after a stream has ended.
enum Next {
    /// More of the log: the container continues, or its log was not read to its end.
    More,
    /// The log of a later instance.
    AnotherInstance,
    Nothing,
    /// The cluster does not answer.
    Unknown,
}

/// Output of a container, as far as it was read.
pub(crate) struct ContainerLog {
    cluster: Cluster,
    pod: Arc<PodOfRun>,
    container: String,
    options: LogOptions,
    updates: UnboundedSender<LogUpdate>,
    last: LastLine,
    /// Number of the instance that is read, which is its number of restarts.
    instance: i32,
}

impl ContainerLog {
    /// Starts without any output. `found` is the last known pod.
    pub(crate) fn new(
        cluster: Cluster,
        pod: Arc<PodOfRun>,
        found: &Pod,
        container: &str,
        options: &LogOptions,
        updates: &UnboundedSender<LogUpdate>,
    ) -> Self {
        Self {
            cluster,
            pod,
            container: container.to_owned(),
            options: options.clone(),
            updates: updates.clone(),
            last: LastLine::default(),
            instance: restarts(found, container),
        }
    }

    /// Reads the output so far.
    pub(crate) async fn read(mut self) -> Result<(), ClusterError> {
        if self.options.tail.is_some() {
            self.tail().await?;
        } else if self.start().await? {
            self.part(Part::ByNow, &mut Vec::new()).await?;
        }
        Ok(())
    }

    /// Reads all output until the container has ended for good. `over` becomes true at the end of the run: no container
    /// restarts after that.
    pub(crate) async fn follow(mut self, mut over: Receiver<bool>) -> Result<(), ClusterError> {
        let counts = match self.options.tail {
            Some(_) => self.tail().await?,
            None => self.start().await?,
        };
        if !counts {
            return Ok(());
        }
        let mut breaks = 0;
        loop {
            let before = self.last.clone();
            if !self.part(Part::AsItComes, &mut Vec::new()).await? {
                return Ok(());
            }
            breaks = match self.next(&mut over).await? {
                Next::Nothing => return Ok(()),
                Next::AnotherInstance => continue,
                Next::More if self.last == before => breaks + 1,
                // Wait for an API server that is away, without a limit.
                Next::More | Next::Unknown => 0,
            };
            if breaks > MOST_BREAKS {
                self.note("cannot read more of its output".to_owned());
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Decides what to read after a stream has ended. Waits for a container that will restart.
    async fn next(&mut self, over: &mut Receiver<bool>) -> Result<Next, ClusterError> {
        loop {
            let Ok(found) = self.look().await else {
                return Ok(Next::Unknown);
            };
            let Some(found) = found else {
                return Ok(Next::Nothing);
            };
            if restarts(&found, &self.container) > self.instance {
                self.catch_up(&found).await?;
                return Ok(Next::AnotherInstance);
            }
            match standing(&found, &self.container) {
                Standing::Runs | Standing::Waits => return Ok(Next::More),
                Standing::ComesBack if !*over.borrow() => {
                    tokio::select! {
                        () = tokio::time::sleep(LOOK) => {}
                        _ = over.wait_for(|over| *over) => {}
                    }
                }
                Standing::ComesBack | Standing::Ended => return Ok(Next::Nothing),
            }
        }
    }

    /// Reads the rest of the earlier instance, if there was one. Says whether there is more to read.
    async fn start(&mut self) -> Result<bool, ClusterError> {
        if self.instance == 0 {
            return Ok(true);
        }
        self.part(Part::InstanceBefore, &mut Vec::new()).await
    }

    /// Reads the last lines so far, as many of the user's own as requested. Says whether there is more to read.
    async fn tail(&mut self) -> Result<bool, ClusterError> {
        let mut lines = Vec::new();
        let counts = self.part(Part::ByNow, &mut lines).await?;
        let wanted = usize::try_from(self.options.tail.unwrap_or(0)).unwrap_or(0);
        let left_out = lines.len().saturating_sub(wanted);
        for line in lines.into_iter().skip(left_out) {
            self.send(line);
        }
        Ok(counts)
    }

    /// Switches to the current instance, after the last lines of the earlier one.
    async fn catch_up(&mut self, found: &Pod) -> Result<(), ClusterError> {
        self.part(Part::InstanceBefore, &mut Vec::new()).await?;
        let why = exit_code_before(found, &self.container)
            .map(|code| format!(" after exit code {code}"))
            .unwrap_or_default();
        self.note(format!("its container was started again{why}"));
        self.instance = restarts(found, &self.container);
        Ok(())
    }

    /// Reads one stream to its end. Puts the last lines of a tail into `lines`, and sends all others. Says whether the
    /// pod still exists and the receiver still listens.
    async fn part(&mut self, part: Part, lines: &mut Vec<String>) -> Result<bool, ClusterError> {
        let is_first = self.last.is_none();
        let is_tail = part == Part::ByNow && self.options.tail.is_some();
        let parameters = LogParams {
            container: Some(self.container.clone()),
            follow: part == Part::AsItComes,
            previous: part == Part::InstanceBefore,
            since_seconds: self.options.since.filter(|_| is_first),
            since_time: self.last.second(),
            tail_lines: self.options.tail.filter(|_| is_tail).map(|tail| {
                let more = if self.is_users() { MOST_LINES } else { 0 };
                tail.saturating_add(more)
            }),
            timestamps: true,
            ..LogParams::default()
        };
        self.last.again();
        let mut stream = match self.pods().log_stream(&self.pod.pod, &parameters).await {
            Ok(stream) => stream.lines(),
            Err(kube::Error::Api(status)) if status.code == 404 => {
                self.note("its pod no longer exists, and neither does its output".to_owned());
                return Ok(false);
            }
            Err(kube::Error::Api(status)) if part == Part::ByNow && has_not_started(&status) => {
                self.note("its container has not started".to_owned());
                return Ok(false);
            }
            Err(error) if part == Part::ByNow || will_stay(&error) => {
                return Err(self
                    .cluster
                    .api_call_for_pods("get", &self.pod.pod)
                    .failed(error));
            }
            Err(_) => return Ok(true),
        };
        loop {
            let line = match stream.try_next().await {
                Ok(Some(line)) => line,
                Ok(None) => return Ok(true),
                Err(error) => {
                    // A followed stream is read again.
                    if part != Part::AsItComes {
                        self.note(format!("lines of its output are missing: {error}"));
                    }
                    return Ok(true);
                }
            };
            let text = split_stamp(&line).map_or(&*line, |(_, text)| text);
            if line.starts_with(NO_LOG) {
                if part != Part::InstanceBefore {
                    self.note("its output no longer exists".to_owned());
                }
                continue;
            }
            let is_executors = self.is_users() && is_executors(text);
            let Some(line) = self.last.take(&line, self.options.timestamps) else {
                continue;
            };
            if is_executors {
                continue;
            }
            if is_tail {
                lines.push(line);
            } else if !self.send(line) {
                return Ok(false);
            }
        }
    }

    fn is_users(&self) -> bool {
        !is_argos(&self.container)
    }

    /// Current pod; none if it is gone.
    async fn look(&self) -> Result<Option<Pod>, kube::Error> {
        self.pods().get_opt(&self.pod.pod).await
    }

    fn pods(&self) -> Api<Pod> {
        Api::namespaced(self.cluster.client.clone(), &self.cluster.namespace)
    }

    fn send(&self, line: String) -> bool {
        let pod = Arc::clone(&self.pod);
        self.updates.send(LogUpdate::Line { pod, line }).is_ok()
    }

    fn note(&self, text: String) {
        let pod = Arc::clone(&self.pod);
        let _ = self.updates.send(LogUpdate::Note { pod, text });
    }
}

/// Says whether a container has no output yet, from the message of the kubelet (`pkg/kubelet/kubelet_pods.go`,
/// `validateContainerLogStatus`, of Kubernetes 1.34).
fn has_not_started(status: &kube::core::Status) -> bool {
    status.code == 400 && status.message.contains("is waiting to start")
}

/// Says whether the error is permanent.
fn will_stay(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 401 | 403))
}
