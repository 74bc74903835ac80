//! Secret texts in a container, at the places that the manifest names.

use std::ffi::OsStr;
use std::path::Path;

use crate::Redactor;

/// Variable in which the manifest names the places of secrets: names of variables, `PREFIX*` for all with that prefix,
/// and folders of files (`crates/compile/src/lower/environment.rs`).
const PLACES: &str = "ARGO_KEDRO_SECRETS";
/// Size in bytes from which on a file is no secret.
const LARGEST: u64 = 1 << 20;
/// Prefixes of variables that a container has anyway: from its image, from Kubernetes, and our own.
const USUAL: [&str; 26] = [
    "ARGO_",
    "CONDA_",
    "CUDA_",
    "DEBIAN_FRONTEND",
    "DO_NOT_TRACK",
    "GPG_KEY",
    "HOME",
    "HOSTNAME",
    "KEDRO_",
    "KUBERNETES_",
    "LANG",
    "LC_",
    "LD_LIBRARY_PATH",
    "MEM_LIMIT_GB",
    "NUM_CPU",
    "NVIDIA_",
    "OLDPWD",
    "PATH",
    "PIP_",
    "PWD",
    "PYTHON",
    "SHLVL",
    "TERM",
    "TZ",
    "VIRTUAL_ENV",
    "WORKFLOW_",
];
/// Shortest secret text of such a variable: a shorter one occurs in ordinary words.
const SHORTEST: usize = 6;

/// Creates a redactor for the secrets of this process' container.
pub(crate) fn redactor() -> Redactor {
    let places = std::env::var_os(PLACES).unwrap_or_default();
    // Invalid UTF-8 gets the same replacement characters as in the output.
    let shown = |text: &OsStr| text.to_string_lossy().into_owned();
    let variables: Vec<(String, String)> = std::env::vars_os()
        .map(|(name, text)| (shown(&name), shown(&text)))
        .collect();
    let texts = texts(&shown(&places), &variables);
    Redactor::new(texts.iter().map(String::as_str))
}

fn texts(places: &str, variables: &[(String, String)]) -> Vec<String> {
    let mut texts = Vec::new();
    for place in places.split(',').filter(|place| !place.is_empty()) {
        if place.starts_with('/') {
            texts.extend(in_folder(Path::new(place)));
        } else if let Some(beginning) = place.strip_suffix('*') {
            let found = variables.iter().filter(|(name, text)| {
                name.starts_with(beginning)
                    && (!beginning.is_empty() || (!is_usual(name) && text.len() >= SHORTEST))
            });
            texts.extend(found.map(|(_, text)| text.clone()));
        } else {
            let found = variables.iter().filter(|(name, _)| name == place);
            texts.extend(found.map(|(_, text)| text.clone()));
        }
    }
    texts
}

fn is_usual(name: &str) -> bool {
    USUAL.iter().any(|usual| name.starts_with(usual))
        // Kubernetes adds variables of every service to every pod.
        || name.contains("_SERVICE_")
        || name.contains("_PORT")
}

/// Files of a secret. Kubernetes adds folders whose names begin with `..`.
fn in_folder(place: &Path) -> Vec<String> {
    let files: Vec<_> = match fs_err::read_dir(place) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(_) => vec![place.to_owned()],
    };
    files
        .into_iter()
        .filter(|file| {
            let metadata = std::fs::metadata(file);
            metadata.is_ok_and(|metadata| metadata.is_file() && metadata.len() <= LARGEST)
        })
        // The node cannot read a file that this process cannot read.
        .filter_map(|file| fs_err::read(file).ok())
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_name_beginning_and_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("key"), "of a file").unwrap();
        fs_err::create_dir(folder.path().join("..data")).unwrap();
        let other = tempfile::tempdir().unwrap();
        fs_err::write(other.path().join("key"), b"no\xffUTF-8").unwrap();
        let other_keys = other.path().display().to_string();
        let variables = [
            ("TOKEN", "by name"),
            ("DB_PASS", "by beginning"),
            ("PATH", "/usr/bin:/bin"),
            ("SHOP_SERVICE_HOST", "10.0.0.1"),
            ("OTHER", "anything"),
            ("FLAG", "1"),
        ];
        let variables = variables.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let keys = folder.path().display().to_string();
        for (places, expected) in [
            ("TOKEN", vec!["by name"]),
            ("TOKEN,DB_*", vec!["by name", "by beginning"]),
            ("*", vec!["by name", "by beginning", "anything"]),
            (keys.as_str(), vec!["of a file"]),
            (other_keys.as_str(), vec!["no\u{fffd}UTF-8"]),
            ("/no/such/folder,NONE", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(texts(places, &variables), expected, "{places}");
        }
    }
}
