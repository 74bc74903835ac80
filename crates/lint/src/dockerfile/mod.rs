//! Dockerfiles, as far as rules need them (docs.docker.com/reference/dockerfile).
//!
//! The parser is lenient: it ignores everything that it does not understand.

mod instructions;
mod lines;
mod path;
mod plain_images;
mod read;
mod shell;

pub use instructions::{Copy, Dockerfile, FileInstruction, Origin};
pub(crate) use path::resolve;
pub(crate) use plain_images::is_plain;
pub use shell::Command;
pub(crate) use shell::has_suffix;

#[cfg(test)]
mod tests;
