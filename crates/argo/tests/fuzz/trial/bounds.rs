//! Limits for one text: 100 ms of processor time, and 64 MB.

use std::sync::{Mutex, Once, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time that one text may take.
const LONGEST: Duration = Duration::from_millis(100);
/// Time after which a reader counts as hanging.
const HANGS: Duration = Duration::from_secs(60);
/// Greatest memory that one text may take, in KiB.
const MOST_MEMORY: u64 = 64 * 1024;

/// Text that a reader is reading now, with its name and the start time.
static NOW: Mutex<Option<(Instant, String, String)>> = Mutex::new(None);
static WATCH: Once = Once::new();

/// Memory of the process at a moment, on Linux only.
pub(super) struct Memory(Option<u64>);

impl Memory {
    /// The memory of the process now. Resets the kernel's record of the peak.
    pub(super) fn now() -> Self {
        let forgets = std::fs::write("/proc/self/clear_refs", "5").is_ok();
        Self(forgets.then(|| kib("VmRSS:")).flatten())
    }

    /// Says whether the process used too much more memory since then.
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

/// Processor time of this thread on Linux; on other systems, the time since `start`.
fn spent(start: Instant) -> Duration {
    let spent = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = spent.and_then(|spent| spent.split(' ').next()?.parse().ok());
    spent.map_or_else(|| start.elapsed(), Duration::from_nanos)
}

/// Runs a reader, and says whether it takes too long. A busy machine slows everything down, so the shortest of several
/// times counts.
pub(super) fn timed<T>(name: String, text: &str, read: impl Fn() -> T) -> (T, bool) {
    WATCH.call_once(|| {
        thread::spawn(watch);
    });
    let start = Instant::now();
    set_now(Some((start, name, text.to_owned())));
    let answer = read();
    let takes_too_long = || {
        let before = spent(start);
        read();
        spent(start).saturating_sub(before) > LONGEST
    };
    let is_slow = start.elapsed() > LONGEST && (0..5).all(|_| takes_too_long());
    set_now(None);
    (answer, is_slow)
}

fn set_now(now: Option<(Instant, String, String)>) {
    *NOW.lock().unwrap_or_else(PoisonError::into_inner) = now;
}

/// Aborts the process, and prints the text, if a reader hangs.
fn watch() {
    loop {
        thread::sleep(Duration::from_secs(1));
        let now = NOW.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((start, name, text)) = &*now
            && start.elapsed() > HANGS
        {
            eprintln!("{name} hangs: {text:?}");
            std::process::abort();
        }
    }
}
