//! Unpacked archives: no archive can write outside of its folder.

use std::io::Write;

use engine::artifacts::{FileType, LeftOut, Limits, Loading};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::disk::{Disk, names};

#[test]
fn a_tar_is_known_when_it_is_seen_and_a_zip_when_it_is_said() {
    let disk = Disk::new();
    let tar = tar_of(&[("f", Make::File("x"))]);
    disk.put("tar", &tar);
    disk.put("gzip", &gzip(b"no tar"));
    disk.put("text", b"text");
    for (key, archive, expected) in [
        ("tar", Value::Null, Ok("x".into())),
        ("tar", json!({}), Ok("x".into())),
        (
            "tar",
            json!({"none": {}}),
            Ok(String::from_utf8_lossy(&tar).into_owned()),
        ),
        (
            "gzip",
            Value::Null,
            Ok(String::from_utf8_lossy(&gzip(b"no tar")).into_owned()),
        ),
        ("text", Value::Null, Ok("text".to_owned())),
        (
            "text",
            json!({"tar": {}}),
            Err("init: Error (exit code 64): gzip: invalid header"),
        ),
    ] {
        let artifact = json!({"name": "x", "path": "/x", "s3": {"key": key}, "archive": archive});
        let loaded = disk.load(&artifact, "x");
        match expected {
            Ok(text) => {
                loaded.unwrap();
                assert_eq!(
                    String::from_utf8_lossy(&std::fs::read(disk.path("x")).unwrap()),
                    text,
                    "{artifact}"
                );
            }
            Err(message) => assert_eq!(loaded.unwrap_err(), message),
        }
    }
    let zip = json!({"name": "x", "path": "/x", "s3": {"key": "text"}, "archive": {"zip": {}}});
    assert!(disk.load(&zip, "x").is_err());
}

