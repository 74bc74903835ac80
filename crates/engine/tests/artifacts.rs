//! Artifacts are saved and loaded as Argo's executor does, and whatever an archive or a key says, nothing is read or written
//! anywhere else.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use argo::spec::{Artifact, from_json, to_json};
use engine::artifacts::{
    Container, Input, LeftOut, Limits, Loading, Output, Place, Saved, Store, Thing, load,
    read_parameter, save_all,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tempfile::TempDir;

const PREFIX: &str = "wf/wf-main-1";

/// A store, and a folder for the files of pods.
struct Disk {
    root: TempDir,
    store: Store,
}

impl Disk {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let store = Store::new(root.path().join("artifacts"));
        Self { root, store }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.root.path().join(path)
    }

    fn save(&self, artifact: &Value, path: &Path, is_mounted: bool) -> Saved {
        let artifact: Artifact = from_json(artifact).unwrap();
        let output = Output {
            artifact: &artifact,
            path,
            resolved: std::fs::canonicalize(path),
            is_mounted,
        };
        save_all(&self.store, vec![output], PREFIX)
    }

    fn load(&self, artifact: &Value, to: &str) -> Result<Loading, String> {
        self.load_with(artifact, to, None)
    }

    fn load_with(
        &self,
        artifact: &Value,
        to: &str,
        limits: Option<Limits>,
    ) -> Result<Loading, String> {
        let artifact: Artifact = from_json(artifact).unwrap();
        let place = Place::of(&artifact, &|name, key| Ok(format!("{name}-{key}")))
            .map_err(|error| error.to_string())?;
        let input = Input {
            artifact,
            place,
            to: self.path(to),
            limits,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime
            .block_on(load(&self.store, input))
            .map_err(|error| error.node_message())
    }

    /// Puts a file into the store as it is.
    fn put(&self, key: &str, content: &[u8]) {
        let path = self.store.path(key).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
}

/// All that is in a folder: path, and content, `-> target` or `/`.
fn tree(root: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut left = vec![root.to_owned()];
    while let Some(path) = left.pop() {
        let name = path.strip_prefix(root).unwrap().as_os_str();
        let name = String::from_utf8_lossy(name.as_bytes()).into_owned();
        let kind = path.symlink_metadata().unwrap();
        let what = if kind.is_symlink() {
            format!("-> {}", std::fs::read_link(&path).unwrap().display())
        } else if kind.is_dir() {
            left.extend(
                std::fs::read_dir(&path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
            "/".to_owned()
        } else {
            String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned()
        };
        found.push((name, what));
    }
    found.sort();
    found
}

fn names(root: &Path) -> Vec<String> {
    tree(root)
        .into_iter()
        .map(|(name, what)| format!("{name}{}", if what == "/" { "/" } else { "" }))
        .collect()
}

/// A folder with a file, a file below, an empty folder and a link.
fn make_folder(at: &Path) {
    std::fs::create_dir_all(at.join("sub")).unwrap();
    std::fs::create_dir(at.join("void")).unwrap();
    std::fs::write(at.join("a.txt"), "A").unwrap();
    std::fs::set_permissions(at.join("a.txt"), PermissionsExt::from_mode(0o750)).unwrap();
    std::fs::write(at.join("sub/b.txt"), "B").unwrap();
    symlink("a.txt", at.join("link")).unwrap();
}

fn mode(path: &Path) -> u32 {
    path.symlink_metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_comes_back_under_the_key_that_the_executor_gives_it() {
    for (archive, is_mounted, file_name) in [
        (Value::Null, false, "out.tgz"),
        (Value::Null, true, "out.tgz"),
        (json!({"tar": {}}), false, "out.tgz"),
        (json!({"tar": {"compressionLevel": 0}}), true, "out.tgz"),
        (json!({"none": {}}), false, "data.csv"),
        (json!({"none": {}}), true, "data.csv"),
        (json!({}), false, "data.csv"),
    ] {
        let disk = Disk::new();
        let file = disk.path("data.csv");
        std::fs::write(&file, "1,2\n").unwrap();
        let artifact = json!({"name": "out", "path": "/srv/data.csv", "archive": archive});
        let saved = disk.save(&artifact, &file, is_mounted);
        assert_eq!(saved.error, None, "{artifact}");
        let saved = to_json(&saved.artifacts[0]);
        assert_eq!(
            saved["s3"]["key"],
            format!("{PREFIX}/{file_name}"),
            "{artifact}"
        );
        assert_eq!(
            names(&disk.path("artifacts/wf")),
            ["/", "wf-main-1/", &format!("wf-main-1/{file_name}")]
        );
        assert_eq!(
            mode(&disk.path(&format!("artifacts/{PREFIX}/{file_name}"))),
            0o600
        );
        let mut input = saved.clone();
        input["path"] = json!("/in/data");
        disk.load(&input, "in/data").unwrap();
        assert_eq!(
            std::fs::read_to_string(disk.path("in/data")).unwrap(),
            "1,2\n",
            "{artifact}"
        );
        assert_eq!(names(&disk.path("in")), ["/", "data"]);
    }
}

#[test]
fn a_folder_comes_back_as_far_as_its_way_of_packing_keeps_it() {
    let all = ["/", "a.txt", "link", "sub/", "sub/b.txt", "void/"];
    // A bucket has neither empty folders nor links.
    let files = ["/", "a.txt", "sub/", "sub/b.txt"];
    let with_link = ["/", "a.txt", "link", "sub/", "sub/b.txt"];
    for (archive, is_mounted, expected) in [
        (Value::Null, false, &all[..]),
        (Value::Null, true, &all),
        (json!({"tar": {"compressionLevel": 9}}), false, &all),
        (json!({"none": {}}), false, &files),
        (json!({"none": {}}), true, &files),
        (json!({"zip": {}}), false, &with_link),
        (json!({"zip": {}}), true, &with_link),
    ] {
        let disk = Disk::new();
        make_folder(&disk.path("out"));
        let artifact = json!({"name": "out", "path": "/srv/out/", "archive": archive});
        let saved = disk.save(&artifact, &disk.path("out"), is_mounted);
        assert_eq!(saved.error, None, "{artifact}");
        disk.load(&to_json(&saved.artifacts[0]), "in").unwrap();
        assert_eq!(names(&disk.path("in")), expected, "{artifact} {is_mounted}");
        assert_eq!(
            std::fs::read_to_string(disk.path("in/sub/b.txt")).unwrap(),
            "B"
        );
        // A bucket keeps no permissions, zips made by Go have none.
        let expected = match archive
            .as_object()
            .and_then(|archive| archive.keys().next())
            .map(String::as_str)
        {
            Some("none") => 0o600,
            Some("zip") => 0o644,
            _ => 0o750,
        };
        assert_eq!(
            mode(&disk.path("in/a.txt")) & 0o750,
            expected & 0o750,
            "{artifact}"
        );
        let said = saved
            .left_out
            .iter()
            .any(|(_, left_out)| left_out.thing == Thing::Link);
        assert_eq!(
            said,
            !archive.is_null() && archive.get("tar").is_none(),
            "{artifact}"
        );
    }
}

/// The real one packs such a file under its whole path, or looks for it where it is no more.
#[test]
fn a_single_file_as_zip_goes_wrong_as_it_does_in_argo() {
    let disk = Disk::new();
    let file = disk.path("data");
    std::fs::write(&file, "x").unwrap();
    let artifact = json!({"name": "out", "path": "/srv/data", "archive": {"zip": {}}});
    let saved = disk.save(&artifact, &file, false);
    let error = saved.error.unwrap();
    assert_eq!(
        error.node_message(),
        "wait: Error (exit code 64): stat /tmp/argo/outputs/artifacts/out: no such file or directory; "
    );
    let artifact = json!({"name": "data", "path": "/srv/data", "archive": {"zip": {}}});
    let saved = disk.save(&artifact, &file, false);
    assert_eq!(saved.error, None);
    disk.load(&to_json(&saved.artifacts[0]), "in").unwrap();
    assert_eq!(
        std::fs::read_to_string(disk.path("in/argo/outputs/artifacts/data")).unwrap(),
        "x"
    );
    let saved = disk.save(&artifact, &file, true);
    disk.load(&to_json(&saved.artifacts[0]), "mounted").unwrap();
    assert_eq!(
        std::fs::read_to_string(disk.path("mounted/srv/data")).unwrap(),
        "x"
    );
}

#[test]
fn what_is_missing_is_said_in_the_words_of_the_executor() {
    let disk = Disk::new();
    symlink("nowhere", disk.path("dangling")).unwrap();
    symlink("loop", disk.path("loop")).unwrap();
    std::fs::write(disk.path("file"), "").unwrap();
    let socket = disk.path("socket");
    let _listens = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let packed = "/var/run/argo/outputs/artifacts/srv/x.tgz";
    let none = json!({"none": {}});
    for (path, archive, is_mounted, container, message) in [
        (
            "nothing",
            Value::Null,
            false,
            Container::Wait,
            format!("open {packed}: no such file or directory; "),
        ),
        (
            "nothing",
            none.clone(),
            false,
            Container::Wait,
            format!("open {packed}: no such file or directory; "),
        ),
        (
            "nothing",
            none,
            true,
            Container::Wait,
            "/srv/x no such file or directory; ".to_owned(),
        ),
        (
            "nothing",
            Value::Null,
            true,
            Container::Wait,
            "stat /mainctrfs/srv/x: no such file or directory; ".to_owned(),
        ),
        (
            "dangling",
            Value::Null,
            false,
            Container::Wait,
            format!("open {packed}: no such file or directory; "),
        ),
        (
            "loop",
            Value::Null,
            false,
            Container::Main,
            format!(
                "failed to tarball the output /srv/x to {packed}: stat /srv/x: too many levels of symbolic links"
            ),
        ),
        (
            "file/below",
            Value::Null,
            false,
            Container::Main,
            format!(
                "failed to tarball the output /srv/x to {packed}: stat /srv/x: not a directory"
            ),
        ),
        (
            "socket",
            Value::Null,
            false,
            Container::Main,
            format!(
                "failed to tarball the output /srv/x to {packed}: /srv/x is not a regular file or directory"
            ),
        ),
    ] {
        let artifact = json!({"name": "x", "path": "/srv/x", "archive": archive});
        let saved = disk.save(&artifact, &disk.path(path), is_mounted);
        let error = saved.error.unwrap();
        assert_eq!(
            (error.container, error.message),
            (container, message),
            "{path}"
        );
        let mut optional = artifact.clone();
        optional["optional"] = json!(true);
        let saved = disk.save(&optional, &disk.path(path), is_mounted);
        assert_eq!(
            saved.error.is_none(),
            ["nothing", "dangling"].contains(&path),
            "{path}"
        );
        assert!(saved.artifacts.is_empty());
    }
}

#[test]
fn each_artifact_that_is_missing_is_named_and_the_others_are_saved() {
    let disk = Disk::new();
    std::fs::write(disk.path("b"), "").unwrap();
    let artifacts: Vec<Artifact> = ["a", "b", "c"]
        .map(|name| from_json(&json!({"name": name, "path": format!("/{name}")})).unwrap())
        .into();
    let paths: Vec<PathBuf> = ["a", "b", "c"].map(|name| disk.path(name)).into();
    let outputs = artifacts.iter().zip(&paths).map(|(artifact, path)| Output {
        artifact,
        path,
        resolved: std::fs::canonicalize(path),
        is_mounted: false,
    });
    let saved = save_all(&disk.store, outputs.collect(), PREFIX);
    assert_eq!(
        saved.error.unwrap().node_message(),
        "wait: Error (exit code 64): open /var/run/argo/outputs/artifacts/a.tgz: no such file or directory; \
         open /var/run/argo/outputs/artifacts/c.tgz: no such file or directory; "
    );
    assert_eq!(
        saved
            .artifacts
            .iter()
            .map(|saved| saved.name.as_str())
            .collect::<Vec<_>>(),
        ["b"]
    );
}

#[test]
fn an_output_parameter_is_a_file_less_one_end_of_line() {
    let disk = Disk::new();
    let file = disk.path("p");
    std::fs::write(&file, "a\n\n").unwrap();
    assert_eq!(read_parameter("/tmp/p", Ok(&file), false).unwrap(), "a\n");
    std::fs::write(&file, b"\xff").unwrap();
    assert_eq!(
        read_parameter("/tmp/p", Ok(&file), false).unwrap(),
        "\u{fffd}"
    );
    for (is_mounted, message) in [
        (
            false,
            "wait: Error (exit code 64): open /var/run/argo/outputs/parameters/tmp/p: no such file or directory",
        ),
        (
            true,
            "wait: Error (exit code 64): open /mainctrfs/tmp/p: no such file or directory",
        ),
    ] {
        let error = read_parameter("/tmp/p", Ok(&disk.path("nothing")), is_mounted).unwrap_err();
        assert_eq!(error.node_message(), message);
        assert!(error.is_not_found);
    }
    assert!(read_parameter("/tmp/p", Ok(disk.root.path()), false).is_err());
}

#[test]
fn an_artifact_that_is_not_supplied_or_not_there_is_an_error_or_is_left_out() {
    let disk = Disk::new();
    for (artifact, message, optional) in [
        (
            json!({"name": "x", "path": "/x"}),
            "init: Error (exit code 64): required artifact 'x' not supplied",
            Loading::NotSupplied,
        ),
        (
            json!({"name": "x", "path": "/x", "s3": {"key": "no/such"}}),
            "init: Error (exit code 64): artifact x failed to load: The specified key does not exist.",
            Loading::NotFound,
        ),
    ] {
        assert_eq!(disk.load(&artifact, "x").unwrap_err(), message);
        let mut artifact = artifact;
        artifact["optional"] = json!(true);
        // What is mounted and not there, Kubernetes makes a folder of.
        let is_folder = optional == Loading::NotFound;
        assert_eq!(disk.load(&artifact, "x").unwrap(), optional);
        assert_eq!(disk.path("x").is_dir(), is_folder);
    }
    let own =
        json!({"name": "x", "path": "/x", "s3": {"endpoint": "e", "bucket": "b", "key": "k"}});
    assert!(
        disk.load(&own, "x")
            .unwrap_err()
            .contains("`s3` names a place of its own")
    );
    // Nothing is left beside where they were to go.
    assert_eq!(names(disk.root.path()), ["/", "x/"]);
}

#[test]
fn the_content_of_the_manifest_is_a_file_with_the_permissions_that_are_asked_for() {
    let disk = Disk::new();
    let raw = json!({"name": "x", "path": "/x", "raw": {"data": "#!/bin/sh\n"}, "mode": 0o755});
    disk.load(&raw, "deep/er/x").unwrap();
    assert_eq!(
        std::fs::read_to_string(disk.path("deep/er/x")).unwrap(),
        "#!/bin/sh\n"
    );
    assert_eq!(mode(&disk.path("deep/er/x")), 0o755);
    // As an output there is no place for it.
    assert_eq!(
        disk.save(&raw, &disk.path("deep/er/x"), false)
            .error
            .unwrap()
            .message,
        "Raw output artifacts unsupported; "
    );
}

#[test]
fn a_mode_is_for_the_folder_or_for_all_that_is_in_it() {
    for (recurse, file) in [(false, 0o750), (true, 0o444)] {
        let disk = Disk::new();
        make_folder(&disk.path("out"));
        let saved = disk.save(
            &json!({"name": "out", "path": "/out"}),
            &disk.path("out"),
            false,
        );
        let mut input = to_json(&saved.artifacts[0]);
        input["mode"] = json!(0o444);
        input["recurseMode"] = json!(recurse);
        disk.load(&input, "in").unwrap();
        assert_eq!(mode(&disk.path("in/a.txt")), file);
        assert_eq!(mode(&disk.path("in")), 0o744);
    }
}

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

/// An archive with any names, whatever the crate thinks of them.
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
        // Neither text leads out. The second link stands less deep than its name says.
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
    let expected = vec![left_out("h", Thing::HardLink), left_out("d", Thing::Device)];
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

#[test]
fn a_key_never_leads_out_of_the_store() {
    let disk = Disk::new();
    for key in ["../x", "a/../../x", "a/..", "./a", ".incoming/x", "", "/"] {
        assert!(disk.store.path(key).is_err(), "{key}");
    }
    assert_eq!(
        disk.store.path("//a//b/").unwrap(),
        disk.path("artifacts/a/b")
    );
    std::fs::write(disk.path("secret"), "s").unwrap();
    std::fs::create_dir_all(disk.path("artifacts")).unwrap();
    symlink(disk.root.path(), disk.path("artifacts/link")).unwrap();
    for key in ["../secret", "link/secret"] {
        let artifact = json!({"name": "x", "path": "/x", "gcs": {"key": key}});
        assert!(disk.load(&artifact, "x").is_err(), "{key}");
        assert!(!disk.path("x").exists());
    }
    let output = json!({"name": "x", "path": "/secret", "s3": {"key": "../here"}});
    assert!(
        disk.save(&output, &disk.path("secret"), false)
            .error
            .is_some()
    );
    assert!(!disk.path("here").exists());
}

#[test]
fn a_key_may_be_below_others_and_be_written_again() {
    let disk = Disk::new();
    for (content, key) in [("1", "a/b"), ("2", "a/c/d"), ("3", "a/b")] {
        std::fs::write(disk.path("f"), content).unwrap();
        let artifact =
            json!({"name": "x", "path": "/f", "archive": {"none": {}}, "oss": {"key": key}});
        assert_eq!(disk.save(&artifact, &disk.path("f"), false).error, None);
    }
    disk.load(
        &json!({"name": "x", "path": "/in", "azure": {"blob": "a"}}),
        "in",
    )
    .unwrap();
    assert_eq!(names(&disk.path("in")), ["/", "b", "c/", "c/d"]);
    assert_eq!(std::fs::read_to_string(disk.path("in/b")).unwrap(), "3");
    let below = json!({"name": "x", "path": "/f", "archive": {"none": {}}, "s3": {"key": "a/b/c"}});
    let error = disk.save(&below, &disk.path("f"), false).error.unwrap();
    assert!(
        error
            .message
            .starts_with("cannot save under the key `a/b/c`: "),
        "{error}"
    );
    // Nothing that is not whole stays.
    assert_eq!(names(&disk.path("artifacts/.incoming")), ["/"]);
}

#[test]
fn names_that_are_not_text_and_long_ones_come_back() {
    let disk = Disk::new();
    let folder = disk.path("out");
    let deep = folder.join("d".repeat(150)).join("e".repeat(150));
    std::fs::create_dir_all(&deep).unwrap();
    let odd = OsStr::from_bytes(b"\xff\xfe \n");
    std::fs::write(deep.join(odd), "x").unwrap();
    symlink("t".repeat(200), folder.join("link")).unwrap();
    for archive in [json!({"tar": {}}), json!({"none": {}})] {
        let artifact = json!({"name": "out", "path": "/out", "archive": archive});
        let saved = disk.save(&artifact, &folder, false);
        assert_eq!(saved.error, None);
        let to = format!("in-{}", archive.as_object().unwrap().keys().next().unwrap());
        disk.load(&to_json(&saved.artifacts[0]), &to).unwrap();
        let back = disk
            .path(&to)
            .join("d".repeat(150))
            .join("e".repeat(150))
            .join(odd);
        assert_eq!(std::fs::read_to_string(back).unwrap(), "x");
    }
    assert_eq!(
        std::fs::read_link(disk.path("in-tar/link")).unwrap(),
        Path::new(&"t".repeat(200))
    );
    let zip = json!({"name": "out", "path": "/out", "archive": {"zip": {}}});
    assert!(
        disk.save(&zip, &folder, false)
            .error
            .unwrap()
            .message
            .contains("it is not UTF-8")
    );
}

#[test]
fn special_files_are_left_out_and_said_and_a_socket_is_an_error() {
    let disk = Disk::new();
    let folder = disk.path("out");
    make_folder(&folder);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        folder.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o600),
        0,
    )
    .unwrap();
    for archive in [json!({"tar": {}}), json!({"none": {}}), json!({"zip": {}})] {
        let artifact = json!({"name": "out", "path": "/out", "archive": archive});
        let saved = disk.save(&artifact, &folder, false);
        assert_eq!(saved.error, None);
        let pipe = LeftOut {
            path: "out/pipe".into(),
            thing: Thing::Pipe,
        };
        assert!(
            saved.left_out.contains(&("out".to_owned(), pipe)),
            "{archive}"
        );
    }
    let _listens = std::os::unix::net::UnixListener::bind(folder.join("socket")).unwrap();
    let saved = disk.save(&json!({"name": "out", "path": "/out"}), &folder, false);
    assert_eq!(
        saved.error.unwrap().node_message(),
        "main: Error (exit code 64): failed to tarball the output /out to /var/run/argo/outputs/artifacts/out.tgz: \
         archive/tar: sockets not supported: out/socket"
    );
}

/// Argo packs the file that a link leads to, and of a folder the link alone.
#[test]
fn an_output_that_is_a_link_is_the_file_and_never_the_folder() {
    let disk = Disk::new();
    make_folder(&disk.path("real"));
    symlink(disk.path("real/a.txt"), disk.path("file")).unwrap();
    symlink(disk.path("real"), disk.path("folder")).unwrap();
    let saved = disk.save(
        &json!({"name": "x", "path": "/file"}),
        &disk.path("file"),
        false,
    );
    disk.load(&to_json(&saved.artifacts[0]), "in").unwrap();
    assert_eq!(std::fs::read_to_string(disk.path("in")).unwrap(), "A");
    let saved = disk.save(
        &json!({"name": "x", "path": "/folder"}),
        &disk.path("folder"),
        false,
    );
    assert_eq!(saved.error, None);
    let said = disk.load(&to_json(&saved.artifacts[0]), "out").unwrap_err();
    assert!(
        said.starts_with("init: Error (exit code 64): illegal symlink target: folder -> "),
        "{said}"
    );
    let none = json!({"name": "x", "path": "/folder", "archive": {"none": {}}});
    let error = disk.save(&none, &disk.path("folder"), false).error.unwrap();
    assert!(
        error
            .message
            .starts_with("illegal symlink target: folder -> "),
        "{error}"
    );
}

/// Answers so many requests, each with what is given, and gives what was asked.
fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    let thread = std::thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.push(byte[0]);
            }
            stream
                .write_all(answer.replace("OWN", &own).as_bytes())
                .unwrap();
            String::from_utf8(asked).unwrap()
        };
        answers.into_iter().map(answer).collect()
    });
    (address, thread)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_url_is_asked_with_the_headers_and_the_password_of_the_artifact() {
    let disk = Disk::new();
    let moved = answer("302 Found", "location: OWN/b\r\n", "");
    let (address, asked) = server(vec![moved, answer("200 OK", "", "content")]);
    let artifact = json!({"name": "x", "path": "/x", "http": {
        "url": format!("{address}/a?token=1"),
        "headers": [{"name": "X-One", "value": "1"}],
        "auth": {"basicAuth": {
            "usernameSecret": {"name": "s", "key": "user"},
            "passwordSecret": {"name": "s", "key": "password"},
        }},
    }});
    disk.load(&artifact, "x").unwrap();
    assert_eq!(std::fs::read_to_string(disk.path("x")).unwrap(), "content");
    let asked = asked.join().unwrap();
    assert!(
        asked[0].starts_with("GET /a?token=1 HTTP/1.1\r\n"),
        "{asked:?}"
    );
    assert!(
        asked[0].contains("x-one: 1\r\n") && asked[0].contains("authorization: Basic "),
        "{asked:?}"
    );
    assert!(asked[1].starts_with("GET /b "));
}

