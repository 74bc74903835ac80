//! Entry of a pod into its control group. The pod enters before it starts its command, so all its processes are in the group.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use crate::own_files::{NOT_STARTED, why_no_program};

/// Hidden command of this program that enters a control group and becomes the pod's command.
pub const SUBCOMMAND: &str = "enter-control-group";

/// Words to put before the command of a pod.
///
/// # Arguments
///
/// * `program`: This program.
/// * `group`: Folder of the control group.
/// * `why_not`: File for the reason why the command was not started.
pub fn words(program: &Path, group: &Path, why_not: &Path) -> [OsString; 4] {
    [
        program.into(),
        SUBCOMMAND.into(),
        group.into(),
        why_not.into(),
    ]
}

/// Enters a control group and becomes the command, if the command line asks for that.
///
/// # Arguments
///
/// * `words`: The command line, including the program's own name.
///
/// # Returns
///
/// None if the program was started for something else; otherwise the exit code, if the command cannot start.
pub fn enter(mut words: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    words.next();
    if words.next()? != SUBCOMMAND {
        return None;
    }
    let group = PathBuf::from(words.next()?);
    let why_not = PathBuf::from(words.next()?);
    let command: Vec<OsString> = words.collect();
    let why = become_command(&group, &command);
    // The user gets the same message on standard error.
    let _ = std::fs::write(why_not, &why);
    let _ = writeln!(io::stderr(), "{why}");
    Some(ExitCode::from(NOT_STARTED))
}

/// Replaces this process by the command; returns the reason if that fails.
fn become_command(group: &Path, command: &[OsString]) -> String {
    // The number 0 means the writing process.
    if let Err(error) = std::fs::write(group.join("cgroup.procs"), "0") {
        return format!(
            "cannot enter the control group {}: {error}",
            group.display()
        );
    }
    let Some((program, words)) = command.split_first() else {
        return "the command is empty".to_owned();
    };
    why_no_program(program, &Command::new(program).args(words).exec())
}
