//! Output parameters from files (`SaveParameters` in `workflow/executor/executor.go`).

use std::io;
use std::path::Path;

use super::error::{ArtifactError, Container, reason};

/// Folder in which the executor finds the files that the user's container has written.
const PARAMETERS: &str = "/var/run/argo/outputs/parameters";
pub(super) const MOUNTS: &str = "/mainctrfs";
/// Maximum size in bytes: Kubernetes keeps no larger workflow, so a longer value never arrives.
const LARGEST: u64 = 32 * 1024 * 1024;

/// Reads the value of an output parameter, without one trailing end of line.
///
/// # Arguments
///
/// * `path`: The path in the container.
/// * `found`: The file on this machine, or the reason why there is none.
/// * `is_mounted`: Whether a volume or an input artifact is mounted at the path.
///
/// # Errors
///
/// The message of the node if the parameter has no `valueFrom.default`.
pub fn read_parameter(
    path: &str,
    found: io::Result<&Path>,
    is_mounted: bool,
) -> Result<String, ArtifactError> {
    let text = found.and_then(read).map_err(|error| {
        let is_folder = error.raw_os_error() == Some(rustix::io::Errno::ISDIR.raw_os_error());
        if is_folder && !is_mounted {
            // The user's container copies the file first.
            let to = format!("{PARAMETERS}/{path}");
            let why = format!(
                "failed to copy {path} to {to}: write {to}: copy_file_range: is a directory"
            );
            return ArtifactError::new(Container::Main, why);
        }
        let folder = if is_mounted { MOUNTS } else { PARAMETERS };
        let at = argo::artifact::join(&[folder, path]);
        ArtifactError {
            is_not_found: error.kind() == io::ErrorKind::NotFound,
            ..ArtifactError::new(Container::Wait, format!("open {at}: {}", reason(&error)))
        }
    })?;
    Ok(text.strip_suffix('\n').unwrap_or(&text).to_owned())
}

fn read(path: &Path) -> io::Result<String> {
    let file = super::walk::open(path)?;
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        return Err(rustix::io::Errno::ISDIR.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(file, LARGEST + 1), &mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!(
            "it holds more than {LARGEST} bytes"
        )));
    }
    // Go's JSON replaces invalid UTF-8 in the same way.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
