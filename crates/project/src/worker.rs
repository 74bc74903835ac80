//! The worker: the user's interpreter, which answers with JSON lines over a socket.
//!
//! The socket is the worker's standard input, so that output of the user's code cannot get between the lines, and no
//! file descriptor number has to be agreed on. The worker's output is kept for the case that it dies.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use crate::proposal::{Proposal, StoreRequest};
use crate::{Error, Failure, LoadRequest, Loaded, ReachRequest, Reached, Request, Snapshot};

/// Number of output lines to keep for the error about a dead worker.
const REMEMBERED: usize = 40;

type Tail = Arc<Mutex<VecDeque<String>>>;

/// A running worker.
#[derive(Debug)]
pub struct Worker {
    interpreter: PathBuf,
    stream: BufReader<UnixStream>,
    /// Process of the worker; none if it is the process that started this program.
    child: Option<Child>,
    tail: Tail,
    printed: Vec<String>,
}

/// Answer, with the lines that the project printed meanwhile.
#[derive(Deserialize)]
struct AnswerWithOutput {
    #[serde(flatten)]
    answer: Answer,
    #[serde(default, rename = "said")]
    printed: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Snapshot(Box<Snapshot>),
    Cloud(Proposal),
    Failure(Failure),
    Hazards(Vec<String>),
    Reached(Vec<Reached>),
    Loaded(Box<Loaded>),
}

