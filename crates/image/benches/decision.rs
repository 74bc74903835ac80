//! Measures how long it takes to find out that an unchanged image exists: `cargo bench -p image`.
//!
//! 10,000 files in 100 folders, with the `.dockerignore` of `init`: reads the context, calculates its tag, and asks a
//! registry on loopback. Prints a JSON line for the first time and one for a repetition without changes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program for developers"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::Path;
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use image::{Access, BuilderKind, Context, Reference, Request, Wanted, decide};
use indexmap::IndexMap;

const FOLDERS: usize = 100;
const FILES: usize = 100;
const BYTES: usize = 4096;
const ROUNDS: usize = 11;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("context");
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
    // The cache does not trust files that were just written.
    sleep(Duration::from_secs(3));
    let request = Request {
        image: Reference::parse(&format!("{}/image", registry())).unwrap(),
        folder: root.clone(),
        platform: "linux/amd64".to_owned(),
        target: None,
        build_args: IndexMap::new(),
        builder: Some(BuilderKind::None),
        command: Vec::new(),
        options: Vec::new(),
        state: Some(folder.path().join("state")),
    };
    let wanted = Wanted {
        push: true,
        ..Wanted::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let once = || {
        let start = Instant::now();
        let context = Context::read(&root, Path::new("Dockerfile")).unwrap();
        let access = Access::default();
        let decision = runtime
            .block_on(decide(&request, &context, wanted, &access))
            .unwrap();
        assert_eq!(decision.steps, [], "the image is there");
        (
            start.elapsed().as_secs_f64() * 1000.0,
            context.entries.len(),
        )
    };
    let (first, entries) = once();
    let mut again: Vec<f64> = (0..ROUNDS).map(|_| once().0).collect();
    again.sort_by(f64::total_cmp);
    let unchanged = again[ROUNDS / 2];
    println!(r#"{{"entries": {entries}, "first_ms": {first:.1}, "unchanged_ms": {unchanged:.1}}}"#);
}

/// A registry that has every image, and its address.
fn registry() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap_or(0) > 0 {
                    if line == "\r\n" {
                        let digest = "0".repeat(64);
                        let answer = format!(
                            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\
                             Docker-Content-Digest: sha256:{digest}\r\n\
                             Content-Type: application/vnd.oci.image.manifest.v1+json\r\n\r\n"
                        );
                        stream.write_all(answer.as_bytes()).unwrap();
                    }
                    line.clear();
                }
            });
        }
    });
    address
}
