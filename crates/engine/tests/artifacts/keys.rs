//! Keys in the store.

use std::os::unix::fs::symlink;

use serde_json::json;

use crate::disk::{Disk, names};

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
    // No incomplete file remains.
    assert_eq!(names(&disk.path("artifacts/.incoming")), ["/"]);
}
