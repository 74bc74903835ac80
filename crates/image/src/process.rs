//! Build programs: their output line by line, and the end of their whole process group after a cancellation.

use std::io;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::ImageError;
use crate::progress::{Line, Progress};

/// Time that a program gets to end after a cancellation.
const GRACE: Duration = Duration::from_secs(10);
/// Stop waiting for output this long after exit: a grandchild may hold the pipe.
const LEFTOVER: Duration = Duration::from_millis(500);

/// Cancels work. All copies cancel the same work.
#[derive(Debug, Clone)]
pub struct Cancel(Arc<watch::Sender<u32>>);

impl Default for Cancel {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

impl Cancel {
    /// Asks the work to end; the second call ends it at once.
    pub fn cancel(&self) {
        self.0.send_modify(|times| *times += 1);
    }

    /// Says whether the work is cancelled.
    pub fn is_cancelled(&self) -> bool {
        *self.0.borrow() > 0
    }

    /// Waits for the first cancellation.
    pub async fn cancelled(&self) {
        self.asked(1).await;
    }

    /// Waits until `cancel` was called `times` times.
    pub(crate) async fn asked(&self, times: u32) {
        let mut asked = self.0.subscribe();
        // The sender lives as long as `self`, so the channel cannot close.
        let _ = asked.wait_for(|asked| *asked >= times).await;
    }
}

/// A finished program.
#[derive(Debug)]
pub(crate) struct ProgramEnd {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
}

/// Runs a program in `folder` and passes on its lines from both outputs, in order of arrival.
pub(crate) async fn run(
    words: &[String],
    folder: &Path,
    variables: &[(&str, &str)],
    progress: &mut Progress<'_>,
    cancel: &Cancel,
) -> Result<ProgramEnd, ImageError> {
    let (program, arguments) = words
        .split_first()
        .map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let not_started = |source| ImageError::NotStarted {
        program: program.to_owned(),
        source,
    };
    if cancel.is_cancelled() {
        return Err(ImageError::Cancelled);
    }
    let mut child = Command::new(program)
        .args(arguments)
        .envs(variables.iter().copied())
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(not_started)?;
    let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (sender, mut lines) = mpsc::channel(64);
    if let Some(stdout) = child.stdout.take() {
        tokio::spawn(forward(stdout, sender.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        tokio::spawn(forward(stderr, sender.clone()));
    }
    drop(sender);
    let mut log = String::new();
    let status = {
        let work = async {
            let mut take = |line: String| {
                progress(Line::Output(&line));
                log.push_str(&line);
                log.push('\n');
            };
            loop {
                tokio::select! {
                    biased;
                    line = lines.recv() => match line {
                        Some(line) => take(line),
                        None => return child.wait().await,
                    },
                    status = child.wait() => {
                        while let Ok(Some(line)) = timeout(LEFTOVER, lines.recv()).await {
                            take(line);
                        }
                        return status;
                    }
                }
            }
        };
        tokio::pin!(work);
        tokio::select! {
            status = &mut work => status,
            () = cancel.asked(1) => {
                group.signal(Signal::TERM);
                tokio::select! {
                    status = &mut work => status,
                    () = give_up(cancel) => {
                        group.signal(Signal::KILL);
                        work.await
                    }
                }
            }
        }
    };
    if cancel.is_cancelled() {
        // Dropping `group` kills its remaining processes.
        return Err(ImageError::Cancelled);
    }
    group.keep();
    Ok(ProgramEnd {
        status: status.map_err(not_started)?,
        log,
    })
}

async fn give_up(cancel: &Cancel) {
    let _ = timeout(GRACE, cancel.asked(2)).await;
}

/// The processes of a program; dropping this value kills them.
struct Group(Option<Pid>);

impl Group {
    fn signal(&self, signal: Signal) {
        if let Some(group) = self.0 {
            // The group may already be gone.
            let _ = kill_process_group(group, signal);
        }
    }

    /// Keeps the processes that the program deliberately left, such as a daemon.
    fn keep(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.signal(Signal::KILL);
    }
}

/// Splits a stream into lines; a carriage return also ends a line, because progress bars use it.
async fn forward(mut stream: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut rest = Vec::new();
    let mut chunk = vec![0; 8192];
    loop {
        let read = match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => break,
            Ok(read) => read,
        };
        rest.extend_from_slice(&chunk[..read]);
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let line: Vec<u8> = rest.drain(..=end).collect();
            if !send(&line, &lines).await {
                return;
            }
        }
    }
    send(&rest, &lines).await;
}

async fn send(bytes: &[u8], lines: &mpsc::Sender<String>) -> bool {
    let line = String::from_utf8_lossy(bytes);
    let line = line.trim_end();
    line.is_empty() || lines.send(line.to_owned()).await.is_ok()
}

/// Answer of a program to a short question.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Asks a program a question that it can answer at once.
pub(crate) async fn ask(program: &str, words: &[&str], patience: Duration) -> io::Result<Answer> {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let late = || {
        let message = format!("no answer within {} s", patience.as_secs());
        io::Error::new(io::ErrorKind::TimedOut, message)
    };
    let output = timeout(patience, output).await.map_err(|_| late())??;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(Answer {
        success: output.status.success(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn shell(
        script: &str,
        cancel: &Cancel,
        mut on_line: impl FnMut(&str),
    ) -> Result<ProgramEnd, ImageError> {
        let words = ["sh", "-c", script].map(str::to_owned);
        let mut progress = |line: Line<'_>| {
            if let Line::Output(text) = line {
                on_line(text);
            }
        };
        run(
            &words,
            Path::new("/"),
            &[("NAME", "value")],
            &mut progress,
            cancel,
        )
        .await
    }

    #[tokio::test]
    async fn lines_of_both_outputs_come_as_they_are_said() {
        let mut lines = Vec::new();
        let script = r"printf 'a\n\n'; printf '10%%\r20%%\r' ; echo $NAME >&2; printf last; exit 3";
        let ended = shell(script, &Cancel::default(), |line| {
            lines.push(line.to_owned());
        })
        .await;
        let ended = ended.unwrap();
        assert_eq!(ended.status.code(), Some(3));
        let log: Vec<&str> = ended.log.lines().collect();
        assert_eq!(log, lines);
        lines.sort();
        assert_eq!(lines, ["10%", "20%", "a", "last", "value"]);
    }

    #[tokio::test]
    async fn a_daemon_that_keeps_the_output_open_is_not_waited_for() {
        let ended = shell("sleep 1000 & echo $!", &Cancel::default(), |_| {}).await;
        let pid = Pid::from_raw(ended.unwrap().log.trim().parse().unwrap()).unwrap();
        // The daemon may stay alive, so this test ends it.
        rustix::process::kill_process(pid, Signal::KILL).unwrap();
    }

    #[tokio::test]
    async fn what_is_not_wanted_goes_with_its_children() {
        let cancel = Cancel::default();
        let mut child = None;
        let script = "sleep 1000 & echo $!; wait";
        let ended = shell(script, &cancel, |line| {
            child = line.parse().ok().and_then(Pid::from_raw);
            cancel.cancel();
        });
        assert!(matches!(ended.await, Err(ImageError::Cancelled)));
        let stat = format!("/proc/{}/stat", child.unwrap().as_raw_nonzero());
        let is_gone = || match fs_err::read_to_string(&stat) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        while !is_gone() {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test]
    async fn who_listens_has_time_to_clean_up() {
        let cancel = Cancel::default();
        let mut lines = Vec::new();
        let script = "trap 'echo cleaned up; exit' TERM; sleep 1000 & echo ready; wait";
        let ended = shell(script, &cancel, |line| {
            lines.push(line.to_owned());
            if line == "ready" {
                cancel.cancel();
            }
        });
        assert!(matches!(ended.await, Err(ImageError::Cancelled)));
        assert!(lines.contains(&"cleaned up".to_owned()), "{lines:?}");
    }

    #[tokio::test]
    async fn who_does_not_listen_is_killed_the_second_time() {
        let cancel = Cancel::default();
        let script = "trap '' TERM; echo ready; while :; do sleep 1000; done";
        let ended = shell(script, &cancel, |_| {
            cancel.cancel();
            cancel.cancel();
        });
        assert!(matches!(ended.await, Err(ImageError::Cancelled)));
        let never = shell("echo x", &cancel, |_| unreachable!()).await;
        assert!(matches!(never, Err(ImageError::Cancelled)));
    }

    #[tokio::test]
    async fn a_program_that_is_not_there_is_named() {
        let words = ["no-such-builder".to_owned()];
        let ended = run(&words, Path::new("/"), &[], &mut |_| {}, &Cancel::default()).await;
        let error = ended.unwrap_err();
        assert_eq!(error.to_string(), "cannot start `no-such-builder`");
    }
}
