//! Reasons why a command was not started, in the words of Argo.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Says why a program was not started. Argo's `emissary` looks for it before it starts it
/// (`cmd/argoexec/commands/emissary.go`; Go's `exec.LookPath`).
///
/// # Arguments
///
/// * `error`: What the system says.
pub fn why_no_program(program: &OsStr, error: &io::Error) -> String {
    let name = Path::new(program).display();
    let is_searched = !program.as_encoded_bytes().contains(&b'/');
    let why = match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied if is_searched => {
            "executable file not found in $PATH".to_owned()
        }
        io::ErrorKind::NotFound => format!("stat {name}: no such file or directory"),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => return format!("failed to start command: fork/exec {name}: {error}"),
    };
    format!("failed to find name in PATH: exec: \"{name}\": {why}")
}
