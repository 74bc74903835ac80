//! Readiness of a daemon: what the readiness probe of its container asks (`assessNodeStatus` of
//! `workflow/controller/operator.go`: a daemon counts when all containers of its pod are ready).

use std::time::Duration;

use argo::spec::Container;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The longest wait between two questions: processes of this machine are ready sooner than pods.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Question of a readiness probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    question: Question,
    delay: Duration,
    wait: Duration,
    patience: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    /// A port at which somebody has to listen.
    Port { host: String, port: u16 },
    /// A path that has to be answered with a code from 200 to 399.
    Path {
        host: String,
        port: u16,
        path: String,
    },
}

impl Probe {
    /// The readiness probe of a container; nothing if it has none, or one that runs a command or asks a named port: then it is
    /// ready when it runs.
    pub(crate) fn of(container: &Container) -> Option<Self> {
        let probe = container.rest.get("readinessProbe")?.as_object()?;
        let seconds = |field: &str, default: u64| {
            let seconds = probe
                .get(field)
                .and_then(Value::as_u64)
                .filter(|it| *it > 0);
            Duration::from_secs(seconds.unwrap_or(default))
        };
        let get = object(probe, "httpGet");
        let is_secure = get.and_then(|get| get.get("scheme")) == Some(&Value::from("HTTPS"));
        let question = match (get, object(probe, "tcpSocket")) {
            // Nobody here would trust its certificate, and Kubernetes does not look at it either.
            (Some(get), _) if is_secure => Question::Port {
                host: host(get),
                port: port(get)?,
            },
            (Some(get), _) => Question::Path {
                host: host(get),
                port: port(get)?,
                path: get
                    .get("path")
                    .and_then(Value::as_str)
                    .unwrap_or("/")
                    .to_owned(),
            },
            (None, Some(socket)) => Question::Port {
                host: host(socket),
                port: port(socket)?,
            },
            (None, None) => return None,
        };
        Some(Self {
            question,
            delay: seconds("initialDelaySeconds", 0),
            wait: seconds("periodSeconds", 10).min(LONGEST_WAIT),
            patience: seconds("timeoutSeconds", 1),
        })
    }

    /// Asks until the answer is yes.
    pub(crate) async fn passes(&self) {
        tokio::time::sleep(self.delay).await;
        loop {
            let answer = tokio::time::timeout(self.patience, self.question.ask()).await;
            if matches!(answer, Ok(Ok(true))) {
                return;
            }
            tokio::time::sleep(self.wait).await;
        }
    }
}

impl Question {
    async fn ask(&self) -> std::io::Result<bool> {
        match self {
            Self::Port { host, port } => {
                TcpStream::connect((host.as_str(), *port)).await?;
                Ok(true)
            }
            Self::Path { host, port, path } => {
                let mut stream = TcpStream::connect((host.as_str(), *port)).await?;
                let request = format!(
                    "GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\nUser-Agent: kube-probe\r\n\r\n"
                );
                stream.write_all(request.as_bytes()).await?;
                let mut start = [0; 12];
                stream.read_exact(&mut start).await?;
                let code = std::str::from_utf8(&start[9..])
                    .ok()
                    .and_then(|code| code.parse().ok());
                Ok(code.is_some_and(|code: u16| (200..400).contains(&code)))
            }
        }
    }
}

fn object<'a>(map: &'a Map<String, Value>, field: &str) -> Option<&'a Map<String, Value>> {
    map.get(field)?.as_object()
}

/// A pod has an address of its own; here it is this machine.
fn host(of: &Map<String, Value>) -> String {
    let host = of.get("host").and_then(Value::as_str);
    host.unwrap_or("127.0.0.1").to_owned()
}

fn port(of: &Map<String, Value>) -> Option<u16> {
    let port = of.get("port")?;
    match port.as_u64() {
        Some(port) => u16::try_from(port).ok(),
        None => port.as_str()?.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use tokio::net::TcpListener;

    fn container(probe: &Value) -> Container {
        argo::spec::from_json(&json!({"image": "i", "readinessProbe": probe})).unwrap()
    }

    #[test]
    fn what_cannot_be_asked_is_no_probe() {
        for probe in [
            json!({"exec": {"command": ["true"]}}),
            json!({"httpGet": {"port": "http"}}),
            json!({"tcpSocket": {"port": 70000}}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(Probe::of(&container(&probe)), None, "{probe}");
        }
    }

    #[tokio::test]
    async fn a_server_that_speaks_tls_is_ready_when_it_listens() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let probe = container(&json!({"httpGet": {"scheme": "HTTPS", "port": port}}));
        Probe::of(&probe).unwrap().passes().await;
    }

    #[tokio::test]
    async fn a_path_is_asked_until_its_answer_is_good() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let probe = container(&json!({"httpGet": {"path": "/ready", "port": port.to_string()}}));
        let mut probe = Probe::of(&probe).unwrap();
        probe.wait = Duration::ZERO;
        let asked = tokio::spawn(async move {
            let mut asked = Vec::new();
            for code in [503, 404, 204] {
                let (mut stream, _) = server.accept().await.unwrap();
                let mut request = [0; 1000];
                let read = stream.read(&mut request).await.unwrap();
                asked.push(String::from_utf8_lossy(&request[..read]).into_owned());
                let answer = format!("HTTP/1.1 {code} Any\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            asked
        });
        probe.passes().await;
        let asked = asked.await.unwrap();
        assert!(
            asked
                .iter()
                .all(|it| it.starts_with("GET /ready HTTP/1.0\r\n")),
            "{asked:?}"
        );
    }
}
