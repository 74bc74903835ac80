//! Saves the output artifacts of a pod (`SaveArtifacts` in `workflow/executor/executor.go`, `saveArtifact` in
//! `cmd/argoexec/commands/emissary.go`).

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use argo::artifact::{self, clean, join};
use argo::spec::{Artifact, Tree};
use runs::private;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::archive::Archive;
use super::error::{ArtifactError, Container, reason};
use super::limits::{Limits, RemainingLimits};
use super::location::ArtifactLocation;
use super::pack::{self, Packed};
use super::parameter::MOUNTS;
use super::s3::S3;
use super::store::{self, Store};
use super::unpack;
use super::walk::LeftOut;

/// Folder in which the executor packs; the names in zips and some messages show it.
const STAGED: &str = "/tmp/argo/outputs/artifacts";
/// Folder in which the executor finds what the user's container has packed.
const PACKED: &str = "/var/run/argo/outputs/artifacts";

/// Declared output artifact, which the pod may have made.
#[derive(Debug)]
pub struct MadeArtifact<'a> {
    /// The artifact of the template, with all variables replaced.
    pub artifact: &'a Artifact,
    /// Target bucket, if the artifact names its own.
    pub bucket: Option<&'a S3>,
    /// Path on this machine. Its last part may be a link.
    pub path: &'a Path,
    /// Resolved file or folder, with links followed; or the reason why there is none.
    pub resolved: io::Result<PathBuf>,
    /// Set if a volume or an input artifact is mounted at the path. Argo packs such an output in the wait container and
    /// the others in the user's, with different messages.
    pub is_mounted: bool,
}

/// Result of saving the artifacts of a pod.
#[derive(Debug, Default)]
pub struct Saved {
    /// Saved artifacts, each with its location, as the node lists them among its outputs.
    pub artifacts: Vec<Artifact>,
    /// Things that Argo does not save either: name of the artifact, and path and kind of the thing.
    pub left_out: Vec<(String, LeftOut)>,
    /// Error that stopped the saving of the rest. The node fails with it.
    pub error: Option<ArtifactError>,
}

/// Saves the artifacts of a pod that has ended. Blocks: call it in a blocking thread of a runtime.
///
/// # Arguments
///
/// * `prefix`: Key under which an artifact without a key is saved: that of `archiveLocation`, else `WORKFLOW/POD`.
pub fn save_all(store: &Store, outputs: Vec<MadeArtifact<'_>>, prefix: &str) -> Saved {
    let mut saved = Saved::default();
    let mut messages = String::new();
    for output in outputs {
        let name = output.artifact.name.clone();
        let is_optional = output.artifact.optional;
        match save(store, &output, prefix) {
            Ok((artifact, left_out)) => {
                saved.artifacts.push(artifact);
                saved.left_out.extend(
                    left_out
                        .into_iter()
                        .map(|left_out| (name.clone(), left_out)),
                );
            }
            Err(error) if is_optional && error.is_not_found => {}
            Err(error) if error.container == Container::Main => {
                // The user's container has failed, so nothing else is packed.
                saved.error = Some(error);
                return saved;
            }
            Err(error) => {
                messages.push_str(&error.message);
                messages.push_str("; ");
            }
        }
    }
    if !messages.is_empty() {
        saved.error = Some(ArtifactError::new(Container::Wait, messages));
    }
    saved
}

impl Store {
    /// Saves a log, e.g. that of the container `main` as `main.log`; an empty one if there is no file. Blocks.
    ///
    /// # Arguments
    ///
    /// * `name`: Name of the artifact, e.g. `main-logs`.
    /// * `from`: Number of bytes to skip at the beginning of the file.
    /// * `file_name`: Last part of the key.
    /// * `prefix`: Part of the key before the file name.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or the store cannot be written.
    pub fn save_file(
        &self,
        name: &str,
        (file, from): (&Path, u64),
        file_name: &str,
        prefix: &str,
    ) -> Result<Artifact, ArtifactError> {
        let mut artifact = Artifact {
            name: name.to_owned(),
            ..Artifact::default()
        };
        let key = key_of(&mut artifact, file_name, prefix)?;
        let staging = staging(self)?;
        let staged = staging.path().join("artifact");
        let copied = match super::walk::open(file) {
            // A pod that printed nothing has no log file; save an empty log.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                private::make(&staged, "").map(drop)
            }
            opened => opened.and_then(|mut file| {
                io::Seek::seek(&mut file, io::SeekFrom::Start(from))?;
                store::copy(&mut file, &staged)
            }),
        };
        copied.map_err(|error| wait(format!("open {}: {}", file.display(), reason(&error))))?;
        self.put(&staged, &key).map_err(wait)?;
        Ok(artifact)
    }
}

