//! The wheel of this program for an image: this machine's installation, packed again.
//!
//! A Dockerfile that takes the wheel (`COPY argo-kedro-wheel …`, as `init` writes it) needs no
//! package index with this version, and its image has the very program that built it.

use std::path::Path;
use std::process::Command;

use image::{Context, Entry};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::CommandError;

/// Folder of the build context for the wheel.
pub(crate) const FOLDER: &str = "argo-kedro-wheel";

/// The answer of Python about the wheel (`python/argo_kedro/_wheel.py`).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    /// The wheel was packed. Its path is not used: the folder is known.
    Wheel(IgnoredAny),
    /// Reason for a missing wheel.
    Problem(String),
}

/// Puts the wheel where the Dockerfile looks for it; does nothing for a Dockerfile that does not take it.
///
/// For a platform other than this machine's, the folder must have a wheel already.
pub(crate) fn put(
    context: &Path,
    dockerfile: &Path,
    platforms: &str,
    interpreter: &Path,
) -> Result<(), CommandError> {
    let dockerfile = context.join(dockerfile);
    if !is_taken_by(&dockerfile) {
        return Ok(());
    }
    let folder = context.join(FOLDER);
    for platform in platforms.split(',').map(str::trim) {
        if is_here(platform) {
            pack(&folder, interpreter)?;
        } else if !has_wheel_for(platform, &folder)? {
            let message = format!(
                "the image is for {platform}, but the argo-kedro on this machine is for {}/{}",
                std::env::consts::OS,
                std::env::consts::ARCH,
            );
            return Err(CommandError::new(message)
                .hint(format!(
                    "put a wheel of argo-kedro {} for {platform} into {FOLDER}/; to make the wheel, run `make \
                     wheel` in a checkout of argo-kedro on such a machine",
                    wheel_version(),
                ))
                .hint("or build for the platform of this machine: --platform, or `deployment.target_platform` in \
                    argo.yml"));
        }
    }
    Ok(())
}

/// Error if the Dockerfile takes the wheel but an ignore file keeps it out of the context.
pub(crate) fn check(context: &Context) -> Result<(), CommandError> {
    let is_wheel = |entry: &Entry| {
        let extension = entry.path.extension();
        entry.path.starts_with(FOLDER) && extension.is_some_and(|extension| extension == "whl")
    };
    if !is_taken_by(&context.dockerfile) || context.entries.iter().any(is_wheel) {
        return Ok(());
    }
    let by = context.ignore.file().map_or_else(
        || ".dockerignore".to_owned(),
        |file| file.display().to_string(),
    );
    Err(CommandError::new(format!(
        "{by} excludes {FOLDER}/ from the build context, but the Dockerfile copies the wheel in this folder"
    ))
    .hint(format!("add this line at the end of the file: !{FOLDER}/**")))
}

/// Says whether a Dockerfile takes the wheel; `false` if it cannot be read, which reading the context reports.
fn is_taken_by(dockerfile: &Path) -> bool {
    let text = fs_err::read(dockerfile).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .lines()
        .any(|line| !line.trim_start().starts_with('#') && line.contains(FOLDER))
}

fn pack(folder: &Path, interpreter: &Path) -> Result<(), CommandError> {
    fs_err::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if !ignore.exists() {
        fs_err::write(&ignore, "# `argo-kedro build` makes what is here.\n*\n")?;
    }
    // Python searches its start folder for modules first: this folder has none.
    let asked = Command::new(interpreter)
        .args(["-m", "argo_kedro._wheel", "."])
        .current_dir(folder)
        .output()?;
    let said = String::from_utf8_lossy(&asked.stdout);
    let problem = match serde_json::from_str(said.lines().last().unwrap_or("")) {
        Ok(Answer::Wheel(_)) => return Ok(()),
        Ok(Answer::Problem(problem)) => problem,
        Err(_) => String::from_utf8_lossy(&asked.stderr)
            .lines()
            .last()
            .unwrap_or("Python printed nothing")
            .to_owned(),
    };
    let message = format!("cannot create the wheel of argo-kedro for the image: {problem}");
    Err(CommandError::new(message).hint(format!(
        "install argo-kedro from a wheel for {}",
        interpreter.display()
    )))
}

