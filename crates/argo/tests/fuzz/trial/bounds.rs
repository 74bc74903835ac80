//! Bounds of what a text may cost: 100 ms and 64 MB.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time that one text may take.
const LONGEST: Duration = Duration::from_millis(100);
/// Time after which a reader is taken to hang.
const HANGS: Duration = Duration::from_secs(60);
/// Most memory that one text may take, in KiB.
const MOST_MEMORY: u64 = 64 * 1024;

/// Text that is read now, and since when.
static NOW: Mutex<Option<(Instant, String)>> = Mutex::new(None);
static WATCH: Once = Once::new();

/// Memory that the process had at a moment; on Linux alone.
pub(super) struct Memory(Option<u64>);

impl Memory {
    /// The memory that the process has now, and forgets the most that it ever had.
    pub(super) fn now() -> Self {
        let forgets = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        Self(forgets.then(|| kib("VmRSS:")).flatten())
    }

    /// Says whether the process had too much more memory at any moment since then.
    pub(super) fn is_too_much(&self) -> bool {
        let (then, most) = (self.0, kib("VmHWM:"));
        then.zip(most)
            .is_some_and(|(then, most)| most.saturating_sub(then) > MOST_MEMORY)
    }
}

/// A line of the process's own status, in KiB.
fn kib(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// Runs a reader, and says whether it takes too long. Another program may have the processor for a while, so the shortest
/// time of several counts.
pub(super) fn timed<T>(text: &str, read: impl Fn() -> T) -> (T, bool) {
    WATCH.call_once(|| {
        thread::spawn(watch);
    });
    let start = Instant::now();
    set_now(Some((start, text.to_owned())));
    let answer = read();
    let takes_too_long = || {
        let start = Instant::now();
        read();
        start.elapsed() > LONGEST
    };
    let is_slow = start.elapsed() > LONGEST && (0..5).all(|_| takes_too_long());
    set_now(None);
    (answer, is_slow)
}

fn set_now(now: Option<(Instant, String)>) {
    *NOW.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

/// Ends the process with the text that a reader does not come back from.
fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((start, text)) = &*now
            && start.elapsed() > HANGS
        {
            eprintln!("hangs: {text:?}");
            std::process::abort();
        }
    }
}
