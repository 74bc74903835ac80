//! Expressions: what is read, what is refused, and what certainly goes wrong.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::expression::{Environment, Trouble, check, parse};

#[test]
fn a_hostile_text_is_an_error() {
    let environment = Environment::new();
    for text in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "{a:".repeat(100_000),
        "!".repeat(100_000),
        "-".repeat(100_000),
        "a.".repeat(100_000),
        "a[".repeat(100_000),
        format!("{}1", "1+".repeat(100_000)),
        format!("{}1", "1?1:".repeat(100_000)),
        format!("{}1", "2**".repeat(100_000)),
        format!("{}1", "if a {1} else ".repeat(100_000)),
        format!("{}1", "let a = 1;".repeat(100_000)),
        format!("{}1", "f(".repeat(100_000)),
        format!("1{}", "|f()".repeat(100_000)),
        format!("1{}", "[1]".repeat(100_000)),
    ] {
        let fault = parse(&text, &environment).expect_err("it is too much");
        assert!(matches!(fault.trouble, Trouble::Size | Trouble::Syntax));
    }
}

#[test]
fn what_is_read_can_be_checked() {
    let environment = Environment::new();
    for text in [
        format!("{}1", "1+".repeat(990)),
        format!("{}true", "false || ".repeat(990)),
        format!("{}1{}", "(".repeat(90), ")".repeat(90)),
        format!("{}1{}", "[".repeat(90), "]".repeat(90)),
        format!("{}true", "!".repeat(90)),
        format!("now(){}", "[1]".repeat(190)),
        format!("{}1{}", "len([".repeat(45), "])".repeat(45)),
        format!("{}[1]{}", "map(".repeat(90), ", #)".repeat(90)),
        format!("{}1", "true ? 2 : ".repeat(190)),
    ] {
        let node = parse(&text, &environment).expect("it is not too much");
        check(&node, &text, &environment);
    }
}
