//! `when`: the results of conditions in Argo's controller.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::condition::holds;

#[test]
fn words_are_texts_and_numbers_are_numbers() {
    for (condition, expected) in [
        ("", true),
        ("heads == heads", true),
        ("heads != tails", true),
        ("'a b' == \"a b\"", true),
        ("[some words] == 'some words'", true),
        ("7 > 5", true),
        ("0x10 == 16", true),
        ("2 ** 3 == 8", true),
        // Operators of one level group from the left.
        ("10 - 3 - 2 == 5", true),
        ("2 ** 3 ** 2 == 64", true),
        ("-2 ** 2 == 4", true),
        ("yes == yes && !(no == yes)", true),
        ("true || broken == 1 && 1 > broken", true),
        ("3 in (1, 2, 3)", true),
        ("prod in (dev, test)", false),
        ("'fit-model' =~ '^fit'", true),
        ("'fit-model' !~ '^fit'", false),
        ("true ? false : true", false),
        // A quoted date is compared as a moment.
        ("'2024-02-29' < '2024-03-01'", true),
        (
            "'2024-03-01T01:00:00+01:00' == '2024-03-01T00:00:00Z'",
            true,
        ),
        // govaluate ignores tokens after a closing bracket without an operator.
        ("(true) false", true),
        ("(1 == )", false),
    ] {
        assert_eq!(holds(condition), Ok(expected), "{condition}");
    }
}

#[test]
fn what_argo_cannot_evaluate_fails() {
    for (condition, part) in [
        ("fit-model == fit-model", "needs numbers"),
        ("100Mi == 100Mi", "cannot follow"),
        ("10 > many", "two numbers or two texts"),
        ("'true'", "neither true nor false"),
        ("a = b", "means nothing"),
        ("== b", "cannot begin"),
        ("a ==", "missing at its end"),
        ("(a == b", "not in pairs"),
        ("'a", "no closing quote"),
        ("{{x}} == 1", "means nothing"),
        ("!yes", "cannot follow"),
        ("tasks.a.status == Succeeded", "in quotes"),
        ("Tasks.A == b", "no parameter"),
        ("a =~ '('", "regular expression"),
        ("a\\", "backslash"),
    ] {
        let failure = holds(condition).expect_err(condition);
        assert!(
            failure.message.contains(part),
            "{condition}: {}",
            failure.message
        );
    }
}

#[test]
fn brackets_are_bounded_and_chains_are_not() {
    let deep = format!("{}true{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(holds(&deep).is_err());
    let long = format!("true{}", " && true".repeat(100_000));
    assert_eq!(holds(&long), Ok(true));
    let prefixed = format!("{}true{}", "!(".repeat(150), ")".repeat(150));
    assert_eq!(holds(&prefixed), Ok(true));
}

#[test]
fn a_condition_has_a_bounded_number_of_patterns() {
    let chain = |count| vec!["'a' =~ '^a'"; count].join(" && ");
    assert_eq!(holds(&chain(100)), Ok(true));
    assert!(holds(&chain(101)).is_err());
}
