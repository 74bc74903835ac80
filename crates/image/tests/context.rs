//! Files of a context that a `.dockerignore` keeps. The expected result of each row comes from moby/patternmatcher.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use image::{Context, EntryKind, ImageError};

const FILES: [&str; 16] = [
    "Dockerfile",
    "[x].txt",
    "a b/c",
    "a.txt",
    "a/b/c.txt",
    "a/b/d/e.txt",
    "a/b.txt",
    "bb",
    "conf/base/argo.yml",
    "conf/local/.gitkeep",
    "conf/local/credentials.yml",
    "docs/a.txt",
    "docs/deep/a.txt",
    "é.txt",
    "x/y/z",
    "xay",
];

fn tree() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in FILES {
        let path = folder.path().join(file);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, file).unwrap();
    }
    folder
}

/// The excluded files, or the error.
fn ignored(text: &str) -> Result<Vec<&'static str>, String> {
    let folder = tree();
    fs_err::write(folder.path().join(".dockerignore"), text).unwrap();
    let context = match Context::read(folder.path(), Path::new("Dockerfile")) {
        Ok(context) => context,
        Err(error) => {
            let folder = folder.path().display().to_string();
            return Err(error.to_string().replace(&folder, ""));
        }
    };
    let sent = |file: &str| {
        let mut entries = context.entries.iter();
        entries.any(|entry| entry.is_file() && entry.path == Path::new(file))
    };
    Ok(FILES.into_iter().filter(|file| !sent(file)).collect())
}

#[test]
fn patterns_mean_what_they_mean_to_docker() {
    const ALL: &[&str] = &FILES;
    let rows: &[(&str, &[&str])] = &[
        ("", &[]),
        ("# a\n\n   \n", &[]),
        // A comment must start in the first column.
        (" # a\n", &[]),
        ("a.txt", &["a.txt"]),
        ("/a.txt", &["a.txt"]),
        ("./a.txt", &["a.txt"]),
        ("docs/../a.txt", &["a.txt"]),
        ("  a.txt  ", &["a.txt"]),
        ("\u{feff}a.txt\r\nbb\r\n", &["a.txt", "bb"]),
        ("\u{feff}#a.txt", &[]),
        // A pattern for a folder, with or without a slash, matches everything in it.
        ("a", &["a/b/c.txt", "a/b/d/e.txt", "a/b.txt"]),
        ("a/", &["a/b/c.txt", "a/b/d/e.txt", "a/b.txt"]),
        ("/a/", &["a/b/c.txt", "a/b/d/e.txt", "a/b.txt"]),
        ("a/b", &["a/b/c.txt", "a/b/d/e.txt"]),
        ("b", &[]),
        // No pattern excludes the context itself.
        (".", &[]),
        ("/", &[]),
        ("..", &[]),
        ("../a.txt", &[]),
        ("*", ALL),
        ("**", ALL),
        ("**/", ALL),
        ("**/*", ALL),
        ("*.txt", &["[x].txt", "a.txt", "é.txt"]),
        ("*/*.txt", &["a/b.txt", "docs/a.txt"]),
        ("?.txt", &["a.txt", "é.txt"]),
        ("??", &["bb"]),
        ("x?y", &["xay"]),
        (
            "**/*.txt",
            &[
                "[x].txt",
                "a.txt",
                "a/b/c.txt",
                "a/b/d/e.txt",
                "a/b.txt",
                "docs/a.txt",
                "docs/deep/a.txt",
                "é.txt",
            ],
        ),
        ("**/a.txt", &["a.txt", "docs/a.txt", "docs/deep/a.txt"]),
        ("**a.txt", &["a.txt", "docs/a.txt", "docs/deep/a.txt"]),
        ("docs/**", &["docs/a.txt", "docs/deep/a.txt"]),
        ("docs/**/a.txt", &["docs/a.txt", "docs/deep/a.txt"]),
        ("**/b", &["a/b/c.txt", "a/b/d/e.txt"]),
        ("**/b/*", &["a/b/c.txt", "a/b/d/e.txt"]),
        (
            "a**",
            &["a b/c", "a.txt", "a/b/c.txt", "a/b/d/e.txt", "a/b.txt"],
        ),
        ("a/**/e.txt", &["a/b/d/e.txt"]),
        ("a b", &["a b/c"]),
        (
            "[ab]*",
            &[
                "a b/c",
                "a.txt",
                "a/b/c.txt",
                "a/b/d/e.txt",
                "a/b.txt",
                "bb",
            ],
        ),
        ("[^a]b", &["bb"]),
        ("[!b]b", &["bb"]),
        ("[a-c]b", &["bb"]),
        ("\\[x\\].txt", &["[x].txt"]),
        ("\\a.txt", &[]),
        ("[é].txt", &["é.txt"]),
        // A class is part of Go's expression, so it matches a slash.
        ("a[^x]b", &["a b/c", "a/b/c.txt", "a/b/d/e.txt"]),
        ("x\\Sy", &["x/y/z", "xay"]),
        // The last matching pattern decides.
        ("*.txt\n!a.txt", &["[x].txt", "é.txt"]),
        ("!a.txt\n*.txt", &["[x].txt", "a.txt", "é.txt"]),
        ("*.txt\n!a.txt\na.*", &["[x].txt", "a.txt", "é.txt"]),
        ("*.txt\n! a.txt", &["[x].txt", "é.txt"]),
        ("*.txt\n!/a.txt", &["[x].txt", "é.txt"]),
        // Paths below an excluded folder.
        (
            "conf/local\n!conf/local/.gitkeep",
            &["conf/local/credentials.yml"],
        ),
        (
            "conf/local/*\n!conf/local/.gitkeep",
            &["conf/local/credentials.yml"],
        ),
        ("a\n!a/b/d", &["a/b/c.txt", "a/b.txt"]),
        ("a\n!a/b/d/e.txt", &["a/b/c.txt", "a/b.txt"]),
        ("a\n!**/e.txt", &["a/b/c.txt", "a/b.txt"]),
        ("a\n!a/b\na/b/c.txt", &["a/b/c.txt", "a/b.txt"]),
        (
            "*\n!docs",
            &[
                "Dockerfile",
                "[x].txt",
                "a b/c",
                "a.txt",
                "a/b/c.txt",
                "a/b/d/e.txt",
                "a/b.txt",
                "bb",
                "conf/base/argo.yml",
                "conf/local/.gitkeep",
                "conf/local/credentials.yml",
                "é.txt",
                "x/y/z",
                "xay",
            ],
        ),
        // A `!` that does not change a folder's verdict does not count below the folder.
        ("a/b.txt\n!a", &["a/b.txt"]),
        ("*\n!**", &[]),
        (
            "**\n!*/**",
            &["Dockerfile", "[x].txt", "a.txt", "bb", "é.txt", "xay"],
        ),
        ("**/*credentials*", &["conf/local/credentials.yml"]),
        ("CONF", &[]),
    ];
    for (text, expected) in rows {
        assert_eq!(ignored(text).as_deref(), Ok(*expected), "{text:?}");
    }
}

