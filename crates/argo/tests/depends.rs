//! `depends` and `dependencies`: each line of the table is the answer of Argo's own functions.

use std::collections::HashMap;

use argo::status::Phase;
use argo::text::depends::{Condition, Dependency, TaskResults, evaluate, parse};

/// Parses `a=Failed+AllFailed/ef b=Skipped`.
fn tasks(text: &str) -> HashMap<&str, Dependency> {
    text.split(' ')
        .map(|part| {
            let Some((name, rest)) = part.split_once('=') else {
                panic!("{part}");
            };
            let (words, continues) = rest.split_once('/').unwrap_or((rest, ""));
            let words: Vec<&str> = words.split('+').collect();
            let phase = match words[0] {
                "Daemoned" => Phase::Running,
                "Errored" => Phase::Error,
                word => match word.parse() {
                    Ok(phase) => phase,
                    Err(error) => panic!("{error}"),
                },
            };
            let results = TaskResults {
                phase,
                is_daemoned: words.contains(&"Daemoned"),
                any_succeeded: words.contains(&"AnySucceeded"),
                all_failed: words.contains(&"AllFailed"),
            };
            let task = Dependency {
                results: Some(results),
                continues_on_error: continues.contains('e'),
                continues_on_failed: continues.contains('f'),
            };
            (name, task)
        })
        .collect()
}

#[test]
fn conditions_hold_as_in_argo() {
    let table = include_str!("tables/depends.txt");
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, results, expected] = columns.as_slice() else {
            panic!("{line}");
        };
        let known = tasks(results);
        // A name without a result in the table is a task that succeeded.
        let task = |name: &str| {
            let other = Dependency {
                results: Some(TaskResults::new(Phase::Succeeded)),
                ..Dependency::default()
            };
            Some(known.get(name).copied().unwrap_or(other))
        };
        let list = text
            .strip_prefix('[')
            .and_then(|text| text.strip_suffix(']'));
        let condition = match list {
            Some(names) => Condition::of_dependencies(names.split(',')),
            None => parse(text).condition.unwrap(),
        };
        let answer = match evaluate(&condition, &task) {
            Ok(Some(answer)) => answer.to_string(),
            Ok(None) => "waits".to_owned(),
            Err(_) => "error".to_owned(),
        };
        assert_eq!(answer, *expected, "{line}");
    }
}

#[test]
fn nothing_is_decided_before_all_tasks_have_ended() {
    let task = |name: &str| {
        let results = (name == "a").then(|| TaskResults::new(Phase::Succeeded));
        Some(Dependency {
            results,
            ..Dependency::default()
        })
    };
    for (text, expected) in [("a", Some(true)), ("a || b", None), ("!a && b.Foo", None)] {
        let condition = parse(text).condition.unwrap();
        assert_eq!(evaluate(&condition, &task), Ok(expected), "{text}");
    }
    let nothing = Condition::of_dependencies([]);
    assert_eq!(evaluate(&nothing, &task), Ok(Some(true)));
    assert_eq!(
        evaluate(&parse("a").condition.unwrap(), &|_| None),
        Ok(None)
    );
}

#[test]
fn items_count_together() {
    let (ok, failed, error) = (
        Some(Phase::Succeeded),
        Some(Phase::Failed),
        Some(Phase::Error),
    );
    for (items, any_succeeded, all_failed) in [
        (&[][..], false, false),
        (&[ok, failed], true, false),
        (&[failed, failed], false, true),
        (&[failed, error], false, false),
        (&[failed, None], false, false),
    ] {
        let results = TaskResults::of_items(Phase::Failed, items);
        let found = (results.any_succeeded, results.all_failed);
        assert_eq!(found, (any_succeeded, all_failed), "{items:?}");
    }
}
