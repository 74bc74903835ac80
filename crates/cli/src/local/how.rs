//! Arguments for how a run proceeds here, for a new one and for a retry.

use argo::spec::Manifest;
use clap::{Args, ValueEnum};
use compile::NotifyRequest;
use runs::RunRecord;

use crate::error::CommandError;
use crate::local::machine::MachineArguments;
use crate::notify;
use crate::record::manifest;
use crate::remote::follow::Following;
use crate::terminal::reporter::View;

/// Words about how a run goes on.
#[derive(Debug, Args)]
pub(crate) struct How {
    #[command(flatten)]
    pub(crate) here: Here,

    /// Show the output of the tasks; each line begins with the name of its task
    #[arg(long)]
    pub(crate) logs: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    pub(crate) output: RunOutput,
}

/// Words about how a run goes on that only runs on this machine know.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct Here {
    /// How each task gets its own process [default: fork; for Argo manifests spawn; if a run continues, what it had]
    #[arg(long, value_enum)]
    pub(crate) isolation: Option<IsolationName>,

    /// Send the messages of `notify` in argo.yml when the run has ended, or takes too long; their secrets are
    /// environment variables
    #[arg(long)]
    notify: bool,

    /// Kill a task that holds more memory than its limit, as a cluster does: by control groups of the kernel where they can
    /// be made, else by a look at the memory of its processes several times a second
    #[arg(long)]
    pub(crate) enforce_limits: bool,

    #[command(flatten)]
    pub(crate) machine: MachineArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsolationName {
    /// The project is imported once, and each task is a fork of that process
    Fork,
    /// Each task is a new process that imports the project itself; slower
    Spawn,
    /// Each container runs in its own image, by docker or podman; for runs of Argo manifests
    Container,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunOutput {
    /// For people
    #[default]
    Text,
    /// For programs: each event as one line of JSON
    Json,
    /// Only the name
    Name,
}

impl Here {
    /// Refuses images for the tasks of a project. Call this before anything is on record.
    ///
    /// # Errors
    ///
    /// If the user asks for them.
    pub(crate) fn refuse_images(&self) -> Result<(), CommandError> {
        if self.isolation != Some(IsolationName::Container) {
            return Ok(());
        }
        Err(CommandError::new(
            "--isolation container is for runs of Argo manifests; the tasks of a project run in its environment",
        )
        .hint("to run tasks as in a pod, without an image: {program} run --like-a-pod")
        .hint(
            "to run the manifest of the project: {program} compile -o FILE, then {program} run FILE --isolation container",
        ))
    }
}

impl How {
    /// Finds the addresses to notify of the end of a run, with --notify.
    ///
    /// # Errors
    ///
    /// The manifest names no address, or the environment lacks a secret.
    pub(crate) fn whom_to_tell(
        &self,
        manifest: &Manifest,
    ) -> Result<Option<NotifyRequest>, CommandError> {
        if !self.here.notify {
            return Ok(None);
        }
        let Some(request) = notify::request(manifest)? else {
            return Err(CommandError::new("--notify needs somebody to tell")
                .hint("add `notify` to argo.yml of this environment")
                .hint("if another environment has it: --env NAME"));
        };
        match notify::missing(&request).as_slice() {
            [] => Ok(Some(request)),
            missing => Err(CommandError::new(format!(
                "--notify needs secrets: {}",
                missing.join(", ")
            ))
            .hint("set these environment variables")),
        }
    }

    /// Finds the addresses to notify of the end of a recorded run, with --notify.
    ///
    /// # Errors
    ///
    /// As [`Self::whom_to_tell`]; or the recorded manifest cannot be read.
    pub(crate) fn whom_to_tell_of(
        &self,
        record: &RunRecord,
    ) -> Result<Option<NotifyRequest>, CommandError> {
        if !self.here.notify {
            // Skip reading the manifest: for a large run that takes a while.
            return Ok(None);
        }
        self.whom_to_tell(&manifest::read(record)?)
    }

    /// Gives the way to follow a run on a cluster.
    pub(crate) fn following(&self) -> Following {
        let view = match self.output {
            RunOutput::Json => View::Json,
            RunOutput::Text | RunOutput::Name => View::Progress { logs: self.logs },
        };
        Following {
            view,
            logs: self.logs,
        }
    }
}
