//! The URL of a store: what it means for paths, packages, credentials and commands.

use project::proposal::Roots;
use serde_json::{Value, json};

use crate::error::CommandError;
use crate::render::shell_word::shell_word;

/// Forms of a URL that `--cloud` takes.
const FORMS: &str = "write it as gs://BUCKET/FOLDER, s3://BUCKET/FOLDER, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER or \
     file:///mnt/FOLDER";

/// The form of a URL of Azure's storage.
const OF_AZURE: &str = "write it as abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER";

/// End of the names of Azure's servers.
const AZURE: &str = ".core.windows.net";

/// Name of the volume with the key of a Google service account.
const KEY_VOLUME: &str = "store-credentials";

/// Folder in which the secret of a Google service account is mounted.
const KEY_FOLDER: &str = "/etc/store-credentials";

/// The label of pods that Azure gives the identity of their service account.
const WORKLOAD_IDENTITY: &str = "azure.workload.identity/use";

/// Kind of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StoreKind {
    /// Google Cloud Storage.
    Google,
    /// Amazon S3, or a server with its protocol.
    S3,
    /// Azure Blob Storage.
    Azure,
    /// A volume that every pod mounts.
    Volume,
}

/// Store, and the project's folder in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StoreUrl {
    /// Kind of the store.
    pub(super) kind: StoreKind,
    /// URL without a slash at its end; for a volume, the folder that it is mounted at.
    pub(super) root: String,
    /// Azure account, if the URL names it.
    account: Option<String>,
}

/// Variable from which adlfs takes the account.
const ACCOUNT_NAME: &str = "AZURE_STORAGE_ACCOUNT_NAME";

