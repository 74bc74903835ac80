//! Artifacts are saved and loaded as by Argo's executor, and no archive or key reads or writes outside of its folder.

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
