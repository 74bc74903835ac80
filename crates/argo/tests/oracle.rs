//! What Argo's own code answers, recorded: the folder `../shared/oracle` beside the repository, where there is one.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "it says what it did not test")]

use std::fs;
use std::path::{Path, PathBuf};

use argo::text::expression::{Environment, Fault, Type, check, parse};
use serde_json::Value;

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracle");
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

/// The type of a value, `any` to expr-lang below the top.
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

/// What Argo takes is not refused; of what it does not take, whatever can be known before it runs is found.
fn compare(cases: Vec<(String, Environment, Value)>) -> (usize, usize) {
    let mut wrong = Vec::new();
    let mut missed = Vec::new();
    let count = cases.len();
    for (text, environment, answer) in cases {
        let found = faults(&text, &environment);
        let error = found.iter().find(|fault| fault.trouble.is_error());
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

/// Whether a message is one of expr-lang's parser or checker.
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