impl StoreUrl {
    /// Reads a URL. Errors never quote it: it may contain a secret.
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        let refused =
            |reason: &str, hint: &str| CommandError::new(format!("`--cloud`: {reason}")).hint(hint);
        let wrong = |reason: &str| refused(reason, FORMS);
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| wrong("this is not a URL"))?;
        let (kind, scheme) = match scheme.to_ascii_lowercase().as_str() {
            "gs" | "gcs" => (StoreKind::Google, "gs"),
            "s3" | "s3a" => (StoreKind::S3, "s3"),
            "abfss" => (StoreKind::Azure, "abfss"),
            // Kedro reads no container from `az://`.
            "abfs" | "az" => (StoreKind::Azure, "abfs"),
            "file" => (StoreKind::Volume, ""),
            "azure" | "adl" | "wasb" | "wasbs" => {
                return Err(refused(
                    "this is another name of Azure's storage, which Kedro does not read",
                    OF_AZURE,
                ));
            }
            "http" | "https" => {
                return Err(refused(
                    "this is the address of a web server: the store has one of its own",
                    written_as(rest),
                ));
            }
            _ => return Err(wrong("argo-kedro does not know stores of this kind")),
        };
        let odd = |letter: char| {
            letter.is_whitespace() || letter.is_control() || "?#\"'\\$`{}*|&;".contains(letter)
        };
        if rest.contains(odd) {
            return Err(wrong(
                "the URL has a letter that a path of a store cannot have here; a query, as `?token=…`, is none of its \
                 business",
            ));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let folders: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if folders.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(wrong("the path has `.` or `..` in it"));
        }
        if kind == StoreKind::Volume {
            if !authority.is_empty() || folders.is_empty() {
                return Err(wrong(
                    "a folder begins with three slashes, as in file:///mnt/data",
                ));
            }
            return Ok(Self {
                kind,
                root: format!("/{}", folders.join("/")),
                account: None,
            });
        }
        let account = match (kind, authority.split_once('@')) {
            (_, None) => None,
            (StoreKind::Azure, Some((container, host)))
                if !container.is_empty() && !container.contains(':') =>
            {
                // adlfs recognizes no other Azure cloud by its URL.
                let account = host.strip_suffix(AZURE).and_then(|host| {
                    host.strip_suffix(".dfs")
                        .or_else(|| host.strip_suffix(".blob"))
                });
                let account = account.filter(|account| !account.is_empty()).ok_or_else(|| {
                    wrong("what stands behind the `@` is not the server of an account: ACCOUNT.dfs.core.windows.net")
                })?;
                Some(account.to_owned())
            }
            (_, Some(_)) => return Err(credentials()),
        };
        if authority.contains(':') {
            return Err(credentials());
        }
        if authority.is_empty() || authority.starts_with('.') {
            return Err(wrong("the URL names no bucket"));
        }
        let bucket = authority.split('@').next().unwrap_or(authority);
        if let Some(rule) = broken_rule(kind, bucket) {
            return Err(wrong(rule));
        }
        let mut root = format!("{scheme}://{authority}");
        for folder in folders {
            root.push('/');
            root.push_str(folder);
        }
        Ok(Self {
            kind,
            root,
            account,
        })
    }

    /// Gives the folders into which the data of each role go.
    pub(super) fn roots(&self) -> Roots {
        let root = &self.root;
        Roots {
            raw: format!("{root}/raw"),
            base: format!("{root}/runs/${{oc.env:WORKFLOW_ID}}"),
            shared: format!("{root}/shared"),
        }
    }

    /// Python package that fsspec imports for the store.
    pub(super) fn package(&self) -> Option<&'static str> {
        match self.kind {
            StoreKind::Google => Some("gcsfs"),
            StoreKind::S3 => Some("s3fs"),
            StoreKind::Azure => Some("adlfs"),
            StoreKind::Volume => None,
        }
    }

    /// Gives the settings for `argo.yml`: where tasks hand data over, and the identity of the pods.
    pub(super) fn argo(
        &self,
        secret: Option<&str>,
        service_account: Option<&str>,
        claim: Option<&str>,
        endpoint: Option<&str>,
    ) -> Value {
        let of_secret =
            |name: &str| json!({"name": name, "secret_ref": {"name": secret, "key": name}});
        let value = |name: &str, value: &str| json!({"name": name, "value": value});
        let mut environment = Vec::new();
        let mut volumes = Vec::new();
        let mut labels = serde_json::Map::new();
        if let (StoreKind::S3, Some(endpoint)) = (self.kind, endpoint) {
            environment.push(value("AWS_ENDPOINT_URL", endpoint));
        }
        match self.kind {
            StoreKind::S3 if secret.is_some() => {
                environment.push(of_secret("AWS_ACCESS_KEY_ID"));
                environment.push(of_secret("AWS_SECRET_ACCESS_KEY"));
            }
            StoreKind::Google => {
                if let Some(secret) = secret {
                    let file = format!("{KEY_FOLDER}/key.json");
                    environment.push(value("GOOGLE_APPLICATION_CREDENTIALS", &file));
                    volumes.push(json!({
                        "name": KEY_VOLUME,
                        "mount_path": KEY_FOLDER,
                        "secret": {"secretName": secret},
                        "read_only": true,
                    }));
                }
            }
            StoreKind::Azure => {
                match &self.account {
                    // The account is no secret, and Kedro does not pass the URL's account to adlfs.
                    Some(account) => environment.push(value(ACCOUNT_NAME, account)),
                    None if secret.is_some() => environment.push(of_secret(ACCOUNT_NAME)),
                    None => {}
                }
                if secret.is_some() {
                    environment.push(of_secret("AZURE_STORAGE_ACCOUNT_KEY"));
                } else if service_account.is_some() {
                    // Without this variable adlfs connects anonymously.
                    environment.push(value("AZURE_STORAGE_ANON", "false"));
                    // Without this label no pod gets the identity of its service account.
                    labels.insert(WORKLOAD_IDENTITY.to_owned(), json!("true"));
                }
            }
            StoreKind::Volume => volumes.push(json!({
                "name": "data",
                "mount_path": self.root,
                "persistent_volume_claim": {"claimName": claim.unwrap_or(NO_CLAIM)},
            })),
            StoreKind::S3 => {}
        }
        json!({
            "handoff": format!("{}/handoff", self.root),
            "service_account": service_account,
            "environment": environment,
            "volumes": volumes,
            "labels": labels,
            "keys_to_remove": self.keys_to_remove(secret, service_account),
            "volumes_to_remove": self.volumes_to_remove(secret, service_account),
            "missing_variables": self.missing_variables(secret, service_account),
        })
    }

    /// Names the variables that pods need but neither the URL nor a secret gives.
    fn missing_variables(&self, secret: Option<&str>, service_account: Option<&str>) -> &[&str] {
        if self.lacks_account() && secret.is_none() && service_account.is_some() {
            &[ACCOUNT_NAME]
        } else {
            &[]
        }
    }

    /// Names the variables that would give pods a key although they use the rights of their service
    /// account: a storage library takes the key first.
    fn keys_to_remove(&self, secret: Option<&str>, service_account: Option<&str>) -> &[&str] {
        if secret.is_some() || service_account.is_none() {
            return &[];
        }
        match self.kind {
            StoreKind::Google => &["GOOGLE_APPLICATION_CREDENTIALS"],
            StoreKind::S3 => &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
            StoreKind::Azure => &["AZURE_STORAGE_ACCOUNT_KEY"],
            StoreKind::Volume => &[],
        }
    }

    /// Names the volumes of a key that pods must not use.
    fn volumes_to_remove(&self, secret: Option<&str>, service_account: Option<&str>) -> &[&str] {
        if self.kind == StoreKind::Google && secret.is_none() && service_account.is_some() {
            &[KEY_VOLUME]
        } else {
            &[]
        }
    }

    /// Says whether the store is on Azure and the URL does not name the account.
    pub(super) fn lacks_account(&self) -> bool {
        self.kind == StoreKind::Azure && self.account.is_none()
    }

    /// Keys that a secret must have.
    pub(super) fn keys_of_secret(&self) -> &'static str {
        match self.kind {
            StoreKind::Google => "key.json",
            StoreKind::S3 => "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            StoreKind::Azure if self.account.is_some() => "AZURE_STORAGE_ACCOUNT_KEY",
            StoreKind::Azure => "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
            StoreKind::Volume => "nothing",
        }
    }

    /// The command that creates the secret with the credentials.
    pub(super) fn create_secret(&self, name: &str, namespace: Option<&str>) -> String {
        let keys: &[&str] = match self.kind {
            StoreKind::Google => &["--from-file=key.json"],
            StoreKind::S3 => &[
                "--from-literal=AWS_ACCESS_KEY_ID=…",
                "--from-literal=AWS_SECRET_ACCESS_KEY=…",
            ],
            StoreKind::Azure if self.account.is_some() => {
                &["--from-literal=AZURE_STORAGE_ACCOUNT_KEY=…"]
            }
            StoreKind::Azure => &[
                "--from-literal=AZURE_STORAGE_ACCOUNT_NAME=…",
                "--from-literal=AZURE_STORAGE_ACCOUNT_KEY=…",
            ],
            StoreKind::Volume => &[],
        };
        let name = shell_word(name);
        let namespace = namespace.map_or_else(String::new, |namespace| {
            format!(" --namespace {}", shell_word(namespace))
        });
        let keys = keys.join(" ");
        format!("kubectl create secret generic {name}{namespace} {keys}")
    }

    /// The command that puts data into the store.
    pub(super) fn copy(&self, here: &str, there: &str, is_folder: bool) -> String {
        let here = shell_word(here);
        match (self.kind, is_folder) {
            (StoreKind::S3, true) => format!("aws s3 cp --recursive {here} {}", shell_word(there)),
            (StoreKind::S3, false) => format!("aws s3 cp {here} {}", shell_word(there)),
            (StoreKind::Google, true) => {
                format!(
                    "gcloud storage rsync --recursive {here} {}",
                    shell_word(there)
                )
            }
            (StoreKind::Google, false) => format!("gcloud storage cp {here} {}", shell_word(there)),
            (StoreKind::Azure, _) => self.copy_to_azure(&here, there, is_folder),
            (StoreKind::Volume, true) => {
                let there = shell_word(there);
                format!("mkdir -p {there} && cp -R {here}/. {there}/")
            }
            (StoreKind::Volume, false) => {
                let folder = there.rsplit_once('/').map_or("/", |(folder, _)| folder);
                let folder = shell_word(folder);
                format!("mkdir -p {folder} && cp {here} {folder}/")
            }
        }
    }

    fn copy_to_azure(&self, here: &str, there: &str, is_folder: bool) -> String {
        let rest = there.split_once("://").map_or(there, |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let container = shell_word(authority.split('@').next().unwrap_or(authority));
        let path = shell_word(path);
        let account = self
            .account
            .as_ref()
            .map_or_else(String::new, |account| format!(" --account-name {account}"));
        if is_folder {
            format!(
                "az storage blob upload-batch --overwrite{account} --destination {container} --destination-path {path} --source \
                 {here}"
            )
        } else {
            format!(
                "az storage blob upload --overwrite{account} --container-name {container} --name {path} --file {here}"
            )
        }
    }
}

