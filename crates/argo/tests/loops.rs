//! Loops: each line of the table is the answer of Argo's own functions.

use argo::loops::{Sequence, Turn, of_list, of_sequence};
use argo::time::Duration;
use argo::tries::humanized;

/// The names and variables of turns, in the format of the table.
fn shown(turns: &Result<Vec<Turn>, String>) -> String {
    let Ok(turns) = turns else {
        return "error".to_owned();
    };
    let turns: Vec<_> = turns
        .iter()
        .map(|turn| serde_json::json!([turn.name, turn.variables]).to_string())
        .collect();
    format!("[{}]", turns.join(","))
}

fn sequence(json: &str) -> Sequence {
    let fields: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let field = |key: &str| fields[key].as_str().map(str::to_owned);
    Sequence {
        start: field("start"),
        end: field("end"),
        count: field("count"),
        format: field("format"),
    }
}

#[test]
fn turns_are_those_of_argo() {
    let table = include_str!("tables/loops.txt");
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [kind, text, expected] = columns.as_slice() else {
            panic!("{line}");
        };
        let found = match *kind {
            "list" => shown(&of_list("a", text)),
            "seq" => shown(&of_sequence("a", &sequence(text), 1000)),
            _ => humanized(Duration::parse(text).unwrap()),
        };
        assert_eq!(found, *expected, "{line}");
    }
}

#[test]
fn a_sequence_without_end_is_an_error() {
    let long = Sequence {
        end: Some(i64::MAX.to_string()),
        ..Sequence::default()
    };
    let error = of_sequence("a", &long, 10_000).unwrap_err();
    assert!(error.contains("more than 10000 numbers"), "{error}");
    let wide = Sequence {
        count: Some("1".to_owned()),
        format: Some("%99999999d".to_owned()),
        ..Sequence::default()
    };
    assert!(of_sequence("a", &wide, 10).is_err());
}
