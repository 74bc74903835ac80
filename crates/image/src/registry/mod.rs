//! Asks a registry whether it has an image (OCI distribution specification, "Pulling manifests").

mod basic;
mod challenge;
mod push;
mod tag;
mod token;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use reqwest::{Client, Method, Response, StatusCode};
use sha2::{Digest as _, Sha256};

use crate::credentials::{Credential, Keyring};
use crate::{Reference, RegistryError};
use argo::image::is_digest;
use challenge::Challenge;

/// Media types of a tag's manifest: one image or an index of several, in Docker's format or the OCI's.
const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";
const DIGEST: &str = "docker-content-digest";
const VERSION: &str = "docker-distribution-api-version";
const CONNECT: Duration = Duration::from_secs(10);

/// Settings for the access to registries.
#[derive(Debug, Clone, Default)]
pub struct Access {
    /// Registries that may use plain HTTP or any certificate: `host` or `host:port`. This machine always may, as with
    /// Docker.
    pub insecure: Vec<String>,
    /// Folders with the layout of `/etc/docker/certs.d`: `REGISTRY/*.crt` are trusted for that registry.
    pub certificates: Vec<PathBuf>,
    /// The user's credentials.
    pub keyring: Keyring,
    /// Longest wait for an answer; none for 30 seconds.
    pub timeout: Option<Duration>,
}

impl Access {
    /// Says whether to accept any certificate of a registry.
    pub fn is_insecure(&self, registry: &str) -> bool {
        let host = host(registry);
        host == "localhost"
            || host
                .trim_matches(['[', ']'])
                .parse::<std::net::IpAddr>()
                .is_ok_and(|address| address.is_loopback())
            || self
                .insecure
                .iter()
                .any(|listed| listed == registry || listed == host)
    }
}

/// A registry.
#[derive(Debug)]
pub struct Registry<'a> {
    /// Name as in `docker login`.
    name: &'a str,
    access: &'a Access,
    is_insecure: bool,
    client: Client,
    patience: Duration,
}

/// Purpose of a request: what the user does with the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Read existing images, and push nothing.
    Pull,
    /// Push missing images.
    Push,
}

impl<'a> Registry<'a> {
    /// Prepares to ask the registry of an image.
    pub fn new(name: &'a str, access: &'a Access) -> Result<Self, RegistryError> {
        Self::open(name, access, access.is_insecure(name))
    }

    fn open(name: &'a str, access: &'a Access, is_insecure: bool) -> Result<Self, RegistryError> {
        // Another part of the process may have installed a provider already; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let patience = access.timeout.unwrap_or(Duration::from_secs(30));
        let mut builder = Client::builder()
            .user_agent(concat!("argo-kedro/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT.min(patience))
            .timeout(patience);
        if is_insecure {
            builder = builder.tls_danger_accept_invalid_certs(true);
        } else {
            for certificate in certificates(name, &access.certificates)? {
                builder = builder.tls_certs_merge([certificate]);
            }
        }
        if matches!(host(name), "localhost" | "127.0.0.1" | "[::1]") {
            // A proxy cannot reach this machine by that name.
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| unreachable(name, &error))?;
        Ok(Self {
            name,
            access,
            is_insecure,
            client,
            patience,
        })
    }

    /// The digest of a tag; `None` if the registry does not have the tag or the repository.
    ///
    /// # Errors
    ///
    /// Any reason why the registry does not answer that question.
    pub async fn digest(
        &self,
        image: &Reference,
        purpose: Purpose,
    ) -> Result<Option<String>, RegistryError> {
        let tag = image.tag.as_ref().map_or("latest", crate::Tag::as_str);
        let tag = image.digest.as_deref().unwrap_or(tag);
        let (mut session, path, response) = self.ask(image, tag, purpose).await?;
        session.read(&path, response).await
    }

    /// Starts a session about one manifest: gives its path, and the registry's answer about it to this user.
    async fn ask<'b>(
        &'b self,
        image: &'b Reference,
        manifest: &str,
        purpose: Purpose,
    ) -> Result<(Session<'b>, String, Response), RegistryError> {
        let path = path(image, manifest);
        let (base, response) = self.first(&path).await?;
        let mut session = Session {
            registry: self,
            base,
            repository: &image.repository,
            purpose,
            authorization: None,
            who: "anybody".to_owned(),
        };
        let request = Request::of(Method::HEAD, &path);
        let response = session.authorised(&request, response).await?;
        Ok((session, path, response))
    }

    /// The first answer, and the base address that gave it: HTTPS, or HTTP if that fails for an insecure registry.
    async fn first(&self, path: &str) -> Result<(String, Response), RegistryError> {
        let host = match self.name {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        let secure = format!("https://{host}");
        let request = Request::of(Method::HEAD, path);
        match self.send(&request, &secure, None).await {
            Ok(response) => Ok((secure, response)),
            Err(error) if self.is_insecure && !error.is_timeout() => {
                let plain = format!("http://{host}");
                match self.send(&request, &plain, None).await {
                    Ok(response) => Ok((plain, response)),
                    Err(error) => Err(self.explain(&error)),
                }
            }
            Err(error) => Err(self.explain(&error)),
        }
    }

    async fn send(
        &self,
        request: &Request<'_>,
        base: &str,
        authorization: Option<&str>,
    ) -> Result<Response, reqwest::Error> {
        let Request { method, path, body } = request;
        let mut sent = self
            .client
            .request(method.clone(), format!("{base}{path}"))
            .header(ACCEPT, MANIFESTS);
        if let Some(authorization) = authorization {
            sent = sent.header(AUTHORIZATION, authorization);
        }
        if let Some(manifest) = body {
            sent = sent
                .header(CONTENT_TYPE, &manifest.kind)
                .body(manifest.bytes.clone());
        }
        sent.send().await
    }

    fn explain(&self, error: &reqwest::Error) -> RegistryError {
        if error.is_timeout() {
            let patience = if error.is_connect() {
                CONNECT.min(self.patience)
            } else {
                self.patience
            };
            return RegistryError::Unreachable {
                registry: self.name.to_owned(),
                reason: format!("no answer within {} s", patience.as_secs()),
            };
        }
        unreachable(self.name, error)
    }
}

/// One question to a registry, or one upload to it.
struct Request<'a> {
    method: Method,
    path: &'a str,
    body: Option<&'a Manifest>,
}

impl<'a> Request<'a> {
    fn of(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            body: None,
        }
    }
}

