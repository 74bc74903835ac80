//! Tags, and the values that replace them.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::expression::{Outside, Value};
use argo::text::tags::{Piece, Strict, Unclosed, Values, pieces, substitute};

fn values() -> Values {
    Values::new(
        [
            ("workflow.name", "train-x7k2p"),
            ("inputs.parameters.model", "gradient \"boosting\"\n\t<2>"),
            ("inputs.parameters.count", "3"),
            ("inputs.parameters.which", "model"),
            ("inputs.parameters.bell", "\u{7}"),
        ]
        .map(|(name, value)| (name.to_owned(), Value::text(value))),
    )
}

#[test]
fn pieces_of_a_text() {
    let found: Vec<_> = pieces("a {{ x }}{{=y}}}{{").collect();
    assert_eq!(
        found,
        [
            Ok(Piece::Text("a ")),
            Ok(Piece::Tag {
                start: 2,
                inside: " x "
            }),
            Ok(Piece::Tag {
                start: 9,
                inside: "=y"
            }),
            Ok(Piece::Text("}")),
            Err(Unclosed { start: 16 }),
        ]
    );
}

#[test]
fn values_in_the_place_of_tags() {
    for (text, expected) in [
        ("run {{workflow.name}}!", "run train-x7k2p!"),
        ("{{ workflow.name }}", "train-x7k2p"),
        (
            "{{inputs.parameters.model}}",
            "gradient \"boosting\"\n\t<2>",
        ),
        (
            "{{=inputs.parameters.model}}",
            "gradient \"boosting\"\n\t<2>",
        ),
        // Argo replaces the inner tag first, and leaves the resulting tag.
        (
            "{{inputs.parameters.{{inputs.parameters.which}}}}",
            "{{inputs.parameters.model}}",
        ),
        ("{{=asInt(inputs.parameters.count) * 2}}", "6"),
        ("{{=toJson({a: [1, 'x']})}}", "{\"a\":[1,\"x\"]}"),
        ("{{={a: 1} }}", "{\"a\":1}"),
        ("{{=6 / 4}}", "1.5"),
        ("{{=1e21}}", "1e+21"),
        ("{{='<a> & b'}}", "<a> & b"),
        // A tag without a value stays.
        (
            "{{tasks.fit.outputs.result}}",
            "{{tasks.fit.outputs.result}}",
        ),
        (
            "{{=tasks.fit.status ?? 'x'}}",
            "{{=tasks.fit.status ?? 'x'}}",
        ),
        ("{{=item ?? 'x'}}", "{{=item ?? 'x'}}"),
        ("{{ =workflow.name}}", "{{ =workflow.name}}"),
        ("{{=nil}}", "{{=nil}}"),
        ("{{}} {x} }}", "{{}} {x} }}"),
        ("no tag", "no tag"),
    ] {
        assert_eq!(
            substitute(text, &values(), Strict::No).as_deref(),
            Ok(expected),
            "{text}"
        );
    }
}

#[test]
fn what_cannot_be_substituted_is_an_error() {
    for (text, part) in [
        ("{{workflow.name", "nothing closes the tag"),
        ("{{=(}}", "is not valid"),
        ("{{inputs.parameters.bell}}", "cannot stand in JSON"),
    ] {
        let failure = substitute(text, &values(), Strict::No).expect_err(text);
        assert!(failure.message.contains(part), "{text}: {failure}");
        assert!(!failure.is_missing);
    }
    let mut values = values();
    values.set("tasks.fit.outputs.result", Value::Nil);
    let failure =
        substitute("{{tasks.fit.outputs.result}}", &values, Strict::No).expect_err("it is nil");
    assert!(failure.message.contains("was skipped"), "{failure}");
    assert_eq!(
        substitute(
            "{{=tasks.fit.outputs.result ?? 'none'}}",
            &values,
            Strict::All
        )
        .as_deref(),
        Ok("none")
    );
}

#[test]
fn what_has_to_be_there_and_is_not_is_missing() {
    for (text, strict, is_missing) in [
        ("{{tasks.a.status}}", Strict::All, true),
        ("{{=tasks.a.status}}", Strict::All, true),
        ("{{tasks.a.status}}", Strict::Prefixes(&["tasks"]), true),
        ("{{=tasks.a.status}}", Strict::Prefixes(&["tasks"]), true),
        ("{{tasksA.status}}", Strict::Prefixes(&["tasks"]), false),
        ("{{steps.a.status}}", Strict::Prefixes(&["tasks"]), false),
        (
            "{{tasks.a.outputs.artifacts.x}}",
            Strict::Prefixes(&["tasks"]),
            false,
        ),
    ] {
        match substitute(text, &values(), strict) {
            Ok(found) => {
                assert!(!is_missing, "{text}");
                assert_eq!(found, text);
            }
            Err(failure) => assert!(is_missing && failure.is_missing, "{text}: {failure}"),
        }
    }
}

#[test]
fn random_values_of_one_text_are_not_the_same() {
    let values = values().with(Outside {
        now: "2026-01-01T00:00:00Z".parse().expect("it is a time"),
        seed: 1,
    });
    let text = "{{=sprig.uuidv4()}} {{=sprig.uuidv4()}}";
    let found = substitute(text, &values, Strict::No).expect("it is valid");
    let (first, second) = found.split_once(' ').expect("there are two");
    assert_ne!(first, second);
}