fn save(
    store: &Store,
    output: &MadeArtifact<'_>,
    prefix: &str,
) -> Result<(Artifact, Vec<LeftOut>), ArtifactError> {
    let mut artifact = output.artifact.clone();
    artifact.path = artifact::clean_path(&artifact).map_err(|error| wait(error.to_string()))?;
    if let Some(message) = not_here(&artifact).filter(|_| output.bucket.is_none()) {
        return Err(wait(message));
    }
    let staging = staging(store)?;
    let staged = stage(&artifact, output, staging.path())?;
    if let Some(bucket) = output.bucket {
        let mut left_out = staged.left_out;
        let put = Handle::current().block_on(bucket.put(staged.path));
        left_out.extend(put.map_err(wait)?);
        return Ok((artifact, left_out));
    }
    let key = key_of(&mut artifact, &staged.file_name, prefix)?;
    let mut left_out = staged.left_out;
    left_out.extend(store.put(&staged.path, &key).map_err(wait)?);
    Ok((artifact, left_out))
}

/// File or folder to save, and the last part of its key.
struct Staged {
    path: PathBuf,
    file_name: String,
    left_out: Vec<LeftOut>,
}

fn stage(
    artifact: &Artifact,
    output: &MadeArtifact<'_>,
    folder: &Path,
) -> Result<Staged, ArtifactError> {
    let archive = Archive::of(artifact.archive.as_ref());
    let resolved = match &output.resolved {
        Ok(resolved) => resolved,
        Err(error) => return Err(missing(artifact, error, archive, output.is_mounted)),
    };
    let kind = std::fs::symlink_metadata(resolved)
        .map_err(|error| missing(artifact, &error, archive, output.is_mounted))?;
    if !kind.is_file() && !kind.is_dir() {
        return Err(if output.is_mounted {
            wait(format!(
                "{MOUNTS}{} is not a regular file or directory",
                artifact.path
            ))
        } else {
            let path = &artifact.path;
            not_packed(path, &format!("{path} is not a regular file or directory"))
        });
    }
    let packed = Packed {
        path: output.path,
        resolved,
        name: Path::new(&artifact.path)
            .file_name()
            .unwrap_or(OsStr::new("/")),
    };
    if output.is_mounted {
        stage_mounted(artifact, archive, &packed, folder)
    } else {
        stage_own(artifact, archive, &packed, folder)
    }
}

/// Stages an output on the pod's own disk: the container packs it as tar, whatever its final format.
fn stage_own(
    artifact: &Artifact,
    archive: Archive,
    packed: &Packed<'_>,
    folder: &Path,
) -> Result<Staged, ArtifactError> {
    let cannot_pack = |error: &io::Error| not_packed(&artifact.path, &reason(error));
    if let Archive::Unspecified | Archive::Tar { .. } = archive {
        let level = match archive {
            Archive::Tar { level } => level,
            _ => None,
        };
        // Argo's container always packs with the default level, so ignore an invalid one.
        let level = pack::level(level).unwrap_or_default();
        let path = folder.join("tgz");
        let left_out = File::create_new(&path).and_then(|file| pack::tar(packed, level, file));
        return Ok(Staged {
            path,
            file_name: format!("{}.tgz", artifact.name),
            left_out: left_out.map_err(|error| cannot_pack(&error))?,
        });
    }
    let unpacked = folder.join("unpacked");
    let root = if packed.resolved.is_file() {
        packed.resolved
    } else {
        packed.path
    };
    let limits = Limits::of_disk(folder).map_err(|error| wait(reason(&error)))?;
    let result = std::fs::create_dir(&unpacked)
        .and_then(|()| {
            unpack::through_tar(root, packed.name, &unpacked, &RemainingLimits::new(limits))
        })
        .and_then(|left_out| Ok((left_out, unpack::result(&unpacked)?)));
    let (mut left_out, result) = result.map_err(|error| match error.kind() {
        // Packing rejects sockets; other faults appear only when the tar is unpacked.
        io::ErrorKind::Unsupported => cannot_pack(&error),
        _ => wait(reason(&error)),
    })?;
    let kind = std::fs::metadata(&result).map_err(|error| {
        wait(format!(
            "open {STAGED}/{}: {}",
            artifact.name,
            reason(&error)
        ))
    })?;
    if archive != Archive::Zip {
        return Ok(Staged {
            path: result,
            file_name: packed.name.to_string_lossy().into_owned(),
            left_out,
        });
    }
    let at = format!("{STAGED}/{}", artifact.name);
    if kind.is_file() && packed.name != artifact.name.as_str() {
        // Argo unpacks the file under its own name, but looks for it under the artifact's.
        let message = format!("stat {at}: no such file or directory");
        return Err(ArtifactError::not_found(Container::Wait, message));
    }
    let name = if kind.is_file() {
        at.as_str()
    } else {
        &artifact.name
    };
    let path = folder.join("zip");
    let zipped = File::create_new(&path).and_then(|file| pack::zip(&result, name, file));
    left_out.extend(zipped.map_err(|error| wait(reason(&error)))?);
    Ok(Staged {
        path,
        file_name: format!("{}.zip", artifact.name),
        left_out,
    })
}

