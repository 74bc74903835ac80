//! `conf/<env>/argo.yml`, typed.
//!
//! Every key of the earlier Python plugin works; everything is strict. The doc
//! comments here are the descriptions of the JSON Schema that is shipped.

mod amount;
mod argo_config;
mod check;
mod deployment;
mod duration;
mod edit;
mod environment;
mod environment_source;
mod grouping;
mod machine_type;
mod machine_types;
mod memory_datasets;
mod mlflow;
mod nodes;
mod notify;
mod on_exit;
mod patches;
mod places;
mod pod_gc;
mod prices;
mod quantity;
mod retry;
mod runner;
mod schedule;
mod schema;
mod selector;
mod structure;
mod template;
mod toleration;
mod ttl;
mod volume;

pub use amount::Amount;
pub use argo_config::ArgoConfig;
pub use check::{ConfigFile, check, check_pipelines};
pub use deployment::{BuilderName, Deployment};
pub use duration::Duration;
pub use edit::{set_of_nodes, set_text};
pub use environment::{ConfigMapKey, EnvironmentVariable, SecretKey};
pub use environment_source::EnvironmentSource;
pub use grouping::Grouping;
pub use machine_type::{
    DEFAULT_MACHINE_TYPE, MachineType, known_machine_type, known_machine_types,
};
pub use memory_datasets::{MemoryDatasets, MemoryMode};
pub use mlflow::Mlflow;
pub use nodes::{ImagePullPolicy, NodeSettings};
pub use notify::{
    Email, EmailSecurity, IncomingWebhook, Notify, NotifyEvent, NotifySecret, Webhook,
    variable as notify_variable,
};
pub use on_exit::{ExitContainer, OnExit};
pub use patches::Patches;
pub use places::{HiddenSettings, Places};
pub use pod_gc::{PodGc, PodGcLater, PodGcStrategy};
pub use prices::{Price, Prices};
pub use quantity::{Cpu, Memory};
pub use retry::{Backoff, Retry, RetryCause, RetryMemory};
pub use runner::Runner;
pub use schedule::{ConcurrencyPolicy, CronExpressions, Schedule};
pub use schema::{file_schema, file_schema_id, schema};
pub use selector::{EVERY_NODE, Selector, SelectorKind};
pub use structure::Structure;
pub use template::{
    CustomContainer, CustomTemplate, OutputParameter, Outputs, Sidecar, Template, Volume,
    VolumeMount,
};
pub use toleration::Toleration;
pub use ttl::Ttl;
pub use volume::{EphemeralVolume, PodVolume};
