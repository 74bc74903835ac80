//! `depends`: names of tasks, results, `&&`, `||`, `!` and brackets.

/// The results a task can be asked for.
pub(super) const RESULTS: &[&str] = &[
    "Succeeded",
    "Failed",
    "Errored",
    "Skipped",
    "Omitted",
    "Daemoned",
    "AnySucceeded",
    "AllFailed",
];

/// A task named in an expression, and which result of it is meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Term<'a> {
    pub(super) task: &'a str,
    pub(super) result: Option<&'a str>,
}

/// The terms of an expression, and what is wrong with it, if anything is.
pub(super) fn parse(text: &str) -> (Vec<Term<'_>>, Option<String>) {
    let mut terms = Vec::new();
    let mut problem = None;
    let mut note = |message: String| problem = problem.take().or(Some(message));
    let mut depth = 0_usize;
    let mut wants_term = true;
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' => {
                if !wants_term {
                    note("an operator is missing before `(`".to_owned());
                }
                depth += 1;
                wants_term = true;
                1
            }
            ')' => {
                if wants_term {
                    note("nothing stands before `)`".to_owned());
                }
                match depth.checked_sub(1) {
                    Some(left) => depth = left,
                    None => note("`)` has no matching `(`".to_owned()),
                }
                wants_term = false;
                1
            }
            '!' => {
                if !wants_term {
                    note("an operator is missing before `!`".to_owned());
                }
                1
            }
            _ if rest.starts_with("&&") || rest.starts_with("||") => {
                let operator = rest.get(..2).unwrap_or_default();
                if wants_term {
                    note(format!("a task is missing before `{operator}`"));
                }
                wants_term = true;
                2
            }
            _ if first.is_ascii_alphanumeric() => {
                let end = rest
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '.')
                    .unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                if !wants_term {
                    note(format!("an operator is missing before `{word}`"));
                }
                wants_term = false;
                terms.push(term(word));
                end
            }
            _ => {
                note(format!("`{first}` means nothing here"));
                first.len_utf8()
            }
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    if depth > 0 {
        note("a closing bracket is missing".to_owned());
    } else if wants_term && !terms.is_empty() {
        note("it ends too early".to_owned());
    } else if terms.is_empty() {
        note("it names no task".to_owned());
    }
    (terms, problem)
}

fn term(word: &str) -> Term<'_> {
    match word.split_once('.') {
        Some((task, result)) => Term {
            task,
            result: Some(result),
        },
        None => Term {
            task: word,
            result: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_of_an_expression() {
        let (terms, problem) = parse("(a-1 || b.Failed) && !c.Skipped");
        assert_eq!(problem, None);
        let tasks: Vec<_> = terms.iter().map(|term| (term.task, term.result)).collect();
        assert_eq!(
            tasks,
            [("a-1", None), ("b", Some("Failed")), ("c", Some("Skipped"))]
        );
    }

    #[test]
    fn broken_expressions() {
        for bad in [
            "a &&",
            "a b",
            "(a",
            "a)",
            "&& a",
            "a & b",
            "a == b",
            "a || && b",
            "()",
        ] {
            assert!(parse(bad).1.is_some(), "{bad}");
        }
    }
}
