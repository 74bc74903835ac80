use std::sync::Arc;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::credentials::Keyring;
use crate::test_server::{Answer, Asked, Server};

const PLANTED: &str = "planted-secret";

fn known() -> String {
    format!("sha256:{}", "1".repeat(64))
}

fn image(server: &Server) -> Reference {
    Reference::parse(&format!("{}/team/app:v1", server.name)).unwrap()
}

/// Asks a registry for an image, with or without a login.
async fn ask(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
    auths: Option<&str>,
) -> (Server, Result<Option<String>, RegistryError>) {
    let server = Server::start(answer, None).await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("config.json");
    if let Some(entry) = auths {
        let text = format!(r#"{{"auths": {{"{}": {entry}}}}}"#, server.name);
        fs_err::write(&file, text).unwrap();
    }
    let access = Access {
        keyring: Keyring {
            files: vec![file],
            path: None,
        },
        timeout: Some(Duration::from_secs(5)),
        ..Access::default()
    };
    let image = image(&server);
    let registry = Registry::new(&image.registry, &access).unwrap();
    let found = registry.digest(&image, Purpose::Push).await;
    (server, found)
}

fn there() -> Answer {
    (200, vec![("Docker-Content-Digest", known())], String::new())
}

fn version() -> (&'static str, String) {
    ("Docker-Distribution-Api-Version", "registry/2.0".to_owned())
}

const USER: &str = r#"{"username": "ada", "password": "planted-secret"}"#;

#[tokio::test]
async fn a_tag_that_is_there_gives_its_digest() {
    let (server, found) = ask(|_| there(), None).await;
    assert_eq!(found.unwrap(), Some(known()));
    let asked = server.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].line, "HEAD /v2/team/app/manifests/v1");
    let accepted = asked[0].header("accept").unwrap();
    for kind in [
        "image.index.v1",
        "image.manifest.v1",
        "manifest.list.v2",
        "manifest.v2",
    ] {
        assert!(accepted.contains(kind), "{accepted}");
    }
}

#[tokio::test]
async fn a_registry_without_digests_is_asked_for_the_manifest() {
    let answer = |asked: &Asked| {
        let kind = (
            "Content-Type",
            "application/vnd.oci.image.manifest.v1+json".to_owned(),
        );
        if asked.line.starts_with("HEAD") {
            (200, vec![], String::new())
        } else {
            (200, vec![kind], "{}".to_owned())
        }
    };
    let expected = "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    assert_eq!(
        ask(answer, None).await.1.unwrap().as_deref(),
        Some(expected)
    );
    let without_head = |asked: &Asked| {
        if asked.line.starts_with("HEAD") {
            (405, vec![], String::new())
        } else {
            there()
        }
    };
    assert_eq!(ask(without_head, None).await.1.unwrap(), Some(known()));
}

#[tokio::test]
async fn a_tag_that_is_not_there_is_no_error() {
    let (_, found) = ask(|_| (404, vec![version()], String::new()), None).await;
    assert_eq!(found.unwrap(), None);
    let silent = |asked: &Asked| match asked.line.as_str() {
        "GET /v2/" => (200, vec![], "{}".to_owned()),
        _ => (404, vec![], String::new()),
    };
    assert_eq!(ask(silent, None).await.1.unwrap(), None);
}

