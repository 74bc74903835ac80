//! Loads the input artifacts of a pod (`loadArtifact` in `workflow/executor/executor.go`).

use std::io;
use std::path::{Path, PathBuf};

use argo::spec::Artifact;

use super::archive::Archive;
use super::chmod::chmod;
use super::error::{ArtifactError, Container, NO_SUCH_KEY, reason};
use super::http::{NotDownloaded, download};
use super::limits::{Limits, RemainingLimits};
use super::location::ArtifactLocation;
use super::store::{NotGot, Store};
use super::unpack;
use super::walk::LeftOut;

/// Input artifact of a pod.
#[derive(Debug)]
pub struct Input {
    /// The artifact, with all variables replaced, and with the location that `from` gives.
    pub artifact: Artifact,
    /// Source of the artifact ([`ArtifactLocation::of`]).
    pub location: Option<ArtifactLocation>,
    /// Target path on this machine. Loading makes its parent folders and replaces an existing file.
    pub to: PathBuf,
    /// Limits on the size; derived from the free space on the disk if none.
    pub limits: Option<Limits>,
}

/// Result of loading an input artifact.
#[derive(Debug, PartialEq, Eq)]
pub enum Loading {
    /// Artifact that is at its path now.
    Loaded {
        /// Entries of the archive that Argo does not unpack either.
        left_out: Vec<LeftOut>,
    },
    /// Optional artifact that nobody has supplied.
    NotSupplied,
    /// Optional artifact that its place does not hold.
    NotFound,
}

/// Loads an artifact.
///
/// # Errors
///
/// The message of the node: [`ArtifactError::node_message`].
pub async fn load(store: &Store, input: Input) -> Result<Loading, ArtifactError> {
    let Input {
        mut artifact,
        location,
        to,
        limits,
    } = input;
    let name = artifact.name.clone();
    let Some(location) = location else {
        if artifact.optional {
            return Ok(Loading::NotSupplied);
        }
        let message = format!("required artifact '{name}' not supplied");
        return Err(ArtifactError::not_found(Container::Init, message));
    };
    artifact.path =
        argo::artifact::clean_path(&artifact).map_err(|error| init(error.to_string()))?;
    let parent = to.parent().unwrap_or(Path::new("/")).to_owned();
    let temporary = std::fs::create_dir_all(&parent)
        .and_then(|()| {
            tempfile::Builder::new()
                .prefix(".artifact-")
                .tempdir_in(&parent)
        })
        .map_err(|error| {
            let reason = reason(&error);
            init(format!(
                "failed to create artifact temporary parent directory {}: {reason}",
                parent.display()
            ))
        })?;
    let limits = match limits {
        Some(limits) => limits,
        None => Limits::of_disk(&parent).map_err(|error| init(reason(&error)))?,
    };
    let got = temporary.path().join("artifact");
    let failed = |why: String| init(format!("artifact {name} failed to load: {why}"));
    let is_optional = artifact.optional;
    let at = to.clone();
    let not_found = |why: String| {
        if is_optional {
            // Kubernetes makes a folder for a missing mount.
            std::fs::create_dir_all(&at).map_err(|error| init(reason(&error)))?;
            return Ok(Loading::NotFound);
        }
        Err(ArtifactError {
            is_not_found: true,
            ..failed(why)
        })
    };
    match location {
        ArtifactLocation::Raw { data } => {
            std::fs::write(&got, data).map_err(|error| failed(reason(&error)))?;
        }
        ArtifactLocation::Http(from) => {
            match download(&from, &got, &RemainingLimits::new(limits)).await {
                Ok(()) => {}
                Err(NotDownloaded::NotFound(why)) => return not_found(why),
                Err(NotDownloaded::Other(why)) => return Err(failed(why)),
            }
        }
        ArtifactLocation::Store { key } => {
            let (store, got) = (store.clone(), got.clone());
            match blocking(move || store.get(&key, &got)).await? {
                Ok(()) => {}
                Err(NotGot::NotFound) => return not_found(NO_SUCH_KEY.to_owned()),
                Err(NotGot::Other(why)) => return Err(failed(why)),
            }
        }
        ArtifactLocation::S3(from) => match from.get(&got, &RemainingLimits::new(limits)).await {
            Ok(()) => {}
            Err(NotDownloaded::NotFound(why)) => return not_found(why),
            Err(NotDownloaded::Other(why)) => return Err(failed(why)),
        },
        ArtifactLocation::Elsewhere { field } => return Err(init(elsewhere("load", &name, field))),
    }
    let place_it = move || {
        let left_out = unarchive(
            &artifact,
            &got,
            temporary.path(),
            &to,
            &RemainingLimits::new(limits),
        )?;
        if let Some(mode) = artifact.mode {
            chmod(&to, mode, artifact.recurse_mode)?;
        }
        Ok(left_out)
    };
    let placed: io::Result<_> = blocking(place_it).await?;
    placed
        .map(|left_out| Loading::Loaded { left_out })
        .map_err(|error| init(reason(&error)))
}

/// Moves a downloaded artifact to its target, and unpacks an archive.
fn unarchive(
    artifact: &Artifact,
    got: &Path,
    temporary: &Path,
    to: &Path,
    room: &RemainingLimits,
) -> io::Result<Vec<LeftOut>> {
    let is_packed = match Archive::of(artifact.archive.as_ref()) {
        Archive::None => None,
        tar @ Archive::Tar { .. } => Some(tar),
        Archive::Zip => Some(Archive::Zip),
        // Argo recognises a tar by its content, but not a zip.
        Archive::Unspecified | Archive::Empty => {
            let is_tarball = got.is_file() && unpack::is_tarball(got)?;
            is_tarball.then_some(Archive::Tar { level: None })
        }
    };
    let Some(archive) = is_packed else {
        rename(got, to)?;
        return Ok(Vec::new());
    };
    let folder = temporary.join("unpacked");
    std::fs::create_dir(&folder)?;
    let left_out = match archive {
        Archive::Zip => unpack::zip(got, &folder, room)?,
        _ => unpack::tar(got, &folder, room)?,
    };
    rename(&unpack::result(&folder)?, to)?;
    Ok(left_out)
}

fn rename(from: &Path, to: &Path) -> io::Result<()> {
    std::fs::rename(from, to).map_err(|error| super::walk::about("rename", to, &error))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ArtifactError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| init(error.to_string()))
}

/// Message about an artifact that names its own bucket or server.
pub(super) fn elsewhere(verb: &str, name: &str, field: &str) -> String {
    format!(
        "cannot {verb} artifact {name}: `{field}` names a place of its own. A run on this machine only has the configured \
         repository: name the key alone"
    )
}

fn init(message: String) -> ArtifactError {
    ArtifactError::new(Container::Init, message)
}
