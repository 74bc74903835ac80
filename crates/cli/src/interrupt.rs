//! Ctrl-C and a polite kill, for work that ends by being told to.

use image::Cancel;
use tokio::signal::unix::{SignalKind, signal};

use crate::error::CommandError;
use crate::printer::Printer;

/// Tells the work at the first wish to end, and again at each further one.
pub(crate) fn cancels(printer: Printer, what: &'static str) -> Result<Cancel, CommandError> {
    let cancel = Cancel::default();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        let mut stream = signal(kind)?;
        let cancel = cancel.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if !cancel.is_cancelled() {
                    printer.say(&format!("\nstopping {what}; Ctrl-C again kills it"));
                }
                cancel.cancel();
            }
        });
    }
    Ok(cancel)
}
