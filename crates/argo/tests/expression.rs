//! Expressions: which are valid, which expr-lang refuses, and which certainly fail.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::expression::{
    Environment, Failure, Trouble, Value, Variables, check, evaluate, parse,
};

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
fn what_is_read_can_be_checked_and_evaluated() {
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
        // The value does not matter, but the evaluation must not exhaust the stack.
        let _ = evaluate(&text, &variables());
    }
}

fn variables() -> Variables {
    Variables::of_argo([
        ("lastRetry.exitCode".to_owned(), Value::text("137")),
        ("workflow.parameters.size".to_owned(), Value::text("big")),
        ("count".to_owned(), Value::Integer(7)),
        ("half".to_owned(), Value::Float(0.5)),
    ])
}

#[test]
fn values_are_those_of_go() {
    for (text, json) in [
        ("asInt(lastRetry.exitCode) > 1", "true"),
        ("lastRetry.code == nil", "true"),
        ("workflow.parameters.size ?? 'small'", "\"big\""),
        ("workflow.parameters.color ?? 'red'", "\"red\""),
        ("workflow?.labels?.team", "null"),
        ("9223372036854775807 + 1", "-9223372036854775808"),
        (
            "string(1234567.0) + string(123456.5)",
            "\"1.234567e+06123456.5\"",
        ),
        ("7 / 2", "3.5"),
        ("-7 % 3", "-1"),
        ("2 ** 10", "1024"),
        ("1 + half", "1.5"),
        ("1e21", "1e+21"),
        ("0.000001", "0.000001"),
        ("string(1e20) + string(1e21)", "\"1e+201e+21\""),
        ("1 < count < 9", "true"),
        ("count == 7.0", "true"),
        ("(1..3) == [1, 2, 3.0]", "true"),
        ("filter(1..9, # % 2 == 0)[1:]", "[4,6,8]"),
        ("map(['a', 'b'], {string(#index) + #})", "[\"0a\",\"1b\"]"),
        ("reduce(1..4, #acc + #)", "10"),
        ("groupBy([1, 2, 3], # % 2)[1]", "[1,3]"),
        ("sortBy([{n: 2}, {n: 1}], .n, 'desc')[0].n", "2"),
        ("'héllo'[1:3] == 'é' ? len('héllo') : 0", "5"),
        ("split('a,b,c', ',', 2)", "[\"a\",\"b,c\"]"),
        ("'abc' | upper() | hasPrefix('A')", "true"),
        ("let x = 3; x * x", "9"),
        ("if count > 5 { 'much' } else { 'little' }", "\"much\""),
        ("{a: 1, 'b': [nil, true]}", "{\"a\":1,\"b\":[null,true]}"),
        ("fromJSON('{\"a\": [1]}').a[0]", "1"),
        (
            "toJson({a: '<b>'})",
            "\"{\\\"a\\\":\\\"\\\\u003cb\\\\u003e\\\"}\"",
        ),
        (
            "sprig.trunc(2, 'abc') + sprig.join('-', ['x', 1])",
            "\"abx-1\"",
        ),
        (
            "len(uniq([1, 1.0, 0.0, -0.0, 'a', b'a', [], [1], [1.0], {b: 1}, {b: 1}, nil]))",
            "8",
        ),
        ("len(uniq(map(1..9, 0 / 0.0)))", "9"),
        ("fromPairs([[1, 'a'], [1.0, 'b'], [1, 'c']])[1]", "\"c\""),
        ("len(groupBy([1, 1.0, true, 'true', nil, 1], #))", "5"),
        ("false && nope.x", "null"),
    ] {
        let found = evaluate(text, &variables());
        if text.starts_with("false") {
            // expr-lang refuses the unknown name even in a part that it does not evaluate.
            assert!(found.is_err());
            continue;
        }
        let value = found.unwrap_or_else(|failure| panic!("{text}: {failure}"));
        assert_eq!(value.to_json().as_deref(), Ok(json), "{text}");
    }
}

#[test]
fn what_fails_is_an_error() {
    for text in [
        "lastRetry.exitCode > 1",
        "asInt(lastRetry.code)",
        "sprig.nope('a')",
        "sprig.trunc('2', 'abc')",
        "[1][3]",
        "count % 0",
        "lastRetry.node.name",
        "nope",
        "1 ||",
        "count && true",
        "{(count): 1}",
        "groupBy([[1]], #)",
        "fromJSON('{')",
        "sprig.fail('no')",
    ] {
        assert!(evaluate(text, &variables()).is_err(), "{text}");
    }
}

