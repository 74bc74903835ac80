//! What must not get into an image.

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use lint::context::{BuildContext, ContextFile, check};

fn file(path: &str) -> ContextFile<'_> {
    ContextFile {
        path,
        size: 100,
        readmitted_by: None,
    }
}

fn said(findings: &[Diagnostic]) -> String {
    let mut text = String::new();
    for finding in findings {
        let place = &finding.place;
        let at = place.file.clone().unwrap_or_default();
        let line = place
            .span
            .map_or_else(String::new, |span| format!(":{}", span.line));
        let help = finding.help.clone().unwrap_or_default();
        let _ = writeln!(
            text,
            "{at}{line} {}: {}; {help}",
            finding.code, finding.message
        );
    }
    text
}

fn of(files: Vec<ContextFile<'_>>, ignore_file: Option<&str>) -> String {
    let context = BuildContext { ignore_file, files };
    let beginning = |path: &str| match path {
        _ if path.contains("private") => "-----BEGIN PRIVATE KEY-----".to_owned(),
        _ if path.contains("field") => r#"{"private_key": "x"}"#.to_owned(),
        _ => String::new(),
    };
    said(&check(&context, &beginning))
}

#[test]
fn secrets_are_found_and_what_looks_like_them_is_not() {
    let secret = [
        "conf/local/parameters.yml",
        "service/conf/local/x.yml",
        "conf/base/credentials.yml",
        "conf/prod/my_Credentials_2.json",
        ".env",
        "deploy/.env.production",
        "keys/id_rsa",
        "id_ed25519",
        "private.pem",
        "tls/private.key",
        "store.p12",
        "private-service-account.json",
        "field-of-service-account.json",
        "deploy/private",
        "conf/base/private-settings.yml",
        ".aws/config",
        "home/.kube/config",
        ".netrc",
    ];
    for path in secret {
        let said = of(vec![file(path)], Some(".dockerignore"));
        assert!(said.contains("secret-in-context"), "{path}: {said}");
    }
    let harmless = [
        "conf/base/catalog.yml",
        "src/local/conf.py",
        "src/shop/credentials.py",
        "docs/credentials.md",
        ".env.example",
        "src/environment.env",
        "id_rsa.pub",
        "certifi/cacert.pem",
        "slides.key",
        "keyboard.json",
        "data/accounts.json",
        "conf/base/field.json",
        "conf/local/.gitkeep",
    ];
    for path in harmless {
        assert_eq!(of(vec![file(path)], Some(".dockerignore")), "", "{path}");
    }
    let large = ContextFile {
        size: 20_000,
        ..file("private-service-account.json")
    };
    assert!(of(vec![large], Some(".dockerignore")).contains("secret-in-context"));
    // A text of this size is no key, and many of them take time to read.
    let large = ContextFile {
        size: 20_000,
        ..file("data/private.json")
    };
    assert_eq!(of(vec![large], Some(".dockerignore")), "");
    let empty = ContextFile {
        size: 0,
        ..file("conf/local/credentials.yml")
    };
    assert_eq!(of(vec![empty], Some(".dockerignore")), "");
}

#[test]
fn a_finding_says_where_and_what_to_do() {
    let readmitted = ContextFile {
        readmitted_by: Some(7),
        ..file("conf/local/credentials.yml")
    };
    let files = vec![
        file("conf/local/a.yml"),
        file("conf/local/b.yml"),
        file("conf/local/c.yml"),
        readmitted,
        file(".env"),
    ];
    insta::assert_snapshot!(of(files, Some("docker/Dockerfile.dockerignore")));
}

#[test]
fn without_an_ignore_file_that_is_said_as_well() {
    insta::assert_snapshot!(of(vec![file(".env"), file(".git/HEAD")], None));
}

#[test]
fn what_makes_a_context_large_is_named() {
    let sized = |path, mebibytes: u64| ContextFile {
        size: mebibytes << 20,
        ..file(path)
    };
    let files = vec![
        sized(".git/objects/pack/x", 30),
        sized("data/01_raw/flights.csv", 2000),
        sized(".argo-kedro/runs/x", 1),
        sized("database/x", 9),
    ];
    insta::assert_snapshot!(of(files, Some(".dockerignore")));
    let models = vec![sized("models/a.bin", 400), sized("models/b.bin", 900)];
    insta::assert_snapshot!("models", of(models, Some(".dockerignore")));
    assert_eq!(
        of(vec![file("data/01_raw/.gitkeep")], Some(".dockerignore")),
        ""
    );
}
