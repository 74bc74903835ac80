//! The container engine of this machine.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

/// A program that runs containers: Docker, Podman, or what speaks like them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerEngine {
    /// Path or name of the program.
    pub program: PathBuf,
    /// Set for Docker, whose `cp` follows a link only if it is told to.
    pub is_docker: bool,
}

impl ContainerEngine {
    /// A command of the engine in a process group of its own: a signal to a task's group must not end it, because it waits
    /// for the container.
    pub(super) fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(word).stdin(Stdio::null()).process_group(0);
        command
    }

    /// Runs a command of the engine to its end.
    ///
    /// # Errors
    ///
    /// The engine cannot be started, or it has failed: the last line that it wrote to its standard error.
    pub(super) async fn ask<W: AsRef<OsStr>>(
        &self,
        word: &str,
        words: impl IntoIterator<Item = W>,
    ) -> io::Result<String> {
        let output = self.command(word).args(words).output().await?;
        answer(&output)
    }
}

/// Says whether an engine means that it has no such container, in the words of Docker or Podman.
pub(super) fn is_gone(why: &str) -> bool {
    let why = why.to_lowercase();
    why.contains("no such container") || why.contains("no container with")
}

/// The standard output of a program that has ended well, or the last line of its standard error.
pub(super) fn answer(output: &Output) -> io::Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let why = last_line(&output.stderr);
    Err(io::Error::other(why.unwrap_or_else(|| {
        format!("the container engine has ended with {}", output.status)
    })))
}

/// The last line of a text that is not empty, without the word `Error:` before it.
pub(super) fn last_line(text: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(text);
    let mut lines = text.lines().rev().map(str::trim);
    let line = lines.find(|line| !line.is_empty() && !line.starts_with("See '"))?;
    Some(line.strip_prefix("Error: ").unwrap_or(line).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_last_line_of_an_engine() {
        let docker =
            b"docker: Error response from daemon: no such image.\n\nSee 'docker run --help'.\n";
        assert_eq!(
            last_line(docker).as_deref(),
            Some("docker: Error response from daemon: no such image.")
        );
        assert_eq!(
            last_line(b"Error: no such image\n").as_deref(),
            Some("no such image")
        );
        assert_eq!(last_line(b" \n"), None);
    }
}
