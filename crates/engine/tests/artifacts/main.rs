//! Artifacts are saved and loaded as Argo's executor does, and whatever an archive or a key says, nothing is read or written
//! anywhere else.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

mod any_folder;
mod archives;
mod disk;
mod keys;
mod parameters;
mod saved;
mod special_files;
mod supplied;
mod urls;
