//! Round trip of any folder: it comes back, or is refused.

use std::os::unix::fs::symlink;
use std::path::Path;

use argo::spec::to_json;
use proptest::prelude::*;
use serde_json::json;

use crate::disk::{Disk, names, tree};

/// Generates folders: entries to create in order. Entries that cannot be created are left out.
fn folders() -> impl Strategy<Value = Vec<(String, u8, String)>> {
    let path = proptest::collection::vec("[ab.é]{1,3}", 1..4).prop_map(|parts| parts.join("/"));
    let target = proptest::collection::vec("[ab.]{1,2}", 1..4).prop_map(|parts| parts.join("/"));
    proptest::collection::vec((path, 0..3_u8, target), 0..8)
}

fn make(root: &Path, things: &[(String, u8, String)]) {
    std::fs::create_dir(root).unwrap();
    for (path, kind, text) in things {
        let path = root.join(path);
        // Skip a path that leads out, or over a link that does.
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

    /// A folder comes back unchanged, or loading refuses a link that leads out; nothing else is written.
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
