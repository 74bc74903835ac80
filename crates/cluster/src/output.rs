//! The output of one container of a pod, read to its end.
//!
//! A stream can end although its container goes on: the kubelet was restarted, the log was
//! rotated, a proxy cut the connection. It is taken up again after the last line that was
//! seen, by the timestamps that Kubernetes puts before the lines. A container that is started
//! again within its pod writes another log; the one before is read to its end first.

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

/// Pause before a stream that broke is taken up again.
const PAUSE: Duration = Duration::from_millis(500);
/// Interval at which a container that is to start again is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// Most times in a row that a stream may break without a line in between.
const MOST_BREAKS: u32 = 20;

/// Line with which the kubelet answers if the file of a log no longer exists.
const NO_LOG: &str = "unable to retrieve container logs for ";

/// Part of a container's log that is read at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All lines by now.
    ByNow,
    /// All lines by now, and those that come.
    AsItComes,
    /// Lines of the instance before the present one.
    InstanceBefore,
}

/// Output that is left to read after a stream has ended.
enum Next {
    /// The container goes on, or its log was not read to its end.
    More,
    /// The log of an instance that started after it.
    AnotherInstance,
    Nothing,
    /// The cluster cannot be asked.
    Unknown,
}

/// The output of a container, as far as it was read.
pub(crate) struct ContainerLog {
    cluster: Cluster,
    pod: Arc<PodOfRun>,
    container: String,
    options: LogOptions,
    updates: UnboundedSender<LogUpdate>,
    last: LastLine,
    /// Number of the instance of the container that is read: so often was it started again.
    instance: i32,
}

impl ContainerLog {
    /// Nothing of it is read yet. `found` is the pod as it is known.
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

    /// Reads what there is by now.
    pub(crate) async fn read(mut self) -> Result<(), ClusterError> {
        if self.options.tail.is_some() {
            self.tail().await?;
        } else if self.start().await? {
            self.part(Part::ByNow, &mut Vec::new()).await?;
        }
        Ok(())
    }

    /// Reads what there is and what comes, until the container has ended for good. `over`
    /// becomes true when the run is over: nothing is started again then.
    pub(crate) async fn follow(mut self, mut over: Receiver<bool>) -> Result<(), ClusterError> {
        let goes_on = match self.options.tail {
            Some(_) => self.tail().await?,
            None => self.start().await?,
        };
        if !goes_on {
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
                // An API server that is away is waited for, however long.
                Next::More | Next::Unknown => 0,
            };
            if breaks > MOST_BREAKS {
                self.note("cannot read more of its output".to_owned());
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Decides what is read after a stream has ended. A container that is to start again is
    /// waited for.
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

    /// Reads what the instance before this one left, where there was one. Says whether there
    /// is more to read.
    async fn start(&mut self) -> Result<bool, ClusterError> {
        if self.instance == 0 {
            return Ok(true);
        }
        self.part(Part::InstanceBefore, &mut Vec::new()).await
    }

    /// Reads the last lines of what there is by now: so many of the user's. Says whether there
    /// is more to read.
    async fn tail(&mut self) -> Result<bool, ClusterError> {
        let mut lines = Vec::new();
        let goes_on = self.part(Part::ByNow, &mut lines).await?;
        let wanted = usize::try_from(self.options.tail.unwrap_or(0)).unwrap_or(0);
        let left_out = lines.len().saturating_sub(wanted);
        for line in lines.into_iter().skip(left_out) {
            self.send(line);
        }
        Ok(goes_on)
    }

    /// Goes over to the instance that runs now, after what the one before wrote last.
    async fn catch_up(&mut self, found: &Pod) -> Result<(), ClusterError> {
        self.part(Part::InstanceBefore, &mut Vec::new()).await?;
        let why = exit_code_before(found, &self.container)
            .map(|code| format!(" after exit code {code}"))
            .unwrap_or_default();
        self.note(format!("its container was started again{why}"));
        self.instance = restarts(found, &self.container);
        Ok(())
    }

    /// Reads one stream to its end. The last lines of a tail are put into `lines`, all others
    /// are sent. Says whether the pod is still there and somebody still listens.
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
                    // A stream that is followed is taken up again.
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

    /// The pod as it is now; none where it is gone.
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

/// Says whether a container has no output yet, as the kubelet says it
/// (`pkg/kubelet/kubelet_pods.go`, `validateContainerLogStatus`, of Kubernetes 1.34).
fn has_not_started(status: &kube::core::Status) -> bool {
    status.code == 400 && status.message.contains("is waiting to start")
}

/// Says whether trying again is of no use.
fn will_stay(error: &kube::Error) -> bool {
    matches!(error, kube::Error::Api(status) if matches!(status.code, 401 | 403))
}
