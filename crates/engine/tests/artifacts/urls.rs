//! Artifacts from URLs.

use std::io::{Read, Write};
use std::net::TcpListener;

use engine::artifacts::Loading;
use serde_json::json;

use crate::disk::Disk;

/// Server that sends the given answers, one per request, and returns the requests.
fn server(answers: Vec<String>) -> (String, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let own = address.clone();
    let thread = std::thread::spawn(move || {
        let answer = |answer: String| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                asked.push(byte[0]);
            }
            stream
                .write_all(answer.replace("OWN", &own).as_bytes())
                .unwrap();
            String::from_utf8(asked).unwrap()
        };
        answers.into_iter().map(answer).collect()
    });
    (address, thread)
}

fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[test]
fn a_url_is_asked_with_the_headers_and_the_password_of_the_artifact() {
    let disk = Disk::new();
    let moved = answer("302 Found", "location: OWN/b\r\n", "");
    let (address, asked) = server(vec![moved, answer("200 OK", "", "content")]);
    let artifact = json!({"name": "x", "path": "/x", "http": {
        "url": format!("{address}/a?token=1"),
        "headers": [{"name": "X-One", "value": "1"}],
        "auth": {"basicAuth": {
            "usernameSecret": {"name": "s", "key": "user"},
            "passwordSecret": {"name": "s", "key": "password"},
        }},
    }});
    disk.load(&artifact, "x").unwrap();
    assert_eq!(std::fs::read_to_string(disk.path("x")).unwrap(), "content");
    let asked = asked.join().unwrap();
    assert!(
        asked[0].starts_with("GET /a?token=1 HTTP/1.1\r\n"),
        "{asked:?}"
    );
    assert!(
        asked[0].contains("x-one: 1\r\n") && asked[0].contains("authorization: Basic "),
        "{asked:?}"
    );
    assert!(asked[1].starts_with("GET /b "));
}

#[test]
fn what_a_url_answers_instead_is_said_without_secrets() {
    for (status, headers, message) in [
        ("404 Not Found", "", Some("404 Not Found")),
        (
            "500 Internal Server Error",
            "",
            Some("loading content from SHOWN failed with reason: 500 Internal Server Error"),
        ),
        ("302 Found", "location: file:///etc/passwd\r\n", None),
    ] {
        let disk = Disk::new();
        let (address, _asked) = server(vec![answer(status, headers, "")]);
        let url = format!(
            "{}/a?token=hidden",
            address.replace("://", "://user:hidden@")
        );
        let artifact = json!({"name": "x", "path": "/x", "http": {"url": url}});
        let said = disk.load(&artifact, "x").unwrap_err();
        assert!(!said.contains("hidden"), "{said}");
        assert!(!disk.path("x").exists());
        if let Some(message) = message {
            let shown = format!("{}/a?%E2%80%A6", address.replace("://", "://user:xxxxx@"));
            let message = message.replace("SHOWN", &shown);
            assert_eq!(
                said,
                format!("init: Error (exit code 64): artifact x failed to load: {message}")
            );
        }
    }
    let disk = Disk::new();
    let artifact = json!({"name": "x", "path": "/x", "http": {"url": "file:///etc/passwd"}});
    assert_eq!(
        disk.load(&artifact, "x").unwrap_err(),
        "init: Error (exit code 64): artifact x failed to load: Get \"file:///etc/passwd\": unsupported protocol scheme \"file\""
    );
    let (address, _asked) = server(vec![answer("404 Not Found", "", "")]);
    let artifact = json!({"name": "x", "path": "/x", "optional": true, "http": {"url": address}});
    assert_eq!(disk.load(&artifact, "x").unwrap(), Loading::NotFound);
    let artifact = json!({"name": "x", "path": "/x", "http": {"url": "http://h", "auth": {"oauth2": {"scopes": ["a"]}}}});
    assert!(
        disk.load(&artifact, "x")
            .unwrap_err()
            .contains("http.auth.oauth2 is not supported here")
    );
}
