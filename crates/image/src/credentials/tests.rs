use std::os::unix::fs::PermissionsExt as _;

use super::*;

const PLANTED: &str = "planted-secret";

/// Credential files of a user.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        fs_err::write(&path, text).unwrap();
        path
    }

    fn helper(&self, name: &str, script: &str) {
        let path = self.write(&format!("docker-credential-{name}"), script);
        fs_err::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    async fn find(&self, files: &[&str], image: &str) -> Result<Option<Credential>, RegistryError> {
        let keyring = Keyring {
            files: files.iter().map(|file| self.0.path().join(file)).collect(),
            path: Some(format!("{}:/usr/bin:/bin", self.0.path().display()).into()),
        };
        let image = crate::Reference::parse(image).unwrap();
        keyring.find(&image.registry, &image.repository).await
    }
}

/// Docker Hub's key in credential files.
const HUB: &str = "index.docker.io";

fn planted() -> Secret {
    Secret(PLANTED.to_owned())
}

fn password(user: &str) -> Credential {
    Credential::Password {
        user: user.to_owned(),
        password: planted(),
    }
}

fn auth(user: &str) -> String {
    let encoded = STANDARD.encode(format!("{user}:{PLANTED}"));
    format!(r#"{{"auth": "{encoded}"}}"#)
}

#[tokio::test]
async fn a_file_is_searched_by_registry_and_path() {
    let home = Home::new();
    home.write(
        "config.json",
        &format!(
            r#"{{"auths": {{
                "https://{HUB}/v1/": {}, "ghcr.io": {}, "quay.io/team": {}, "quay.io": {},
                "https://old.example.com/v2/": {}, "localhost:5000": {}, "empty.io": {{}},
                "pair.io": {{"username": "pair", "password": "{PLANTED}"}},
                "token.io": {{"auth": "x", "identitytoken": "{PLANTED}"}},
                "bearer.io": {{"registrytoken": "{PLANTED}"}}
            }}}}"#,
            auth("hub"),
            auth("ghcr"),
            auth("team"),
            auth("quay"),
            auth("old"),
            auth("local")
        ),
    );
    for (image, expected) in [
        ("ubuntu", Some(password("hub"))),
        ("me/app", Some(password("hub"))),
        ("ghcr.io/me/app", Some(password("ghcr"))),
        ("quay.io/team/app", Some(password("team"))),
        ("quay.io/other/app", Some(password("quay"))),
        ("old.example.com/app", Some(password("old"))),
        ("localhost:5000/app", Some(password("local"))),
        ("localhost:5001/app", None),
        ("empty.io/app", None),
        ("pair.io/app", Some(password("pair"))),
        ("token.io/app", Some(Credential::Identity(planted()))),
        ("bearer.io/app", Some(Credential::Bearer(planted()))),
    ] {
        let found = home.find(&["gone.json", "config.json"], image).await;
        assert_eq!(found.unwrap(), expected, "{image}");
    }
}

#[tokio::test]
async fn the_first_file_that_knows_wins() {
    let home = Home::new();
    home.write(
        "one",
        &format!(r#"{{"auths": {{"a.io": {}}}}}"#, auth("one")),
    );
    home.write(
        "two",
        &format!(
            r#"{{"auths": {{"a.io": {}, "b.io": {}}}}}"#,
            auth("two"),
            auth("b")
        ),
    );
    home.write("empty", "");
    let files = ["empty", "one", "two"];
    assert_eq!(
        home.find(&files, "a.io/x").await.unwrap(),
        Some(password("one"))
    );
    assert_eq!(
        home.find(&files, "b.io/x").await.unwrap(),
        Some(password("b"))
    );
}

#[tokio::test]
async fn helpers_are_asked() {
    let home = Home::new();
    // The helper answers with the action and the server that it was asked for.
    home.helper(
        "own",
        &format!("#!/bin/sh\nread server\nprintf '{{\"Username\": \"%s %s\", \"Secret\": \"{PLANTED}\"}}' \"$1\" \"$server\"\n"),
    );
    home.helper(
        "store",
        &format!("#!/bin/sh\necho '{{\"Username\": \"<token>\", \"Secret\": \"{PLANTED}\"}}'\n"),
    );
    home.helper(
        "none",
        "#!/bin/sh\necho credentials not found in native keychain\nexit 1\n",
    );
    home.write(
        "config.json",
        &format!(
            r#"{{"credHelpers": {{"a.io": "own", "docker.io": "own", "b.io": "none"}},
                "credsStore": "store", "auths": {{"b.io": {}, "https://{HUB}/v1/": {{}}}}}}"#,
            auth("stored")
        ),
    );
    for (image, expected) in [
        ("a.io/x", Some(password("get a.io"))),
        ("ubuntu", Some(password(&format!("get https://{HUB}/v1/")))),
        ("b.io/x", Some(password("stored"))),
        ("c.io/x", Some(Credential::Identity(planted()))),
    ] {
        let found = home.find(&["config.json"], image).await.unwrap();
        assert_eq!(found, expected, "{image}");
    }
}

#[tokio::test]
async fn what_does_not_work_is_said_without_secrets() {
    let home = Home::new();
    home.helper(
        "broken",
        "#!/bin/sh\necho the keychain is locked >&2\nexit 3\n",
    );
    home.helper("garbage", &format!("#!/bin/sh\necho {PLANTED}\n"));
    home.write("missing", r#"{"credsStore": "gone"}"#);
    home.write("broken", r#"{"credsStore": "broken"}"#);
    home.write("garbage", r#"{"credsStore": "garbage"}"#);
    home.write("json", &format!("{{\"auths\": {PLANTED}"));
    home.write(
        "auth",
        &format!(r#"{{"auths": {{"a.io": {{"auth": "{PLANTED}"}}}}}}"#),
    );
    let mut said = String::new();
    for file in ["missing", "broken", "garbage", "json", "auth"] {
        let error = home.find(&[file], "a.io/x").await.unwrap_err();
        assert!(!format!("{error:?}").contains(PLANTED));
        said.push_str(&format!("{error}\n"));
    }
    insta::assert_snapshot!(said.replace(&home.0.path().display().to_string(), "HOME"));
    assert!(!format!("{:?}", password("x")).contains(PLANTED));
}
