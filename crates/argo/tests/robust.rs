//! No text makes a reader panic, whatever is in it.

use argo::text::condition::holds;
use argo::text::expression::{Outside, Value, Variables, evaluate};
use argo::text::tags::{Strict, Values, pieces, substitute};
use argo::time::{Duration, Time, Zone};
use proptest::prelude::*;

/// Parts that the languages are made of, and others.
fn parts() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => prop::sample::select(vec![
            "{{", "}}", "{{=", "(", ")", "[", "]", "'", "\"", "\\", "==", "=~", "&&", "||", "?", ":", "??", "?.", ",",
            "in", "not", "let x = ", ";", "#", "..", "**", "-", "!", ".", "sprig.", "now()", "date(", "true", "nil",
            "1", "0x", "1e9", "a", "item", "map(", "{", "}", " ", "\n", "é", "\u{2028}", "\u{0}", "|", "if ", "2006",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    prop::collection::vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Parts of paths in JSON.
fn path_part() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => prop::sample::select(vec![
            "$", "@", ".", "..", "*", "[", "]", "(", ")", "?(", "'", "\"", ":", ",", "a", "b", "length", "0", "-1", "[0]",
            "[*]", ".a", "['a']", "[?(@.a == 1)]", "[(@.length-1)]", "[::2]", "==", "!=", "=~", "in", "not in", "&&", "||",
            "!", "+", "-", "**", "%", "/", "é", " ", "nil", "{", "}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Arguments of functions.
fn argument() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "text",
        "''",
        "'a,b'",
        "'€'",
        "'1.2.3'",
        "'http://u:p@[::1]:80/%41?q#f'",
        "0",
        "1",
        "-1",
        "3",
        "9223372036854775807",
        "-9223372036854775807 - 1",
        "0.5",
        "1e300",
        "-1e300",
        "0 / 0.0",
        "1 / 0.0",
        "nil",
        "true",
        "[]",
        "[1, 'a', nil]",
        "{}",
        "{a: {b: 1}}",
        "sprig.split(',', 'a')",
        "sprig.splitList(',', 'b,a')",
        "sprig.until(3)",
        "b'ab'",
        "1..3",
        "sprig.semver('1.2.3')",
        "date('2024-02-29')",
        "duration('1h')",
        "groupBy([1], #)",
        "fromPairs([[1, 2]])",
    ])
    .prop_map(str::to_owned)
}

/// The names of the functions of sprig.
fn functions() -> Vec<String> {
    let names = evaluate("toJSON(keys(sprig))", &Variables::of_argo([]));
    let text = names
        .ok()
        .and_then(|names| Some(names.as_text()?.to_owned()));
    serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default()
}

fn values() -> Values {
    Values::new([
        ("a".to_owned(), Value::text("b")),
        ("inputs.parameters.x".to_owned(), Value::text("[1, \"2\"]")),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn conditions(text in parts()) {
        let _ = holds(&text);
    }

    #[test]
    fn expressions(text in parts()) {
        let _ = evaluate(&text, &Variables::of_argo([("a".to_owned(), Value::text("b"))]));
    }

    #[test]
    fn paths_of_json(parts in prop::collection::vec(path_part(), 0..8)) {
        let variables = Variables::of_argo([
            ("json".to_owned(), Value::text(r#"{"a": [1, "b", null, {"a": 2.5, "é": []}], "b": {"length": 3}}"#)),
            ("path".to_owned(), Value::text(parts.concat())),
        ]);
        let _ = evaluate("jsonpath(json, path)", &variables);
        let variables = Variables::of_argo([("path".to_owned(), Value::text(format!("${}", parts.concat())))]);
        let _ = evaluate("jsonpath('[[1], {\"a\": \"b\"}]', path)", &variables);
    }

    #[test]
    fn functions_of_sprig(
        name in prop::sample::select(functions()),
        arguments in prop::collection::vec(argument(), 0..4),
        text in any::<String>(),
    ) {
        let variables = Variables::of_argo([("text".to_owned(), Value::text(text))]);
        let variables = variables.with(Outside { now: jiff::Timestamp::UNIX_EPOCH, seed: 1 });
        if !matches!(name.as_str(), "bcrypt" | "htpasswd") {
            let _ = evaluate(&format!("sprig.{name}({})", arguments.join(", ")), &variables);
        }
    }

    #[test]
    fn regular_expressions(pattern in parts(), text in any::<String>()) {
        let variables = Variables::of_argo([
            ("pattern".to_owned(), Value::text(pattern)),
            ("text".to_owned(), Value::text(text)),
        ]);
        let _ = evaluate("sprig.regexReplaceAll(pattern, text, text)", &variables);
    }

    #[test]
    fn tags(text in parts()) {
        let _ = substitute(&text, &values(), Strict::All);
        // Pieces hold the whole text.
        let size: usize = pieces(&text)
            .map(|piece| match piece {
                Ok(argo::text::tags::Piece::Text(text)) => text.len(),
                Ok(argo::text::tags::Piece::Tag { inside, .. }) => inside.len() + 4,
                Err(unclosed) => text.len() - unclosed.start,
            })
            .sum();
        prop_assert_eq!(size, text.len());
    }

    #[test]
    fn times(layout in parts(), text in any::<String>()) {
        let _ = Time::parse(&layout, &text, &Zone::Utc);
        let _ = Duration::parse(&text);
        if let Some(time) = Time::of_seconds(1_700_000_000) {
            let _ = time.format(&layout);
        }
    }
}
