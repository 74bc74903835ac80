//! Variables that a pod has without the manifest: few, whatever the user's shell has.

use std::collections::BTreeMap;
use std::ffi::OsString;

/// Variables of the shell that the interpreter and its libraries need on this machine: for
/// packages, shared libraries, certificates and the network.
const OF_THIS_MACHINE: [&str; 24] = [
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "CONDA_DEFAULT_ENV",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "PYTHONUSERBASE",
    "JAVA_HOME",
    "SPARK_HOME",
    "GDAL_DATA",
    "PROJ_DATA",
    "PROJ_LIB",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "SYSTEMROOT",
];
/// Variables of an image for its own interpreter: here, another one runs.
const OF_ITS_INTERPRETER: [&str; 12] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "VIRTUAL_ENV",
    "CONDA_PREFIX",
    "PYTHONHOME",
    "PYTHONUSERBASE",
    "LD_LIBRARY_PATH",
    "UV_PROJECT_ENVIRONMENT",
    "JAVA_HOME",
    "SPARK_HOME",
    "SSL_CERT_FILE",
];

/// Folder below the user's home for Python packages that the user installed.
const USER_BASE: &str = ".local";

/// Variables of a task besides those of the manifest. `of_image` has the Dockerfile's `ENV`, `own`
/// gives the variables of this process.
pub(super) fn variables(
    of_image: &BTreeMap<String, String>,
    own: impl Fn(&str) -> Option<OsString>,
) -> Vec<(OsString, OsString)> {
    // Python's images set this language; an image has no time zone.
    let mut found: BTreeMap<OsString, OsString> = BTreeMap::from([
        ("LANG".into(), "C.UTF-8".into()),
        ("TZ".into(), "UTC".into()),
    ]);
    if let Some(home) = own("HOME") {
        // The home of a task is not the user's.
        let base = std::path::Path::new(&home).join(USER_BASE);
        found.insert("PYTHONUSERBASE".into(), base.into());
    }
    for name in OF_THIS_MACHINE {
        if let Some(value) = own(name) {
            found.insert(name.into(), value);
        }
    }
    for (name, value) in of_image {
        if !OF_ITS_INTERPRETER.contains(&name.as_str()) {
            found.insert(name.into(), value.into());
        }
    }
    found.into_iter().collect()
}

/// Variables of an image whose values are paths in it.
pub(super) fn paths(of_image: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let is_path = |value: &str| value.split(':').any(|part| part.starts_with('/'));
    let all = of_image.iter();
    let all =
        all.filter(|(name, value)| !OF_ITS_INTERPRETER.contains(&name.as_str()) && is_path(value));
    all.map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_has_little_of_the_shell_and_all_of_its_image() {
        let shell = |name: &str| match name {
            "HOME" => Some("/home/ada".into()),
            "VIRTUAL_ENV" => Some("/venv".into()),
            "SHOP_REGION" => Some("north".into()),
            _ => None,
        };
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let of_image = BTreeMap::from([
            of("PATH", "/opt/bin"),
            of("LANG", "de_DE.UTF-8"),
            of("PYTHONPATH", "/app/src"),
        ]);
        let found: Vec<String> = variables(&of_image, shell)
            .into_iter()
            .map(|(name, value)| format!("{}={}", name.display(), value.display()))
            .collect();
        assert_eq!(
            found,
            [
                "LANG=de_DE.UTF-8",
                "PYTHONPATH=/app/src",
                "PYTHONUSERBASE=/home/ada/.local",
                "TZ=UTC",
                "VIRTUAL_ENV=/venv"
            ]
        );
        assert_eq!(paths(&of_image), [of("PYTHONPATH", "/app/src")]);
    }
}
