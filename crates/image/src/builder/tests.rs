use std::path::Path;

use super::*;

fn words(of: &Builder, platform: &str, ignore_file: Option<&Path>) -> String {
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
    let made = match of {
        Builder::Docker { buildx } => docker::build(&build, *buildx),
        Builder::Containers(kind) => Ok(containers::build(*kind, &build)),
        Builder::Command(words) => Ok(command::build(words, &build)),
        Builder::None => unreachable!(),
    };
    match made {
        Ok(words) => words.join("\n"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn the_words_of_each_builder() {
    let ignore = Path::new("/project/Dockerfile.dockerignore");
    let plain = Path::new("/project/.dockerignore");
    let mut said = String::new();
    for (builder, platform, ignore) in [
        (
            Builder::Docker { buildx: true },
            "linux/amd64",
            Some(ignore),
        ),
        (
            Builder::Docker { buildx: true },
            "linux/amd64,linux/arm64",
            None,
        ),
        (
            Builder::Docker { buildx: false },
            "linux/amd64",
            Some(plain),
        ),
        (
            Builder::Docker { buildx: false },
            "linux/amd64",
            Some(ignore),
        ),
        (
            Builder::Containers(BuilderKind::Podman),
            "linux/amd64",
            Some(ignore),
        ),
        (
            Builder::Containers(BuilderKind::Buildah),
            "linux/amd64",
            None,
        ),
        (
            Builder::Command(text(&[
                "make",
                "IMAGE={image}",
                "{build_args}",
                "{context}:{dockerfile}",
                "{platform}",
                "{x}",
            ])),
            "linux/amd64",
            None,
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
