//! Packages that this machine's interpreter has but the image lacks.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use lint::pod::Installed;
use serde::{Deserialize, Serialize};

use crate::error::CommandError;

/// Packages that the interpreter has but the image lacks, from `argo_kedro/like_a_pod/packages.py`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Hidden {
    /// Names of the packages.
    pub(super) distributions: Vec<String>,
    /// Packages that bring a module, by module.
    pub(super) modules: BTreeMap<String, Vec<String>>,
    /// Folders of packages that are installed for editing.
    pub(super) folders: Vec<String>,
    /// Says whether this is certain: only then tasks do not see the packages.
    #[serde(default)]
    pub(super) is_certain: bool,
}

/// Asks the interpreter.
pub(super) fn not_in(
    image: &Installed,
    interpreter: &Path,
    variables: &[(OsString, OsString)],
    folder: &Path,
) -> Result<Hidden, CommandError> {
    let failed = |reason: &dyn std::fmt::Display| {
        CommandError::new(format!(
            "cannot tell which packages the image lacks: {} said: {reason}",
            interpreter.display()
        ))
    };
    let mut asked = Command::new(interpreter)
        .args(["-m", "argo_kedro.like_a_pod.packages"])
        .current_dir(folder)
        .env_clear()
        .envs(variables.iter().cloned())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = asked.stdin.take() {
        let text = serde_json::to_string(&image.packages).map_err(|error| failed(&error))?;
        input.write_all(text.as_bytes())?;
    }
    let answer = asked.wait_with_output()?;
    if !answer.status.success() {
        return Err(failed(&String::from_utf8_lossy(&answer.stderr).trim()));
    }
    let hidden: Hidden = serde_json::from_slice(&answer.stdout).map_err(|error| failed(&error))?;
    Ok(Hidden {
        is_certain: image.is_known,
        ..hidden
    })
}