#[test]
fn what_a_url_answers_instead_is_said_without_secrets() {
    for (status, headers, message) in [
        ("404 Not Found", "", Some("404 Not Found")),
        (
            "500 Internal Server Error",
            "",
            Some("loading content from SHOWN failed with reason: 500 Internal Server Error"),
        ),
        ("302 Found", "location: file:///etc/passwd\r\n", None),
    ] {
        let disk = Disk::new();
        let (address, _asked) = server(vec![answer(status, headers, "")]);
        let url = format!(
            "{}/a?token=hidden",
            address.replace("://", "://user:hidden@")
        );
        let artifact = json!({"name": "x", "path": "/x", "http": {"url": url}});
        let said = disk.load(&artifact, "x").unwrap_err();
        assert!(!said.contains("hidden"), "{said}");
        assert!(!disk.path("x").exists());
        if let Some(message) = message {
            let shown = format!("{}/a?%E2%80%A6", address.replace("://", "://user:xxxxx@"));
            let message = message.replace("SHOWN", &shown);
            assert_eq!(
                said,
                format!("init: Error (exit code 64): artifact x failed to load: {message}")
            );
        }
    }
    let disk = Disk::new();
    let artifact = json!({"name": "x", "path": "/x", "http": {"url": "file:///etc/passwd"}});
    assert_eq!(
        disk.load(&artifact, "x").unwrap_err(),
        "init: Error (exit code 64): artifact x failed to load: Get \"file:///etc/passwd\": unsupported protocol scheme \"file\""
    );
    let (address, _asked) = server(vec![answer("404 Not Found", "", "")]);
    let artifact = json!({"name": "x", "path": "/x", "optional": true, "http": {"url": address}});
    assert_eq!(disk.load(&artifact, "x").unwrap(), Loading::NotFound);
    let artifact = json!({"name": "x", "path": "/x", "http": {"url": "http://h", "auth": {"oauth2": {"scopes": ["a"]}}}});
    assert!(
        disk.load(&artifact, "x")
            .unwrap_err()
            .contains("http.auth.oauth2 is not supported here")
    );
}

