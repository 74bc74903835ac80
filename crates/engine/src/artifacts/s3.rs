//! Artifacts in a bucket that the artifact itself names (`workflow/artifacts/s3/s3.go`).

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use argo::spec::Tree;
use reqwest::header::CONTENT_LENGTH;
use reqwest::redirect::Policy;
use reqwest::{Body, Client, Response, StatusCode, Url};
use runs::private;
use rusty_s3::actions::{ListObjectsV2, S3Action};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use serde_json::Value;

use super::error::{NO_SUCH_KEY, reason};
use super::http::{NotDownloaded, SILENCE, client, deepest};
use super::limits::RemainingLimits;
use super::url::{Secrets, text};
use super::walk::{self, EntryKind, FileType, LeftOut, walk};

/// Fields of a bucket that this engine supports.
pub(crate) const FIELDS: [&str; 10] = [
    "accessKeySecret",
    "addressingStyle",
    "bucket",
    "endpoint",
    "insecure",
    "key",
    "region",
    "secretKeySecret",
    "sessionTokenSecret",
    "useSDKCreds",
];
/// Time for which a signed request is valid.
const GOOD_FOR: Duration = Duration::from_secs(900);
/// Default region, if neither the artifact nor the server's name says one.
const REGION: &str = "us-east-1";
/// Suffixes of servers that want the bucket in the host name (`IsVirtualHostSupported` of minio-go).
const VIRTUAL_HOSTS: [&str; 3] = [".amazonaws.com", ".amazonaws.com.cn", ".aliyuncs.com"];
/// Number of tries to send a request.
const TRIES: usize = 3;
/// Pause between two tries.
const WAIT: Duration = Duration::from_secs(1);
/// Maximum number of bytes to read of an error answer.
const LONGEST_ERROR: usize = 64 * 1024;

/// Key of a bucket, with the credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
    key: String,
}

impl std::fmt::Debug for S3 {
    /// Omits the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("S3")
            .field("url", &self.bucket.base_url().as_str())
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}

