//! A local server that answers as a test wants.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A received request.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// Request line, e.g. `HEAD /v2/…`.
    pub(crate) line: String,
    /// Headers with lower-case names, and body.
    pub(crate) text: String,
}

impl Asked {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// Status, headers and body.
pub(crate) type Answer = (u16, Vec<(&'static str, String)>, String);

pub(crate) struct Server {
    pub(crate) name: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Starts a server; `{host}` in its answers becomes its name.
    pub(crate) async fn start(
        answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
        tls: Option<TlsAcceptor>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let name = listener.local_addr().unwrap().to_string();
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (answer, all, host) = (Arc::new(answer), Arc::clone(&asked), name.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, all, host) = (Arc::clone(&answer), Arc::clone(&all), host.clone());
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &*answer, &all, &host).await;
                            }
                        }
                        None => serve(stream, &*answer, &all, &host).await,
                    }
                });
            }
        });
        Self { name, asked }
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &(dyn Fn(&Asked) -> Answer + Send + Sync),
    all: &Mutex<Vec<Asked>>,
    host: &str,
) {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    let complete = |text: &str| {
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            return false;
        };
        let length = head.lines().find_map(|line| {
            line.to_lowercase()
                .strip_prefix("content-length: ")?
                .parse()
                .ok()
        });
        body.len() >= length.unwrap_or(0)
    };
    while !complete(&text) {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            // A TLS handshake, which a plain server does not support.
            Ok(_) if chunk[0] == 0x16 => return,
            Ok(read) => text.push_str(&String::from_utf8_lossy(&chunk[..read])),
        }
    }
    let line = text.lines().next().unwrap_or_default();
    let asked = Asked {
        line: line.trim_end_matches(" HTTP/1.1").to_owned(),
        text: text.clone(),
    };
    all.lock().unwrap().push(asked.clone());
    let (status, headers, body) = answer(&asked);
    if status == 0 {
        // Never answer.
        let _ = stream.read(&mut chunk).await;
        return;
    }
    let mut head = format!(
        "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {}\r\n", value.replace("{host}", host)));
    }
    let body = if asked.line.starts_with("HEAD") {
        ""
    } else {
        &body
    };
    let _ = stream
        .write_all(format!("{head}\r\n{body}").as_bytes())
        .await;
    let _ = stream.shutdown().await;
}
