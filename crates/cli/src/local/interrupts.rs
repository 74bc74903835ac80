//! Ctrl-C and polite kills of a run that goes on here.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::error::CommandError;
use crate::terminal::printer::Printer;

/// Flag that is set when somebody has asked for the end.
pub(crate) type Pressed = Arc<AtomicBool>;

/// Each Ctrl-C is a wish to end, and all polite kills together are one, if nothing came before them: `kedro` passes on what
/// reaches it, and Ctrl-C or a terminal that is closed tells both.
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

/// Tells whether a terminal that is closed is to end the run: not where it was started with `nohup`,
/// nor where that cannot be told. There the signal does what it does to any program.
fn is_hangup_heard() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let ignored = status.as_deref().and_then(|status| {
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("SigIgn:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    });
    // The first bit is the first signal, and that is SIGHUP.
    ignored.is_some_and(|mask| mask & 1 == 0)
}
