//! Recorded answers of Argo's own code: in the folder `../shared/oracle` beside the repository, or in the folder that
//! `ARGO_ORACLE` names. Without the folder, the tests do nothing.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "it says what it did not test")]

use std::fs;
use std::path::{Path, PathBuf};

use argo::text::expression::{
    Environment, Failure, Fault, Trouble, Type, Variables, check, evaluate, parse,
};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle");
    let folder = std::env::var_os("ARGO_ORACLE").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("not tested: there is no {}", folder.display());
    None
}

fn lines(path: &Path) -> Vec<Value> {
    fs::read_to_string(path)
        .expect("the file is there")
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

/// The type of a value; below the top, expr-lang sees only `any`.
fn type_of(value: &Value, whole: bool) -> Type {
    match value {
        Value::Null => Type::Nil,
        Value::Bool(_) => Type::Boolean,
        Value::Number(number) if whole && number.is_i64() => Type::Integer,
        Value::Number(_) => Type::Float,
        Value::String(_) => Type::Text,
        Value::Array(_) => Type::List(std::sync::Arc::new(Type::Any)),
        Value::Object(_) => Type::Map(None),
    }
}

fn faults(text: &str, environment: &Environment) -> Vec<Fault> {
    match parse(text, environment) {
        Ok(node) => check(&node, text, environment).faults,
        Err(fault) => vec![*fault],
    }
}

fn environment(values: &Value, whole: bool) -> Environment {
    let mut environment = Environment::of_argo();
    for (name, value) in values.as_object().expect("an environment is a mapping") {
        environment.add(name, type_of(value, whole));
    }
    environment
}

/// Compares verdicts: the checker must accept every expression that Argo accepts, and must find every fault that Argo
/// finds before it runs the expression.
fn compare(cases: Vec<(String, Environment, Value)>) -> (usize, usize) {
    let mut wrong = Vec::new();
    let mut missed = Vec::new();
    let count = cases.len();
    for (text, environment, answer) in cases {
        let found = faults(&text, &environment);
        // A part that always fails does no harm if Argo does not evaluate it.
        let may_be_left_out = ["or", "and", "||", "&&", "?", "if", "reduce"]
            .iter()
            .any(|word| text.contains(word));
        let is_ok = answer.get("ok").is_some();
        let error = found.iter().find(|fault| {
            fault.trouble.is_error()
                && !(is_ok && may_be_left_out && fault.trouble == Trouble::Fails)
        });
        match (answer.get("err").and_then(Value::as_str), error) {
            (None, Some(fault)) => wrong.push(format!("{text}\n  {fault:?}")),
            (Some(message), None) if is_of_compiler(message) => {
                missed.push(format!("{text}\n  {message}"));
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "Argo takes these:\n{}", wrong.join("\n"));
    assert!(
        missed.is_empty(),
        "Argo refuses these:\n{}",
        missed.join("\n")
    );
    (count, missed.len())
}

/// Says whether a message comes from expr-lang's parser or checker.
fn is_of_compiler(message: &str) -> bool {
    [
        "unexpected token",
        "unknown name",
        "mismatched type",
        "has no field",
        "not enough arguments",
        "too many arguments",
        "cannot use",
        "invalid argument for",
        "takes only array",
        "should return boolean",
        "cannot be mixed",
        "literal not terminated",
        "invalid number of arguments",
        "no matching overload",
    ]
    .iter()
    .any(|part| message.contains(part))
}

#[test]
fn expressions_of_the_test_data_of_expr_lang() {
    let Some(folder) = folder() else { return };
    let text = fs::read_to_string(folder.join("generated.env.json")).expect("it is there");
    let values: Value = serde_json::from_str(&text).expect("it is JSON");
    let environment = environment(&values, true);
    let cases = lines(&folder.join("generated.jsonl"))
        .iter()
        .map(|line| {
            let text = line["expr"].as_str().expect("a text").to_owned();
            (text, environment.clone(), line["argo"].clone())
        })
        .collect();
    compare(cases);
}

#[test]
fn expressions_as_people_write_them() {
    let Some(folder) = folder() else { return };
    let cases = lines(&folder.join("expressions.jsonl"))
        .iter()
        .map(|line| {
            let text = line["expr"].as_str().expect("a text").to_owned();
            (text, environment(&line["env"], false), line["argo"].clone())
        })
        .collect();
    compare(cases);
}

fn value_of(value: &Value, whole: bool) -> argo::text::expression::Value {
    use argo::text::expression::Value as Found;

    match value {
        Value::Null => Found::Nil,
        Value::Bool(value) => Found::Boolean(*value),
        Value::Number(number) => match number.as_i64().filter(|_| whole) {
            Some(number) => Found::Integer(number),
            None => Found::Float(number.as_f64().expect("a number")),
        },
        Value::String(text) => Found::text(text),
        Value::Array(values) => {
            Found::list(values.iter().map(|value| value_of(value, whole)).collect())
        }
        Value::Object(values) => Found::map(
            values
                .iter()
                .map(|(key, value)| (key.clone(), value_of(value, whole)))
                .collect(),
        ),
    }
}

/// The JSON with all numbers as floats, so that `1` equals `1.0`.
fn plain(value: &Value) -> Value {
    match value {
        Value::Number(number) => serde_json::json!(number.as_f64()),
        Value::Array(values) => values.iter().map(plain).collect(),
        Value::Object(values) => values
            .iter()
            .map(|(key, value)| (key.clone(), plain(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// A bug of expr-lang: a nested search in the same list changes the result.
const BROKEN: &str = "array | map(array | findLast(true))";

/// Compares values; prints how many expressions the evaluator does not support.
fn compare_values(cases: Vec<(String, Variables, Value)>) {
    let mut wrong = Vec::new();
    let mut unsupported = 0;
    let mut same = 0;
    for (text, variables, answer) in cases {
        let found = evaluate(&text, &variables);
        let expected = answer.get("ok");
        match (&found, expected) {
            (Err(Failure::Unsupported(_)), _) => unsupported += 1,
            (Ok(value), Some(expected)) => {
                let json = value.to_json().expect("Argo's is JSON as well");
                let json: Value = serde_json::from_str(&json).expect("it is JSON");
                let kind = answer["type"].as_str().expect("it has a type");
                // Go's maps have no order, and a function's address changes with each run.
                let is_in_order = !text.contains("$env") && !text.contains("keys(");
                if text != BROKEN && plain(&json) != plain(expected) && is_in_order
                    || value.go_type() != kind && !kind.starts_with("map")
                {
                    wrong.push(format!("{text}\n  {value:?}\n  {answer}"));
                } else {
                    same += 1;
                }
            }
            (Err(_), None) => same += 1,
            // A value without JSON is an error only in the recorded answer.
            (Ok(value), None) if value.to_json().is_err() => same += 1,
            (found, _) => wrong.push(format!("{text}\n  {found:?}\n  {answer}")),
        }
    }
    println!("{same} as Argo has them, {unsupported} not worked out");
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn values_of_the_test_data_of_expr_lang() {
    let Some(folder) = folder() else { return };
    let text = fs::read_to_string(folder.join("generated.env.json")).expect("it is there");
    let values: Value = serde_json::from_str(&text).expect("it is JSON");
    let variables = Variables::of_argo(
        values
            .as_object()
            .expect("an environment is a mapping")
            .iter()
            .map(|(name, value)| (name.clone(), value_of(value, true))),
    );
    let cases = lines(&folder.join("generated.jsonl"))
        .iter()
        .map(|line| {
            let text = line["expr"].as_str().expect("a text").to_owned();
            (text, variables.clone(), line["argo"].clone())
        })
        .collect();
    compare_values(cases);
}

#[test]
fn values_of_expressions_as_people_write_them() {
    let Some(folder) = folder() else { return };
    let cases = lines(&folder.join("expressions.jsonl"))
        .iter()
        .map(|line| {
            let text = line["expr"].as_str().expect("a text").to_owned();
            let variables = Variables::of_argo(
                line["env"]
                    .as_object()
                    .expect("an environment is a mapping")
                    .iter()
                    .map(|(name, value)| (name.clone(), value_of(value, false))),
            );
            (text, variables, line["argo"].clone())
        })
        .collect();
    compare_values(cases);
}

#[test]
fn conditions() {
    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    for line in lines(&folder.join("conditions.jsonl")) {
        let text = line["when"].as_str().expect("a text");
        let found = argo::text::condition::holds(text);
        let expected = line["argo"].get("ok").and_then(Value::as_bool);
        if found.clone().ok() != expected {
            wrong.push(format!("{text}\n  {found:?}\n  {}", line["argo"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn templates() {
    use argo::text::tags::{Strict, Values, substitute};

    let Some(folder) = folder() else { return };
    let mut wrong = Vec::new();
    for line in lines(&folder.join("templates.jsonl")) {
        let text = line["template"].as_str().expect("a text");
        let values = Values::new(
            line["env"]
                .as_object()
                .expect("an environment is a mapping")
                .iter()
                .map(|(name, value)| (name.clone(), value_of(value, false))),
        );
        let found = substitute(text, &values, Strict::No);
        let expected = line["argo"].get("ok").and_then(Value::as_str);
        if found.as_deref().ok() != expected {
            wrong.push(format!("{text}\n  {found:?}\n  {}", line["argo"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
