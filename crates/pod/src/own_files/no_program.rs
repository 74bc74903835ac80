//! Reasons why a command did not start, in Argo's words.

use std::ffi::OsStr;
use std::io;
use std::path::Path;

/// Says why a program did not start. Argo's `emissary` searches the program before the start
/// (`cmd/argoexec/commands/emissary.go`; Go's `exec.LookPath`).
///
/// # Arguments
///
/// * `error`: Error of the system.
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
