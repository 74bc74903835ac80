//! Round trip of artifacts.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use argo::spec::{Artifact, from_json, to_json};
use engine::artifacts::{Container, FileType, MadeArtifact, save_all};
use serde_json::{Value, json};

use crate::disk::{Disk, PREFIX, make_folder, mode, names};

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
    // A bucket keeps neither empty folders nor links.
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
        // A bucket keeps no permissions, and zips made by Go have none.
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
            .any(|(_, left_out)| left_out.thing == FileType::Link);
        assert_eq!(
            said,
            !archive.is_null() && archive.get("tar").is_none(),
            "{artifact}"
        );
    }
}

/// Argo packs such a file under its whole path, or looks for it at a path that no longer exists.
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
    let outputs = artifacts
        .iter()
        .zip(&paths)
        .map(|(artifact, path)| MadeArtifact {
            bucket: None,
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
fn a_log_is_saved_as_it_is() {
    let disk = Disk::new();
    std::fs::write(disk.path("log"), "line\n").unwrap();
    let saved = disk
        .store
        .save_file("main-logs", (&disk.path("log"), 0), "main.log", PREFIX)
        .unwrap();
    assert_eq!(
        to_json(&saved),
        json!({"name": "main-logs", "s3": {"key": format!("{PREFIX}/main.log")}})
    );
    assert_eq!(
        std::fs::read_to_string(disk.path("artifacts/wf/wf-main-1/main.log")).unwrap(),
        "line\n"
    );
    // A pod that printed nothing has an empty log.
    disk.store
        .save_file("main-logs", (&disk.path("none"), 0), "main.log", PREFIX)
        .unwrap();
    assert_eq!(
        std::fs::read_to_string(disk.path("artifacts/wf/wf-main-1/main.log")).unwrap(),
        ""
    );
}
