//! Ctrl-C and polite kills of a run here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::CommandError;
use crate::terminal::printer::Printer;

/// Flag that the first Ctrl-C or kill sets.
pub(crate) type Pressed = Arc<AtomicBool>;

/// Sends one message per request to end the run. Each Ctrl-C is one; a polite kill counts only as
/// the first: a Ctrl-C or a closed terminal reaches this process and `kedro`, which passes it on.
pub(crate) fn interrupts(
    printer: Printer,
) -> Result<(UnboundedReceiver<()>, Pressed), CommandError> {
    let (sender, receiver) = unbounded_channel();
    let pressed = Pressed::default();
    for (kind, is_polite) in [
        (SignalKind::interrupt(), false),
        (SignalKind::terminate(), true),
        (SignalKind::hangup(), true),
    ] {
        if kind == SignalKind::hangup() && !is_hangup_heard() {
            continue;
        }
        let mut stream = signal(kind)?;
        let (sender, pressed) = (sender.clone(), Pressed::clone(&pressed));
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if !pressed.swap(true, Ordering::Relaxed) {
                    printer.say("\nstopping the tasks; Ctrl-C again kills them");
                } else if is_polite {
                    continue;
                }
                let _ = sender.send(());
            }
        });
    }
    Ok((receiver, pressed))
}

/// Says whether a closed terminal ends the run. It does not under `nohup`, nor if that is unknown:
/// then the signal acts as on any program.
fn is_hangup_heard() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let ignored = status.as_deref().and_then(|status| {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    // Bit 0 is signal 1, SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 0)
}
