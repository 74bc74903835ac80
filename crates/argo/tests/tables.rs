//! Expressions and their values, one per line: `EXPRESSION  =>  JSON  TYPE`, or `EXPRESSION  =>  fails`. The values are
//! those of Argo v4.1.2; maps, which Go does not order, are in the order of their keys.

use argo::text::expression::{Failure, Variables, evaluate};

fn check(table: &str) {
    let variables = Variables::of_argo([]);
    let mut wrong = Vec::new();
    for line in table.lines() {
        let Some((expression, expected)) = line.rsplit_once("  =>  ") else {
            wrong.push(format!("no line of a table: {line}"));
            continue;
        };
        let found = match evaluate(expression, &variables) {
            Ok(value) => match value.to_json() {
                Ok(json) => format!("{json}  {}", value.go_type()),
                Err(failure) => failure.to_string(),
            },
            Err(Failure::Failed(_)) => "fails".to_owned(),
            Err(other) => other.to_string(),
        };
        if found != expected {
            wrong.push(format!("{expression}\n  is {found}\n  not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn paths_of_json() {
    check(include_str!("tables/jsonpath.txt"));
}

#[test]
fn texts_of_sprig() {
    check(include_str!("tables/sprig_texts.txt"));
}

#[test]
fn numbers_of_sprig() {
    check(include_str!("tables/sprig_numbers.txt"));
}

#[test]
fn lists_and_maps_of_sprig() {
    check(include_str!("tables/sprig_lists.txt"));
}

#[test]
fn other_functions_of_sprig() {
    check(include_str!("tables/sprig_others.txt"));
}

#[test]
fn dates_of_sprig() {
    check(include_str!("tables/sprig_dates.txt"));
}

#[test]
fn numbers_and_texts_of_expr_lang() {
    check(include_str!("tables/expr_lang.txt"));
}