impl S3 {
    /// Reads the location of an artifact.
    ///
    /// # Arguments
    /// * `secrets`: Looks up the value of a key of a secret.
    /// * `variable`: Looks up an environment variable of this program, for a location that names no secrets.
    /// * `variable`: Gives a variable of the environment of this program, for a location that names no secrets.
    pub(super) fn of(
        tree: &Tree,
        secrets: Secrets<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let is_set = |field: &str| tree.get(field).and_then(Value::as_bool) == Some(true);
        let server = text(tree, "endpoint");
        if server.contains("://") {
            return Err(format!(
                "the endpoint `{server}` of the bucket is a URL: write the server alone, without `https://`"
            ));
        }
        let scheme = if is_set("insecure") { "http" } else { "https" };
        let endpoint = Url::parse(&format!("{scheme}://{server}"))
            .map_err(|error| format!("the endpoint `{server}` of the bucket: {error}"))?;
        let host = endpoint.host_str().unwrap_or_default();
        let name = text(tree, "bucket");
        let wants_virtual = VIRTUAL_HOSTS.iter().any(|end| host.ends_with(end));
        let style = match text(tree, "addressingStyle") {
            "path" => UrlStyle::Path,
            "virtual-hosted" => UrlStyle::VirtualHost,
            // A wildcard certificate does not cover a name with one more dot.
            _ if wants_virtual && !(scheme == "https" && name.contains('.')) => {
                UrlStyle::VirtualHost
            }
            _ => UrlStyle::Path,
        };
        let region = Some(text(tree, "region")).filter(|region| !region.is_empty());
        let region = region.or_else(|| region_of(host)).unwrap_or(REGION);
        let region = region.to_owned();
        let bucket = Bucket::new(endpoint, style, name.to_owned(), region)
            .map_err(|error| format!("the bucket `{name}`: {error}"))?;
        let secret = |field: &str| {
            let selector = tree.get(field).and_then(Value::as_object);
            let value =
                selector.map(|selector| secrets(text(selector, "name"), text(selector, "key")));
            value.transpose()
        };
        let by_secrets = (secret("accessKeySecret")?, secret("secretKeySecret")?);
        let (key, secret, token) = if let (Some(key), Some(value)) = by_secrets {
            (key, value, secret("sessionTokenSecret")?)
        } else {
            let needed = |one: &str| {
                variable(one).ok_or_else(|| {
                        format!(
                            "the bucket `{name}` names no secrets with its keys, and {one} is not set: set \
                             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                        )
                    })
            };
            let key = needed("AWS_ACCESS_KEY_ID")?;
            let secret = needed("AWS_SECRET_ACCESS_KEY")?;
            (key, secret, variable("AWS_SESSION_TOKEN"))
        };
        let artifact = text(tree, "key").trim_start_matches('/').to_owned();
        // URLs resolve such parts, so the key would become another one.
        if artifact.split('/').any(|part| part == "." || part == "..") {
            return Err(format!(
                "the key `{artifact}` has a part `.` or `..`, which no key may have here"
            ));
        }
        let credentials = match token {
            Some(token) => Credentials::new_with_token(key, secret, token),
            None => Credentials::new(key, secret),
        };
        Ok(Self {
            bucket,
            credentials,
            key: artifact,
        })
    }

    /// Downloads the key to a free path: a file, or all keys below it as a folder.
    pub(super) async fn get(&self, to: &Path, room: &RemainingLimits) -> Result<(), NotDownloaded> {
        let client = self.client().map_err(NotDownloaded::Other)?;
        if !self.key.ends_with('/') {
            match self.get_one(&client, &self.key, to, room).await {
                Err(NotDownloaded::NotFound(_)) => {}
                other => return other,
            }
        }
        let below = format!("{}/", self.key.trim_end_matches('/'));
        let keys = self.keys(&client, &below).await?;
        if keys.is_empty() {
            return Err(NotDownloaded::NotFound(NO_SUCH_KEY.to_owned()));
        }
        for key in keys {
            let inside = key.strip_prefix(&below).unwrap_or(&key);
            let parts = inside.split('/').filter(|part| !part.is_empty());
            let parts: Vec<&str> = parts.collect();
            if parts.is_empty() {
                continue;
            }
            if parts.iter().any(|part| matches!(*part, "." | "..")) {
                return Err(NotDownloaded::Other(format!(
                    "the key `{key}` would be a file outside of the artifact"
                )));
            }
            let at = parts.iter().fold(to.to_owned(), |at, part| at.join(part));
            room.take_entry()?;
            // A key that ends with a slash is an empty folder.
            if inside.ends_with('/') {
                private::make_folder(&at)?;
                continue;
            }
            private::make_folder(at.parent().unwrap_or(to))?;
            self.get_one(&client, &key, &at, room).await?;
        }
        // The only key may have been that of the folder itself.
        private::make_folder(to)?;
        Ok(())
    }

    /// Uploads a file, or all files of a folder. Other keys of the bucket stay. Links and special files are left out.
    pub(super) async fn put(&self, made: PathBuf) -> Result<Vec<LeftOut>, String> {
        let client = self.client()?;
        let listed = tokio::task::spawn_blocking(move || files_of(&made)).await;
        let (files, left_out) = listed
            .map_err(|error| error.to_string())?
            .map_err(|error| reason(&error))?;
        for (path, inside) in files {
            let key = match inside.as_str() {
                "" => self.key.clone(),
                inside => format!("{}/{inside}", self.key.trim_end_matches('/')),
            };
            let cannot = |why: String| format!("cannot save under the key `{key}`: {why}");
            let mut tries = 0..TRIES;
            loop {
                tries.next();
                let file = tokio::fs::File::open(&path).await;
                let file = file.map_err(|error| cannot(reason(&error)))?;
                let length = file.metadata().await;
                let length = length.map_err(|error| cannot(reason(&error)))?.len();
                let action = self.bucket.put_object(Some(&self.credentials), &key);
                let request = client
                    .put(action.sign(GOOD_FOR))
                    .header(CONTENT_LENGTH, length)
                    .body(Body::from(file));
                match request.send().await {
                    Ok(answer) if answer.status().is_success() => break,
                    Ok(answer) if !tries.is_empty() && may_be_lost(answer.status()) => {}
                    Ok(answer) => return Err(cannot(why(answer).await)),
                    Err(_) if !tries.is_empty() => {}
                    Err(error) => return Err(cannot(deepest(error))),
                }
                tokio::time::sleep(WAIT).await;
            }
        }
        Ok(left_out)
    }

    /// Sends a request, and repeats it if it may have been lost.
    async fn send(&self, client: &Client, url: Url) -> Result<Response, NotDownloaded> {
        let mut tries = 0..TRIES;
        loop {
            tries.next();
            // Uploads have no such time limit: the server is silent until it has everything.
            let sent = tokio::time::timeout(SILENCE, client.get(url.clone()).send()).await;
            match sent {
                Ok(Ok(answer)) if tries.is_empty() || !may_be_lost(answer.status()) => {
                    return Ok(answer);
                }
                Ok(Err(error)) if tries.is_empty() => {
                    return Err(NotDownloaded::Other(deepest(error)));
                }
                Err(_) if tries.is_empty() => {
                    return Err(NotDownloaded::Other(
                        "the server does not answer".to_owned(),
                    ));
                }
                _ => tokio::time::sleep(WAIT).await,
            }
        }
    }

    fn client(&self) -> Result<Client, String> {
        // A signed URL is a password: a redirect must not pass it to another server.
        let client = client(self.bucket.base_url())
            .redirect(Policy::none())
            .referer(false);
        client.build().map_err(deepest)
    }

    async fn get_one(
        &self,
        client: &Client,
        key: &str,
        to: &Path,
        room: &RemainingLimits,
    ) -> Result<(), NotDownloaded> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let mut answer = self.send(client, action.sign(GOOD_FOR)).await?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(NotDownloaded::NotFound(why(answer).await));
        }
        if !answer.status().is_success() {
            return Err(NotDownloaded::Other(why(answer).await));
        }
        let mut file = std::fs::File::create_new(to)?;
        let failed = |error| NotDownloaded::Other(deepest(error));
        let silent = |_| NotDownloaded::Other("the server does not go on".to_owned());
        while let Some(bytes) = tokio::time::timeout(SILENCE, answer.chunk())
            .await
            .map_err(silent)?
            .map_err(failed)?
        {
            room.take(bytes.len())?;
            file.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Lists all keys with a prefix.
    async fn keys(&self, client: &Client, prefix: &str) -> Result<Vec<String>, NotDownloaded> {
        let other = |error: reqwest::Error| NotDownloaded::Other(deepest(error));
        let mut keys = Vec::new();
        let mut next = None;
        loop {
            let mut action = self.bucket.list_objects_v2(Some(&self.credentials));
            action.with_prefix(prefix.to_owned());
            if let Some(next) = next {
                action.with_continuation_token(next);
            }
            let answer = self.send(client, action.sign(GOOD_FOR)).await?;
            if !answer.status().is_success() {
                return Err(NotDownloaded::Other(why(answer).await));
            }
            let text = answer.text().await.map_err(other)?;
            let page = ListObjectsV2::parse_response(&text).map_err(|error| {
                NotDownloaded::Other(format!("the list of keys cannot be read: {error}"))
            })?;
            keys.extend(page.contents.into_iter().map(|object| object.key));
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(keys);
            }
        }
    }
}