/// A registry that requires a token from `/token`, which serves only requests that `lets_in` accepts.
fn with_tokens(lets_in: fn(&Asked) -> bool, granted: u16) -> impl Fn(&Asked) -> Answer {
    move |asked| {
        if asked.line.contains("/token") {
            return if lets_in(asked) {
                (200, vec![], r#"{"access_token": "T"}"#.to_owned())
            } else {
                (401, vec![], "{}".to_owned())
            };
        }
        if asked.header("authorization") == Some("Bearer T") {
            return match granted {
                200 => there(),
                other => (other, vec![version()], String::new()),
            };
        }
        let challenge = r#"Bearer realm="http://{host}/token",service="registry""#.to_owned();
        (401, vec![("WWW-Authenticate", challenge)], String::new())
    }
}

#[tokio::test]
async fn anybody_gets_a_token_to_pull() {
    let lets_in = |asked: &Asked| {
        asked.header("authorization").is_none()
            && asked.line.contains("service=registry")
            && asked.line.contains("scope=repository%3Ateam%2Fapp%3Apull&")
    };
    let (server, found) = ask(with_tokens(lets_in, 200), None).await;
    assert_eq!(found.unwrap(), Some(known()));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_user_gets_a_token_to_push() {
    let lets_in = |asked: &Asked| {
        // Base64 of `ada:planted-secret`.
        asked.header("authorization") == Some("Basic YWRhOnBsYW50ZWQtc2VjcmV0")
            && asked.line.contains("pull%2Cpush")
    };
    let (_, found) = ask(with_tokens(lets_in, 200), Some(USER)).await;
    assert_eq!(found.unwrap(), Some(known()));
    let (_, found) = ask(with_tokens(lets_in, 404), Some(USER)).await;
    assert_eq!(found.unwrap(), None);
}

#[tokio::test]
async fn an_identity_token_is_exchanged() {
    let lets_in = |asked: &Asked| {
        asked.line.starts_with("POST")
            && asked
                .text
                .contains("grant_type=refresh_token&refresh_token=planted-secret")
    };
    let entry = r#"{"identitytoken": "planted-secret"}"#;
    let (_, found) = ask(with_tokens(lets_in, 200), Some(entry)).await;
    assert_eq!(found.unwrap(), Some(known()));
}

#[tokio::test]
async fn a_password_is_shown_to_who_asks_for_one() {
    let answer = |asked: &Asked| match asked.header("authorization") {
        Some("Basic YWRhOnBsYW50ZWQtc2VjcmV0") => there(),
        _ => (
            401,
            vec![("WWW-Authenticate", "Basic realm=x".to_owned())],
            String::new(),
        ),
    };
    assert_eq!(ask(answer, Some(USER)).await.1.unwrap(), Some(known()));
    let (server, found) = ask(answer, None).await;
    assert!(matches!(found, Err(RegistryError::NeedsLogin { .. })));
    assert_eq!(server.asked().len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_apart_and_holds_no_secret() {
    type Said = Box<dyn Fn(&Asked) -> Answer + Send + Sync>;
    let plain = |status: u16| -> Said { Box::new(move |_| (status, vec![], String::new())) };
    let html: Said = Box::new(|_| {
        let kind = ("Content-Type", "text/html".to_owned());
        (200, vec![kind], "<html>".to_owned())
    });
    let cases: Vec<(&str, Said, Option<&str>)> = vec![
        (
            "nobody is let in",
            Box::new(with_tokens(|_| false, 200)),
            None,
        ),
        (
            "the user is not let in",
            Box::new(with_tokens(|_| false, 200)),
            Some(USER),
        ),
        (
            "the token is not enough",
            Box::new(with_tokens(|_| true, 403)),
            Some(USER),
        ),
        ("forbidden", plain(403), None),
        ("no way to log in", plain(401), Some(USER)),
        ("too many", plain(429), None),
        ("broken", plain(503), None),
        ("a web page", html, None),
        ("another server", plain(404), None),
        ("a bad request", plain(400), None),
    ];
    let mut said = String::new();
    for (name, answer, auths) in cases {
        let (server, found) = ask(answer, auths).await;
        let error = found.unwrap_err();
        assert!(!format!("{error:?} {error}").contains(PLANTED));
        said.push_str(&format!("{name}: {error}\n").replace(&server.name, "HOST"));
    }
    insta::assert_snapshot!(said);
}

#[tokio::test]
async fn credentials_do_not_go_out_in_the_clear() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(with_tokens(|_| true, 200), None).await;
    let access = access_of_the_user(&server, home.path());
    let image = image(&server);
    // A secure registry that refers to plain HTTP for its token.
    let mut registry = Registry::open(&image.registry, &access, true).unwrap();
    let (base, response) = registry.first("/v2/team/app/manifests/v1").await.unwrap();
    registry.is_insecure = false;
    let mut session = Session {
        registry: &registry,
        base,
        repository: "team/app",
        purpose: Purpose::Pull,
        authorization: None,
        who: String::new(),
    };
    let answer = session
        .authorised(&Request::of(Method::HEAD, "/v2/"), response)
        .await;
    assert!(matches!(answer, Err(RegistryError::NotARegistry { .. })));
    assert!(
        !server
            .asked()
            .iter()
            .any(|asked| asked.line.contains("/token"))
    );
}

#[tokio::test]
async fn nobody_there_and_nobody_answering() {
    let gone = Server::start(|_| there(), None).await.name;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let name = closed.local_addr().unwrap().to_string();
    drop(closed);
    let access = Access::default();
    let image = Reference::parse(&format!("{name}/app:v1")).unwrap();
    let registry = Registry::new(&name, &access).unwrap();
    let error = registry.digest(&image, Purpose::Pull).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Unreachable { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("refused"), "{error}");
    drop(gone);

    let access = Access {
        timeout: Some(Duration::from_millis(50)),
        ..Access::default()
    };
    let silent = Server::start(|_| (0, vec![], String::new()), None).await;
    let registry = Registry::new(&silent.name, &access).unwrap();
    let error = registry.digest(&image, Purpose::Pull).await.unwrap_err();
    assert!(error.to_string().contains("no answer within"), "{error}");
}

/// A server with a self-signed certificate, and that certificate.
async fn with_certificate() -> (Server, String) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(signing_key.serialize_der());
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key.into())
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(config));
    (Server::start(|_| there(), Some(tls)).await, cert.pem())
}