#[test]
fn what_docker_refuses_is_refused_with_its_line() {
    for (text, line) in [
        ("a\n!", 2),
        ("[", 1),
        ("#\n\na\\", 3),
        ("!/", 1),
        ("a*{2}", 1),
    ] {
        let said = ignored(text).unwrap_err();
        assert!(
            said.starts_with(&format!("/.dockerignore:{line}: ")),
            "{said}"
        );
    }
}

#[test]
fn the_ignore_file_of_the_dockerfile_wins() {
    let folder = tree();
    let write = |name: &str, text: &str| fs_err::write(folder.path().join(name), text).unwrap();
    write(".dockerignore", "a.txt");
    write("docs/Dockerfile", "");
    write("docs/Dockerfile.dockerignore", "bb");
    let sent = |dockerfile: &str| {
        let context = Context::read(folder.path(), Path::new(dockerfile)).unwrap();
        let has = |file: &str| {
            context
                .entries
                .iter()
                .any(|entry| entry.path == Path::new(file))
        };
        (has("a.txt"), has("bb"))
    };
    assert_eq!(sent("Dockerfile"), (false, true));
    assert_eq!(sent("docs/Dockerfile"), (true, false));
}

#[test]
fn folders_links_and_executables_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs_err::write(at("Dockerfile"), "").unwrap();
    fs_err::create_dir_all(at("empty")).unwrap();
    fs_err::create_dir_all(at("left/out")).unwrap();
    fs_err::write(at("left/in"), "").unwrap();
    fs_err::write(at("run.sh"), "").unwrap();
    fs_err::set_permissions(at("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("..", at("loop")).unwrap();
    symlink("gone", at("dangling")).unwrap();
    fs_err::write(at(".dockerignore"), "left\n!left/in\n").unwrap();
    let context = Context::read(folder.path(), Path::new("Dockerfile")).unwrap();
    let told: Vec<String> = context
        .entries
        .iter()
        .map(|entry| {
            let kind = match &entry.kind {
                EntryKind::File { executable, .. } => format!("file, executable: {executable}"),
                EntryKind::Folder => "folder".to_owned(),
                EntryKind::Link { target } => format!("link to {}", target.display()),
                EntryKind::Special => "special".to_owned(),
            };
            let line = entry.readmitted_by.map(|line| format!(", by line {line}"));
            format!(
                "{}: {kind}{}",
                entry.path.display(),
                line.unwrap_or_default()
            )
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let gone = folder.path().join("gone");
    let read = |root: &Path| Context::read(root, Path::new("Dockerfile"));
    assert!(matches!(read(&gone), Err(ImageError::NoContext(path)) if path == gone));
    assert!(matches!(
        read(folder.path()),
        Err(ImageError::NoDockerfile(_))
    ));
}

#[test]
fn a_file_whose_name_is_not_utf8_is_named_unless_it_stays_outside() {
    use std::os::unix::ffi::OsStrExt;

    let folder = tree();
    let data = folder.path().join("data");
    fs_err::create_dir(&data).unwrap();
    fs_err::write(data.join(std::ffi::OsStr::from_bytes(b"a\xff")), "").unwrap();
    let read = || Context::read(folder.path(), Path::new("Dockerfile"));
    let error = read().unwrap_err().to_string();
    assert!(error.contains("data/a\\xFF"), "{error}");
    fs_err::write(folder.path().join(".dockerignore"), "data/\n").unwrap();
    assert!(read().is_ok());
}