/// Says whether the folder has a wheel of this version for a platform.
fn has_wheel_for(platform: &str, folder: &Path) -> Result<bool, CommandError> {
    if !folder.is_dir() {
        return Ok(false);
    }
    let beginning = format!("argo_kedro-{}-", wheel_version());
    for entry in fs_err::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(&beginning) && is_for(&name, platform) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says whether a wheel is for a platform such as `linux/arm64`, by its file name.
fn is_for(wheel: &str, platform: &str) -> bool {
    let architecture = architecture(platform);
    let ends = architecture.is_some_and(|word| wheel.ends_with(&format!("_{word}.whl")));
    ends && (wheel.contains("-manylinux") || wheel.contains("-musllinux"))
}

/// Says whether programs of this machine run on a platform.
fn is_here(platform: &str) -> bool {
    cfg!(target_os = "linux") && architecture(platform) == Some(std::env::consts::ARCH)
}

/// Architecture of a Linux platform as wheels name it.
fn architecture(platform: &str) -> Option<&str> {
    let mut parts = platform.split('/');
    if parts.next() != Some("linux") {
        return None;
    }
    match parts.next()? {
        "386" => Some("i686"),
        "arm" => Some("armv7l"),
        "amd64" | "x86_64" | "x86-64" => Some("x86_64"),
        "arm64" | "aarch64" => Some("aarch64"),
        other => Some(other),
    }
}

/// Version as Python's package index writes it: `1.0.0-alpha.1` is `1.0.0a1`.
pub(crate) fn wheel_version() -> String {
    env!("CARGO_PKG_VERSION")
        .replace("-alpha.", "a")
        .replace("-beta.", "b")
        .replace("-rc.", "rc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dockerfile_that_does_not_take_the_wheel_gets_none() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let nobody = Path::new("/nonexistent/python");
        put(root, Path::new("Dockerfile"), "linux/amd64", nobody).unwrap();
        let text = format!("FROM scratch\n# COPY {FOLDER} /wheel\n");
        fs_err::write(root.join("Dockerfile"), text).unwrap();
        put(root, Path::new("Dockerfile"), "linux/amd64", nobody).unwrap();
        assert!(!root.join(FOLDER).exists());
    }

    #[test]
    fn for_another_machine_a_wheel_has_to_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let text = format!("FROM scratch\nCOPY {FOLDER} /wheel\n");
        fs_err::write(root.join("Dockerfile"), text).unwrap();
        let nobody = Path::new("/nonexistent/python");
        let put = || put(root, Path::new("Dockerfile"), "linux/s390x", nobody);
        let error = put().unwrap_err().render("argo-kedro", None);
        assert!(error.contains("the image is for linux/s390x"), "{error}");
        assert!(
            error.contains("make wheel") && error.contains("--platform"),
            "{error}"
        );
        let version = wheel_version();
        let place = |name: String| root.join(FOLDER).join(name);
        fs_err::create_dir(root.join(FOLDER)).unwrap();
        for other in [
            format!("argo_kedro-{version}-py3-none-manylinux_2_28_x86_64.whl"),
            format!("argo_kedro-{version}-py3-none-macosx_11_0_s390x.whl"),
            "argo_kedro-0.0.1-py3-none-manylinux_2_28_s390x.whl".to_owned(),
        ] {
            fs_err::write(place(other), "").unwrap();
        }
        assert!(put().is_err());
        let right = format!("argo_kedro-{version}-py3-none-musllinux_1_2_s390x.whl");
        fs_err::write(place(right), "").unwrap();
        put().unwrap();
    }

    #[test]
    fn an_ignore_file_must_not_keep_the_wheel_out() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let write = |name: &str, text: &str| fs_err::write(root.join(name), text).unwrap();
        let check = || check(&Context::read(root, Path::new("Dockerfile")).unwrap());
        write(
            "Dockerfile",
            &format!("FROM scratch\nCOPY {FOLDER} /wheel\n"),
        );
        fs_err::create_dir(root.join(FOLDER)).unwrap();
        write(&format!("{FOLDER}/argo_kedro-1-py3-none-any.whl"), "");
        check().unwrap();
        for ignored in ["*\n!Dockerfile\n", "**/*.whl\n"] {
            write(".dockerignore", ignored);
            let error = check().unwrap_err().render("argo-kedro", None);
            assert!(error.contains(".dockerignore excludes"), "{error}");
            write(".dockerignore", &format!("{ignored}!{FOLDER}/**\n"));
            check().unwrap();
        }
    }

    #[test]
    fn platforms_are_known_by_both_their_names() {
        for (platform, word) in [
            ("linux/amd64", Some("x86_64")),
            ("linux/arm64/v8", Some("aarch64")),
            ("linux/x86_64", Some("x86_64")),
            ("linux/386", Some("i686")),
            ("linux/arm/v7", Some("armv7l")),
            ("windows/amd64", None),
            ("linux", None),
        ] {
            assert_eq!(architecture(platform), word, "{platform}");
        }
    }
}
