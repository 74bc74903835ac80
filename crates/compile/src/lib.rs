//! From a Plan to Argo's manifest.
//!
//! [`lower`] turns a Plan into a [`argo::spec::Manifest`]; [`changed`] makes a new run from an old one. Pure: the same
//! plan gives the same manifest.

mod from_run;
mod lower;
mod merge_key;
mod origins;
mod resubmit;
mod usage;

pub use from_run::{FromRun, HANDOFF_FROM};
pub use lower::{
    Cron, DURATION, FAILURES, Lowered, ManifestKind, NAMESPACE, NOTIFY_REQUEST, NotifyRequest,
    Options, encode_runtime_parameters, lower, lower_and_check,
};
pub use origins::{Origin, Origins, Source, named, steps};
pub use resubmit::{
    Changes, TakenOver, changed, conf_source_of, lay_over, left_to_run, replace_image, without,
};
