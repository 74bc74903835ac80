//! Artifacts at a URL (`workflow/artifacts/http/http.go`).

use std::io::{self, Write};
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use reqwest::header::{HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder, StatusCode, Url};

use super::limits::RemainingLimits;
use super::url::{Http, shown};

/// Longest time that a server may take to accept a connection.
const TO_CONNECT: Duration = Duration::from_secs(30);
/// Longest time that a server may be silent.
pub(super) const SILENCE: Duration = Duration::from_secs(300);
/// Maximum number of redirects to follow, as in Go.
const REDIRECTS: usize = 10;

/// Reason why a download failed.
#[derive(Debug)]
pub(super) enum NotDownloaded {
    /// The server does not have the file.
    NotFound(String),
    /// Anything else.
    Other(String),
}

impl From<io::Error> for NotDownloaded {
    fn from(error: io::Error) -> Self {
        Self::Other(super::error::reason(&error))
    }
}

/// Downloads into a file that does not exist yet.
pub(super) async fn download(
    from: &Http,
    to: &Path,
    room: &RemainingLimits,
) -> Result<(), NotDownloaded> {
    let shown = shown(&from.url);
    let cannot = |why: &str| NotDownloaded::Other(format!("Get \"{shown}\": {why}"));
    let url = Url::parse(&from.url).map_err(|error| cannot(&error.to_string()))?;
    if !is_http(&url) {
        let scheme = url.scheme();
        return Err(cannot(&format!("unsupported protocol scheme \"{scheme}\"")));
    }
    let client = client(&url)
        .read_timeout(SILENCE)
        .redirect(Policy::custom(|attempt| {
            if attempt.previous().len() > REDIRECTS {
                return attempt.error("stopped after 10 redirects");
            }
            if is_http(attempt.url()) {
                attempt.follow()
            } else {
                attempt.error("unsupported protocol scheme")
            }
        }));
    let client = client.build().map_err(|error| cannot(&deepest(error)))?;
    let mut request = client.get(url);
    for (name, value) in &from.headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| cannot(&format!("net/http: invalid header field name {name:?}")))?;
        // The value may be a secret.
        let value = HeaderValue::from_str(value).map_err(|_| {
            cannot(&format!(
                "net/http: invalid header field value for {:?}",
                name.as_str()
            ))
        })?;
        request = request.header(name, value);
    }
    if let Some((user, password)) = &from.basic {
        request = request.basic_auth(user, Some(password));
    }
    let mut answer = request
        .send()
        .await
        .map_err(|error| cannot(&deepest(error)))?;
    let status = answer.status();
    if status == StatusCode::NOT_FOUND {
        return Err(NotDownloaded::NotFound(status.to_string()));
    }
    if !status.is_success() {
        return Err(NotDownloaded::Other(format!(
            "loading content from {shown} failed with reason: {status}"
        )));
    }
    let mut file = std::fs::File::create_new(to)?;
    while let Some(chunk) = answer
        .chunk()
        .await
        .map_err(|error| cannot(&deepest(error)))?
    {
        room.take(chunk.len())?;
        file.write_all(&chunk)?;
    }
    Ok(())
}

/// Builds a client for a server.
pub(super) fn client(url: &Url) -> ClientBuilder {
    // An error means that the process already has a provider, which is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = Client::builder()
        .user_agent(concat!("argo-kedro/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(TO_CONNECT);
    if is_this_machine(url) {
        // Like Go, use no proxy for this machine.
        return client.no_proxy();
    }
    client
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Innermost cause of an error, without the URL: its query may be a secret.
pub(super) fn deepest(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut cause: &dyn std::error::Error = &error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    match cause.downcast_ref::<io::Error>() {
        Some(error) => super::error::reason(error),
        None => cause.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_asked_without_a_proxy() {
        for (url, expected) in [
            ("http://localhost:1/a", true),
            ("http://127.0.0.2", true),
            ("https://[::1]:443", true),
            ("http://localhost.example.com", false),
            ("http://10.0.0.1", false),
        ] {
            assert_eq!(
                is_this_machine(&Url::parse(url).unwrap()),
                expected,
                "{url}"
            );
        }
    }
}