#[test]
fn no_expression_takes_all_time_and_memory() {
    let doubled = |what: &str| {
        let lets: String = (1..90)
            .map(|number| {
                format!(
                    "let a{number} = {};",
                    what.replace('a', &format!("a{}", number - 1))
                )
            })
            .collect();
        format!("let a0 = ['x', 'y'];{lets} toJSON(a89)")
    };
    for text in [
        "1..999999999999".to_owned(),
        "map(1..900, map(1..900, map(1..900, #)))".to_owned(),
        "reduce(1..9999, [#acc, #acc])".to_owned(),
        "reduce(1..9999, #acc + #acc, 'x')".to_owned(),
        "reduce(1..99, replace(#acc, 'x', 'xxxxxxxx'), 'x')".to_owned(),
        "repeat('x', 999999999)".to_owned(),
        doubled("[a, a]"),
        doubled("{k: a, l: a}"),
        doubled("concat(a, a)"),
    ] {
        let failure = evaluate(&text, &variables()).expect_err("it is too much");
        assert!(matches!(failure, Failure::Failed(_)), "{text}: {failure}");
    }
}

#[test]
fn a_list_of_many_different_values_takes_little_time() {
    // An algorithm that compares each pair would not finish here.
    for text in [
        "len(uniq(1..90000))",
        "len(fromPairs(map(1..90000, [#, #])))",
        "len(groupBy(1..90000, #))",
        "len(groupBy(1..90000, 0 / 0.0))",
        "len(sprig.uniq(sprig.until(90000)))",
        "len(sprig.regexFindAll('xy*|x', repeat('x', 90000), -1))",
        r"len(sprig.regexFindAll('\\bx|x', repeat('x', 90000), -1))",
    ] {
        let value = evaluate(text, &variables()).expect("it is not too much");
        assert_eq!(value.to_json().as_deref(), Ok("90000"), "{text}");
    }
}

#[test]
fn a_search_in_a_long_value_counts_for_each_element() {
    for text in [
        "let others = 9001..18000; filter(1..9000, # in others)",
        "let pairs = fromPairs(map(1..9000, [#, #])); map(1..9000, pairs[-#])",
        "let groups = groupBy(1..9000, #); map(1..9000, get(groups, -#))",
        "let a = repeat('x', 90000); map(1..9000, a + 'y' == a)",
        "let a = repeat('x', 90000); map(1..9000, indexOf(a, 'y'))",
        "let a = repeat('x', 90000); map(1..9000, sprig.contains('y', a))",
        "let a = 1..9000; map(a, max(a))",
        "let a = 1..9000; map(a, sum(a))",
        "let a = 1..9000; map(a, len(a[1:]))",
        "let a = toJSON(1..2000); map(1..9000, jsonpath(a, '$..a'))",
        // For each match of one letter, the search reads the whole rest.
        "sprig.regexFindAll('x*y|x', repeat('x', 90000), -1)",
        "sprig.regexSplit('x*y|x', repeat('x', 90000), -1)",
        "sprig.regexReplaceAll('x*y|x', repeat('x', 90000), '')",
    ] {
        let failure = evaluate(text, &variables()).expect_err("it is too much");
        assert_eq!(failure.to_string(), "it takes too many steps", "{text}");
    }
}

#[test]
fn the_time_to_read_a_regular_expression_counts() {
    // Most loops use the same expression for each element; it is compiled once.
    for text in [
        "len(filter(1..9999, string(#) matches '^[0-9]+$'))",
        "len(filter(1..9999, sprig.regexMatch('^[0-9]+$', string(#))))",
    ] {
        let value = evaluate(text, &variables()).expect("it is not too much");
        assert_eq!(value.to_json().as_deref(), Ok("9999"), "{text}");
    }
    for text in [
        "map(1..9000, 'x' matches 'a{100}' + string(#))",
        "map(1..9000, sprig.regexMatch('a{100}' + string(#), 'x'))",
        "map(1..9000, sprig.regexMatch('(' + string(#), 'x'))",
        "'x' matches repeat('(a|b)*?c?', 5000)",
    ] {
        assert!(evaluate(text, &variables()).is_err(), "{text}");
    }
}

#[test]
fn a_script_of_a_path_evaluates_each_part_once() {
    for script in [
        format!("@{}", " == 1".repeat(40)),
        format!("@{}", " in [1]".repeat(40)),
    ] {
        let text = format!("len(jsonpath('[1, 2]', '$[?({script})]'))");
        let value = evaluate(&text, &variables()).expect("it is not too much");
        assert_eq!(value.to_json().as_deref(), Ok("0"), "{script}");
    }
}
