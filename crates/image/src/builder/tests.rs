use std::path::Path;

use indexmap::IndexMap;

use super::*;

fn words(of: &Builder, platform: &str, ignore_file: &Path) -> String {
    let image = Reference::parse("registry.example.com/shop:0123").unwrap();
    let arguments = IndexMap::from([("VERSION".to_owned(), "1 2".to_owned())]);
    let build = Build {
        folder: Path::new("/project"),
        image: &image,
        context: Path::new("/project"),
        dockerfile: Path::new("/project/Dockerfile"),
        ignore_file,
        platform,
        target: Some("run"),
        arguments: &arguments,
        options: &["--network=host".to_owned()],
        pushed: platform.contains(',').then_some(Pushed {
            insecure: false,
            metadata: Path::new("/tmp/metadata.json"),
        }),
    };
    let words = match of {
        Builder::Docker { buildx } => docker::build(&build, *buildx),
        Builder::Containers(kind) => containers::build(*kind, &build),
        Builder::Command(words) => command::build(words, &build),
        Builder::None => unreachable!(),
    };
    words.join("\n")
}

#[test]
fn the_words_of_each_builder() {
    let ignore = Path::new("/state/x/Dockerfile.dockerignore");
    let mut said = String::new();
    for (builder, platform) in [
        (Builder::Docker { buildx: true }, "linux/amd64"),
        (Builder::Docker { buildx: true }, "linux/amd64,linux/arm64"),
        (Builder::Docker { buildx: false }, "linux/amd64"),
        (Builder::Containers(BuilderKind::Podman), "linux/amd64"),
        (Builder::Containers(BuilderKind::Buildah), "linux/amd64"),
        (
            Builder::Command(text(&[
                "make",
                "IMAGE={image}",
                "{build_args}",
                "{context}:{dockerfile}:{ignore_file}",
                "{platform}",
                "{x}",
            ])),
            "linux/amd64",
        ),
    ] {
        said.push_str(&format!("{}\n\n", words(&builder, platform, ignore)));
    }
    insta::assert_snapshot!(said);
}

#[test]
fn a_digest_is_found_in_what_a_push_says() {
    let digest = format!("sha256:{}", "0".repeat(64));
    let log = format!(
        "The push refers to repository [x]\n5f70: Pushed\nv1: digest: {digest} size: 528\n"
    );
    assert_eq!(docker::pushed(&log), Some(digest));
    assert_eq!(docker::pushed("nothing"), None);
}

#[test]
fn what_is_never_in_an_image_is_kept_from_every_builder() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs_err::create_dir_all(at("src/__pycache__")).unwrap();
    for (file, text) in [
        ("Dockerfile.prod", "FROM scratch\n"),
        (".dockerignore", "secret\n!src"),
        ("secret", ""),
        ("src/a.py", "a"),
        ("src/__pycache__/a.pyc", ""),
        ("info.log", ""),
    ] {
        fs_err::write(at(file), text).unwrap();
    }
    let project = crate::ProjectFolder {
        root: folder.path().to_owned(),
        ..crate::ProjectFolder::default()
    };
    let dockerfile = Path::new("Dockerfile.prod");
    let context = crate::Context::of_project(folder.path(), dockerfile, &project).unwrap();
    let state = at(".argo-kedro");
    let given = |builder| BuilderFiles::new(&context, &builder, Some(&state)).unwrap();
    for builder in [
        Builder::Docker { buildx: true },
        Builder::Containers(BuilderKind::Podman),
        Builder::Command(Vec::new()),
    ] {
        let is_docker = builder.kind() == BuilderKind::Docker;
        let given = given(builder);
        assert_eq!(given.context, folder.path());
        let lines = fs_err::read_to_string(&given.ignore_file).unwrap();
        assert!(lines.starts_with("secret\n!src\n"), "{lines}");
        for line in ["**/__pycache__", "*.log", "**/.git"] {
            assert!(lines.lines().any(|known| known == line), "{lines}");
        }
        // BuildKit looks for the ignore file beside the Dockerfile.
        let mut beside = given.dockerfile.clone().into_os_string();
        beside.push(".dockerignore");
        assert_eq!(Path::new(&beside) == given.ignore_file, is_docker);
        assert_eq!(
            fs_err::read_to_string(&given.dockerfile).unwrap(),
            "FROM scratch\n"
        );
    }
    let classic = given(Builder::Docker { buildx: false });
    let has = |file: &str| classic.context.join(file).exists();
    assert!(has("src/a.py") && has("Dockerfile.prod"));
    assert!(!has("secret") && !has("info.log") && !has("src/__pycache__"));
    drop(classic);
    assert_eq!(fs_err::read_dir(&state).unwrap().count(), 0);
}
