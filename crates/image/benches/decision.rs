//! How long the tag of a context takes: `cargo bench -p image`.
//!
//! 10,000 files in 100 folders, with a `.dockerignore` as `init` writes it: read for the first time, and again with
//! nothing changed. The budget is 150 ms for the second.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers"
)]

use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use image::{Context, Inputs, content_tag};
use indexmap::IndexMap;

const FOLDERS: usize = 100;
const FILES: usize = 100;
const BYTES: usize = 4096;
const ROUNDS: usize = 11;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("context");
    let state = folder.path().join("state");
    for number in 0..FOLDERS {
        let inner = root.join(format!("src/package_{number}"));
        fs_err::create_dir_all(&inner).unwrap();
        for file in 0..FILES {
            let text = format!("{number} {file}\n").repeat(BYTES / 8);
            fs_err::write(inner.join(format!("module_{file}.py")), text).unwrap();
        }
    }
    fs_err::write(root.join("Dockerfile"), "FROM scratch\n").unwrap();
    let ignore = include_str!("../../cli/templates/dockerignore.j2");
    fs_err::write(root.join(".dockerignore"), ignore).unwrap();
    // Files that were just written are read again by intention.
    sleep(Duration::from_secs(3));
    let build_args = IndexMap::new();
    let once = || {
        let start = Instant::now();
        let context = Context::read(&root, Path::new("Dockerfile")).unwrap();
        let walked = start.elapsed();
        let inputs = Inputs {
            platform: "linux/amd64",
            target: None,
            build_args: &build_args,
            state: Some(&state),
        };
        content_tag(&context, inputs).unwrap();
        (start.elapsed(), walked, context.entries.len())
    };
    let (first, _, entries) = once();
    let mut again: Vec<_> = (0..ROUNDS).map(|_| once()).collect();
    again.sort();
    let (median, walked, _) = again[ROUNDS / 2];
    println!(
        "{entries} entries: first {first:.1?}, unchanged {median:.1?} (of it the walk {walked:.1?})"
    );
}
