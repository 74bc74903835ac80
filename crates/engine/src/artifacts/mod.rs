//! Artifacts, as Argo's executor saves and loads them (`workflow/executor/executor.go`,
//! `cmd/argoexec/commands/emissary.go`, `util/archive/archive.go` and `workflow/artifacts/s3/s3.go` of Argo Workflows
//! 4.1.2).
//!
//! A [`Store`] is a folder that stands for the configured repository: a key is a path in it. An [`ArtifactLocation`] is the
//! source of an artifact. Where the executor fails, this module fails with the same message
//! ([`ArtifactError::node_message`]).
//! Archives, keys and folders may be hostile: nothing reads or writes outside the folders meant for them.

mod archive;
mod chmod;
mod error;
mod http;
mod limits;
mod load;
mod location;
mod pack;
mod parameter;
mod s3;
mod save;
mod store;
mod unpack;
mod url;
mod walk;

pub use archive::Archive;
pub use error::{ArtifactError, Container};
pub use limits::Limits;
pub use load::{Input, Loading, load};
pub use location::ArtifactLocation;
pub use parameter::read_parameter;
pub(crate) use s3::FIELDS as FIELDS_OF_S3;
pub use s3::S3;
pub use save::{MadeArtifact, Saved, save_all};
pub use store::Store;
pub use url::{Http, Secrets};
pub use walk::{FileType, LeftOut};
