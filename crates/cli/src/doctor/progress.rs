//! Display of the checks that are under way, and the time that each may take.

use std::cell::RefCell;
use std::future::Future;
use std::time::Duration;

use indicatif::ProgressBar;

use super::check::Check;
use crate::terminal::printer::Printer;

/// Time limit of a question to a cluster, a registry or a program. All go out at once, so a user
/// without a network waits about this long.
pub(super) const PATIENCE: Duration = Duration::from_secs(9);

/// The checks that are under way.
pub(super) struct Progress {
    bar: ProgressBar,
    going: RefCell<Vec<&'static str>>,
}

impl Progress {
    pub(super) fn new(printer: Printer) -> Self {
        Self {
            bar: printer.spinner("checking"),
            going: RefCell::default(),
        }
    }

    /// Waits for a check up to a limit; `None` if it takes longer.
    pub(super) async fn limited<T>(
        &self,
        name: &'static str,
        limit: Duration,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        self.going.borrow_mut().push(name);
        self.show();
        let outcome = tokio::time::timeout(limit, work).await.ok();
        self.going.borrow_mut().retain(|going| *going != name);
        self.show();
        outcome
    }

    /// Waits for a check; one that takes too long has failed.
    pub(super) async fn check(
        &self,
        name: &'static str,
        work: impl Future<Output = Check>,
    ) -> Check {
        let outcome = self.limited(name, PATIENCE, work).await;
        outcome.unwrap_or_else(|| late(name))
    }

    /// Shows the progress of a slow check.
    pub(super) fn say(&self, text: &str) {
        let text = pod::for_terminal(text).into_owned();
        self.bar.set_message(text);
    }

    pub(super) fn end(self) {
        self.bar.finish_and_clear();
    }

    fn show(&self) {
        let going = self.going.borrow().join(", ");
        self.bar.set_message(match going.as_str() {
            "" => "checking".to_owned(),
            going => format!("checking: {going}"),
        });
    }
}

/// Check that got no answer.
pub(super) fn late(name: &'static str) -> Check {
    let seconds = PATIENCE.as_secs();
    Check::failed(name, format!("no answer within {seconds} s"))
        .mend("check the network: a VPN, a firewall or a proxy may be in the way")
}