/// Manifest of a tag or a digest, byte by byte.
struct Manifest {
    /// Media type.
    kind: String,
    bytes: Vec<u8>,
}

impl Manifest {
    fn digest(&self) -> String {
        let digits: String = Sha256::digest(&self.bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("sha256:{digits}")
    }
}

fn header(response: &Response, name: &str) -> Option<String> {
    let value = response.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

/// The path of the manifest of a tag or a digest.
fn path(image: &Reference, manifest: &str) -> String {
    format!("/v2/{}/manifests/{manifest}", image.repository)
}

/// A session with a registry about one repository.
struct Session<'a> {
    registry: &'a Registry<'a>,
    base: String,
    repository: &'a str,
    purpose: Purpose,
    authorization: Option<String>,
    /// The user in this session, for errors.
    who: String,
}

impl Session<'_> {
    /// The final answer: if the registry asks for credentials, sends the request again with them.
    async fn authorised(
        &mut self,
        request: &Request<'_>,
        response: Response,
    ) -> Result<Response, RegistryError> {
        if response.status() != StatusCode::UNAUTHORIZED || self.authorization.is_some() {
            return Ok(response);
        }
        let headers = response.headers().get_all(WWW_AUTHENTICATE);
        let challenges: Vec<Challenge> = headers
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(challenge::parse)
            .collect();
        let keyring = &self.registry.access.keyring;
        let credential = keyring.find(self.registry.name, self.repository).await?;
        if let Some(credential) = &credential {
            self.who = match credential {
                Credential::Password { user, .. } => format!("`{user}`"),
                _ => "the user of the stored token".to_owned(),
            };
        }
        let bearer = challenges.iter().find(|found| found.is("bearer"));
        let basic = challenges.iter().any(|found| found.is("basic"));
        self.authorization = match (bearer, credential) {
            (_, Some(Credential::Bearer(token))) => Some(format!("Bearer {}", token.0)),
            (Some(challenge), credential) => {
                let token = self.token(challenge, credential.as_ref()).await?;
                Some(format!("Bearer {}", token.0))
            }
            (None, Some(Credential::Password { user, password })) if basic => {
                Some(basic::basic(&user, &password))
            }
            _ => return Err(self.denied(response.status())),
        };
        self.again(request).await
    }

    async fn again(&self, request: &Request<'_>) -> Result<Response, RegistryError> {
        let authorization = self.authorization.as_deref();
        let sent = self.registry.send(request, &self.base, authorization);
        sent.await.map_err(|error| self.registry.explain(&error))
    }

