//! The program `argo-kedro`: arguments become settings, settings become one command.

mod arguments;
mod commands;
mod doctor;
mod error;
mod flags;
mod host;
mod image;
mod install;
mod local;
mod manual;
mod notify;
mod record;
mod remote;
mod render;
mod run;
mod settings;
mod spine;
mod terminal;
mod usage;
mod whole_file;

use std::process::ExitCode;

use clap::CommandFactory;

use crate::arguments::Arguments;
use crate::settings::Settings;

/// A compiler makes many small objects; this allocator makes the program twice as fast.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = pod::control_group::enter(std::env::args_os()) {
        return code;
    }
    if let Some(code) = pod::own_files::enter(std::env::args_os()) {
        return code;
    }
    host::end_with_host();
    let arguments = match usage::parse(&settings::program()) {
        Ok(arguments) => arguments,
        Err(exit) => return exit.into(),
    };
    let settings = Settings::resolve(&arguments.options);
    commands::dispatch::run(arguments.command, Arguments::command(), &settings).into()
}
