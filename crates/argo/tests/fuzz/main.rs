//! Every parser accepts any text: it returns a result or an error, and never panics.
//!
//! `trial` explains how to try more texts than `make test` does.

#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::print_stderr, reason = "a long trial says how far it is")]

mod amounts;
mod documents;
mod functions;
mod languages;
mod status;
mod trial;

/// First columns of a table: the text before `separator`.
fn first_columns<'t>(table: &'t str, separator: &str) -> Vec<&'t str> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split(separator).next())
        .collect()
}
