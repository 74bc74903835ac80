//! Sprig's functions with a clock or random numbers; and that no function exceeds its limits of time and memory.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::expression::{Failure, Outside, Variables, evaluate};

fn json(text: &str, seed: u64) -> String {
    let now = "2024-02-29T10:00:00Z".parse().expect("it is a time");
    let variables = Variables::of_argo([]).with(Outside { now, seed });
    let value = evaluate(text, &variables).unwrap_or_else(|failure| panic!("{text}: {failure}"));
    value.to_json().expect("JSON has it")
}

#[test]
fn the_clock_is_given() {
    for (text, expected) in [
        ("sprig.date('2006-01-02', sprig.now())", "\"2024-02-29\""),
        ("sprig.date('2006-01-02', 'not a date')", "\"2024-02-29\""),
        (
            "sprig.ago(sprig.toDate('2006-01-02', '2024-02-29'))",
            "\"10h0m0s\"",
        ),
        (
            "sprig.durationRound(sprig.toDate('2006-01-02', '2024-02-01'))",
            "\"28d\"",
        ),
    ] {
        assert_eq!(json(text, 1), expected, "{text}");
    }
    let without = evaluate("sprig.now()", &Variables::of_argo([]));
    assert!(matches!(without, Err(Failure::Unsupported(_))));
}

#[test]
fn random_values_come_from_the_seed() {
    for (text, pattern) in [
        ("sprig.randAlpha(12)", "^[A-Za-z]{12}$"),
        ("sprig.randAlphaNum(12)", "^[0-9A-Za-z]{12}$"),
        ("sprig.randNumeric(12)", "^[0-9]{12}$"),
        ("sprig.randAscii(12)", "^[ -~]{12}$"),
        ("sprig.randBytes(6)", "^[0-9A-Za-z+/]{8}$"),
        (
            "sprig.uuidv4()",
            "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        ),
        ("string(sprig.randInt(100, 1000000))", "^[0-9]{3,6}$"),
        ("sprig.shuffle('abcdefghijklmnop')", "^[a-p]{16}$"),
    ] {
        assert_eq!(
            json(&format!("{text} matches '{pattern}'"), 1),
            "true",
            "{text}"
        );
        assert_eq!(json(text, 1), json(text, 1), "{text}");
        assert_ne!(json(text, 1), json(text, 2), "{text}");
        assert_eq!(json(&format!("{text} == {text}"), 1), "false", "{text}");
    }
    let without = evaluate("sprig.uuidv4()", &Variables::of_argo([]));
    assert!(matches!(without, Err(Failure::Unsupported(_))));
}

#[test]
fn secrets_can_be_checked() {
    let text = "sprig.decryptAES('key', sprig.encryptAES('key', 'plain text'))";
    assert_eq!(json(text, 1), "\"plain text\"");
    let hashed = json("sprig.htpasswd('user', 'word')", 1);
    let hash = hashed
        .trim_matches('"')
        .strip_prefix("user:")
        .expect("the user comes first");
    assert!(hash.starts_with("$2a$10$"));
    assert!(bcrypt::verify("word", hash).expect("it is a hash"));
}

#[test]
fn no_function_takes_all_time_and_memory() {
    for text in [
        "sprig.repeat(1000000000, 'x')",
        "sprig.repeat(9223372036854775807, 'xy')",
        "sprig.until(9223372036854775807)",
        "sprig.untilStep(0, 1000000000, 1)",
        "sprig.untilStep(0, 9223372036854775807, 9223372036854775806)",
        "sprig.seq(1000000000)",
        "sprig.indent(1000000000, 'x')",
        "sprig.nindent(100000, sprig.repeat(100000, '\n'))",
        "sprig.wrapWith(1, sprig.repeat(100000, 'y'), sprig.repeat(100000, 'x'))",
        "sprig.replace('', sprig.repeat(100000, 'x'), sprig.repeat(100000, 'y'))",
        "sprig.regexReplaceAll('', sprig.repeat(100000, 'y'), sprig.repeat(100000, 'x'))",
        "sprig.splitList('', sprig.repeat(900000, 'x'))",
        "sprig.regexSplit('', sprig.repeat(900000, 'x'), -1)",
        "sprig.join(sprig.repeat(100000, 'x'), sprig.until(99999))",
        "map(1..900, sprig.repeat(100000, 'x'))",
        "map(1..100, sprig.bcrypt('x'))",
        "reduce(1..9000, sprig.set(#acc, string(#), #), {})",
        "sprig.randAlpha(1000000000)",
        "let a = sprig.list(1); reduce(1..99, sprig.list(#acc, #acc), a)",
        "jsonpath('[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]', '$..*..*..*..*..*..*..*..*')",
        "jsonpath('{}', '$' + sprig.repeat(100000, '..'))",
        "jsonpath('{}', '$' + sprig.repeat(100000, '.a'))",
        "jsonpath('[1]', '$[?(' + sprig.repeat(100000, '1+') + '1)]')",
        "jsonpath('[1]', '$[?(' + sprig.repeat(3000, '(') + '1' + sprig.repeat(3000, ')') + ')]')",
        "jsonpath('[1]', '$[?(' + sprig.repeat(300, '@[?(') + '1' + sprig.repeat(300, ')]') + ')]')",
    ] {
        let now = jiff::Timestamp::UNIX_EPOCH;
        let variables = Variables::of_argo([]).with(Outside { now, seed: 1 });
        let failure = evaluate(text, &variables).expect_err("it is too much");
        assert!(matches!(failure, Failure::Failed(_)), "{text}: {failure}");
    }
}

#[test]
fn bytes_that_are_no_letters_are_not_taken_for_others() {
    for text in [
        "sprig.b64enc(sprig.b64dec('/w=='))",
        "sprig.sha256sum(sprig.b64dec('/w=='))",
        "sprig.quote(sprig.trunc(1, 'é'))",
        "sprig.trunc(1, sprig.b64dec('//8='))",
        "toBase64(fromBase64('/w=='))",
        "fromBase64('//8=')[1:]",
    ] {
        let found = evaluate(text, &Variables::of_argo([]));
        assert!(
            matches!(found, Err(Failure::Unsupported(_))),
            "{text}: {found:?}"
        );
    }
}