/// Naming rule of the cloud that a bucket's name breaks.
///
/// Amazon's rules here are those of existing names, not of new ones: old names have capitals and underscores.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
/// <https://cloud.google.com/storage/docs/buckets#naming>
/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>
fn broken_rule(kind: StoreKind, name: &str) -> Option<&'static str> {
    let is_made_of = |others: &str, has_capitals: bool| {
        name.chars().all(|letter| {
            letter.is_ascii_lowercase()
                || letter.is_ascii_digit()
                || has_capitals && letter.is_ascii_uppercase()
                || others.contains(letter)
        })
    };
    let has_ends = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.ends_with(|last: char| last.is_ascii_alphanumeric());
    let length = name.len();
    let (is_right, rule) = match kind {
        StoreKind::Volume => (true, ""),
        StoreKind::S3 => (
            is_made_of("-._", true) && (3..=255).contains(&length),
            "a bucket of S3 has a name of 3 letters or more: a to z, digits, `-`, `.`",
        ),
        StoreKind::Google => (
            is_made_of("-._", false) && has_ends && (3..=222).contains(&length),
            "a bucket of Google has a name of 3 letters or more: a to z, digits, `-`, `_`, `.`; no capitals",
        ),
        StoreKind::Azure => (
            is_made_of("-", false)
                && has_ends
                && !name.contains("--")
                && (3..=63).contains(&length),
            "a container of Azure has a name of 3 to 63 letters: a to z, digits, single `-`; no capitals",
        ),
    };
    (!is_right).then_some(rule)
}

