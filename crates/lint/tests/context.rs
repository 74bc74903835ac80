//! Files that an image must not contain, and files that it must contain.

#![expect(clippy::unwrap_used, reason = "a test may stop")]

use std::fmt::Write as _;

use diagnostic::Diagnostic;
use lint::context::{BuildContext, ContextFile, check, check_credentials};
use project::snapshot::Credentials;

const BASE64: &str = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";

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
        _ if path.contains("private") => format!("-----BEGIN PRIVATE KEY-----\n{BASE64}"),
        _ if path.contains("pgp") => format!("-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{BASE64}"),
        _ if path.contains("openssh") => format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{BASE64}\n"),
        _ if path.contains("cluster") => format!("users:\n- user: {{client-key-data: {BASE64}}}\n"),
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
        "credentials.yml.example",
        "credentials.yml.dist",
        "conf/base/credentials.example.yml",
        "sample_credentials.yml",
        "credentials.template.yaml",
        "kubeconfig.example",
        "kubeconfig-template.yaml",
        ".env.prod.example",
        "src/shop/credentials.sql",
        "docs_credentials.css",
        "docs/credentials.png",
    ];
    for path in harmless {
        assert_eq!(of(vec![file(path)], Some(".dockerignore")), "", "{path}");
    }
    let large = ContextFile {
        size: 20_000,
        ..file("private-service-account.json")
    };
    assert!(of(vec![large], Some(".dockerignore")).contains("secret-in-context"));
    // A file of this size is not a key, and to read many of them takes time.
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
    insta::assert_snapshot!(of(vec![file(".env"), file(".venv/bin/x")], None));
}

#[test]
fn what_makes_a_context_large_is_named() {
    let sized = |path, mebibytes: u64| ContextFile {
        size: mebibytes << 20,
        ..file(path)
    };
    let files = vec![
        // The rule does not report `.git`.
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
        "# The store of the cluster.\nstore: {key: '${oc.env:KEY}'}\n",
        "store:\n  key: ${oc.env:KEY} # of the secret `store`\n",
        "store: {key: '${oc.env:KEY}', client_kwargs: {endpoint_url: 'http://minio:9000', region_name: eu-central-1}}",
        "azure: {account_name: acme, account_key: '${oc.env:KEY,null}', anon: false}",
        "a: '${oc.env:A, \"\"}'\n# key: ${oc.env:KEY}\n",
        "gcs: {project: acme-prod, token: '${oc.env:TOKEN}', use_ssl: true, port: 9000}",
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
        "# key: hunter\na: ${oc.env:A}",
        "# KEY=hunter\na: ${oc.env:A}",
        "a: {endpoint_url: 'http://bob:hunter2@minio:9000'}",
        "a: {endpoint_url: 'http://minio:9000?sig=hunter2'}",
        "a: {account_name: acme, account_key: hunter2}",
        "a: {token: 4711, region: x}",
        "a: ${oc.env:}",
        "a: ${hunter2}",
        "a: [",
        "hunter2",
    ] {
        assert!(secret(holds_one), "{holds_one}");
    }
    // The rule reports conf/local whatever the file contains.
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
        let key = format!("# -----BEGIN PRIVATE KEY-----\n# {BASE64}\n");
        assert!(secret(path, &key), "{path}");
        // An empty text means that the file cannot be read.
        assert!(secret(path, ""), "{path}");
    }
    // The rule sees only the beginning of a large file.
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
fn a_text_that_tells_how_a_key_begins_is_none() {
    let secret = |text: &str| {
        let context = BuildContext {
            ignore_file: Some(".dockerignore"),
            files: vec![
                file("deploy/x.dat"),
                file("docs/howto.txt"),
                file("tls.pem"),
            ],
            read_by_tasks: None,
            makes_conf_local: true,
        };
        let found = said(&check(&context, &|_| text.to_owned()));
        let count = found.matches("secret-in-context").count();
        assert!(matches!(count, 0 | 3), "{text}: {found}");
        count > 0
    };
    for tells in [
        "The file begins with -----BEGIN RSA PRIVATE KEY-----",
        "It begins with -----BEGIN RSA PRIVATE KEY-----\nand then there are many letters.\n",
        "-----BEGIN PRIVATE KEY-----\nYOUR_KEY_HERE\n-----END PRIVATE KEY-----\n",
        "regex = '''-----BEGIN (RSA|EC) PRIVATE KEY-----'''\n",
        "regex = '''-----BEGIN[ A-Z0-9_-]{0,100}PRIVATE KEY-----[\\s\\S-]*KEY----'''",
        "PuTTY writes PuTTY-User-Key-File-3 first.",
        "Look for client-key-data: it is the key.",
        "-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
        "-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\n",
    ] {
        assert!(!secret(tells), "{tells}");
    }
    for is_one in [
        "# of the cluster\n-----BEGIN RSA PRIVATE KEY-----\n{}\n",
        "Bag Attributes\n\n  -----BEGIN ENCRYPTED PRIVATE KEY-----\r\n  {}\r\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{}",
        "-----BEGIN PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n{}",
        "key: |\n  -----BEGIN EC PRIVATE KEY-----\n  {}\n",
        "{\"key\": \"-----BEGIN PRIVATE KEY-----\\n{}\\nx\"}",
        "KEY=\"-----BEGIN PRIVATE KEY-----{}\"",
        "PuTTY-User-Key-File-3: ssh-rsa\nPrivate-Lines: 14\n",
        "    client-key-data: {}\n",
    ] {
        let text = is_one.replace("{}", BASE64);
        assert!(secret(&text), "{text}");
    }
}

