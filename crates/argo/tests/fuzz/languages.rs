//! Languages in texts: tags, expressions, conditions, `depends`, selectors, paths in JSON, regular expressions.

use argo::text::condition::holds as condition_holds;
use argo::text::expression::{
    Environment, Outside, Value, Variables, check, evaluate, holds, parse, tokens,
};
use argo::text::tags::{Piece, Strict, Values, has_tag, pieces, substitute, substitute_json};
use argo::text::{cases, depends, selector};

use crate::first_columns;
use crate::trial::read_texts;

const EXPRESSIONS: &str = include_str!("corpus/expressions.txt");
const PATHS: &str = include_str!("../tables/jsonpath.txt");

fn outside() -> Outside {
    Outside {
        now: jiff::Timestamp::UNIX_EPOCH,
        seed: 1,
    }
}

fn named() -> Vec<(String, Value)> {
    vec![
        ("a".to_owned(), Value::text("b")),
        ("item".to_owned(), Value::text("3")),
        (
            "inputs.parameters.x".to_owned(),
            Value::text("[1, \"2\", {\"a\": null}]"),
        ),
        ("lastRetry.exitCode".to_owned(), Value::Integer(137)),
        ("tasks.a-b.outputs.result".to_owned(), Value::text("é\n\"")),
    ]
}

#[test]
fn tags() {
    let seeds: Vec<&str> = include_str!("corpus/tags.txt").lines().collect();
    let values = Values::new(named()).with(outside());
    read_texts("tags", &seeds, |text| {
        for strict in [Strict::No, Strict::All, Strict::Prefixes(&["tasks"])] {
            let _ = substitute(text, &values, strict);
        }
        let _ = substitute_json(&serde_json::json!([text]).to_string(), &values, Strict::No);
        has_tag(text);
        // The pieces must cover the whole text.
        let sizes = pieces(text).map(|piece| match piece {
            Ok(Piece::Text(text)) => text.len(),
            Ok(Piece::Tag { inside, .. }) => inside.len() + 4,
            Err(unclosed) => text.len() - unclosed.start,
        });
        assert_eq!(sizes.sum::<usize>(), text.len());
    });
}

/// Parses, checks and evaluates an expression.
pub(crate) fn read_expression(text: &str, variables: &Variables) {
    let environment = Environment::of_argo();
    let (tokens, _) = tokens(text);
    assert!(tokens.len() <= text.len() + 1);
    if let Ok(node) = parse(text, &environment) {
        check(&node, text, &environment);
    }
    if let Ok(value) = evaluate(text, variables) {
        let _ = value.to_json();
        let _ = value.go_type();
    }
}

#[test]
fn expressions() {
    let mut seeds: Vec<&str> = EXPRESSIONS.lines().collect();
    seeds.extend(first_columns(
        include_str!("../tables/expr_lang.txt"),
        "  =>  ",
    ));
    let variables = Variables::of_argo(named()).with(outside());
    read_texts("expressions", &seeds, |text| {
        read_expression(text, &variables);
        let _ = holds(text, &variables);
    });
}

#[test]
fn conditions() {
    let seeds: Vec<&str> = include_str!("corpus/conditions.txt").lines().collect();
    read_texts("conditions", &seeds, |text| {
        let _ = condition_holds(text);
    });
}

#[test]
fn depends_and_dependencies() {
    let seeds = first_columns(include_str!("../tables/depends.txt"), "\t");
    read_texts("depends", &seeds, |text| {
        let read = depends::parse(text);
        for term in &read.terms {
            assert!(text.get(term.place.clone()).is_some());
        }
        match read.condition {
            Ok(condition) => {
                let _ = depends::evaluate(&condition, &|_| Some(depends::Dependency::default()));
            }
            Err(fault) => assert!(fault.at <= text.len()),
        }
    });
}

#[test]
fn selectors() {
    let seeds: Vec<&str> = include_str!("corpus/selectors.txt").lines().collect();
    read_texts("selectors", &seeds, |text| {
        let _ = selector::parse(text);
    });
}

#[test]
fn paths_of_json() {
    const JSON: &str =
        r#"{"a": [1, "b", null, {"a": 2.5, "é": []}], "b": {"length": 3, "n": "x"}}"#;
    // A line is `jsonpath('JSON', 'PATH')`.
    let mut seeds = Vec::new();
    for call in first_columns(PATHS, "  =>  ") {
        let call = call
            .strip_prefix("jsonpath(")
            .and_then(|call| call.strip_suffix(')'));
        if let Some((json, path)) = call.and_then(|call| call.rsplit_once(", ")) {
            seeds.extend([json, path].map(|text| text.trim_matches(['\'', '"'])));
        }
    }
    let variables = |json: &str, path: &str| {
        let variables = [("json", json), ("path", path)];
        Variables::of_argo(variables.map(|(name, text)| (name.to_owned(), Value::text(text))))
    };
    read_texts("paths of JSON", &seeds, |text| {
        let _ = evaluate("jsonpath(json, path)", &variables(JSON, text));
        let _ = evaluate("jsonpath(json, path)", &variables(text, "$..a"));
    });
}

#[test]
fn regular_expressions() {
    let seeds: Vec<&str> = include_str!("corpus/regular_expressions.txt")
        .lines()
        .collect();
    read_texts("regular expressions", &seeds, |text| {
        let variables = [("pattern", text), ("text", "a1 b22\tÄé-_.(x)\n{y}")];
        let variables =
            Variables::of_argo(variables.map(|(name, text)| (name.to_owned(), Value::text(text))));
        for expression in [
            "text matches pattern",
            "sprig.regexReplaceAll(pattern, text, '${1}$x')",
            "sprig.regexReplaceAll('(?P<x>[a-z])(\\\\d*)', text, pattern)",
            "sprig.regexSplit(pattern, text, -1)",
        ] {
            let _ = evaluate(expression, &variables);
        }
    });
}

#[test]
fn cases_of_texts() {
    let seeds: Vec<&str> = include_str!("corpus/cases.txt").lines().collect();
    read_texts("cases", &seeds, |text| {
        let answer = cases::answer(text, outside());
        assert!(
            answer.starts_with("{\"ok\":") || answer.starts_with("{\"err\":"),
            "{answer}"
        );
    });
}
