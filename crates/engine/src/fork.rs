//! Tasks as forks of a warm worker (`python/argo_kedro/worker/server.py`).

use std::ffi::OsStr;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;
use std::time::Duration;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::io::{AsyncBufReadExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::launch::Launch;
use crate::message::{Message, ProcessEnd};

/// Pause between two tries to send file descriptors.
const AGAIN: Duration = Duration::from_millis(10);

/// A worker that has imported the project and forks per task.
///
/// A separate task writes the requests, so the dispatcher never waits for the worker and can still end a frozen one.
/// Each start and each signal of a task is one request.
#[derive(Debug)]
pub struct Forks {
    stream: Arc<UnixStream>,
    requests: UnboundedSender<Request>,
    _child: Option<Child>,
}

#[derive(Debug)]
struct Request {
    line: String,
    descriptors: Vec<OwnedFd>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Started { id: usize, pid: i32 },
    Refused { id: usize, errno: i32 },
    Exited(Exited),
}

#[derive(Deserialize)]
struct Exited {
    id: usize,
    code: Option<i32>,
    signal: Option<i32>,
    peak_memory: u64,
    cpu_seconds: f64,
}

impl Forks {
    /// Takes over a worker that has read the project: its connection and its process.
    pub fn new(stream: UnixStream, child: Option<Child>) -> Self {
        let stream = Arc::new(stream);
        let (requests, waiting) = unbounded_channel();
        tokio::spawn(write(Arc::clone(&stream), waiting));
        Self {
            stream,
            requests,
            _child: child,
        }
    }

    /// Passes on the reports of the worker, until it ends.
    pub(crate) fn listen(&self, messages: Sender<Message>) {
        let stream = Arc::clone(&self.stream);
        tokio::spawn(async move {
            let mut lines = BufReader::new(Readable(stream)).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let message = match serde_json::from_str(&line) {
                    Ok(Report::Started { id, pid }) => Message::Started { unit: id, pid },
                    Ok(Report::Refused { id, errno }) => Message::Refused {
                        unit: id,
                        error: io::Error::from_raw_os_error(errno),
                    },
                    Ok(Report::Exited(exited)) => Message::Ended {
                        unit: exited.id,
                        ended: ProcessEnd {
                            code: exited.code,
                            signal: exited.signal,
                            peak_memory: Some(exited.peak_memory),
                            cpu: Duration::try_from_secs_f64(exited.cpu_seconds).ok(),
                        },
                    },
                    Err(_) => break,
                };
                let _ = messages.send(message).await;
            }
            let _ = messages.send(Message::WorkerGone).await;
        });
    }

    /// Starts a task with `output` and `errors` as its streams.
    pub(crate) fn start(
        &self,
        unit: usize,
        arguments: &[String],
        launch: &Launch,
        output: OwnedFd,
        errors: OwnedFd,
    ) {
        let environment: Map<String, Value> = std::env::vars_os()
            .chain(launch.variables.iter().cloned())
            .map(|(name, value)| (bytes(&name), bytes(&value).into()))
            .collect();
        let request = json!({
            "start": {"id": unit, "arguments": arguments, "environment": environment}
        });
        self.send(&request, vec![output, errors]);
    }

    /// Sends a signal to a task and all processes that it started.
    pub(crate) fn signal(&self, unit: usize, signal: i32) {
        let request = json!({"signal": {"id": unit, "signal": signal}});
        self.send(&request, Vec::new());
    }

    fn send(&self, request: &Value, descriptors: Vec<OwnedFd>) {
        let mut line = request.to_string();
        line.push('\n');
        // Without a worker nobody receives the request; another message reports the worker's end.
        let _ = self.requests.send(Request { line, descriptors });
    }
}

/// Encodes bytes as JSON text, one letter per byte: a variable may be no valid UTF-8.
fn bytes(text: &OsStr) -> String {
    text.as_bytes().iter().copied().map(char::from).collect()
}

/// Writes requests in order, until the worker ends.
async fn write(stream: Arc<UnixStream>, mut waiting: UnboundedReceiver<Request>) {
    while let Some(request) = waiting.recv().await {
        if write_one(&stream, &request).await.is_err() {
            // The worker ends when its connection closes, and `listen` notices that.
            let _ = rustix::net::shutdown(&*stream, rustix::net::Shutdown::Both);
            return;
        }
    }
}

async fn write_one(stream: &UnixStream, request: &Request) -> io::Result<()> {
    let mut rest = request.line.as_bytes();
    let descriptors: Vec<_> = request.descriptors.iter().map(AsFd::as_fd).collect();
    let mut descriptors = descriptors.as_slice();
    while !rest.is_empty() {
        stream.writable().await?;
        let sent = stream.try_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
            let mut ancillary = SendAncillaryBuffer::new(&mut space);
            if !descriptors.is_empty() {
                ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
            }
            let text = [IoSlice::new(rest)];
            Ok(sendmsg(stream, &text, &mut ancillary, SendFlags::empty())?)
        });
        match sent {
            Ok(sent) => {
                rest = &rest[sent..];
                // The kernel passed the descriptors with the first byte.
                descriptors = &[];
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            // The worker has to receive the descriptors in flight first.
            Err(error) if is_too_many_on_the_way(&error) => tokio::time::sleep(AGAIN).await,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn is_too_many_on_the_way(error: &io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::TOOMANYREFS.raw_os_error())
}

/// The reading half of a shared stream.
struct Readable(Arc<UnixStream>);

impl tokio::io::AsyncRead for Readable {
    fn poll_read(
        self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
        buffer: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<io::Result<()>> {
        loop {
            std::task::ready!(self.0.poll_read_ready(context))?;
            match self.0.try_read(buffer.initialize_unfilled()) {
                Ok(read) => {
                    buffer.advance(read);
                    return std::task::Poll::Ready(Ok(()));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return std::task::Poll::Ready(Err(error)),
            }
        }
    }
}
