//! The only way out: data on stdout, everything else on stderr.

use std::borrow::Cow;
use std::io::{IsTerminal, Write};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Where output goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
}

impl Printer {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Prints data. A reader that has gone is no error.
    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    pub(crate) fn data(self, text: &str) {
        let mut stdout = anstream::stdout().lock();
        let _ = stdout.write_all(text.as_bytes());
        if !text.ends_with('\n') && !text.is_empty() {
            let _ = stdout.write_all(b"\n");
        }
        let _ = stdout.flush();
    }

    /// Says something to a person.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet {
            self.important(text);
        }
    }

    /// Says something that has to be heard even when quiet.
    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    pub(crate) fn important(self, text: &str) {
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "{}", text.trim_end_matches('\n'));
    }

    /// Whether a person watches.
    pub(crate) fn is_live(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Columns of the terminal that data goes to; none when piped.
    #[expect(clippy::unused_self, reason = "the printer knows where data goes")]
    pub(crate) fn width(self) -> Option<u16> {
        if !std::io::stdout().is_terminal() {
            return None;
        }
        Some(columns())
    }

    /// Shows that something goes on, until it is dropped.
    pub(crate) fn spinner(self, text: impl Into<Cow<'static, str>>) -> ProgressBar {
        if !self.is_live() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new_spinner().with_message(text);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

/// Columns of the terminal.
pub(crate) fn columns() -> u16 {
    let (_, columns) = console::Term::stdout().size();
    columns.max(40)
}
