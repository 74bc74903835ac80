//! The container engine of this machine.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::process::{Output, Stdio};

use serde::{Deserialize, Serialize};
use tokio::process::Command;

/// A program that runs containers: Docker, Podman, or a compatible one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerEngine {
    /// Path or name of the program.
    pub program: PathBuf,
    /// Set for Docker: its `cp` follows a link only with a flag.
    pub is_docker: bool,
}

impl ContainerEngine {
    /// A command of the engine in its own process group: a signal to the task's group must not end the command, which
    /// waits for the container.
    pub(super) fn command(&self, word: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.arg(word).stdin(Stdio::null()).process_group(0);
        command
    }

    /// Runs a command of the engine to its end.
    ///
    /// # Errors
    ///
    /// The engine cannot be started, or it fails; then the error has the last line of its standard error.
    pub(super) async fn ask<W: AsRef<OsStr>>(
        &self,
        word: &str,
        words: impl IntoIterator<Item = W>,
    ) -> io::Result<String> {
        let output = self.command(word).args(words).output().await?;
        answer(&output)
    }
}

/// Says whether an error of Docker or Podman means that the container does not exist.
pub(super) fn is_gone(why: &str) -> bool {
    let why = why.to_lowercase();
    why.contains("no such container") || why.contains("no container with")
}

/// Standard output of a successful program; else an error with the last line of its standard error.
pub(super) fn answer(output: &Output) -> io::Result<String> {
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let why = last_line(&output.stderr);
    Err(io::Error::other(why.unwrap_or_else(|| {
        format!("the container engine has ended with {}", output.status)
    })))
}

/// Last non-empty line of a text, without a leading `Error:`.
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
