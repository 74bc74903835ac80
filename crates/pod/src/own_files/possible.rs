//! Check that a pod can have files of its own on this machine.

use std::path::Path;
use std::process::{Command, Stdio};

use super::plan::SUBCOMMAND;

/// Argument with which this program only tries.
pub(super) const TRY: &str = "--try";

/// Linux settings that forbid it: path, forbidding value, and the message.
const SETTINGS: [(&str, &str, &str); 3] = [
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor forbids user namespaces (kernel.apparmor_restrict_unprivileged_userns is 1)",
    ),
    (
        "/proc/sys/user/max_user_namespaces",
        "0",
        "the system allows no user namespaces (user.max_user_namespaces is 0)",
    ),
    (
        "/proc/sys/kernel/unprivileged_userns_clone",
        "0",
        "the system allows user namespaces to root alone (kernel.unprivileged_userns_clone is 0)",
    ),
];

/// Checks whether a pod can have files of its own here. This takes one short process; the answer stays the same during
/// a run.
///
/// # Arguments
///
/// * `program`: Path of this program.
///
/// # Errors
///
/// The reason, worded to follow "because".
pub fn possible(program: &Path) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("only Linux has mount namespaces".to_owned());
    }
    let tried = Command::new(program)
        .args([SUBCOMMAND, TRY])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
    if tried.status.success() {
        return Ok(());
    }
    let mut settings = SETTINGS.iter().filter(|(path, forbids, _)| {
        // Most systems lack these files.
        std::fs::read_to_string(path).is_ok_and(|value| value.trim() == *forbids)
    });
    if let Some((_, _, why)) = settings.next() {
        return Err((*why).to_owned());
    }
    let why = String::from_utf8_lossy(&tried.stderr);
    Err(why.trim().to_owned())
}
