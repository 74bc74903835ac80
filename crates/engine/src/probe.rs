//! Readiness of a daemon, by the readiness probe of its container (`assessNodeStatus` of
//! `workflow/controller/operator.go`: a daemon is ready when all containers of its pod are).

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use argo::spec::Container;
use pod::own_files::Start;
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

/// Longest pause between two checks: local processes are ready sooner than pods.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Check of a readiness probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Probe {
    question: Question,
    delay: Duration,
    wait: Duration,
    patience: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Question {
    /// A port that has to accept connections.
    Port { host: String, port: u16 },
    /// A path that has to answer with a code from 200 to 399.
    Path {
        host: String,
        port: u16,
        path: String,
        /// Lines of the request, each with its line end.
        headers: String,
    },
    /// A command that has to end with 0.
    Command(ProbeCommand),
}

/// Command of a readiness probe, as it runs beside its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProbeCommand {
    /// Words and folder.
    pub(crate) start: Start,
    /// Variables of the container.
    pub(crate) variables: Vec<(OsString, OsString)>,
}

/// Words of the command that a container's readiness probe runs, if it runs one.
pub(crate) fn command_of(container: &Container) -> Option<Vec<String>> {
    let probe = container.rest.get("readinessProbe")?.as_object()?;
    let words = object(probe, "exec")?.get("command")?.as_array()?;
    let words = words.iter().map(|word| word.as_str().map(str::to_owned));
    words
        .collect::<Option<Vec<String>>>()
        .filter(|words| !words.is_empty())
}

impl Probe {
    /// Reads the readiness probe of a container. None if there is none, or one that names an unknown port: such a container
    /// is ready when it runs.
    ///
    /// # Arguments
    ///
    /// * `command`: The command of the probe, if it runs one.
    pub(crate) fn of(container: &Container, command: Option<ProbeCommand>) -> Option<Self> {
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
            // Check only the port: no client here trusts the certificate, and Kubernetes does not verify it either.
            (Some(get), _) if is_secure => Question::Port {
                host: host(get),
                port: port(get, container)?,
            },
            (Some(get), _) => {
                let (host, port) = (host(get), port(get, container)?);
                let own = [
                    ("Host", &*format!("{host}:{port}")),
                    ("User-Agent", "kube-probe"),
                ];
                let headers = headers(get, &own);
                let path = get.get("path").and_then(Value::as_str).unwrap_or("/");
                Question::Path {
                    host,
                    port,
                    path: path.to_owned(),
                    headers,
                }
            }
            (None, Some(socket)) => Question::Port {
                host: host(socket),
                port: port(socket, container)?,
            },
            (None, None) => Question::Command(command?),
        };
        Some(Self {
            question,
            delay: seconds("initialDelaySeconds", 0),
            wait: seconds("periodSeconds", 10).min(LONGEST_WAIT),
            patience: seconds("timeoutSeconds", 1),
        })
    }

    /// Waits until the check succeeds.
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
            Self::Command(command) => {
                let Some((program, words)) = command.start.words.split_first() else {
                    return Ok(false);
                };
                let ended = Command::new(program)
                    .args(words)
                    .envs(command.variables.iter().cloned())
                    .current_dir(&command.start.folder)
                    .stdin(Stdio::null())
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .kill_on_drop(true)
                    .status();
                Ok(ended.await?.success())
            }
            Self::Port { host, port } => {
                TcpStream::connect((host.as_str(), *port)).await?;
                Ok(true)
            }
            Self::Path {
                host,
                port,
                path,
                headers,
            } => {
                let mut stream = TcpStream::connect((host.as_str(), *port)).await?;
                let request = format!("GET {path} HTTP/1.0\r\n{headers}\r\n");
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

/// Host of a probe. The default is the pod's address, here this machine.
fn host(of: &Map<String, Value>) -> String {
    let host = of.get("host").and_then(Value::as_str);
    host.unwrap_or("127.0.0.1").to_owned()
}

/// Port by number, or by its name in the container (`ResolveContainerPort` of Kubernetes' `pkg/probe/util.go`).
fn port(of: &Map<String, Value>, container: &Container) -> Option<u16> {
    let port = of.get("port")?;
    if let Some(number) = port.as_u64() {
        return u16::try_from(number).ok();
    }
    let name = port.as_str()?;
    let ports = container.rest.get("ports").and_then(Value::as_array);
    let mut named = ports.into_iter().flatten();
    match named.find(|known| known.get("name").and_then(Value::as_str) == Some(name)) {
        Some(known) => u16::try_from(known.get("containerPort")?.as_u64()?).ok(),
        None => name.parse().ok(),
    }
}

/// Headers of a request: those of the probe replace the defaults.
fn headers(get: &Map<String, Value>, own: &[(&str, &str)]) -> String {
    let text = |of: &Value, field: &str| of.get(field).and_then(Value::as_str).map(str::to_owned);
    let listed = get.get("httpHeaders").and_then(Value::as_array);
    let named = listed.into_iter().flatten();
    let named: Vec<(String, String)> = named
        .filter_map(|header| Some((text(header, "name")?, text(header, "value")?)))
        // Ignore a header with a line break, which would start another header.
        .filter(|(name, value)| !format!("{name}{value}").contains(['\r', '\n']))
        .collect();
    let is_named = |own: &str| named.iter().any(|(name, _)| name.eq_ignore_ascii_case(own));
    let mut lines = String::new();
    for (name, value) in own.iter().filter(|(name, _)| !is_named(name)) {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    for (name, value) in &named {
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines
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
    fn a_port_has_the_number_that_the_container_gives_its_name() {
        for (named, number) in [("http", Some(8080)), ("8081", Some(8081)), ("other", None)] {
            let container: Container = argo::spec::from_json(&json!({
                "image": "i",
                "ports": [{"containerPort": 9}, {"name": "http", "containerPort": 8080}],
                "readinessProbe": {"tcpSocket": {"port": named}},
            }))
            .unwrap();
            let asked = Probe::of(&container, None).map(|probe| probe.question);
            let expected = number.map(|port| Question::Port {
                host: "127.0.0.1".to_owned(),
                port,
            });
            assert_eq!(asked, expected, "{named}");
        }
    }

    #[test]
    fn headers_of_the_probe_take_the_place_of_ours() {
        let get = json!({"httpHeaders": [
            {"name": "host", "value": "shop"}, {"name": "X", "value": "1\r\nY: 2"}, {"name": "Z", "value": "3"},
        ]});
        let lines = headers(
            get.as_object().unwrap(),
            &[("Host", "a:1"), ("User-Agent", "b")],
        );
        assert_eq!(lines, "User-Agent: b\r\nhost: shop\r\nZ: 3\r\n");
    }

    #[test]
    fn what_cannot_be_asked_is_no_probe() {
        for probe in [
            json!({"httpGet": {"port": "http"}}),
            json!({"tcpSocket": {"port": 70000}}),
            json!({}),
            json!(null),
        ] {
            assert_eq!(Probe::of(&container(&probe), None), None, "{probe}");
        }
    }

    #[tokio::test]
    async fn a_server_that_speaks_tls_is_ready_when_it_listens() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let probe = container(&json!({"httpGet": {"scheme": "HTTPS", "port": port}}));
        Probe::of(&probe, None).unwrap().passes().await;
    }

    #[tokio::test]
    async fn a_path_is_asked_until_its_answer_is_good() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = server.local_addr().unwrap().port();
        let probe = container(&json!({"httpGet": {"path": "/ready", "port": port.to_string()}}));
        let mut probe = Probe::of(&probe, None).unwrap();
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
