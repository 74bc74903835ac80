//! Runs on Argo Workflows, directly through the Kubernetes API, or through Argo Server's ([`ArgoServerChoice`]):
//! neither `kubectl` nor `argo` is needed.
//!
//! A Workflow's status becomes the same [`RunEvent`](runs::RunEvent)s as those of a local run, so every view of a run
//! works for both ([`runs::events`]). Functions that use the cluster take a [`Cluster`].

mod again;
mod argo_server;
mod cluster;
mod connect;
mod container;
mod controller;
mod create;
mod cron;
mod deploy;
mod error;
mod executor;
mod greeting;
mod last_line;
mod lifecycle;
mod limits;
mod log_update;
mod logs;
mod merge;
mod needed_object;
mod nodes;
mod object;
mod observed;
mod offloaded;
mod output;
mod permissions;
mod preflight;
mod template;
mod timeouts;
mod watch;

pub use again::RetryCounts;
pub use argo::status::retry::{Retried, RetryOptions};
pub use argo_server::{
    Address, AddressDefaults, ArgoServerChoice, ArgoServerError, ArgoServerGreeting, Token, User,
};
pub use cluster::Cluster;
pub use connect::Choice;
pub use controller::{Controller, LastWorkflow, Sightings};
pub use create::{Created, DryRun};
pub use cron::{Scheduled, generate_name, run_of};
pub use deploy::Comparison;
pub use error::{ClusterError, Refusal};
pub use greeting::Greeting;
pub use lifecycle::Shutdown;
pub use limits::{Limits, Refused};
pub use log_update::{LogOptions, LogUpdate, PodOfRun};
pub use merge::Clash;
pub use needed_object::{NeededObject, NeededObjectKind, Presence};
pub use nodes::Nodes;
pub use object::Object;
pub use observed::Observed;
pub use permissions::{OF_OTHERS, OF_PODS, OF_RUNS, Permission, role, role_binding};
pub use preflight::how_to_give_amounts;
pub use template::{TemplateParameter, parameters_of, workflow_from};
pub use watch::Update;
