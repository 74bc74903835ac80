//! Ctrl-C and polite kills, for work that ends on request.

use image::Cancel;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::error::CommandError;
use crate::terminal::printer::Printer;

/// User's requests to end some work; listens until it is dropped.
pub(crate) struct Interrupts {
    /// Cancelled at the first request, and again at each further one.
    pub(crate) cancel: Cancel,
    _listening: JoinSet<()>,
}

/// Listens for the user's requests to end some work.
pub(crate) fn cancels(printer: Printer, what: &'static str) -> Result<Interrupts, CommandError> {
    let cancel = Cancel::default();
    let mut listening = JoinSet::new();
    for (kind, is_polite) in [
        (SignalKind::interrupt(), false),
        (SignalKind::terminate(), true),
    ] {
        let mut stream = signal(kind)?;
        let cancel = cancel.clone();
        listening.spawn(async move {
            while stream.recv().await.is_some() {
                if cancel.is_cancelled() && is_polite {
                    // `kedro` passes on a Ctrl-C that has reached this process too.
                    continue;
                }
                if !cancel.is_cancelled() {
                    printer.say(&format!("\nstopping {what}; Ctrl-C again kills it"));
                }
                cancel.cancel();
            }
        });
    }
    Ok(Interrupts {
        cancel,
        _listening: listening,
    })
}