enum Make<'a> {
    File(&'a str),
    Folder,
    Link(&'a str),
    HardLink(&'a str),
    Device,
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(content).unwrap();
    gzip.finish().unwrap()
}

/// Builds an archive with any names, including those that the crate refuses.
fn tar_of(entries: &[(&str, Make<'_>)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, make) in entries {
        let mut header = tar::Header::new_old();
        let (kind, target, content) = match make {
            Make::File(content) => (b'0', "", *content),
            Make::Folder => (b'5', "", ""),
            Make::Link(target) => (b'2', *target, ""),
            Make::HardLink(target) => (b'1', *target, ""),
            Make::Device => (b'3', "", ""),
        };
        let old = header.as_old_mut();
        old.name[..name.len()].copy_from_slice(name.as_bytes());
        old.linkname[..target.len()].copy_from_slice(target.as_bytes());
        old.linkflag = [kind];
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_size(content.len() as u64);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content.as_bytes());
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.resize(tar.len() + 1024, 0);
    gzip(&tar)
}

#[test]
fn an_archive_writes_nothing_outside_and_makes_no_link_that_leads_out() {
    use Make::{File, Folder, Link};
    for (entries, message) in [
        (vec![("../out", File("x"))], "illegal file path: ../out"),
        (
            vec![("a/../../out", File("x"))],
            "illegal file path: a/../../out",
        ),
        (
            vec![("./", Folder), ("./a", File("x"))],
            "illegal file path: ./",
        ),
        (
            vec![("l", Link("/etc/passwd"))],
            "illegal symlink target: l -> /etc/passwd",
        ),
        (
            vec![("l", Link("../x"))],
            "illegal symlink target: l -> ../x",
        ),
        (
            vec![("a/l", Link("../../x"))],
            "illegal symlink target: a/l -> ../../x",
        ),
        (vec![("l", Link("."))], "illegal symlink target: l -> ."),
        // Neither link text leads out, but the second link is less deep than its name says.
        (
            vec![
                ("r", Folder),
                ("a/b/c/l", Link("../../../r")),
                ("a/b/c/l/up", Link("../../../../x")),
            ],
            "illegal file path after symlink resolution: a/b/c/l is behind a link",
        ),
        (
            vec![
                ("r", Folder),
                ("a/b/c/l", Link("../../../r")),
                ("up", Link("a/b/c/l/../../x")),
            ],
            "illegal symlink target: up -> a/b/c/l/../../x",
        ),
        (
            vec![("d", Folder), ("l", Link("d")), ("l/f", File("x"))],
            "illegal file path after symlink resolution: l is behind a link",
        ),
        (
            vec![("d/g", File("")), ("l", Link("d/g")), ("l", File("x"))],
            "open l: too many levels of symbolic links",
        ),
        (
            vec![("f", File("")), ("f/g", File(""))],
            "mkdir f: not a directory",
        ),
    ] {
        let disk = Disk::new();
        disk.put("bad", &tar_of(&entries));
        let artifact = json!({"name": "x", "path": "/in/x", "s3": {"key": "bad"}});
        let said = disk.load(&artifact, "in/x").unwrap_err();
        assert_eq!(said, format!("init: Error (exit code 64): {message}"));
        assert_eq!(names(&disk.path("in")), ["/"], "{message}");
        assert!(!disk.path("out").exists());
    }
}

#[test]
fn what_argo_does_not_unpack_is_said() {
    let disk = Disk::new();
    disk.put(
        "odd",
        &tar_of(&[
            ("f", Make::File("x")),
            ("h", Make::HardLink("f")),
            ("d", Make::Device),
        ]),
    );
    let artifact = json!({"name": "x", "path": "/x", "s3": {"key": "odd"}});
    let left_out = |path: &str, thing| LeftOut {
        path: path.into(),
        thing,
    };
    let expected = vec![
        left_out("h", FileType::HardLink),
        left_out("d", FileType::Device),
    ];
    assert_eq!(
        disk.load(&artifact, "x").unwrap(),
        Loading::Loaded { left_out: expected }
    );
    assert_eq!(std::fs::read_to_string(disk.path("x")).unwrap(), "x");
}

#[test]
fn a_zip_writes_nothing_outside() {
    for (name, is_illegal) in [
        ("../out", true),
        ("a/../../out", true),
        ("/abs", false),
        ("a/b", false),
    ] {
        let disk = Disk::new();
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .unwrap();
        zip.write_all(b"x").unwrap();
        disk.put("zip", &zip.finish().unwrap().into_inner());
        let artifact =
            json!({"name": "x", "path": "/in/x", "s3": {"key": "zip"}, "archive": {"zip": {}}});
        let loaded = disk.load(&artifact, "in/x");
        if is_illegal {
            assert_eq!(
                loaded.unwrap_err(),
                format!("init: Error (exit code 64): {name}: Illegal file path")
            );
        } else {
            loaded.unwrap();
        }
        assert!(!disk.path("out").exists() && !disk.path("in/out").exists());
    }
}

#[test]
fn a_small_archive_does_not_become_as_large_as_it_likes() {
    let disk = Disk::new();
    let large = "0".repeat(1 << 20);
    disk.put("bytes", &tar_of(&[("f", Make::File(&large))]));
    let names: Vec<String> = (0..20).map(|number| format!("f{number}")).collect();
    let entries: Vec<_> = names
        .iter()
        .map(|name| (name.as_str(), Make::File("")))
        .collect();
    disk.put("entries", &tar_of(&entries));
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("f", zip::write::SimpleFileOptions::default())
        .unwrap();
    zip.write_all(large.as_bytes()).unwrap();
    disk.put("zip", &zip.finish().unwrap().into_inner());
    let limits = Some(Limits {
        bytes: 1000,
        entries: 10,
    });
    for (key, archive, message) in [
        (
            "bytes",
            json!({"tar": {}}),
            "it holds more than 1000 bytes, which is the limit here",
        ),
        (
            "entries",
            json!({"tar": {}}),
            "it holds more than 10 files, which is the limit here",
        ),
        (
            "zip",
            json!({"zip": {}}),
            "it holds more than 1000 bytes, which is the limit here",
        ),
    ] {
        let artifact =
            json!({"name": "x", "path": "/in/x", "s3": {"key": key}, "archive": archive});
        let said = disk.load_with(&artifact, "in/x", limits).unwrap_err();
        assert_eq!(said, format!("init: Error (exit code 64): {message}"));
        assert_eq!(self::names(&disk.path("in")), ["/"]);
        disk.load(&artifact, key).unwrap();
    }
}
