//! Special files: odd and long names, links, sockets, and very many files.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use argo::spec::to_json;
use engine::artifacts::{FileType, LeftOut};
use serde_json::json;

use crate::disk::{Disk, make_folder, names};

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
            thing: FileType::Pipe,
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

/// Argo packs the target of a link to a file, but only the link if it leads to a folder.
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