/// Stages an output on a volume: Argo packs it from there, directly in its final format.
fn stage_mounted(
    artifact: &Artifact,
    archive: Archive,
    packed: &Packed<'_>,
    folder: &Path,
) -> Result<Staged, ArtifactError> {
    let cannot = |error: io::Error| wait(reason(&error));
    let base = packed.name.to_string_lossy().into_owned();
    match archive {
        Archive::None => {
            let path = folder.join("copy");
            let left_out = copy_tree(packed.resolved, &path).map_err(cannot)?;
            Ok(Staged {
                path,
                file_name: base,
                left_out,
            })
        }
        Archive::Zip => {
            let path = folder.join("zip");
            let at = format!("{MOUNTS}{}", artifact.path);
            let name = if packed.resolved.is_file() {
                &at
            } else {
                &base
            };
            let left_out =
                File::create_new(&path).and_then(|file| pack::zip(packed.resolved, name, file));
            Ok(Staged {
                path,
                file_name: format!("{}.zip", artifact.name),
                left_out: left_out.map_err(cannot)?,
            })
        }
        Archive::Unspecified | Archive::Empty | Archive::Tar { .. } => {
            let level = match archive {
                Archive::Tar { level } => level,
                Archive::Empty => Some(0),
                _ => None,
            };
            let level = pack::level(level).map_err(wait)?;
            let path = folder.join("tgz");
            let left_out = File::create_new(&path).and_then(|file| pack::tar(packed, level, file));
            Ok(Staged {
                path,
                file_name: format!("{}.tgz", artifact.name),
                left_out: left_out.map_err(cannot)?,
            })
        }
    }
}

/// Copies a file, or a folder with its content, to a free path. Links and special files are left out.
fn copy_tree(from: &Path, to: &Path) -> io::Result<Vec<LeftOut>> {
    let mut left_out = Vec::new();
    super::walk::walk(from, &mut |entry| {
        let at = if entry.inside.as_os_str().is_empty() {
            to.to_owned()
        } else {
            to.join(&entry.inside)
        };
        let thing = match &entry.kind {
            super::walk::EntryKind::Folder => return std::fs::create_dir(at),
            super::walk::EntryKind::File => return store::copy(&mut entry.open()?, &at),
            super::walk::EntryKind::Link(_) => super::walk::FileType::Link,
            super::walk::EntryKind::Special(thing) => *thing,
        };
        left_out.push(LeftOut {
            path: entry.inside.clone(),
            thing,
        });
        Ok(())
    })?;
    Ok(left_out)
}

/// Key of an artifact; an artifact without a key gets one.
fn key_of(artifact: &mut Artifact, file_name: &str, prefix: &str) -> Result<String, ArtifactError> {
    if !artifact::has_key(artifact) {
        let key = Value::String(join(&[prefix, file_name]));
        if artifact::location(artifact).is_none() {
            artifact.s3 = Some(Tree::from_iter([("key".to_owned(), key)]));
        } else if let Value::String(key) = key {
            artifact::set_key(artifact, &key).map_err(|error| wait(error.to_string()))?;
        }
    }
    artifact::key(artifact).map_err(|error| wait(error.to_string()))
}

/// Reason why the artifact cannot be saved here, whatever its content.
fn not_here(artifact: &Artifact) -> Option<String> {
    let location = ArtifactLocation::of(artifact, &|_, _| Ok(String::new()));
    match location {
        Ok(Some(ArtifactLocation::Raw { .. })) => {
            Some("Raw output artifacts unsupported".to_owned())
        }
        Ok(Some(ArtifactLocation::Http(_))) => Some(format!(
            "cannot save artifact {}: saving to a URL is not supported here",
            artifact.name
        )),
        Ok(Some(ArtifactLocation::Elsewhere { field })) => {
            Some(super::load::elsewhere("save", &artifact.name, field))
        }
        Ok(Some(ArtifactLocation::Store { .. } | ArtifactLocation::S3(_)) | None) => None,
        Err(error) => Some(error.message),
    }
}

/// Error of the executor about a missing artifact.
fn missing(
    artifact: &Artifact,
    error: &io::Error,
    archive: Archive,
    is_mounted: bool,
) -> ArtifactError {
    let path = &artifact.path;
    let is_not_found = error.kind() == io::ErrorKind::NotFound;
    let reason = reason(error);
    if !is_mounted && !is_not_found {
        return not_packed(path, &format!("stat {path}: {reason}"));
    }
    let message = if is_mounted {
        match archive {
            Archive::None => format!("{path} {reason}"),
            _ => format!("stat {MOUNTS}{path}: {reason}"),
        }
    } else {
        format!("open {PACKED}{}.tgz: {reason}", clean(path))
    };
    ArtifactError {
        is_not_found,
        ..wait(message)
    }
}

/// Error of the user's container that cannot pack.
fn not_packed(path: &str, reason: &str) -> ArtifactError {
    let message = format!("failed to tarball the output {path} to {PACKED}{path}.tgz: {reason}");
    ArtifactError::new(Container::Main, message)
}

fn wait(message: String) -> ArtifactError {
    ArtifactError::new(Container::Wait, message)
}

fn staging(store: &Store) -> Result<TempDir, ArtifactError> {
    store.incoming().map_err(|error| {
        wait(format!(
            "cannot make a folder in the store of artifacts: {}",
            reason(&error)
        ))
    })
}
