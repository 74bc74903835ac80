//! The only way out: data on stdout, everything else on stderr.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The first error that standard output gave: with data missing, a command has not done what it was asked.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Where output goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
}

impl Printer {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Prints data for people, or line by line. A reader that has gone has seen enough.
    pub(crate) fn data(self, text: &str) {
        if let Err(error) = self.write(text)
            && error.kind() != ErrorKind::BrokenPipe
        {
            // The first error says what is wrong.
            let _ = LOST.set(error);
        }
    }

    /// Prints what is useless unless it is whole: a manifest, a JSON document.
    pub(crate) fn document(self, text: &str) {
        if let Err(error) = self.write(text) {
            let _ = LOST.set(error);
        }
    }

    /// Why data that was printed did not arrive; none if it did.
    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    pub(crate) fn lost(self) -> Option<&'static io::Error> {
        LOST.get()
    }

    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    fn write(self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        if !text.ends_with('\n') && !text.is_empty() {
            stdout.write_all(b"\n")?;
        }
        stdout.flush()
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
