//! Changes that give an image another tag, and changes that do not.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fs::{File, FileTimes};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use image::{Context, Inputs, content_tag};
use indexmap::IndexMap;

struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Self {
        let tree = Self(tempfile::tempdir().unwrap());
        tree.write("Dockerfile", "FROM scratch\n");
        tree.write(".dockerignore", "ignored\n");
        tree.write("src/a.py", "a");
        tree.write("src/b.py", "b");
        tree
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join("context").join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs_err::create_dir_all(self.at(name).parent().unwrap()).unwrap();
        fs_err::write(self.at(name), text).unwrap();
    }

    /// Sets the modification time of a file `seconds` into the past.
    fn age(&self, name: &str, seconds: u64) {
        let time = SystemTime::now() - Duration::from_secs(seconds);
        let times = FileTimes::new().set_modified(time);
        File::options()
            .write(true)
            .open(self.at(name))
            .unwrap()
            .set_times(times)
            .unwrap();
    }

    fn tag_with(&self, platform: &str, target: Option<&str>, arguments: &[(&str, &str)]) -> String {
        let context = Context::read(&self.at(""), Path::new("Dockerfile")).unwrap();
        let build_args: IndexMap<String, String> = arguments
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let inputs = Inputs {
            platform,
            target,
            build_args: &build_args,
            state: Some(&self.0.path().join("state")),
        };
        content_tag(&context, inputs).unwrap().to_string()
    }

    fn tag(&self) -> String {
        self.tag_with("linux/amd64", None, &[])
    }
}

#[test]
fn a_tag_is_the_same_wherever_the_files_are() {
    let (one, other) = (Tree::new(), Tree::new());
    other.age("src/a.py", 1_000_000);
    assert_eq!(one.tag(), other.tag());
    // The format of the hash is fixed: another value here means a rebuild for every user.
    insta::assert_snapshot!(one.tag());
}

#[test]
fn everything_that_is_built_from_changes_the_tag() {
    type Change<'a> = (&'a str, &'a dyn Fn(&Tree));
    let changes: &[Change<'_>] = &[
        ("content", &|tree| tree.write("src/a.py", "c")),
        ("another file", &|tree| tree.write("src/c.py", "")),
        ("a folder", &|tree| {
            fs_err::create_dir(tree.at("empty")).unwrap();
        }),
        ("one less", &|tree| {
            fs_err::remove_file(tree.at("src/b.py")).unwrap();
        }),
        ("another name", &|tree| {
            fs_err::rename(tree.at("src/b.py"), tree.at("src/B.py")).unwrap();
        }),
        ("the Dockerfile", &|tree| {
            tree.write("Dockerfile", "FROM other\n");
        }),
        ("executable", &|tree| {
            fs_err::set_permissions(tree.at("src/a.py"), PermissionsExt::from_mode(0o755)).unwrap();
        }),
        ("a link", &|tree| {
            std::os::unix::fs::symlink("a", tree.at("link")).unwrap();
        }),
        ("where a link leads", &|tree| {
            std::os::unix::fs::symlink("b", tree.at("link")).unwrap();
        }),
        ("a link for a file", &|tree| {
            fs_err::remove_file(tree.at("src/a.py")).unwrap();
            std::os::unix::fs::symlink("a", tree.at("src/a.py")).unwrap();
        }),
        ("contents swapped", &|tree| {
            tree.write("src/a.py", "b");
            tree.write("src/b.py", "a");
        }),
    ];
    let mut tags = vec![("nothing", Tree::new().tag())];
    let tree = Tree::new();
    tags.push(("platform", tree.tag_with("linux/arm64", None, &[])));
    tags.push(("target", tree.tag_with("linux/amd64", Some("run"), &[])));
    tags.push((
        "argument",
        tree.tag_with("linux/amd64", None, &[("A", "1")]),
    ));
    tags.push((
        "its value",
        tree.tag_with("linux/amd64", None, &[("A", "2")]),
    ));
    tags.push((
        "no border",
        tree.tag_with("linux/amd64", None, &[("A1", "")]),
    ));
    for (name, change) in changes {
        let tree = Tree::new();
        tree.tag();
        change(&tree);
        tags.push((name, tree.tag()));
    }
    for (index, (name, tag)) in tags.iter().enumerate() {
        assert_eq!(tag.len(), 16);
        let same = tags[..index].iter().find(|(_, other)| other == tag);
        assert!(same.is_none(), "{name} is as {same:?}");
    }
}

#[test]
fn what_is_not_built_from_does_not_count() {
    let tree = Tree::new();
    let before = tree.tag_with("linux/amd64", None, &[("A", "1"), ("B", "2")]);
    tree.write("ignored/x", "x");
    tree.age("src/b.py", 1000);
    fs_err::set_permissions(tree.at("src/a.py"), PermissionsExt::from_mode(0o600)).unwrap();
    let after = tree.tag_with("linux/amd64", None, &[("B", "2"), ("A", "1")]);
    assert_eq!(before, after);
}

#[test]
fn a_state_folder_in_the_context_does_not_count() {
    let tree = Tree::new();
    let tag = || {
        let context = Context::read(&tree.at(""), Path::new("Dockerfile")).unwrap();
        let build_args = IndexMap::new();
        let inputs = Inputs {
            platform: "linux/amd64",
            target: None,
            build_args: &build_args,
            state: Some(&tree.at(".argo-kedro")),
        };
        content_tag(&context, inputs).unwrap().to_string()
    };
    let before = tag();
    tree.write(".argo-kedro/history.db", "x");
    assert_eq!(tag(), before);
    assert_eq!(tag(), tree.tag_without(".argo-kedro"));
}

impl Tree {
    fn tag_without(&self, folder: &str) -> String {
        fs_err::remove_dir_all(self.at(folder)).unwrap();
        self.tag()
    }
}

#[test]
fn a_file_of_the_same_size_and_time_is_read_again() {
    let tree = Tree::new();
    for round in 0..50 {
        // Within one tick of the clock, both writes have the same times.
        tree.write("src/a.py", "a");
        let before = tree.tag();
        tree.write("src/a.py", "b");
        assert_ne!(tree.tag(), before, "round {round}");
    }
}

#[test]
fn a_time_that_is_put_back_hides_nothing() {
    let tree = Tree::new();
    let time = SystemTime::now() - Duration::from_secs(1000);
    let put_back = || {
        let times = FileTimes::new().set_modified(time);
        let file = File::options()
            .write(true)
            .open(tree.at("src/a.py"))
            .unwrap();
        file.set_times(times).unwrap();
    };
    put_back();
    let before = tree.tag();
    tree.write("src/a.py", "b");
    put_back();
    assert_ne!(tree.tag(), before);
}

#[test]
fn a_broken_or_unwritable_cache_changes_nothing() {
    let tree = Tree::new();
    let before = tree.tag();
    let cache = tree.0.path().join("state/digests");
    for content in [&b""[..], b"x", b"argo-kedro digests 1\n", &[0; 4096]] {
        fs_err::write(&cache, content).unwrap();
        assert_eq!(tree.tag(), before);
    }
    fs_err::remove_dir_all(tree.0.path().join("state")).unwrap();
    fs_err::write(tree.0.path().join("state"), "").unwrap();
    assert_eq!(tree.tag(), before);
}
