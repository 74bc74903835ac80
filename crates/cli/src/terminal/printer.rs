//! The only way out of the program: data to stdout, everything else to stderr.
//!
//! Names, messages and output come from the user's code or from a cluster, and may contain control
//! sequences for a terminal. The printer lets only colours through.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pod::for_terminal;

use super::wrapped::wrapped;
use crate::render::json::without_controls;

/// First error of standard output: if data is lost, a command has failed.
static LOST: OnceLock<io::Error> = OnceLock::new();

/// Printer of output: data to standard output, everything else to standard error.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    quiet: bool,
}

impl Printer {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// Prints data for users, or line by line. A closed pipe is no error: its reader wants no more.
    pub(crate) fn data(self, text: &str) {
        self.data_as_it_is(&for_terminal(text));
    }

    /// Prints data for programs, a line of JSON. A closed pipe is no error: its reader wants no more.
    pub(crate) fn json_line(self, value: &serde_json::Value) {
        self.data_as_it_is(&without_controls(&value.to_string()));
    }

    /// Prints a line for programs unchanged. A closed pipe is no error: its reader wants no more.
    pub(crate) fn data_as_it_is(self, text: &str) {
        if let Err(error) = self.write(text)
            && error.kind() != ErrorKind::BrokenPipe
        {
            // Keep the first error: it names the cause.
            let _ = LOST.set(error);
        }
    }

    /// Prints text that is useless unless it is complete: a manifest, a JSON document. Programs get it unchanged.
    pub(crate) fn document(self, text: &str) {
        let written = if io::stdout().is_terminal() {
            self.write(&for_terminal(text))
        } else {
            self.write(text)
        };
        if let Err(error) = written {
            let _ = LOST.set(error);
        }
    }

    /// Gives the reason why printed data was lost; `None` if it was not.
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

    /// Shows the user a message.
    pub(crate) fn say(self, text: &str) {
        if !self.quiet {
            self.important(text);
        }
    }

    /// Shows the user a line of another program.
    pub(crate) fn say_as_it_is(self, line: &str) {
        if !self.quiet {
            self.output(line);
        }
    }

    /// Shows a message even when quiet. A terminal gets it broken between words.
    pub(crate) fn important(self, text: &str) {
        let text = for_terminal(text.trim_end_matches('\n'));
        self.output(&self.broken(&text, ""));
    }

    /// Prints a line of another program, unchanged.
    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    pub(crate) fn output(self, line: &str) {
        let text = format!("{}\n", for_terminal(line));
        // Write in one piece: each write wakes the reader.
        let text = for_messages(&text);
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Breaks a message between words, if a terminal shows it. `indent` begins each continued line.
    pub(crate) fn broken(self, text: &str, indent: &str) -> String {
        match self.width_of_messages() {
            Some(width) => wrapped(text, usize::from(width), indent),
            None => text.to_owned(),
        }
    }

    /// Prints sentences for users, which a terminal gets broken between words. `indent` begins each continued line.
    pub(crate) fn prose(self, text: &str, indent: &str) {
        match self.width() {
            Some(width) => self.data(&wrapped(text, usize::from(width), indent)),
            None => self.data(text),
        }
    }

    /// Writes JSON for programs to standard error, on one line.
    #[expect(clippy::unused_self, reason = "the printer is the only way out")]
    pub(crate) fn error_line(self, value: &serde_json::Value) {
        let mut stderr = anstream::stderr().lock();
        let _ = writeln!(stderr, "{}", without_controls(&value.to_string()));
    }

    /// Says whether a user watches.
    pub(crate) fn is_live(self) -> bool {
        !self.quiet && std::io::stderr().is_terminal()
    }

    /// Columns of the terminal for data; `None` when piped.
    #[expect(clippy::unused_self, reason = "the printer knows where data goes")]
    pub(crate) fn width(self) -> Option<u16> {
        width_of(&console::Term::stdout())
    }

    /// Columns of the terminal for messages; `None` when piped.
    #[expect(clippy::unused_self, reason = "the printer knows where messages go")]
    pub(crate) fn width_of_messages(self) -> Option<u16> {
        width_of(&console::Term::stderr())
    }

    /// Shows a spinner until it is dropped.
    pub(crate) fn spinner(self, text: impl Into<Cow<'static, str>>) -> ProgressBar {
        if !self.is_live() {
            return ProgressBar::hidden();
        }
        let text = for_terminal(&text.into()).into_owned();
        let bar = ProgressBar::new_spinner().with_message(text);
        bar.set_draw_target(ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        bar
    }
}

/// Line of a task's output, with its colours reset at the end.
pub(crate) fn output(line: &str) -> Cow<'_, str> {
    const COLOUR: &str = "\u{1b}[";
    const NO_COLOUR: &str = "\u{1b}[0m";
    if line.contains(COLOUR) {
        Cow::Owned(format!("{line}{NO_COLOUR}"))
    } else {
        Cow::Borrowed(line)
    }
}

/// Message with its colours, or without them if standard error takes none.
pub(crate) fn for_messages(text: &str) -> Cow<'_, str> {
    match anstream::AutoStream::choice(&io::stderr()) {
        anstream::ColorChoice::Never => anstream::adapter::strip_str(text).to_string().into(),
        _ => text.into(),
    }
}

/// Columns of a terminal; `None` when piped.
fn width_of(term: &console::Term) -> Option<u16> {
    term.is_term().then(|| term.size().1.max(40))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colours_of_a_line_end_with_it() {
        assert_eq!(output("plain"), "plain");
        assert_eq!(output("\u{1b}[31mred"), "\u{1b}[31mred\u{1b}[0m");
    }
}
