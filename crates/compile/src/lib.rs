//! Argo's manifest: the part of it that argo-kedro emits and runs.
//!
//! [`lower`] turns a Plan into a [`Manifest`]; [`to_yaml`] writes it. Pure: the same
//! plan gives the same bytes.

mod lower;
pub mod manifest;
pub mod name_list;
mod outline;
mod resubmit;
mod task_variables;
mod usage;
mod yaml;

pub use lower::{
    Cron, DURATION, FAILURES, Kind, NAMESPACE, NOTIFY, NOTIFY_REQUEST, NUMBER_MARK, NotifyRequest,
    Options, RUNTIME_PARAMETERS, SCHEDULE, encode_runtime_parameters, handoff_variable,
    is_pythons_number, load_versions_variable, lower, lower_and_check,
};
pub use manifest::Manifest;
pub use outline::{TaskOutline, memory_limit, outline};
pub use resubmit::{
    Changes, HANDOFF_FROM, TakenOver, changed, conf_source_of, lay_over, left_to_run,
    runtime_parameters_of,
};
pub use task_variables::{RunOf, task_variables};
pub use yaml::{YamlError, from_yaml, to_yaml, to_yaml_of};
