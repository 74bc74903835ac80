//! The program `argo-kedro`: arguments become settings, settings become one command.

mod age;
mod arguments;
mod ask;
mod catalog_places;
mod chosen_tasks;
mod cluster_findings;
mod cluster_run;
mod commands;
mod connection;
mod doctor;
mod environments;
mod error;
mod error_document;
mod exit;
mod experience;
mod follow;
mod follow_here;
mod for_cluster;
mod from_template;
mod git;
mod host;
mod image_changes;
mod image_steps;
mod image_wheel;
mod images;
mod interrupt;
mod known_run;
mod like_a_pod;
mod lineage;
mod machine;
mod manifests;
mod manual;
mod memory_limit;
mod notify;
mod origin;
mod parameter_readers;
mod pod_image;
mod pod_secrets;
mod printer;
mod project_findings;
mod recorded_selection;
mod recorder;
mod refused;
mod render;
mod reporter;
mod results;
mod run_data;
mod run_image;
mod runtime_parameters;
mod selection;
mod settings;
mod spine;
mod steps;
mod store;
mod submission;
mod supervisor;
mod usage;
mod whole_file;
mod workflow_parameters;

use std::process::ExitCode;

use crate::settings::Settings;

/// A compiler makes many small things; this allocator makes them twice as fast.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    host::end_with_host();
    let arguments = match usage::parse(&settings::program()) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let settings = Settings::resolve(&arguments);
    commands::run(arguments.command, &settings).into()
}
