use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::test_server::{Answer, Asked, Server};

const DOCKER: Builder = Builder::Docker { buildx: true };

fn wanted(push: bool, load: bool, force: bool) -> Wanted {
    Wanted { push, load, force }
}

#[test]
fn only_what_is_missing_is_done() {
    use ImageStep::{Build, Pull, Push};
    let plain = wanted(false, false, false);
    let (push, load) = (wanted(true, false, false), wanted(false, true, false));
    let both = wanted(true, true, false);
    // Columns: in the registry, in the store, wanted, fixed, steps.
    let rows: &[(bool, bool, Wanted, bool, &[ImageStep])] = &[
        (false, false, plain, false, &[Build]),
        (true, false, plain, false, &[]),
        (false, true, plain, false, &[]),
        (false, false, push, false, &[Build, Push]),
        (false, true, push, false, &[Push]),
        (true, false, push, false, &[]),
        (false, false, load, false, &[Build]),
        (false, true, load, false, &[]),
        (true, false, load, false, &[Pull]),
        (false, false, both, false, &[Build, Push]),
        (true, false, both, false, &[Pull]),
        (false, true, both, false, &[Push]),
        (true, true, both, false, &[]),
        (true, true, wanted(false, false, true), false, &[Build]),
        (true, true, wanted(true, false, true), false, &[Build, Push]),
        (true, true, plain, true, &[Build]),
        (true, true, push, true, &[Build, Push]),
    ];
    for (registry, store, wanted, is_fixed, expected) in rows {
        let decision = Decision {
            image: Reference::parse("a/b:c").unwrap(),
            wanted: *wanted,
            is_fixed: *is_fixed,
            presence: Presence {
                registry: registry.then(|| "sha256:0".to_owned()),
                store: *store,
                unanswered: None,
            },
            builder: None,
            steps: Vec::new(),
        };
        let found = steps(&decision, &DOCKER, *wanted);
        assert_eq!(found, *expected, "{registry} {store} {wanted:?} {is_fixed}");
    }
}

/// A registry, and a command that pretends to push to it.
struct Setup {
    folder: tempfile::TempDir,
    server: Server,
    request: Request,
}

impl Setup {
    async fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs_err::create_dir(at("context")).unwrap();
        fs_err::write(at("context/Dockerfile"), "FROM scratch\n").unwrap();
        let pushed = at("pushed");
        let answer = move |asked: &Asked| -> Answer {
            // The command writes the name of its image into this file.
            let tags = fs_err::read_to_string(&pushed).unwrap_or_default();
            let tag = asked.line.rsplit('/').next().unwrap_or_default();
            let version = ("Docker-Distribution-Api-Version", "registry/2.0".to_owned());
            if tags.lines().any(|line| line.ends_with(&format!(":{tag}"))) {
                let digest = format!("sha256:{}", "2".repeat(64));
                return (200, vec![("Docker-Content-Digest", digest)], String::new());
            }
            (404, vec![version], String::new())
        };
        let server = Server::start(answer, None).await;
        let image = format!("{}/team/app", server.name);
        let request = Request {
            image: Reference::parse(&image).unwrap(),
            folder: folder.path().to_owned(),
            platform: "linux/amd64".to_owned(),
            target: None,
            build_args: IndexMap::new(),
            builder: Some(BuilderKind::Command),
            command: ["sh", "-c", script, "sh", "{image}"]
                .map(str::to_owned)
                .to_vec(),
            options: Vec::new(),
            state: Some(folder.path().join("state")),
        };
        Self {
            folder,
            server,
            request,
        }
    }

    fn context(&self) -> Context {
        Context::read(&self.folder.path().join("context"), Path::new("Dockerfile")).unwrap()
    }

    async fn ensure(&self, wanted: Wanted) -> Result<Ensured, ImageError> {
        let (access, cancel) = (Access::default(), Cancel::default());
        let context = self.context();
        ensure(
            &self.request,
            &context,
            wanted,
            &access,
            &mut |_| {},
            &cancel,
        )
        .await
    }
}

const PUSH: &str = r#"echo "$1" >> pushed"#;

#[tokio::test]
async fn the_second_time_there_is_nothing_to_do() {
    let setup = Setup::new(PUSH).await;
    let push = wanted(true, false, false);
    let first = setup.ensure(push).await.unwrap();
    assert!(first.built && first.pushed);
    assert_eq!(
        first.image.digest,
        Some(format!("sha256:{}", "2".repeat(64)))
    );
    let second = setup.ensure(push).await.unwrap();
    assert!(!second.built && !second.pushed);
    assert_eq!(second.image, first.image);
    fs_err::write(setup.folder.path().join("context/new.py"), "").unwrap();
    let third = setup.ensure(push).await.unwrap();
    assert!(third.built);
    assert_ne!(third.image.tag, first.image.tag);
}

#[tokio::test]
async fn deciding_changes_nothing() {
    let setup = Setup::new(PUSH).await;
    let access = Access::default();
    let push = wanted(true, false, false);
    let decision = decide(&setup.request, &setup.context(), push, &access)
        .await
        .unwrap();
    assert_eq!(decision.steps, [ImageStep::Build]);
    assert!(!setup.folder.path().join("pushed").exists());
}

