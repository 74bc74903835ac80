//! Tasks as forks of a warm worker (`python/argo_kedro/worker/server.py`).

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::process::Child;
use tokio::sync::mpsc::UnboundedSender;

use crate::dispatcher::{Ended, Message};
use crate::resolve::Launch;

/// A worker that has imported the project and forks per task.
#[derive(Debug)]
pub struct Forks {
    stream: std::sync::Arc<UnixStream>,
    _child: Option<Child>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Started { id: usize, pid: i32 },
    Exited(Exited),
}

#[derive(Deserialize)]
struct Exited {
    id: usize,
    code: Option<i32>,
    signal: Option<i32>,
    peak_memory: u64,
}

impl Forks {
    /// Takes over a worker that has read the project: its connection and its process.
    pub fn new(stream: UnixStream, child: Option<Child>) -> Self {
        Self {
            stream: std::sync::Arc::new(stream),
            _child: child,
        }
    }

    /// Passes on what the worker reports, until it is gone.
    pub(crate) fn listen(&self, messages: UnboundedSender<Message>) {
        let stream = std::sync::Arc::clone(&self.stream);
        tokio::spawn(async move {
            let mut lines = BufReader::new(Readable(stream)).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                let message = match serde_json::from_str(&line) {
                    Ok(Report::Started { id, pid }) => Message::Started { unit: id, pid },
                    Ok(Report::Exited(exited)) => Message::Ended {
                        unit: exited.id,
                        ended: Ended {
                            code: exited.code,
                            signal: exited.signal,
                            peak_memory: Some(exited.peak_memory),
                        },
                    },
                    Err(_) => break,
                };
                let _ = messages.send(message);
            }
            let _ = messages.send(Message::WorkerGone);
        });
    }

    /// Starts a task; `output` and `errors` become its streams.
    pub(crate) async fn start(
        &self,
        unit: usize,
        arguments: &[String],
        launch: &Launch,
        output: &OwnedFd,
        errors: &OwnedFd,
    ) -> io::Result<()> {
        let environment: serde_json::Map<String, serde_json::Value> = std::env::vars()
            .chain(launch.variables.iter().cloned())
            .map(|(name, value)| (name, value.into()))
            .collect();
        let request = json!({
            "start": {"id": unit, "arguments": arguments, "environment": environment}
        });
        let descriptors = [output.as_fd(), errors.as_fd()];
        self.send(&request, &descriptors).await
    }

    /// Sends a signal to a task and all that it started.
    pub(crate) async fn signal(&self, unit: usize, signal: i32) -> io::Result<()> {
        self.send(&json!({"signal": {"id": unit, "signal": signal}}), &[])
            .await
    }

    async fn send(
        &self,
        request: &serde_json::Value,
        descriptors: &[std::os::fd::BorrowedFd<'_>],
    ) -> io::Result<()> {
        let mut line = request.to_string();
        line.push('\n');
        let mut rest = line.as_bytes();
        let mut descriptors = descriptors;
        while !rest.is_empty() {
            self.stream.writable().await?;
            let sent = self.stream.try_io(Interest::WRITABLE, || {
                let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
                let mut ancillary = SendAncillaryBuffer::new(&mut space);
                if !descriptors.is_empty() {
                    ancillary.push(SendAncillaryMessage::ScmRights(descriptors));
                }
                let text = [IoSlice::new(rest)];
                Ok(sendmsg(
                    &*self.stream,
                    &text,
                    &mut ancillary,
                    SendFlags::empty(),
                )?)
            });
            match sent {
                Ok(sent) => {
                    rest = &rest[sent..];
                    // They went with the first byte.
                    descriptors = &[];
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// The reading half of a shared stream.
struct Readable(std::sync::Arc<UnixStream>);

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
