use std::os::unix::process::CommandExt;
use std::process::Command;

use clap::Args;
use pod::supervise;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::local::like_a_pod::become_worker as become_worker_of_pod;
use crate::settings::{Settings, variables};

/// Run the Kedro nodes of one task; the manifest calls this command in a container
#[derive(Debug, Args)]
#[command(hide = true, disable_help_flag = true)]
pub(crate) struct ExecArguments {
    /// Arguments of the worker: `--nodes=a,b --pipelines=p --env=e …`
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    words: Vec<String>,
}

/// Runs the worker. In a container, waits beside it and says how it ended; if another program looks
/// after this process already, becomes the worker.
pub(crate) async fn run(arguments: &ExecArguments, settings: &Settings) -> Result {
    let asks_for_help = |word: &String| matches!(word.as_str(), "--help" | "-h");
    if std::env::var_os(variables::PARENT).is_some() || arguments.words.iter().any(asks_for_help) {
        return become_worker(arguments, settings);
    }
    let mut worker = tokio::process::Command::new(std::env::current_exe()?);
    worker
        .arg("exec")
        .args(&arguments.words)
        .env(variables::PARENT, std::process::id().to_string());
    let ending = supervise(worker).await?;
    match ending.message {
        None => Ok(Exit::As(ending.exit_code)),
        Some(message) => {
            let mut error = CommandError::new(message);
            error.exit = Exit::As(ending.exit_code);
            Err(error)
        }
    }
}

fn become_worker(arguments: &ExecArguments, settings: &Settings) -> Result {
    if let Some(pod) = std::env::var_os(variables::LIKE_A_POD) {
        end_with_parent();
        return Err(become_worker_of_pod(pod.as_ref(), &arguments.words));
    }
    let project = settings.project()?;
    let interpreter = settings.interpreter(&project)?;
    end_with_parent();
    let error = Command::new(&interpreter)
        .args(["-u", "-m", "argo_kedro.worker", "task"])
        .args(&arguments.words)
        .current_dir(&project)
        .exec();
    Err(CommandError::new(format!(
        "cannot start {}: {error}",
        interpreter.display()
    )))
}

/// Ends the task with the program that looks after it, even if that is killed: else the task would work beside its
/// retry on this machine. The kernel keeps this setting when the process becomes the worker.
fn end_with_parent() {
    let parent = rustix::process::getppid().map(|parent| parent.as_raw_nonzero().to_string());
    if parent.is_some() && parent == std::env::var(variables::PARENT).ok() {
        #[cfg(target_os = "linux")]
        let _ =
            rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
    }
}