#[tokio::test]
async fn a_fixed_tag_is_always_built() {
    let mut setup = Setup::new(PUSH).await;
    setup.request.image.tag = Some(Tag::parse("v1").unwrap());
    for _ in 0..2 {
        let ensured = setup.ensure(wanted(true, false, false)).await.unwrap();
        assert!(ensured.built);
        assert_eq!(ensured.image.tag, Some(Tag::parse("v1").unwrap()));
    }
    // Without a builder, an existing image is used.
    setup.request.builder = Some(BuilderKind::None);
    let ensured = setup.ensure(wanted(true, false, false)).await.unwrap();
    assert!(!ensured.built && ensured.image.digest.is_some());
}

#[tokio::test]
async fn nobody_builds_what_is_not_there() {
    let mut setup = Setup::new(PUSH).await;
    setup.request.builder = Some(BuilderKind::None);
    let error = setup.ensure(wanted(true, false, false)).await.unwrap_err();
    assert!(matches!(error, ImageError::NotBuilt { .. }), "{error}");
}

#[tokio::test]
async fn a_failed_build_tells_all_that_was_said() {
    let setup = Setup::new("echo out; echo err >&2; exit 5").await;
    let error = setup.ensure(wanted(true, false, false)).await.unwrap_err();
    assert!(error.is_failed_build());
    let log = error.log().unwrap();
    assert!(log.contains("out\n") && log.contains("err\n"), "{log}");
    assert_eq!(error.to_string(), "the build failed (exit status: 5)");
}

#[tokio::test]
async fn a_command_that_pushes_nothing_is_an_error_where_a_push_is_wanted() {
    let setup = Setup::new("true").await;
    let error = setup.ensure(wanted(true, false, false)).await.unwrap_err();
    assert!(matches!(error, ImageError::NotPushed { .. }), "{error}");
    let built = setup.ensure(wanted(false, false, false)).await.unwrap();
    assert!(built.built && !built.pushed && built.image.digest.is_none());
    let error = setup.ensure(wanted(false, true, false)).await.unwrap_err();
    assert!(matches!(error, ImageError::BuilderCannot { .. }), "{error}");
}

#[tokio::test]
async fn files_that_change_while_it_builds_are_noticed() {
    let setup = Setup::new("echo x >> context/changed.py").await;
    let error = setup.ensure(wanted(true, false, false)).await.unwrap_err();
    assert!(
        matches!(error, ImageError::ContextChanged { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn a_registry_that_is_not_needed_may_be_away() {
    let mut setup = Setup::new("true").await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let name = closed.local_addr().unwrap().to_string();
    drop(closed);
    setup.request.image = Reference::parse(&format!("{name}/app")).unwrap();
    let (access, cancel) = (Access::default(), Cancel::default());
    let context = setup.context();
    let mut log = String::new();
    let mut hear = |line: Line<'_>| {
        if let Line::Output(text) = line {
            log.push_str(text);
        }
    };
    let plain = wanted(false, false, false);
    let built = ensure(&setup.request, &context, plain, &access, &mut hear, &cancel).await;
    assert!(built.unwrap().built);
    let unanswered = "cannot tell whether the image is in its registry: ";
    assert!(log.starts_with(unanswered), "{log}");
    let plain = decide(&setup.request, &context, Wanted::default(), &access).await;
    assert!(
        plain
            .unwrap()
            .presence
            .unanswered
            .unwrap()
            .contains("refused")
    );
    let push = decide(
        &setup.request,
        &context,
        wanted(true, false, false),
        &access,
    )
    .await;
    assert!(matches!(push, Err(ImageError::Registry(_))));
}

#[tokio::test]
async fn who_does_not_want_it_any_more_gets_no_image() {
    let setup = Setup::new("echo started; sleep 1000").await;
    let (access, cancel) = (Access::default(), Cancel::default());
    let started = Arc::new(AtomicBool::new(false));
    let mut progress = |line: Line<'_>| {
        if matches!(line, Line::Output("started")) {
            started.store(true, Ordering::Relaxed);
            cancel.cancel();
        }
    };
    let context = setup.context();
    let push = wanted(true, false, false);
    let ended = ensure(
        &setup.request,
        &context,
        push,
        &access,
        &mut progress,
        &cancel,
    )
    .await;
    assert!(matches!(ended, Err(ImageError::Cancelled)));
    assert!(started.load(Ordering::Relaxed));
    assert!(
        setup
            .server
            .asked()
            .iter()
            .all(|asked| asked.line.starts_with("HEAD"))
    );
}

#[test]
fn a_variant_makes_no_other_platform() {
    for (wanted, found, same) in [
        ("linux/amd64", "linux/amd64", true),
        ("linux/arm64/v8", "linux/arm64", true),
        ("linux/aarch64", "linux/arm64", true),
        ("linux/arm64", "linux/amd64", false),
        ("windows/amd64", "linux/amd64", false),
    ] {
        assert_eq!(same_platform(wanted, found), same, "{wanted} {found}");
    }
}