impl Worker {
    /// Starts a worker in `project`.
    ///
    /// Ctrl-C reaches only this program, because the worker has a process group of its own.
    ///
    /// `variables` are added to this process' own.
    pub fn start(
        interpreter: &Path,
        project: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Self, Error> {
        let not_started = |source| Error::NotStarted {
            interpreter: interpreter.to_owned(),
            source,
        };
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(not_started)?;
        ours.set_nonblocking(true).map_err(not_started)?;
        let mut child = Command::new(interpreter)
            // `-u`: the output of the user's code must not be lost in a buffer when the worker dies.
            .args(["-u", "-m", "argo_kedro.worker", "serve"])
            .current_dir(project)
            .envs(variables.iter().copied())
            .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(not_started)?;
        let tail = Tail::default();
        if let Some(stdout) = child.stdout.take() {
            remember(stdout, Arc::clone(&tail));
        }
        if let Some(stderr) = child.stderr.take() {
            remember(stderr, Arc::clone(&tail));
        }
        let stream = UnixStream::from_std(ours).map_err(not_started)?;
        Ok(Self {
            interpreter: interpreter.to_owned(),
            stream: BufReader::new(stream),
            child: Some(child),
            tail,
            printed: Vec::new(),
        })
    }

    /// Uses the process that started this program as the worker (`python/argo_kedro/_host.py`): it has already imported
    /// Kedro.
    pub async fn connect(interpreter: &Path, socket: &Path) -> std::io::Result<Self> {
        let stream = UnixStream::connect(socket).await?;
        let output = UnixStream::connect(socket).await?;
        let tail = Tail::default();
        remember(output, Arc::clone(&tail));
        Ok(Self {
            interpreter: interpreter.to_owned(),
            stream: BufReader::new(stream),
            child: None,
            tail,
            printed: Vec::new(),
        })
    }

    /// Reads the project.
    pub async fn snapshot(&mut self, request: &Request) -> Result<Snapshot, Error> {
        // JSON cannot hold a path that is not valid UTF-8.
        let request = serde_json::to_value(request).map_err(|_| Error::NotUtf8)?;
        match self.ask(json!({ "snapshot": request })).await? {
            Answer::Snapshot(snapshot) => Ok(*snapshot),
            Answer::Failure(failure) => Err(Error::Failed(failure)),
            Answer::Loaded(_) => Err(unexpected("a dataset")),
            Answer::Cloud(_) => Err(unexpected("a proposal")),
            Answer::Hazards(_) => Err(unexpected("hazards")),
            Answer::Reached(_) => Err(unexpected("storage")),
        }
    }

    /// Asks for the changes to the project's files that move its data to a store. Writes nothing.
    pub async fn propose(&mut self, request: &StoreRequest) -> Result<Proposal, Error> {
        let request = serde_json::to_value(request).map_err(|_| Error::NotUtf8)?;
        match self.ask(json!({ "cloud": request })).await? {
            Answer::Cloud(proposal) => Ok(proposal),
            Answer::Failure(failure) => Err(Error::Failed(failure)),
            Answer::Loaded(_) => Err(unexpected("a dataset")),
            Answer::Snapshot(_) => Err(unexpected("a snapshot")),
            Answer::Hazards(_) => Err(unexpected("hazards")),
            Answer::Reached(_) => Err(unexpected("storage")),
        }
    }

    /// Asks what prevents a fork of the worker; nothing means that tasks can be forked.
    pub async fn hazards(&mut self) -> Result<Vec<String>, Error> {
        match self.ask(json!({ "hazards": {} })).await? {
            Answer::Hazards(hazards) => Ok(hazards),
            Answer::Failure(failure) => Err(Error::Failed(failure)),
            Answer::Loaded(_) => Err(unexpected("a dataset")),
            Answer::Snapshot(_) => Err(unexpected("a snapshot")),
            Answer::Cloud(_) => Err(unexpected("a proposal")),
            Answer::Reached(_) => Err(unexpected("storage")),
        }
    }

    /// Writes, reads and deletes one small object at each place of a pipeline's data.
    pub async fn reach(&mut self, request: &ReachRequest) -> Result<Vec<Reached>, Error> {
        let request = serde_json::to_value(request).map_err(|_| Error::NotUtf8)?;
        match self.ask(json!({ "reach": request })).await? {
            Answer::Reached(reached) => Ok(reached),
            Answer::Failure(failure) => Err(Error::Failed(failure)),
            Answer::Loaded(_) => Err(unexpected("a dataset")),
            Answer::Snapshot(_) => Err(unexpected("a snapshot")),
            Answer::Cloud(_) => Err(unexpected("a proposal")),
            Answer::Hazards(_) => Err(unexpected("hazards")),
        }
    }

    /// Loads a dataset of a run, and describes it.
    pub async fn load(&mut self, request: &LoadRequest) -> Result<Loaded, Error> {
        let request = serde_json::to_value(request).map_err(|_| Error::NotUtf8)?;
        match self.ask(json!({ "load": request })).await? {
            Answer::Loaded(loaded) => Ok(*loaded),
            Answer::Failure(failure) => Err(Error::Failed(failure)),
            Answer::Snapshot(_) => Err(unexpected("a snapshot")),
            Answer::Cloud(_) => Err(unexpected("a proposal")),
            Answer::Hazards(_) => Err(unexpected("hazards")),
            Answer::Reached(_) => Err(unexpected("storage")),
        }
    }

    /// Releases the connection and the process, for the code that forks tasks from it.
    pub fn into_parts(self) -> (UnixStream, Option<Child>) {
        (self.stream.into_inner(), self.child)
    }

    /// Takes the lines that the project printed, logged and warned about while it was read, since the last call.
    pub fn printed_lines(&mut self) -> Vec<String> {
        std::mem::take(&mut self.printed)
    }

    /// Last lines of the worker's output, e.g. from importing the user's code.
    pub fn output(&self) -> String {
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        Vec::from(tail.clone()).join("\n")
    }

    async fn ask(&mut self, question: Value) -> Result<Answer, Error> {
        let mut line = question.to_string();
        line.push('\n');
        let mut answer = String::new();
        let exchange = async {
            self.stream.get_mut().write_all(line.as_bytes()).await?;
            self.stream.read_line(&mut answer).await
        };
        match exchange.await {
            Ok(read) if read > 0 => {
                let answered: AnswerWithOutput =
                    serde_json::from_str(&answer).map_err(|error| Error::WorkerGarbage {
                        reason: error.to_string(),
                    })?;
                self.printed.extend(answered.printed);
                Ok(answered.answer)
            }
            _ => Err(self.cause_of_death().await),
        }
    }

    async fn cause_of_death(&mut self) -> Error {
        let status = match &mut self.child {
            Some(child) => match child.wait().await {
                Ok(status) => status.to_string(),
                Err(error) => error.to_string(),
            },
            None => "a process that `kedro argo` started".to_owned(),
        };
        // Let the readers of the output reach its end after the end of the process.
        tokio::task::yield_now().await;
        let output = self.output();
        for module in ["argo_kedro", "kedro"] {
            let quoted = format!("No module named '{module}");
            let bare = format!("No module named {module}");
            if output.contains(&quoted) || output.contains(&bare) {
                return Error::ModuleMissing {
                    interpreter: self.interpreter.clone(),
                    module: module.to_owned(),
                };
            }
        }
        Error::WorkerDied { status, output }
    }
}

fn unexpected(what: &str) -> Error {
    Error::WorkerGarbage {
        reason: format!("{what} was not requested"),
    }
}

fn remember(stream: impl AsyncRead + Unpin + Send + 'static, tail: Tail) {
    tokio::spawn(async move {
        let mut stream = BufReader::new(stream);
        let mut line = Vec::new();
        while let Ok(read) = stream.read_until(b'\n', &mut line).await {
            if read == 0 {
                break;
            }
            let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
            if tail.len() == REMEMBERED {
                tail.pop_front();
            }
            tail.push_back(String::from_utf8_lossy(&line).trim_end().to_owned());
            line.clear();
        }
    });
}
