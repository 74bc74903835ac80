//! Questions to the user at the terminal.

use std::io::{BufRead, IsTerminal, Write};

use pod::for_terminal;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use crate::error::CommandError;

/// Says whether there is a user to ask.
pub(crate) fn is_somebody_there() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks until the answer is yes or no; an empty line means `default`, and the end of input means no.
///
/// # Errors
///
/// The user pressed Ctrl-C. Other code in this process already handles that signal, so it would not end a read.
pub(crate) async fn ask(question: &str, default: bool) -> Result<bool, CommandError> {
    Ok(ask_or_end(question, default).await?.unwrap_or(false))
}

/// Asks as [`ask`] does, and gives `None` at the end of input.
pub(crate) async fn ask_or_end(
    question: &str,
    default: bool,
) -> Result<Option<bool>, CommandError> {
    let choices = if default { "[Y/n]" } else { "[y/N]" };
    let mut interrupts = signal(SignalKind::interrupt())?;
    // `kedro` turns a Ctrl-C into SIGTERM; the first of the two signals ends the line.
    let mut polite_kills = signal(SignalKind::terminate())?;
    loop {
        {
            let mut stderr = std::io::stderr().lock();
            write!(stderr, "{} {choices} ", for_terminal(question))?;
            stderr.flush()?;
        }
        let answer = tokio::select! {
            answer = line() => answer?,
            _ = async { tokio::select! {
                told = interrupts.recv() => told,
                told = polite_kills.recv() => told,
            } } => {
                // The next text of the terminal must not follow the question.
                writeln!(std::io::stderr())?;
                return Err(CommandError::interrupted());
            }
        };
        match answer.as_deref().map(|answer| answer.trim().to_lowercase()) {
            None => return Ok(None),
            Some(answer) => match answer.as_str() {
                "" => return Ok(Some(default)),
                "y" | "yes" => return Ok(Some(true)),
                "n" | "no" => return Ok(Some(false)),
                _ => {}
            },
        }
    }
}

/// Reads one typed line; `None` at the end of input. Its own thread reads it, and nobody waits for that.
async fn line() -> std::io::Result<Option<String>> {
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        let mut line = Vec::new();
        let read = std::io::stdin().lock().read_until(b'\n', &mut line);
        // A text that is not UTF-8 is no valid answer.
        let text = String::from_utf8_lossy(&line).into_owned();
        let _ = sender.send(read.map(|bytes| (bytes > 0).then_some(text)));
    });
    receiver.await.unwrap_or(Ok(None))
}