/// Files to upload, each with its key relative to that of the artifact.
type Files = Vec<(PathBuf, String)>;

/// Lists the files of a folder, and everything that is no file. A file that is the artifact itself has an empty key.
fn files_of(made: &Path) -> io::Result<(Files, Vec<LeftOut>)> {
    let (mut files, mut left_out) = (Files::new(), Vec::new());
    let mut leave_out = |inside: &Path, thing: FileType| {
        left_out.push(LeftOut {
            path: inside.to_owned(),
            thing,
        });
    };
    walk(made, &mut |entry| {
        match &entry.kind {
            EntryKind::Folder => {}
            EntryKind::File => {
                let inside = entry.inside.to_str().ok_or_else(|| {
                    let error = io::Error::other("the name is not UTF-8, as a key must be");
                    walk::about("save", &entry.path, &error)
                })?;
                files.push((entry.path.clone(), inside.to_owned()));
            }
            EntryKind::Link(_) => leave_out(&entry.inside, FileType::Link),
            EntryKind::Special(thing) => leave_out(&entry.inside, *thing),
        }
        Ok(())
    })?;
    Ok((files, left_out))
}

/// Region in the name of an Amazon server, e.g. `s3.eu-west-1.amazonaws.com`.
fn region_of(host: &str) -> Option<&str> {
    let name = VIRTUAL_HOSTS[..2]
        .iter()
        .find_map(|end| host.strip_suffix(end))?;
    let region = name
        .strip_prefix("s3.dualstack.")
        .or_else(|| name.strip_prefix("s3."))
        .or_else(|| name.strip_prefix("s3-"))?;
    (region.contains('-') && !region.contains('.')).then_some(region)
}

/// Says whether a server asks to try again (`isHTTPStatusRetryable` of minio-go).
fn may_be_lost(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

/// Message of an error answer; its status if it has no message.
async fn why(mut answer: Response) -> String {
    let status = answer.status();
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = answer.chunk().await
        && body.len() < LONGEST_ERROR
    {
        body.extend_from_slice(&bytes);
    }
    let text = String::from_utf8_lossy(&body);
    let message = text.split_once("<Message>").and_then(|(_, rest)| {
        let (message, _) = rest.split_once("</Message>")?;
        Some(message.replace("&apos;", "'").replace("&quot;", "\""))
    });
    message.unwrap_or_else(|| status.to_string())
}
