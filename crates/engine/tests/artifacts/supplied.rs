//! Input artifacts: supplied, optional, and raw ones.

use argo::spec::to_json;
use engine::artifacts::Loading;
use serde_json::json;

use crate::disk::{Disk, make_folder, mode, names};

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
        // Kubernetes makes a folder for a missing mount.
        let is_folder = optional == Loading::NotFound;
        assert_eq!(disk.load(&artifact, "x").unwrap(), optional);
        assert_eq!(disk.path("x").is_dir(), is_folder);
    }
    let own = json!({"name": "x", "path": "/x", "gcs": {"bucket": "b", "key": "k"}});
    assert!(
        disk.load(&own, "x")
            .unwrap_err()
            .contains("`gcs` names a place of its own")
    );
    // Nothing else remains in the target folder.
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
    // A raw artifact is no valid output location.
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