#[test]
fn a_log_is_saved_as_it_is() {
    let disk = Disk::new();
    std::fs::write(disk.path("log"), "line\n").unwrap();
    let saved = disk
        .store
        .save_file("main-logs", &disk.path("log"), "main.log", PREFIX)
        .unwrap();
    assert_eq!(
        to_json(&saved),
        json!({"name": "main-logs", "s3": {"key": format!("{PREFIX}/main.log")}})
    );
    assert_eq!(
        std::fs::read_to_string(disk.path("artifacts/wf/wf-main-1/main.log")).unwrap(),
        "line\n"
    );
}

mod any_folder {
    use proptest::prelude::*;

    use super::*;

    /// Makes plans of folders: entries that are made one after the other. One that cannot be made is not there.
    fn folders() -> impl Strategy<Value = Vec<(String, u8, String)>> {
        let path = proptest::collection::vec("[ab.é]{1,3}", 1..4).prop_map(|parts| parts.join("/"));
        let target =
            proptest::collection::vec("[ab.]{1,2}", 1..4).prop_map(|parts| parts.join("/"));
        proptest::collection::vec((path, 0..3_u8, target), 0..8)
    }

    fn make(root: &Path, things: &[(String, u8, String)]) {
        std::fs::create_dir(root).unwrap();
        for (path, kind, text) in things {
            let path = root.join(path);
            // A path that leads out, or over a link that does, makes nothing.
            let parent = path.parent().unwrap();
            if path
                .components()
                .any(|part| part == std::path::Component::ParentDir)
            {
                continue;
            }
            let _ = std::fs::create_dir_all(parent);
            if std::fs::canonicalize(parent).is_ok_and(|parent| parent.starts_with(root)) {
                let _ = match kind {
                    0 => std::fs::write(&path, text),
                    1 => std::fs::create_dir(&path),
                    _ => symlink(text, &path),
                };
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        /// A folder comes back as it was, or loading it is refused because a link leads out; nothing else is written.
        #[test]
        fn comes_back_or_is_refused(things in folders()) {
            let disk = Disk::new();
            let root = std::fs::canonicalize(disk.root.path()).unwrap();
            make(&root.join("out"), &things);
            let saved = disk.save(&json!({"name": "out", "path": "/out"}), &root.join("out"), false);
            prop_assert_eq!(saved.error, None);
            match disk.load(&to_json(&saved.artifacts[0]), "in/x") {
                Ok(_) => prop_assert_eq!(tree(&root.join("out")), tree(&root.join("in/x"))),
                Err(said) => {
                    prop_assert!(said.contains("illegal symlink target"), "{}", said);
                    prop_assert_eq!(names(&root.join("in")), ["/"]);
                }
            }
        }
    }
}

#[test]
#[ignore = "it takes a while"]
fn a_hundred_thousand_files_come_back() {
    let disk = Disk::new();
    for folder in 0..100 {
        let folder = disk.path(&format!("out/{folder}"));
        std::fs::create_dir_all(&folder).unwrap();
        for file in 0..1000 {
            std::fs::write(folder.join(file.to_string()), "x").unwrap();
        }
    }
    for archive in [json!({"tar": {}}), json!({"none": {}}), json!({"zip": {}})] {
        let artifact = json!({"name": "out", "path": "/out", "archive": archive});
        let saved = disk.save(&artifact, &disk.path("out"), false);
        assert_eq!(saved.error, None);
        disk.load(&to_json(&saved.artifacts[0]), "in").unwrap();
        assert_eq!(names(&disk.path("in")).len(), 100_101);
        std::fs::remove_dir_all(disk.path("in")).unwrap();
    }
}
