//! Artifacts of a bucket that the artifact names itself (`workflow/artifacts/s3/s3.go`).

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use argo::spec::Tree;
use reqwest::header::CONTENT_LENGTH;
use reqwest::{Body, Client, Response, StatusCode, Url};
use runs::private;
use rusty_s3::actions::{ListObjectsV2, S3Action};
use rusty_s3::{Bucket, Credentials, UrlStyle};
use serde_json::Value;

use super::error::reason;
use super::http::{NotDownloaded, client, deepest};
use super::limits::Room;
use super::url::{Secrets, text};
use super::walk::{self, Kind, LeftOut, Thing, walk};

/// Fields of a bucket that are heeded here.
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
/// Time for which a signed request is good.
const GOOD_FOR: Duration = Duration::from_secs(900);
/// Region of a bucket that names none, as for Argo's client.
const REGION: &str = "us-east-1";
/// End of the names of Amazon's own servers.
const AMAZON: &str = ".amazonaws.com";
/// Parts of a key that lead out of a folder.
const LEADS_OUT: [&str; 3] = ["", ".", ".."];

/// A key of a bucket, and how to be let in.
#[derive(Clone, PartialEq, Eq)]
pub struct S3 {
    bucket: Bucket,
    credentials: Credentials,
    key: String,
}

impl std::fmt::Debug for S3 {
    /// Writes all that is not secret.
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
    ///
    /// * `secrets`: Gives the value of a key of a secret.
    /// * `variable`: Gives a variable of the environment of this program, for a location that names no secrets.
    pub(super) fn of(
        tree: &Tree,
        secrets: Secrets<'_>,
        variable: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let is_set = |field: &str| tree.get(field).and_then(Value::as_bool) == Some(true);
        let server = text(tree, "endpoint");
        let scheme = if is_set("insecure") { "http" } else { "https" };
        let endpoint = Url::parse(&format!("{scheme}://{server}"))
            .map_err(|error| format!("the endpoint `{server}` of the bucket: {error}"))?;
        let host = endpoint.host_str().unwrap_or_default();
        let style = match text(tree, "addressingStyle") {
            "path" => UrlStyle::Path,
            "virtual-hosted" => UrlStyle::VirtualHost,
            _ if host.ends_with(AMAZON) => UrlStyle::VirtualHost,
            _ => UrlStyle::Path,
        };
        let region = Some(text(tree, "region")).filter(|region| !region.is_empty());
        let region = region.unwrap_or(REGION).to_owned();
        let name = text(tree, "bucket");
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
        let credentials = match token {
            Some(token) => Credentials::new_with_token(key, secret, token),
            None => Credentials::new(key, secret),
        };
        Ok(Self {
            bucket,
            credentials,
            key: text(tree, "key").trim_start_matches('/').to_owned(),
        })
    }

    /// Downloads the key to a path where nothing is: a file, or all keys below it as a folder.
    pub(super) async fn get(&self, to: &Path, room: &Room) -> Result<(), NotDownloaded> {
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
            return Err(NotDownloaded::NotFound(super::load::NO_SUCH_KEY.to_owned()));
        }
        for key in keys {
            let inside = key.strip_prefix(&below).unwrap_or(&key);
            // A key that ends with a slash stands for an empty folder.
            let parts: Vec<&str> = inside.trim_end_matches('/').split('/').collect();
            if inside.is_empty() {
                continue;
            }
            if parts.iter().any(|part| LEADS_OUT.contains(part)) {
                return Err(NotDownloaded::Other(format!(
                    "the key `{key}` would be a file outside of the artifact"
                )));
            }
            let at = parts.iter().fold(to.to_owned(), |at, part| at.join(part));
            room.take_entry()?;
            if inside.ends_with('/') {
                private::make_folder(&at)?;
                continue;
            }
            private::make_folder(at.parent().unwrap_or(to))?;
            self.get_one(&client, &key, &at, room).await?;
        }
        // All of it may have been the folder itself.
        private::make_folder(to)?;
        Ok(())
    }

    /// Uploads a file, or all files of a folder. What is there under other keys stays. Links and special files are left
    /// out.
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
            let file = tokio::fs::File::open(&path).await;
            let file = file.map_err(|error| cannot(reason(&error)))?;
            let length = file.metadata().await;
            let length = length.map_err(|error| cannot(reason(&error)))?.len();
            let action = self.bucket.put_object(Some(&self.credentials), &key);
            let request = client
                .put(action.sign(GOOD_FOR))
                .header(CONTENT_LENGTH, length)
                .body(Body::from(file));
            let answer = request.send().await;
            let answer = answer.map_err(|error| cannot(deepest(error)))?;
            if !answer.status().is_success() {
                return Err(cannot(why(answer).await));
            }
        }
        Ok(left_out)
    }

    fn client(&self) -> Result<Client, String> {
        client(self.bucket.base_url()).build().map_err(deepest)
    }

    async fn get_one(
        &self,
        client: &Client,
        key: &str,
        to: &Path,
        room: &Room,
    ) -> Result<(), NotDownloaded> {
        let action = self.bucket.get_object(Some(&self.credentials), key);
        let request = client.get(action.sign(GOOD_FOR)).send().await;
        let mut answer = request.map_err(|error| NotDownloaded::Other(deepest(error)))?;
        if answer.status() == StatusCode::NOT_FOUND {
            return Err(NotDownloaded::NotFound(why(answer).await));
        }
        if !answer.status().is_success() {
            return Err(NotDownloaded::Other(why(answer).await));
        }
        let mut file = std::fs::File::create_new(to)?;
        let chunk = |error| NotDownloaded::Other(deepest(error));
        while let Some(bytes) = answer.chunk().await.map_err(chunk)? {
            room.take(bytes.len())?;
            file.write_all(&bytes)?;
        }
        Ok(())
    }

    /// Lists all keys that begin so.
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
            let answer = client.get(action.sign(GOOD_FOR)).send().await;
            let answer = answer.map_err(other)?;
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

/// Files that are uploaded, each with its key below that of the artifact.
type Files = Vec<(PathBuf, String)>;

/// The files of a folder, and what is no file. A file that is the artifact itself has an empty key.
fn files_of(made: &Path) -> io::Result<(Files, Vec<LeftOut>)> {
    let (mut files, mut left_out) = (Files::new(), Vec::new());
    let mut leave_out = |inside: &Path, thing: Thing| {
        left_out.push(LeftOut {
            path: inside.to_owned(),
            thing,
        });
    };
    walk(made, &mut |entry| {
        match &entry.kind {
            Kind::Folder => {}
            Kind::File => {
                let inside = entry.inside.to_str().ok_or_else(|| {
                    let error = io::Error::other("the name is not UTF-8, as a key must be");
                    walk::about("save", &entry.path, &error)
                })?;
                files.push((entry.path.clone(), inside.to_owned()));
            }
            Kind::Link(_) => leave_out(&entry.inside, Thing::Link),
            Kind::Special(thing) => leave_out(&entry.inside, *thing),
        }
        Ok(())
    })?;
    Ok((files, left_out))
}

/// The message of an answer that refuses; its status where it has none.
async fn why(answer: Response) -> String {
    let status = answer.status();
    let text = answer.text().await;
    let message = text.as_deref().ok().and_then(|text| {
        let (_, rest) = text.split_once("<Message>")?;
        let (message, _) = rest.split_once("</Message>")?;
        Some(message.to_owned())
    });
    message.unwrap_or_else(|| status.to_string())
}
