//! What must not get into an image, and what has to.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use lint::context::{BuildContext, ContextFile, check, check_credentials};
use project::snapshot::Credentials;

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
    let context = BuildContext {
        ignore_file,
        files,
        read_by_tasks: Some(Vec::new()),
        makes_conf_local: true,
    };
    let beginning = |path: &str| match path {
        _ if path.contains("private") => "-----BEGIN PRIVATE KEY-----".to_owned(),
        _ if path.contains("pgp") => "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ".to_owned(),
        _ if path.contains("openssh") => "-----BEGIN OPENSSH PRIVATE KEY-----\nb3".to_owned(),
        _ if path.contains("cluster") => "users:\n- user: {client-key-data: LS0}\n".to_owned(),
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
        "pgp-backup",
        "keys/pgp.secret",
        "deploy/openssh.backup",
        "openssh.2024",
        "a/.envrc",
        "prod.env",
        "deploy/Prod.ENV",
        "kubeconfig",
        "deploy/kubeconfig-prod.yaml",
        "prod.kubeconfig",
        "cluster.yaml",
        ".streamlit/secrets.toml",
        "app/.secrets.toml",
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
        "example.env",
        "deploy/prod.example.env",
        "pgp.md",
        "src/kubeconfig.py",
        "src/openssh_key.py",
        ".streamlit/config.toml",
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
        size: 200_000,
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

#[test]
fn a_file_that_only_says_which_variables_to_read_holds_no_secret() {
    let secret = |text: &str| {
        let context = BuildContext {
            ignore_file: Some(".dockerignore"),
            files: vec![file("conf/cloud/credentials.yml")],
            read_by_tasks: None,
            makes_conf_local: true,
        };
        let findings = check(&context, &|_| text.to_owned());
        assert!(findings.len() < 2);
        !findings.is_empty()
    };
    for harmless in [
        "store: {key: '${oc.env:STORE_KEY}', secret: \"${oc.env:STORE_SECRET}\", anonymous: false}",
        "a: ${oc.env:A}\nb: ['${oc.env:B}', ~]\n",
        "{}",
    ] {
        assert!(!secret(harmless), "{harmless}");
    }
    for holds_one in [
        "",
        "store: {key: '${oc.env:KEY}', secret: hunter2}",
        "a: ${oc.env:A,hunter2}",
        "a: hunter2${oc.env:A}",
        "a: ${oc.env:A}hunter2}",
        "a: 4711",
        "a: ${oc.env:A} # was hunter2",
        "a: ${oc.env:}",
        "a: ${hunter2}",
        "a: [",
        "hunter2",
    ] {
        assert!(secret(holds_one), "{holds_one}");
    }
    // In conf/local it stays outside whatever it says.
    let local = of(vec![file("conf/local/credentials.yml")], Some("x"));
    assert!(local.contains("add `conf/local/`"), "{local}");
}

#[test]
fn a_file_of_comments_holds_no_secret() {
    let secret = |path: &str, text: &str| {
        let context = BuildContext {
            ignore_file: Some(".dockerignore"),
            files: vec![file(path)],
            read_by_tasks: None,
            makes_conf_local: true,
        };
        !check(&context, &|_| text.to_owned()).is_empty()
    };
    let comments = "# Here you can define credentials.\n#\n# store: {key: KEY}\n---\n\n";
    for path in [
        "conf/base/credentials.yml",
        "conf/base/credentials.json",
        "conf/local/credentials.yml",
        "prod.env",
        ".streamlit/secrets.toml",
    ] {
        assert!(!secret(path, comments), "{path}");
        assert!(!secret(path, "\n"), "{path}");
        assert!(secret(path, &format!("{comments}a: b\n")), "{path}");
        assert!(secret(path, "# -----BEGIN PRIVATE KEY-----\n"), "{path}");
        // It cannot be read.
        assert!(secret(path, ""), "{path}");
    }
    // Only the beginning of a large file is known.
    let large = ContextFile {
        size: 20_000,
        ..file("prod.env")
    };
    let context = BuildContext {
        ignore_file: Some(".dockerignore"),
        files: vec![large],
        read_by_tasks: None,
        makes_conf_local: true,
    };
    assert_eq!(check(&context, &|_| comments.to_owned()).len(), 1);
}

#[test]
fn an_npmrc_is_a_secret_if_it_has_a_token() {
    let secret = |text: &str| {
        let context = BuildContext {
            ignore_file: Some(".dockerignore"),
            files: vec![file("web/.npmrc")],
            read_by_tasks: None,
            makes_conf_local: true,
        };
        !check(&context, &|_| text.to_owned()).is_empty()
    };
    for text in [
        "registry=https://r\n//r/:_authToken=npm_abc",
        "_auth = \"YWJj\"",
        "//r/:_password=YWJj",
    ] {
        assert!(secret(text), "{text}");
    }
    for text in [
        "registry=https://r\nsave-exact=true\n",
        "//r/:_authToken=${NPM_TOKEN}",
        "# //r/:_authToken=npm_abc",
        "//r/:_authToken=",
    ] {
        assert!(!secret(text), "{text}");
    }
}

#[test]
fn the_advice_is_spelt_like_the_file() {
    for (path, pattern) in [
        ("conf/prod/my_Credentials_2.json", "**/*Credentials*"),
        ("deploy/.ENV", "**/.ENV"),
        (".Env.production", "**/.Env.*"),
        ("Prod.ENV", "**/*.ENV"),
        ("keys/store.P12", "**/*.P12"),
        ("private.PEM", "**/*.PEM"),
        ("ID_RSA", "**/ID_RSA"),
        ("a/.streamlit/secrets.toml", "**/.streamlit/secrets.toml"),
        ("private[1].txt", "private\\[1].txt"),
        ("#private", "/#private"),
        ("Üben-CREDENTIALS.txt", "**/*CREDENTIALS*"),
    ] {
        let said = of(vec![file(path)], Some(".dockerignore"));
        assert!(
            said.contains(&format!("; add `{pattern}` to")),
            "{path}: {said}"
        );
    }
}

/// What is said of one name, which `datasets` name and `files` define, where only `conf/base` gets into the image.
fn of_credentials(datasets: &[&str], files: &[&str], argo: &str) -> String {
    let owned = |words: &[&str]| words.iter().map(ToString::to_string).collect();
    let credentials = [Credentials {
        name: "store".to_owned(),
        datasets: owned(datasets),
        files: owned(files),
        elsewhere: Vec::new(),
    }];
    let documents = diagnostic::yaml::parse("argo.yml", argo).unwrap();
    let config = project::config::check(&documents[0].to_json(), &[]).unwrap();
    let in_image = |file: &str| file.starts_with("conf/base/");
    said(&check_credentials(&credentials, &config, &in_image))
}

#[test]
fn credentials_that_stay_outside_of_the_image_are_named() {
    let local = "conf/local/credentials.yml";
    insta::assert_snapshot!(format!(
        "{}{}",
        of_credentials(&["reviews"], &[local], "{}"),
        of_credentials(&["reviews", "{any}"], &[local], "{}"),
    ));
    let in_image = "conf/base/credentials.yml";
    assert_eq!(of_credentials(&["a"], &[in_image, local], "{}"), "");
    // That no file defines them is another rule's.
    assert_eq!(of_credentials(&["a"], &[], "{}"), "");
    let mounted =
        "nodes: {'*': {volumes: [{name: c, mount_path: /app/conf/prod, secret: {secretName: c}}]}}";
    assert_eq!(of_credentials(&["a"], &[local], mounted), "");
    let elsewhere =
        "nodes: {'*': {volumes: [{name: c, mount_path: /keys, secret: {secretName: c}}]}}";
    assert!(of_credentials(&["a"], &[local], elsewhere).contains("every pod will fail"));
}

#[test]
fn advice_leaves_in_what_tasks_read() {
    let large = |path| ContextFile {
        size: 30 << 20,
        ..file(path)
    };
    let said = |read_by_tasks: Option<Vec<&str>>, files: Vec<ContextFile<'_>>, ignore_file| {
        let context = BuildContext {
            ignore_file,
            files,
            read_by_tasks,
            makes_conf_local: false,
        };
        said(&check(&context, &|_| String::new()))
    };
    let files = || vec![large("data/01_raw/a.csv"), large("data/08/b.csv")];
    let read = || Some(vec!["data/01_raw/a.csv"]);
    let some = said(read(), files(), Some(".dockerignore"));
    assert!(some.contains("30.0 MiB"), "{some}");
    assert!(
        some.contains("files that tasks read: `!data/01_raw/a.csv`"),
        "{some}"
    );
    assert_eq!(said(Some(vec!["data"]), files(), Some(".dockerignore")), "");
    // `build` reads no pipeline.
    let unknown = said(None, files(), Some(".dockerignore"));
    assert!(
        unknown.contains("a line `!PATH` for each file that tasks read"),
        "{unknown}"
    );
    let none = said(read(), files(), None);
    assert!(
        none.contains(
            "argo-kedro init; then add lines at its end for the files that tasks read: `!data/01_raw/a.csv`"
        ),
        "{none}"
    );
    // A table that is called so is not where credentials are kept.
    let table = vec![file("data/credentials_sold.csv")];
    assert_eq!(said(Some(vec!["data"]), table, Some(".dockerignore")), "");
    // Kedro wants the folder.
    let local = said(None, vec![file("conf/local/a.yml")], Some(".dockerignore"));
    assert!(local.contains("RUN mkdir -p conf/local"), "{local}");
}
