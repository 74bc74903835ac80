//! Message about a run on this machine that takes too long, sent while it runs.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration;

use argo::status::Phase;
use compile::NotifyRequest;
use notification::{Ending, Event};
use runs::RunRecord;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::send::send;
use crate::render::words;
use crate::terminal::printer::Printer;

/// Entries that got the message, by their index in `notify`.
#[derive(Default)]
pub(crate) struct Late {
    heard: BTreeSet<usize>,
    sending: JoinSet<()>,
}

impl Late {
    /// Sends each entry its message when its time is over. Never returns: the caller drops it at the run's end.
    pub(crate) async fn tell(
        &mut self,
        request: &NotifyRequest,
        record: &RunRecord,
        printer: Printer,
    ) -> Infallible {
        let began = Instant::now();
        let entries = request.entries.iter();
        let mut limits: Vec<(Duration, usize)> = entries
            .filter_map(|(index, entry)| Some((entry.longer_than.as_ref()?.length(), *index)))
            .collect();
        limits.sort_unstable();
        for (limit, index) in limits {
            tokio::time::sleep_until(began + limit).await;
            let Some(entry) = request.entries.get(&index).cloned() else {
                continue;
            };
            let ending = of_running(request, record, limit.as_secs_f64());
            self.heard.insert(index);
            self.sending
                .spawn(async move { send(index, &entry, &ending, printer).await });
        }
        std::future::pending().await
    }

    /// Waits until all messages are sent; gives the entries that got one.
    pub(crate) async fn heard(mut self) -> BTreeSet<usize> {
        while self.sending.join_next().await.is_some() {}
        self.heard
    }
}

/// Makes the message about a running run.
fn of_running(request: &NotifyRequest, record: &RunRecord, seconds: f64) -> Ending {
    Ending {
        event: Event::LongerThan,
        project: request.project.clone(),
        run: record.name.clone(),
        namespace: None,
        schedule: None,
        phase: Phase::Running,
        took: words::duration(seconds),
        seconds,
        tasks: Vec::new(),
        next: None,
        link: None,
    }
}