    /// Reads an answer about a manifest.
    async fn read(
        &mut self,
        path: &str,
        response: Response,
    ) -> Result<Option<String>, RegistryError> {
        let status = response.status();
        match status {
            StatusCode::OK => self.digest_of(path, response).await.map(Some),
            StatusCode::NOT_FOUND => {
                let speaks = response.headers().contains_key(VERSION);
                if speaks || self.authorization.is_some() || self.is_registry().await? {
                    Ok(None)
                } else {
                    Err(self.not_a_registry(format!("it answers {status}")))
                }
            }
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.denied(status)),
            StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED => {
                let request = Request::of(Method::GET, path);
                let response = self.again(&request).await?;
                let response = self.authorised(&request, response).await?;
                if response.status() == StatusCode::OK {
                    self.digest_of(path, response).await.map(Some)
                } else {
                    Err(self.not_a_registry(format!("it answers {}", response.status())))
                }
            }
            status if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
                Err(self.refused(status, status.canonical_reason()))
            }
            status => Err(self.not_a_registry(format!("it answers {status}"))),
        }
    }

    /// The digest that the registry states, or else the digest of the manifest's bytes.
    async fn digest_of(&self, path: &str, response: Response) -> Result<String, RegistryError> {
        if let Some(digest) = header(&response, DIGEST).filter(|digest| is_digest(digest)) {
            return Ok(digest);
        }
        let response = self.again(&Request::of(Method::GET, path)).await?;
        Ok(self.manifest(response).await?.digest())
    }

    /// The manifest in a response.
    async fn manifest(&self, response: Response) -> Result<Manifest, RegistryError> {
        let status = response.status();
        if status != StatusCode::OK {
            return Err(self.refused(status, status.canonical_reason()));
        }
        let kind = header(&response, CONTENT_TYPE.as_str()).unwrap_or_default();
        if !kind.contains("json") {
            return Err(self.not_a_registry(format!("it answers with `{kind}`")));
        }
        let read = response.bytes().await;
        let bytes = read
            .map_err(|error| self.registry.explain(&error))?
            .to_vec();
        Ok(Manifest { kind, bytes })
    }

    /// Says whether the server supports the protocol at all.
    async fn is_registry(&self) -> Result<bool, RegistryError> {
        let response = self.again(&Request::of(Method::GET, "/v2/")).await?;
        Ok(response.headers().contains_key(VERSION)
            || matches!(response.status(), StatusCode::OK | StatusCode::UNAUTHORIZED))
    }

    fn denied(&self, status: StatusCode) -> RegistryError {
        RegistryError::NeedsLogin {
            registry: self.registry.name.to_owned(),
            repository: self.repository.to_owned(),
            who: self.who.clone(),
            status: status.as_u16(),
        }
    }

    fn refused(&self, status: StatusCode, message: Option<&str>) -> RegistryError {
        RegistryError::Server {
            registry: self.registry.name.to_owned(),
            status: status.as_u16(),
            message: message.unwrap_or_default().to_owned(),
        }
    }

    fn not_a_registry(&self, reason: String) -> RegistryError {
        RegistryError::NotARegistry {
            registry: self.registry.name.to_owned(),
            reason,
        }
    }
}

/// The host of a registry, without its port.
fn host(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}

/// The trusted certificates of one registry.
fn certificates(
    registry: &str,
    folders: &[PathBuf],
) -> Result<Vec<reqwest::Certificate>, RegistryError> {
    let mut found = Vec::new();
    for folder in folders {
        let folder = folder.join(registry);
        let unreadable = |error: std::io::Error| RegistryError::Certificate {
            registry: registry.to_owned(),
            reason: format!("cannot read {}: {error}", folder.display()),
        };
        // Not `fs_err`, because the reason already names the folder.
        let mut files = match std::fs::read_dir(&folder) {
            Ok(entries) => entries
                .map(|entry| Ok(entry.map_err(unreadable)?.path()))
                .collect::<Result<Vec<PathBuf>, _>>()?,
            // Docker's service uses the folders of the user `root`. If a registry needs a certificate from there, the
            // connection reports it.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::NotFound | ErrorKind::PermissionDenied
                ) =>
            {
                continue;
            }
            Err(error) => return Err(unreadable(error)),
        };
        files.sort();
        for file in files.iter().filter(|file| is_certificate(file)) {
            let unreadable = |reason: String| RegistryError::Certificate {
                registry: registry.to_owned(),
                reason: format!("cannot read {}: {reason}", file.display()),
            };
            let text = fs_err::read(file).map_err(|error| unreadable(error.to_string()))?;
            let read = reqwest::Certificate::from_pem_bundle(&text);
            found.extend(read.map_err(|error| unreadable(error.to_string()))?);
        }
    }
    Ok(found)
}

fn is_certificate(file: &Path) -> bool {
    file.extension().is_some_and(|suffix| suffix == "crt")
}

/// The error of a failed connection: distinguishes an untrusted certificate from an unreachable registry.
fn unreachable(registry: &str, error: &reqwest::Error) -> RegistryError {
    let mut reason = String::new();
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(rustls::Error::InvalidCertificate(why)) = of_tls(error) {
            return RegistryError::Certificate {
                registry: registry.to_owned(),
                reason: why.to_string(),
            };
        }
        reason = error.to_string();
        cause = error.source();
    }
    RegistryError::Unreachable {
        registry: registry.to_owned(),
        reason,
    }
}

/// The TLS error inside of other errors. An I/O error does not report the error that it wraps as its source.
fn of_tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    let wrapped = error
        .downcast_ref::<std::io::Error>()
        .and_then(std::io::Error::get_ref);
    match wrapped {
        Some(wrapped) => of_tls(wrapped),
        None => error.downcast_ref(),
    }
}

#[cfg(test)]
mod tests;
