//! The user's credentials for registries: Docker's `config.json`, and `auth.json` of podman and buildah.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::RegistryError;

/// Longest wait for a helper, which may ask its user for a password.
const PATIENCE: Duration = Duration::from_secs(60);
/// User name in a helper's answer that marks an identity token.
const IDENTITY: &str = "<token>";

/// Places of credentials.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// `config.json` and `auth.json` files, which may be missing. The first one that knows the registry wins.
    pub files: Vec<PathBuf>,
    /// Search path for credential helpers; none for this process's own.
    pub path: Option<OsString>,
}

/// A text that must not appear in any message.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(pub(crate) String);

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("***")
    }
}

/// Credentials of the user for a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Credential {
    /// A name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A token to exchange for a registry token.
    Identity(Secret),
    /// A registry token.
    Bearer(Secret),
}

impl Keyring {
    /// Finds the credentials of the user for a repository.
    pub(crate) async fn find(
        &self,
        registry: &str,
        repository: &str,
    ) -> Result<Option<Credential>, RegistryError> {
        for file in &self.files {
            let config = match fs_err::read(file) {
                Ok(bytes) => parse(file, &bytes)?,
                Err(error) if is_absent(&error) => continue,
                Err(error) => return Err(broken(file, error.to_string())),
            };
            for helper in helpers(&config, registry) {
                let server = server(&config, registry);
                if let Some(found) = ask(&helper, registry, server, self.path.as_deref()).await? {
                    return Ok(Some(found));
                }
            }
            if let Some(found) = stored(file, &config, registry, repository)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as K;
    matches!(error.kind(), K::NotFound | K::NotADirectory)
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Value, RegistryError> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(bytes).map_err(|error| {
        // The parser's message may quote the file.
        let place = format!(
            "not valid JSON at line {}, column {}",
            error.line(),
            error.column()
        );
        broken(file, place)
    })
}

fn broken(file: &Path, reason: String) -> RegistryError {
    RegistryError::Credentials {
        file: file.to_owned(),
        reason,
    }
}

/// The names of a registry in credential files.
fn names(registry: &str) -> Vec<&str> {
    match registry {
        "docker.io" => vec!["docker.io", "index.docker.io", "registry-1.docker.io"],
        other => vec![other],
    }
}

/// The entry of a registry in a part of a file, with its key: for Docker Hub, Docker writes a scheme and a path into
/// the key.
fn entry<'a>(config: &'a Value, part: &str, registry: &str) -> Option<(&'a str, &'a Value)> {
    let entries = config.get(part)?.as_object()?;
    names(registry).into_iter().find_map(|name| {
        let (key, entry) = entries.iter().find(|(key, _)| plain(key) == name)?;
        Some((key.as_str(), entry))
    })
}

/// Key by which helpers identify a registry: the one that Docker wrote into the file at login.
fn server<'a>(config: &'a Value, registry: &'a str) -> &'a str {
    entry(config, "auths", registry)
        .or_else(|| entry(config, "credHelpers", registry))
        .map_or(registry, |(key, _)| key)
}

/// The helper of the registry, or else that of all registries.
fn helpers(config: &Value, registry: &str) -> Vec<String> {
    let own = entry(config, "credHelpers", registry).and_then(|(_, helper)| helper.as_str());
    let general = config.get("credsStore").and_then(Value::as_str);
    own.or(general)
        .filter(|helper| !helper.is_empty() && !helper.contains('/'))
        .map(|helper| format!("docker-credential-{helper}"))
        .into_iter()
        .collect()
}

/// Reads the credentials in the file itself: first for the longest matching part of the repository's path, last for the
/// registry.
fn stored(
    file: &Path,
    config: &Value,
    registry: &str,
    repository: &str,
) -> Result<Option<Credential>, RegistryError> {
    let Some(entries) = config.get("auths").and_then(Value::as_object) else {
        return Ok(None);
    };
    let full = format!("{registry}/{repository}");
    let paths = full
        .char_indices()
        .filter(|(_, letter)| *letter == '/')
        .map(|(at, _)| at)
        .chain([full.len()])
        .rev()
        .map(|end| &full[..end]);
    for wanted in paths.chain(names(registry)) {
        let entry = entries
            .iter()
            .find(|(key, _)| plain(key) == plain(wanted))
            .map(|(_, entry)| entry);
        let Some(entry) = entry else { continue };
        if let Some(found) = credential(entry).map_err(|reason| broken(file, reason))? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A key without the scheme and the path that old versions of Docker wrote.
fn plain(key: &str) -> &str {
    let key = key
        .strip_prefix("https://")
        .or_else(|| key.strip_prefix("http://"))
        .unwrap_or(key)
        .trim_end_matches('/');
    key.strip_suffix("/v1")
        .or_else(|| key.strip_suffix("/v2"))
        .unwrap_or(key)
}

fn credential(entry: &Value) -> Result<Option<Credential>, String> {
    let text = |key: &str| {
        let text = entry.get(key).and_then(Value::as_str)?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    if let Some(token) = text("registrytoken") {
        return Ok(Some(Credential::Bearer(Secret(token))));
    }
    if let Some(token) = text("identitytoken") {
        return Ok(Some(Credential::Identity(Secret(token))));
    }
    if let Some(encoded) = text("auth") {
        let decoded = STANDARD
            .decode(encoded.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok());
        let (user, password) = decoded
            .as_deref()
            .and_then(|decoded| decoded.split_once(':'))
            .ok_or("an `auth` is not a user and password in base64")?;
        return Ok(Some(Credential::Password {
            user: user.to_owned(),
            password: Secret(password.trim_end_matches('\0').to_owned()),
        }));
    }
    Ok(match (text("username"), text("password")) {
        (Some(user), Some(password)) => Some(Credential::Password {
            user,
            password: Secret(password),
        }),
        _ => None,
    })
}

/// Asks a helper, in the protocol of docker-credential-helpers.
async fn ask(
    helper: &str,
    registry: &str,
    server: &str,
    path: Option<&OsStr>,
) -> Result<Option<Credential>, RegistryError> {
    let fails = |reason: String| RegistryError::CredentialHelper {
        helper: helper.to_owned(),
        registry: registry.to_owned(),
        reason,
    };
    let mut command = Command::new(helper);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let mut child = command
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => fails("it is not installed".to_owned()),
            _ => fails(error.to_string()),
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        // A helper that does not read its input may still answer.
        let _ = stdin.write_all(format!("{server}\n").as_bytes()).await;
    }
    let output = tokio::time::timeout(PATIENCE, child.wait_with_output())
        .await
        .map_err(|_| fails(format!("no answer within {} s", PATIENCE.as_secs())))?
        .map_err(|error| fails(error.to_string()))?;
    if !output.status.success() {
        let said = [&output.stdout, &output.stderr]
            .map(|bytes| String::from_utf8_lossy(bytes).trim().to_owned());
        if said
            .iter()
            .any(|text| text.to_lowercase().contains("not found"))
        {
            return Ok(None);
        }
        let first = said.iter().find_map(|text| text.lines().next());
        return Err(fails(
            first.map_or_else(|| output.status.to_string(), str::to_owned),
        ));
    }
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|_| fails("its answer is not JSON".to_owned()))?;
    let text = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
    let (user, secret) = (text("Username"), Secret(text("Secret").to_owned()));
    Ok(match user {
        _ if secret.0.is_empty() => None,
        IDENTITY => Some(Credential::Identity(secret)),
        user => Some(Credential::Password {
            user: user.to_owned(),
            password: secret,
        }),
    })
}

#[cfg(test)]
mod tests;