/// Form that a store's web address has as a URL of the store. Only the server is read: the rest may contain a secret.
fn written_as(address: &str) -> &'static str {
    let server = address.split(['/', '?']).next().unwrap_or(address);
    let server = server.rsplit('@').next().unwrap_or(server);
    if server.ends_with(AZURE) {
        OF_AZURE
    } else if server == "storage.googleapis.com"
        || server.ends_with(".storage.googleapis.com")
        || server == "storage.cloud.google.com"
    {
        "write it as gs://BUCKET/FOLDER"
    } else if server.ends_with(".amazonaws.com") {
        "write it as s3://BUCKET/FOLDER"
    } else {
        FORMS
    }
}

/// Placeholder for a claim that nobody has named: no claim can have this name, and the proposal
/// says where it is left (`python/argo_kedro/cloud/argo_file.py`).
const NO_CLAIM: &str = "<claim>";

fn credentials() -> CommandError {
    CommandError::new(
        "`--cloud`: the URL has credentials in it, which would end up in files of the project",
    )
    .hint("leave them out of the URL; pods get them by --secret or --service-account")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_lose_what_they_do_not_need() {
        for (text, root, package) in [
            ("s3://Old_bucket", "s3://Old_bucket", Some("s3fs")),
            ("S3A://bucket/", "s3://bucket", Some("s3fs")),
            ("gs://a.b_c//x/y/", "gs://a.b_c/x/y", Some("gcsfs")),
            ("az://box/x", "abfs://box/x", Some("adlfs")),
            (
                "abfss://box@acme.dfs.core.windows.net/x",
                "abfss://box@acme.dfs.core.windows.net/x",
                Some("adlfs"),
            ),
            ("file:///mnt/data/", "/mnt/data", None),
        ] {
            let url = StoreUrl::parse(text).unwrap();
            assert_eq!(
                (url.root.as_str(), url.package()),
                (root, package),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_wrong_with_a_url_is_said_without_it() {
        for (text, reason) in [
            ("bucket/folder", "not a URL"),
            ("ftp://geheim/x", "does not know"),
            ("s3://", "no bucket"),
            ("s3:///geheim", "no bucket"),
            ("gs:///", "no bucket"),
            ("file://mnt/geheim", "three slashes"),
            ("file:///", "three slashes"),
            ("s3://key:geheim@bucket/x", "credentials"),
            ("s3://geheim@bucket/x", "credentials"),
            (
                "abfss://c:geheim@acme.dfs.core.windows.net/x",
                "credentials",
            ),
            ("abfss://c@geheim/x", "not the server"),
            (
                "abfss://c@acme.dfs.core.chinacloudapi.cn/geheim",
                "not the server",
            ),
            ("abfss://c@.dfs.core.windows.net/geheim", "not the server"),
            (
                "wasbs://geheim@acme.blob.core.windows.net/x",
                "as abfss://CONTAINER",
            ),
            ("https://acme.blob.core.windows.net/geheim", "as abfss://"),
            ("https://geheim@storage.googleapis.com/geheim", "as gs://"),
            ("http://geheim.s3.eu-west-1.amazonaws.com", "as s3://"),
            ("https://minio/geheim", "web server"),
            ("s3://bucket:geheim/x", "credentials"),
            ("abfs://box/x?sig=geheim", "query"),
            ("s3://bü/geheim", "a bucket of S3"),
            ("s3://bu%40cket/geheim", "a bucket of S3"),
            ("gs://Bucket/geheim", "no capitals"),
            ("gs://-bucket/geheim", "a bucket of Google"),
            ("abfs://my_box/geheim", "single `-`"),
            ("abfs://my--box/geheim", "single `-`"),
            ("abfs://my-box-/geheim", "single `-`"),
            ("gs://ab/geheim", "3 letters or more"),
            ("s3://bucket/geheim/../x", "`..`"),
            ("s3://bucket/gehe im", "letter"),
            ("s3://bucket/${geheim}", "letter"),
        ] {
            let error = StoreUrl::parse(text)
                .unwrap_err()
                .render("argo-kedro", None);
            let error = anstream::adapter::strip_str(&error).to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("geheim"), "{error}");
        }
    }

    #[test]
    fn data_are_copied_by_the_command_of_the_store() {
        let copy = |url: &str, is_folder| {
            let url = StoreUrl::parse(url).unwrap();
            let there = format!("{}/01_raw", url.roots().raw);
            url.copy("data/01 raw", &there, is_folder)
        };
        let lines: Vec<String> = [
            "s3://bucket/p",
            "gs://bucket/p",
            "abfs://box/p",
            "abfss://box@acme.dfs.core.windows.net/p",
            "file:///mnt/p",
        ]
        .into_iter()
        .flat_map(|url| [copy(url, true), copy(url, false)])
        .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn the_secret_has_the_keys_that_pods_read() {
        for url in [
            "s3://bucket",
            "gs://bucket",
            "abfs://box",
            "abfss://box@acme.dfs.core.windows.net",
        ] {
            let url = StoreUrl::parse(url).unwrap();
            let command = url.create_secret("store", Some("ml"));
            assert!(
                command.contains(" generic store --namespace ml --from-"),
                "{command}"
            );
            for key in url.keys_of_secret().split(" and ") {
                assert!(command.contains(&format!("={key}")), "{command}");
            }
        }
    }

    #[test]
    fn pods_get_credentials_as_each_store_wants_them() {
        let argo = |url: &str, secret, account| {
            let url = StoreUrl::parse(url).unwrap();
            let endpoint = Some("http://minio:9000").filter(|_| secret == Some("minio"));
            format!("{url:?}\n{:#}", url.argo(secret, account, None, endpoint))
        };
        let azure = "abfss://box@acme.dfs.core.windows.net/p";
        insta::assert_snapshot!(
            [
                argo("s3://bucket/p", None, None),
                argo("s3://bucket/p", Some("store"), None),
                argo("s3://bucket/p", Some("minio"), None),
                argo("gs://bucket/p", Some("store"), None),
                argo("gs://bucket/p", None, Some("runner")),
                argo(azure, Some("store"), None),
                argo(azure, None, Some("runner")),
                argo("abfs://box/p", Some("store"), None),
                argo("file:///mnt/p", None, None),
            ]
            .join("\n")
        );
    }
}
