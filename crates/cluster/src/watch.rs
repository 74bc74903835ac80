//! Follows one Workflow: a list, then a watch that continues after each break.
//!
//! `kube`'s watcher continues from the last version that it saw, and lists again if the API server no longer knows that
//! version (410). The client's read timeout (`connect.rs`) notices connections that slept with the laptop.

use std::time::Duration;

use futures::{Stream, StreamExt, TryStreamExt};
use kube::Api;
use kube::runtime::WatchStreamExt;
use kube::runtime::utils::{Backoff, ResetTimerBackoff};
use kube::runtime::watcher::{self, Event, watcher};

use crate::error::ApiCall;
use crate::object::Workflow;
use crate::observed::unreadable;
use crate::{Cluster, ClusterError, Object, Observed};

/// Time that a watch waits for news before it restarts, in seconds.
const WAIT: u32 = 60;
/// Shortest and longest pause before a broken watch is retried.
const SOON: Duration = Duration::from_millis(500);
const LATE: Duration = Duration::from_secs(5);
/// Number of requests for the pods of an ended run.
const TRIES: usize = 10;
/// Time without trouble after which the next trouble counts as the first one.
const CALM: Duration = Duration::from_secs(30);

/// News of a watch.
#[derive(Debug)]
pub enum Update {
    /// Status of the Workflow now.
    Status(Box<Observed>),
    /// The Workflow no longer exists.
    Gone,
    /// The cluster does not answer now; the watch continues by itself.
    Trouble(ClusterError),
}

impl Cluster {
    /// Follows a Workflow until the stream is dropped.
    ///
    /// A permanent error ends the stream: no permission, no Argo.
    pub fn watch(&self, name: &str) -> impl Stream<Item = Result<Update, ClusterError>> + use<> {
        let api: Api<Workflow> = Api::namespaced(self.client.clone(), &self.namespace);
        let config = watcher::Config::default()
            .fields(&format!("metadata.name={name}"))
            .timeout(WAIT);
        let (name, namespace) = (name.to_owned(), self.namespace.clone());
        let server = self.server.clone();
        let cluster = self.clone();
        let run = name.clone();
        let mut listed = false;
        let mut over = false;
        watcher(api, config)
            .backoff(ResetTimerBackoff::new(Growing::default(), CALM))
            .map(move |event| {
                let asked = ApiCall {
                    verb: "watch",
                    kind: Object::Workflow.kind(),
                    resource: Object::Workflow.resource(),
                    name: &name,
                    namespace: &namespace,
                    server: &server,
                };
                match event {
                    Ok(Event::Init) => {
                        listed = false;
                        Ok(None)
                    }
                    Ok(Event::InitApply(workflow)) => {
                        listed = true;
                        status(workflow).map(Some)
                    }
                    Ok(Event::InitDone) => Ok((!listed).then_some(Update::Gone)),
                    Ok(Event::Apply(workflow)) => status(workflow).map(Some),
                    Ok(Event::Delete(_)) => Ok(Some(Update::Gone)),
                    Err(error) => trouble(error, &asked),
                }
            })
            .try_filter_map(|update| std::future::ready(Ok(update)))
            .and_then(move |update| bring_back(cluster.clone(), run.clone(), update))
            .take_while(move |update| {
                let last = over;
                over = update.is_err();
                std::future::ready(!last)
            })
    }
}

/// Adds the nodes that the controller has off-loaded. No later status can correct the final one, so its pods are
/// requested several times.
async fn bring_back(
    cluster: Cluster,
    run: String,
    mut update: Update,
) -> Result<Update, ClusterError> {
    let Update::Status(observed) = &mut update else {
        return Ok(update);
    };
    let mut pauses = Growing::default().take(TRIES);
    loop {
        let Err(error) = cluster.bring_back_nodes(&run, &mut observed.status).await else {
            return Ok(update);
        };
        match error {
            ClusterError::Forbidden { .. } => return Err(error),
            // The next status brings another try.
            error if !observed.status.is_final() => return Ok(Update::Trouble(error)),
            error => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
        }
    }
}

fn status(workflow: Workflow) -> Result<Update, ClusterError> {
    let observed = Observed::new(
        workflow.status,
        workflow.spec.suspend,
        workflow.metadata.resource_version.as_deref(),
    )?;
    Ok(Update::Status(Box::new(observed)))
}

/// Separates temporary from permanent errors.
fn trouble(error: watcher::Error, asked: &ApiCall<'_>) -> Result<Option<Update>, ClusterError> {
    let error = match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => error,
        // 410: the watcher lists again by itself, so there is nothing to report.
        watcher::Error::WatchError(status) if status.code == 410 => return Ok(None),
        watcher::Error::WatchError(status) => kube::Error::Api(status),
        watcher::Error::NoResourceVersion => return Ok(None),
    };
    // JSON that is no Workflow is a permanent error; an answer that is no JSON may come from a proxy.
    if let kube::Error::SerdeError(error) = &error
        && error.is_data()
    {
        return Err(unreadable(error));
    }
    // One side has cut a silent watch, which then continues.
    if is_silence(&error) {
        return Ok(None);
    }
    match asked.failed(error) {
        error @ (ClusterError::Forbidden { .. }
        | ClusterError::Unauthorized(_)
        | ClusterError::NoArgo(_)
        | ClusterError::Tls { .. }) => Err(error),
        ClusterError::ArgoServer(error) if !error.may_pass() => Err(error.into()),
        error => Ok(Some(Update::Trouble(error))),
    }
}

fn is_silence(error: &kube::Error) -> bool {
    matches!(error, kube::Error::ReadEvents(cause)
        if matches!(cause.kind(), std::io::ErrorKind::TimedOut | std::io::ErrorKind::UnexpectedEof))
}

/// Pauses that double.
#[derive(Debug)]
pub(crate) struct Growing {
    next: Duration,
}

impl Default for Growing {
    fn default() -> Self {
        Self { next: SOON }
    }
}

impl Iterator for Growing {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.next;
        self.next = (pause * 2).min(LATE);
        Some(pause)
    }
}

impl Backoff for Growing {
    fn reset(&mut self) {
        *self = Self::default();
    }
}
