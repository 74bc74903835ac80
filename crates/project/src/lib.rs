//! Finds a Kedro project and reads it into a [`Snapshot`].
//!
//! Only Python knows the content of a project; this crate asks it, under the user's own interpreter, and converts the
//! answer to types. It also converts `argo.yml`.

pub mod config;
mod error;
mod find;
mod interpreter;
mod load;
pub mod proposal;
mod reach;
mod request;
pub mod snapshot;
mod worker;

pub use error::{Error, Failure};
pub use find::find_project;
pub use interpreter::find_interpreter;
pub use load::{LoadRequest, Loaded, MadeWith, Preview, Shape};
pub use reach::{ReachProblem, ReachRequest, Reached, Use};
pub use request::Request;
pub use snapshot::Snapshot;
pub use worker::Worker;
