//! The image of the tasks: its content, whether it exists, and how it is built.
//!
//! The tag is a digest of all inputs of the build ([`content_tag`]). So a registry that has the tag has the image, and
//! two people never overwrite each other's image. [`decide`] asks and changes nothing; [`carry_out`] does what it
//! decided.

pub mod builder;
mod content;
pub mod context;
mod credentials;
mod decision;
mod difference;
mod error;
mod git_version;
mod ignore;
mod never_in_image;
mod pattern;
mod process;
mod progress;
mod registry;
mod stat_cache;
#[cfg(test)]
mod test_server;

pub use argo::image::{NotAReference, Reference, Tag};
pub use builder::{Builder, BuilderKind};
pub use content::{Inputs, content_tag};
pub use context::{Context, Entry, EntryKind};
pub use credentials::Keyring;
pub use decision::{
    Decision, Ensured, Presence, Request, Wanted, carry_out, decide, ensure, tagged,
};
pub use difference::{BuiltFrom, Change, Changed};
pub use error::{ImageError, RegistryError};
pub use git_version::version_from_git;
pub use ignore::{IgnoreFile, KeptOutBy};
pub use never_in_image::ProjectFolder;
pub use pattern::is_copied_by;
pub use process::Cancel;
pub use progress::{ImageStep, Line, Progress};
pub use registry::{Access, Purpose, Registry};
pub use stat_cache::Stat;