#[test]
fn credentials_without_secrets_are_let_in() {
    let named = Credentials {
        name: "store".to_owned(),
        datasets: vec!["reviews".to_owned()],
        files: vec!["conf/cloud/credentials.yml".to_owned()],
        elsewhere: Vec::new(),
    };
    let config = project::config::ArgoConfig::default();
    let help = |text: &str| {
        let beginning = |_: &str| text.to_owned();
        let named = std::slice::from_ref(&named);
        let found = check_credentials(named, &config, None, &|_| false, &beginning);
        found[0].help.clone().unwrap()
    };
    let harmless = help("store: {key: '${oc.env:KEY}', endpoint_url: 'http://minio:9000'}");
    let line = "add `!conf/cloud/credentials.yml` at the end of .dockerignore";
    assert!(harmless.contains(line), "{harmless}");
    let secret = help("store: {key: hunter2}");
    assert!(
        !secret.contains('!') && secret.contains("secret_ref"),
        "{secret}"
    );
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
fn what_git_knows_of_remotes_is_a_secret_if_it_has_a_token() {
    let secret = |text: &str| {
        let context = BuildContext {
            ignore_file: Some(".dockerignore"),
            files: vec![file(".git/config")],
            read_by_tasks: None,
            makes_conf_local: true,
        };
        let found = check(&context, &|_| text.to_owned());
        found
            .iter()
            .any(|finding| finding.code == "secret-in-context")
    };
    for text in [
        "[remote \"origin\"]\n\turl = https://x-access-token:ghs_abc@github.com/a/b.git\n",
        "\tpushurl = https://ghp_abc@github.com/a/b\n",
        "[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic eDphYmM=\n",
    ] {
        assert!(secret(text), "{text}");
    }
    for text in [
        "[remote \"origin\"]\n\turl = https://github.com/a/b.git\n",
        "\turl = git@github.com:a/b.git\n\turl = ssh://git@github.com/a/b\n",
        "\turl = https://github.com/a/b@c\n[user]\n\temail = a@b.c\n",
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

/// Findings about one name of credentials: `datasets` use it, `files` define it, and the image contains only
/// `conf/base`.
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
    said(&check_credentials(
        &credentials,
        &config,
        Some(".dockerignore"),
        &in_image,
        &|_| "store: {key: x}".to_owned(),
    ))
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
    // Another rule reports credentials that no file defines.
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
    // `argo-kedro build` reads no pipeline.
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
    // A table with `credentials` in its name is not a credentials file.
    let table = vec![file("data/credentials_sold.csv")];
    assert_eq!(said(Some(vec!["data"]), table, Some(".dockerignore")), "");
    // Kedro needs the folder conf/local.
    let local = said(None, vec![file("conf/local/a.yml")], Some(".dockerignore"));
    assert!(local.contains("RUN mkdir -p conf/local"), "{local}");
}