#[tokio::test]
async fn a_certificate_that_nobody_signed() {
    let (server, pem) = with_certificate().await;
    let image = image(&server);
    let mut access = Access::default();

    // Docker does not check certificates of this machine.
    let registry = Registry::new(&server.name, &access).unwrap();
    let found = registry.digest(&image, Purpose::Pull).await.unwrap();
    assert_eq!(found, Some(known()));

    let strict = Registry::open(&server.name, &access, false).unwrap();
    let error = strict.digest(&image, Purpose::Pull).await.unwrap_err();
    assert!(
        matches!(error, RegistryError::Certificate { .. }),
        "{error}"
    );

    let folder = tempfile::tempdir().unwrap();
    let trusted = folder.path().join(&server.name);
    fs_err::create_dir(&trusted).unwrap();
    fs_err::write(trusted.join("ca.crt"), pem).unwrap();
    access.certificates = vec![folder.path().to_owned()];
    let trusting = Registry::open(&server.name, &access, false).unwrap();
    let found = trusting.digest(&image, Purpose::Pull).await.unwrap();
    assert_eq!(found, Some(known()));

    fs_err::write(trusted.join("ca.crt"), "-----BEGIN CERTIFICATE-----\nx\n").unwrap();
    let error = Registry::open(&server.name, &access, false).unwrap_err();
    assert!(
        matches!(error, RegistryError::Certificate { .. }),
        "{error}"
    );
    assert!(error.to_string().contains("ca.crt"), "{error}");

    fs_err::remove_dir_all(&trusted).unwrap();
    fs_err::write(&trusted, "no folder").unwrap();
    let error = Registry::open(&server.name, &access, false).unwrap_err();
    assert!(error.to_string().contains("cannot read"), "{error}");
}

#[test]
fn this_machine_and_what_is_listed_are_insecure() {
    let access = Access {
        insecure: vec![
            "plain.example.com".to_owned(),
            "one.example.com:5000".to_owned(),
        ],
        ..Access::default()
    };
    for (registry, expected) in [
        ("localhost", true),
        ("localhost:5000", true),
        ("127.0.0.1:5000", true),
        ("127.8.0.1", true),
        ("[::1]:5000", true),
        ("plain.example.com", true),
        ("plain.example.com:5000", true),
        ("one.example.com:5000", true),
        ("one.example.com", false),
        ("localhost.example.com", false),
        ("docker.io", false),
        ("10.0.0.1:5000", false),
    ] {
        assert_eq!(access.is_insecure(registry), expected, "{registry}");
    }
}

