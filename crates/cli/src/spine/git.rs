//! Commit of the project that a run is made from.

use std::path::Path;
use std::process::Command;

/// Annotations with the commit, and whether files differ from it; empty outside of git.
pub(crate) fn commit(project: &Path) -> Vec<(String, String)> {
    let Some(commit) = git(project, &["rev-parse", "HEAD"]) else {
        return Vec::new();
    };
    let changed = git(
        project,
        &["status", "--porcelain", "--untracked-files=normal"],
    );
    let is_dirty = changed.is_none_or(|changed| !changed.is_empty());
    vec![
        ("argo-kedro/git-commit".to_owned(), commit),
        ("argo-kedro/git-dirty".to_owned(), is_dirty.to_string()),
    ]
}

fn git(project: &Path, words: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .arg("-C")
        .arg(project)
        .args(words)
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Says whether git can restore a file as it is now: it is committed, and unchanged since.
pub(crate) fn has_as_it_is(project: &Path, file: &str) -> bool {
    git(project, &["ls-files", "--error-unmatch", "--", file]).is_some()
        && git(project, &["diff", "--quiet", "HEAD", "--", file]).is_some()
}
