//! Unified diff of two texts, in colours.

use owo_colors::OwoColorize;
use similar::{ChangeTag, TextDiff};

/// Unified diff, with names for the old and the new text; empty if they are equal.
pub(crate) fn unified(old: &str, new: &str, from: &str, to: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut text = format!("--- {from}\n+++ {to}\n");
    let header = text.len();
    for hunk in diff.unified_diff().context_radius(3).iter_hunks() {
        text.push_str(&format!("{}\n", hunk.header().to_string().cyan()));
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches(['\n', '\r']);
            let line = match change.tag() {
                ChangeTag::Delete => format!("-{line}").red().to_string(),
                ChangeTag::Insert => format!("+{line}").green().to_string(),
                ChangeTag::Equal => format!(" {line}"),
            };
            text.push_str(&line);
            text.push('\n');
        }
    }
    if text.len() == header {
        text.clear();
    }
    text
}
