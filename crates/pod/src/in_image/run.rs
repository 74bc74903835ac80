//! Life of a container, from its creation to its removal.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::Stdio;

use rustix::process::Signal;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Child;

use super::engine::{answer, is_gone, last_line};
use super::plan::{ImagePlan, OUT_OF_MEMORY, Taken};
use super::signal::tell;
use crate::exit_code::BY_SIGNAL;
use crate::own_files::{NOT_STARTED, why_no_program};
use crate::signals::{ENDING, Signals};

/// Maximum size of the kept end of standard error, in bytes.
const KEPT: usize = 4096;

/// Exit code of a killed container.
const KILLED: &str = "137";

/// Runs the container of a plan to its end, and removes it.
///
/// # Arguments
///
/// * `file`: File with the plan; removed with the container.
///
/// # Returns
///
/// The exit code of the container; `NOT_STARTED` if it was not started, with the reason in the file that the plan names.
///
/// # Errors
///
/// The plan cannot be read, or the engine does not report the container's end.
pub async fn run(file: &Path) -> io::Result<u8> {
    let plan = ImagePlan::read(file)?;
    let mut signals = Signals::new()?;
    let code = match make(&plan, &mut signals).await {
        Ok(Some(())) => go(&plan, file, &mut signals).await,
        Ok(None) => Ok(ended_by(Signal::TERM)),
        Err(error) => {
            let image = &plan.image;
            not_started(
                &plan,
                &format!("cannot make a container of the image `{image}`: {error}"),
            )
        }
    };
    // If the removal fails, the plan stays, and `retry` removes the container.
    let words = ["--force", "--volumes", &plan.name];
    match plan.engine.ask("rm", words).await {
        Err(error) if !is_gone(&error.to_string()) => return Err(error),
        _ => fs_err::remove_file(file)?,
    }
    code
}

/// Creates the container, which may pull its image. None if a signal ends it before.
async fn make(plan: &ImagePlan, signals: &mut Signals) -> io::Result<Option<()>> {
    let mut tries = 0;
    loop {
        tries += 1;
        let mut command = plan.engine.command("create");
        command.args(&plan.create).kill_on_drop(true);
        let made = tokio::select! {
            output = command.output() => answer(&output?),
            () = ending(signals) => return Ok(None),
        };
        match made {
            Ok(_) => return Ok(Some(())),
            // An earlier attempt of this task has left a container with this name.
            Err(error) if tries == 1 && error.to_string().contains("in use") => {
                plan.engine.ask("rm", ["--force", &plan.name]).await?;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn ending(signals: &mut Signals) {
    while !ENDING.contains(&signals.next().await) {}
}

/// Starts the container, waits for its end and copies its outputs.
async fn go(plan: &ImagePlan, file: &Path, signals: &mut Signals) -> io::Result<u8> {
    let mut command = plan.engine.command("start");
    let mut client: Child = command
        .args(["--attach", &plan.name])
        .stderr(Stdio::piped())
        .spawn()?;
    let errors = client.stderr.take();
    let errors = tokio::spawn(async move {
        match errors {
            Some(errors) => show(errors).await,
            None => Vec::new(),
        }
    });
    let mut killed_for = None;
    loop {
        tokio::select! {
            status = client.wait() => {
                status?;
                break;
            }
            signal = signals.next() => {
                if tell(&plan.engine, &plan.name, signal).await {
                    killed_for = Some(signal);
                }
            }
        }
    }
    let said = errors.await.unwrap_or_default();
    let mut state = ask_state(plan).await?;
    while state.starts_with("true ") {
        // The client has lost the container, e.g. because the engine started anew.
        plan.engine.ask("wait", [&plan.name]).await?;
        state = ask_state(plan).await?;
    }
    let state = state.trim_start_matches("false ");
    let mut fields = state.splitn(3, ' ');
    let mut field = || fields.next().unwrap_or("");
    let (code, is_out_of_memory, started) = (field(), field() == "true", field());
    if started.starts_with("0001-") {
        return not_started(plan, &why_not_started(plan, &said));
    }
    // Some engines do not notice that the kernel killed the container.
    let is_killed = plan.limits_memory && code == KILLED && killed_for.is_none();
    if is_out_of_memory || is_killed {
        fs_err::write(file.with_file_name(OUT_OF_MEMORY), "")?;
    }
    take(plan).await;
    if let Some(signal) = killed_for {
        return Ok(ended_by(signal));
    }
    // Exit codes are at most 255.
    Ok(code.parse().unwrap_or(NOT_STARTED))
}

/// Asks the engine whether a container runs, for its exit code, whether its memory ended it, and when it was started.
async fn ask_state(plan: &ImagePlan) -> io::Result<String> {
    let form = "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.StartedAt}}";
    plan.engine
        .ask("inspect", ["--format", form, &plan.name])
        .await
}

/// Reason why a container was not started; for a missing program, in Argo's words.
fn why_not_started(plan: &ImagePlan, said: &[u8]) -> String {
    let why = last_line(said).unwrap_or_else(|| "the container engine does not say why".to_owned());
    let is_missing = ["not found in $PATH", "no such file or directory"];
    match &plan.program {
        Some(program) if is_missing.iter().any(|words| why.contains(words)) => {
            why_no_program(program.as_ref(), &io::ErrorKind::NotFound.into())
        }
        _ => why,
    }
}

/// Copies the outputs of a container that has ended. The reader of the outputs reports a missing one.
async fn take(plan: &ImagePlan) {
    for taken in &plan.outputs {
        if let Err(error) = take_one(plan, taken).await {
            let path = taken.path.display();
            // Ignore a closed standard error: the reader of the outputs reports the missing one.
            let _ = writeln!(
                io::stderr(),
                "cannot take {path} out of the container: {error}"
            );
        }
    }
}

/// Copies an output from a container, if it exists.
async fn take_one(plan: &ImagePlan, taken: &Taken) -> io::Result<()> {
    if let Some(parent) = taken.to.parent() {
        fs_err::create_dir_all(parent)?;
    }
    let from = format!("{}:{}", plan.name, taken.path.display());
    let follow = plan.engine.is_docker.then(|| "--follow-link".into());
    let places = [OsString::from(from), taken.to.clone().into_os_string()];
    match plan
        .engine
        .ask("cp", follow.into_iter().chain(places))
        .await
    {
        Err(error) if is_missing(&error.to_string()) => Ok(()),
        answer => answer.map(|_| ()),
    }
}

/// Says whether an error of Docker or Podman means that the file does not exist.
fn is_missing(why: &str) -> bool {
    let why = why.to_lowercase();
    let words = [
        "no such file",
        "could not be found",
        "could not find the file",
    ];
    words.iter().any(|words| why.contains(words))
}

/// Copies a stream to standard error, and returns the end of it.
async fn show(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => &buffer[..read],
            _ => return kept,
        };
        // Ignore a closed standard error: the container still has to run to its end.
        let _ = io::stderr().write_all(read);
        kept.extend_from_slice(&read[read.len().saturating_sub(KEPT)..]);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
}

fn ended_by(signal: Signal) -> u8 {
    u8::try_from(BY_SIGNAL + signal.as_raw()).unwrap_or(NOT_STARTED)
}

fn not_started(plan: &ImagePlan, why: &str) -> io::Result<u8> {
    fs_err::write(&plan.why_not, why)?;
    Ok(NOT_STARTED)
}
