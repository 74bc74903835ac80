//! Resolves a manifest for this machine, or reports all obstacles.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::env::VarError;

use argo::spec::Manifest;
use engine::{Identity, Resolved, Setup, Unsupported};
use jiff::Timestamp;
use runs::RunRecord;

use crate::error::CommandError;

/// Identity before a run has one: a manifest is resolved before anything is recorded.
pub(crate) const UNRECORDED_RUN: Identity<'static> = Identity {
    name: "run",
    uid: "",
    created: Timestamp::UNIX_EPOCH,
};

/// Identity of a run, for the engine.
pub(crate) fn identity(record: &RunRecord) -> Identity<'_> {
    Identity {
        name: &record.name,
        uid: &record.uid,
        created: record.created,
    }
}

/// Resolves a manifest for this machine, or reports all obstacles.
pub(crate) fn resolve(
    manifest: &Manifest,
    run: Identity<'_>,
    setup: Setup,
) -> Result<Resolved, CommandError> {
    let unreadable = RefCell::new(None);
    let secret = |variable: &str| match std::env::var(variable) {
        Ok(text) => Some(text),
        Err(VarError::NotPresent) => None,
        Err(VarError::NotUnicode(_)) => {
            unreadable.replace(Some(variable.to_owned()));
            None
        }
    };
    let resolved = engine::resolve(manifest, run, setup, secret);
    if let Some(name) = unreadable.take() {
        let message = format!("the secret in the environment variable {name} is not UTF-8 text");
        return Err(CommandError::new(message).hint("set it to text, or to base64 of its bytes"));
    }
    resolved.map_err(|problems| refuse(&problems))
}

fn refuse(problems: &[Unsupported]) -> CommandError {
    let list: Vec<String> = problems
        .iter()
        .map(|problem| format!("\n  {}: {}", problem.field, problem.reason))
        .collect();
    let error = CommandError::new(format!(
        "this workflow cannot run on this machine:{}",
        list.concat()
    ));
    let missing: BTreeSet<String> = problems
        .iter()
        .filter_map(|problem| problem.field.strip_prefix("environment variable "))
        .map(|name| format!(" {name}=…"))
        .collect();
    if missing.is_empty() {
        return error;
    }
    let all: String = missing.into_iter().collect();
    error.hint(format!(
        "set the missing variables, and run the command again: export{all}"
    ))
}