/// Access with credentials that a server accepts, stored in a folder.
fn access_of_the_user(server: &Server, home: &std::path::Path) -> Access {
    let file = home.join("config.json");
    let text = format!(r#"{{"auths": {{"{}": {USER}}}}}"#, server.name);
    fs_err::write(&file, text).unwrap();
    Access {
        keyring: Keyring {
            files: vec![file],
            path: None,
        },
        ..Access::default()
    }
}

/// Tags a digest. Returns the requests that the registry got, and the result.
async fn tag(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Vec<Asked>, Result<(), RegistryError>) {
    let server = Server::start(answer, None).await;
    let home = tempfile::tempdir().unwrap();
    let access = access_of_the_user(&server, home.path());
    let image = image(&server);
    let registry = Registry::new(&image.registry, &access).unwrap();
    let tagged = registry
        .tag(&image, &known(), image.tag.as_ref().unwrap())
        .await;
    (server.asked(), tagged)
}

/// A registry that has the digest's manifest, and answers writes with `writes`.
fn with_manifest(writes: impl Fn(&Asked) -> Answer) -> impl Fn(&Asked) -> Answer {
    move |asked| match asked.line.split_once(' ').unwrap_or_default().0 {
        "PUT" => writes(asked),
        "GET" => {
            let kind = "application/vnd.oci.image.index.v1+json".to_owned();
            (200, vec![("Content-Type", kind)], r#"{"a": 1}"#.to_owned())
        }
        _ => there(),
    }
}

#[tokio::test]
async fn a_digest_gets_a_tag_with_the_same_bytes() {
    let (asked, tagged) = tag(with_manifest(|_| (201, vec![], String::new()))).await;
    tagged.unwrap();
    let last = asked.last().unwrap();
    assert_eq!(last.line, "PUT /v2/team/app/manifests/v1");
    let kind = last.header("content-type");
    assert_eq!(kind, Some("application/vnd.oci.image.index.v1+json"));
    assert!(last.text.ends_with("\r\n\r\n{\"a\": 1}"), "{}", last.text);
    let by_digest = format!("GET /v2/team/app/manifests/{}", known());
    assert!(asked.iter().any(|asked| asked.line == by_digest));
}

#[tokio::test]
async fn who_may_read_without_a_name_says_it_to_write() {
    let (asked, tagged) = tag(with_manifest(|asked| {
        if asked.header("authorization").is_some() {
            return (201, vec![], String::new());
        }
        let basic = ("WWW-Authenticate", "Basic realm=x".to_owned());
        (401, vec![basic], String::new())
    }))
    .await;
    tagged.unwrap();
    assert!(asked.last().unwrap().text.ends_with("{\"a\": 1}"));
}

#[tokio::test]
async fn a_tag_that_cannot_be_given_is_an_error() {
    for (answer, expected) in [
        (404, "does not have sha256:1111"),
        (403, "does not let `ada`"),
        (500, "answers 500"),
    ] {
        let refuses = move |asked: &Asked| {
            if answer == 404 {
                return (404, vec![version()], String::new());
            }
            with_manifest(|asked| {
                if asked.header("authorization").is_some() {
                    return (answer, vec![], String::new());
                }
                let basic = ("WWW-Authenticate", "Basic realm=x".to_owned());
                (401, vec![basic], String::new())
            })(asked)
        };
        let (_, tagged) = tag(refuses).await;
        let said = tagged.unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains(PLANTED), "{said}");
    }
}

/// Asks whether a push is allowed. Returns the requests that the registry got, and the result.
async fn try_push(
    answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static,
) -> (Vec<String>, Result<Option<String>, RegistryError>) {
    let server = Server::start(answer, None).await;
    let image = image(&server);
    let access = Access {
        timeout: Some(Duration::from_secs(5)),
        ..Access::default()
    };
    let registry = Registry::new(&image.registry, &access).unwrap();
    let found = registry.digest_if_pushable(&image).await;
    let asked = server.asked().into_iter().map(|asked| asked.line);
    (asked.collect(), found)
}

#[tokio::test]
async fn an_upload_is_begun_and_cancelled() {
    for place in [
        "/v2/team/app/blobs/uploads/1?s=2",
        "http://{host}/v2/team/app/blobs/uploads/1?s=2",
    ] {
        let answer = move |asked: &Asked| match asked.line.split(' ').next() {
            Some("POST") => (202, vec![("Location", place.to_owned())], String::new()),
            Some("DELETE") => (204, vec![], String::new()),
            _ => (404, vec![version()], String::new()),
        };
        let (asked, found) = try_push(answer).await;
        assert_eq!(found.unwrap(), None);
        assert_eq!(
            asked,
            [
                "HEAD /v2/team/app/manifests/v1",
                "POST /v2/team/app/blobs/uploads/",
                "DELETE /v2/team/app/blobs/uploads/1?s=2",
            ]
        );
    }
}

#[tokio::test]
async fn an_upload_on_another_host_gets_no_credentials() {
    let answer = |asked: &Asked| match asked.line.split(' ').next() {
        Some("POST") => {
            let elsewhere = "https://127.0.0.1:1/upload".to_owned();
            (202, vec![("Location", elsewhere)], String::new())
        }
        _ => there(),
    };
    let (asked, found) = try_push(answer).await;
    assert_eq!(found.unwrap(), Some(known()));
    assert_eq!(asked.len(), 2);
}

#[tokio::test]
async fn who_may_look_and_not_push_is_told_so() {
    for status in [401, 403, 405] {
        let answer = move |asked: &Asked| match asked.line.split(' ').next() {
            Some("POST") => (status, vec![], String::new()),
            _ => there(),
        };
        let error = try_push(answer).await.1.unwrap_err();
        assert!(matches!(error, RegistryError::PushDenied { .. }), "{error}");
    }
    let answer = |_: &Asked| (404, vec![version()], String::new());
    let error = try_push(answer).await.1.unwrap_err();
    assert!(
        matches!(error, RegistryError::NoRepository { .. }),
        "{error}"
    );
}
