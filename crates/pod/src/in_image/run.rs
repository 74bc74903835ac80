//! A container from its making to its removal.

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

/// Bytes of the engine's own errors that are kept.
const KEPT: usize = 4096;

/// Exit code of a container that is killed.
const KILLED: &str = "137";

/// Runs the container of a plan to its end, and removes it.
///
/// # Arguments
///
/// * `file`: The plan, which goes with the container.
///
/// # Returns
///
/// The exit code of the container; `NOT_STARTED` if it was not started, with the reason in the file that the plan names.
///
/// # Errors
///
/// The plan cannot be read, or nobody can say how the container ended.
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
    // A container that stays keeps its plan: whoever goes on with the run removes it.
    let words = ["--force", "--volumes", &plan.name];
    match plan.engine.ask("rm", words).await {
        Err(error) if !is_gone(&error.to_string()) => return Err(error),
        _ => fs_err::remove_file(file)?,
    }
    code
}

/// Makes the container, for which its image may have to be pulled; nothing if a signal came before.
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
            // One that an earlier try of this task has left.
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

/// Starts the container, waits for its end, and takes its outputs.
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
    let state = [
        "--format",
        "{{.State.ExitCode}} {{.State.OOMKilled}} {{.State.StartedAt}}",
        &plan.name,
    ];
    let state = plan.engine.ask("inspect", state).await?;
    let mut fields = state.splitn(3, ' ');
    let mut field = || fields.next().unwrap_or("");
    let (code, is_out_of_memory, started) = (field(), field() == "true", field());
    if started.starts_with("0001-") {
        return not_started(plan, &why_not_started(plan, &said));
    }
    // Some engines do not hear of it.
    let is_killed = plan.limits_memory && code == KILLED && killed_for.is_none();
    if is_out_of_memory || is_killed {
        fs_err::write(file.with_file_name(OUT_OF_MEMORY), "")?;
    }
    take(plan).await;
    if let Some(signal) = killed_for {
        return Ok(ended_by(signal));
    }
    // Engines know codes from 0 to 255.
    Ok(code.parse().unwrap_or(NOT_STARTED))
}

/// The reason why a container was not started, in the words of Argo where its program is not there.
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

/// Takes the outputs out of a container that has ended. One that is not there is missed by whoever reads it.
async fn take(plan: &ImagePlan) {
    for taken in &plan.outputs {
        if let Err(error) = take_one(plan, taken).await {
            let path = taken.path.display();
            // Nobody reads any more: the output is missed all the same.
            let _ = writeln!(
                io::stderr(),
                "cannot take {path} out of the container: {error}"
            );
        }
    }
}

/// Takes an output out of a container, if it is there.
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

/// Says whether an engine means that a file is not there, in the words of Docker or Podman.
fn is_missing(why: &str) -> bool {
    let why = why.to_lowercase();
    let words = [
        "no such file",
        "could not be found",
        "could not find the file",
    ];
    words.iter().any(|words| why.contains(words))
}

/// Shows what comes from a stream, and gives the end of it.
async fn show(mut stream: impl AsyncRead + Unpin) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let read = match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => &buffer[..read],
            _ => return kept,
        };
        // Nobody reads any more: the container goes on all the same.
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
