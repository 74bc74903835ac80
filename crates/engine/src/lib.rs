//! Runs an Argo Workflow on this machine.
//!
//! The state is Argo's own `WorkflowStatus`. A pure function, [`operate`], computes the next status after an event;
//! only a [`dispatcher`](run) owns the status; the [`scheduler`] knows what fits on the machine. Every task is a
//! process in a group of its own. The engine reads the Workflow and never the Plan: the run uses the same text that is
//! printed and submitted.

pub mod artifacts;
mod budget;
mod containers;
mod control_groups;
mod dispatcher;
mod expand;
pub mod expectation;
pub mod fields;
mod files;
mod fork;
mod gpus;
mod images;
mod keeper;
mod launch;
mod memory;
mod message;
mod names;
mod not_here;
mod operate;
mod own_command;
mod pod_budget;
mod pod_fields;
mod probe;
mod programs;
mod resolve;
mod scheduler;
mod setup;
mod shortage;
mod spawn;
mod stub;
mod surroundings;
mod task_log;

pub use budget::Budget;
pub use control_groups::ControlGroups;
pub use dispatcher::{EngineError, Isolation, Job, MemoryLimits, Places, Record, run};
pub use files::MountedClaim;
pub use fork::Forks;
pub use gpus::{Gpus, VISIBLE as VISIBLE_GPUS};
pub use images::Images;
pub use keeper::{Keeper, keep};
pub use names::file_name;
pub use operate::{LocksOfOthers, OwnLock, PlannedTask, Remembered, RunCount, Waves};
pub use pod::in_image::ContainerEngine;
pub use resolve::{Identity, Resolved, Unit, resolve, workers_mount_claims};
pub use setup::{Setup, Unsupported};
pub use stub::{Stub, StubError};
pub use task_log::{is_lost, offset_since};
