//! Finished steps of a command, and their times.

use std::time::Instant;

use crate::render::words;
use crate::terminal::printer::Printer;

/// Shows each step with its time.
pub(crate) struct Steps {
    printer: Printer,
    since: Instant,
}

impl Steps {
    pub(crate) fn new(printer: Printer) -> Self {
        Self {
            printer,
            since: Instant::now(),
        }
    }

    pub(crate) fn done(&mut self, step: &str) {
        let taken = words::duration(self.since.elapsed().as_secs_f64());
        self.printer.say(&format!("✓ {step}  {taken}"));
        self.since = Instant::now();
    }
}
