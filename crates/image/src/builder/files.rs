//! Files for a builder: only those from which the tag is calculated.
//!
//! Docker with buildx uses the ignore file that has the Dockerfile's name and is beside it, so both are copied to a
//! separate folder. Podman and Buildah get the ignore file as an argument. Docker without buildx only knows the ignore
//! file of the context, so it gets a copy of the context.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::kind::Builder;
use crate::{Context, EntryKind, ImageError};

/// The context, the Dockerfile and the ignore file for a builder.
#[derive(Debug)]
pub(crate) struct BuilderFiles {
    pub(crate) context: PathBuf,
    pub(crate) dockerfile: PathBuf,
    pub(crate) ignore_file: PathBuf,
    /// Folder of the copies; dropping this value removes it.
    _folder: tempfile::TempDir,
}

impl BuilderFiles {
    /// Prepares the files. `state` is this program's own folder; the builder can read it, because it can read the
    /// project.
    pub(crate) fn new(
        context: &Context,
        builder: &Builder,
        state: Option<&Path>,
    ) -> Result<Self, ImageError> {
        let folder = match state {
            Some(state) => {
                fs_err::create_dir_all(state)?;
                tempfile::tempdir_in(state)?
            }
            None => tempfile::tempdir()?,
        };
        let name = context.dockerfile.file_name();
        let mut ignore_name = name.map_or_else(|| OsString::from("Dockerfile"), OsString::from);
        let copy = folder.path().join(&ignore_name);
        ignore_name.push(".dockerignore");
        let ignore_file = folder.path().join(ignore_name);
        fs_err::write(&ignore_file, context.ignore.to_bytes())?;
        fs_err::write(&copy, fs_err::read(&context.dockerfile)?)?;
        let (root, dockerfile) = match builder {
            Builder::Docker { buildx: true } => (context.root.clone(), copy),
            Builder::Docker { buildx: false } => {
                let root = folder.path().join("context");
                copy_context(context, &root)?;
                (root, copy)
            }
            _ => (context.root.clone(), context.dockerfile.clone()),
        };
        Ok(Self {
            context: root,
            dockerfile,
            ignore_file,
            _folder: folder,
        })
    }
}

/// Copies the files of a context.
fn copy_context(context: &Context, to: &Path) -> Result<(), ImageError> {
    fs_err::create_dir(to)?;
    // Each folder comes before its content.
    for entry in &context.entries {
        let (from, to) = (context.root.join(&entry.path), to.join(&entry.path));
        match &entry.kind {
            EntryKind::Folder => fs_err::create_dir(&to)?,
            EntryKind::Link { target } => fs_err::os::unix::fs::symlink(target, &to)?,
            EntryKind::File { .. } => {
                fs_err::copy(&from, &to)?;
            }
            // Docker does not send such files either.
            EntryKind::Special => {}
        }
    }
    Ok(())
}
