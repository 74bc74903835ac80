//! Tasks of a run that the user's words mean.

use marks::TaskOutline;
use runs::RunState;

use crate::error::CommandError;
use crate::error::candidates::listed;

/// Names of the tasks that words mean: by their own names, or those of their Kedro nodes.
///
/// A word may hold several names with commas between them; names may contain commas themselves.
/// `outline` serves for a run without records.
pub(crate) fn tasks_of(
    words: &[String],
    state: &RunState,
    outline: &[TaskOutline],
) -> Result<Vec<String>, CommandError> {
    let on_record = state.tasks.iter().map(|(name, task)| (name, &task.nodes));
    let to_come = outline
        .iter()
        .filter(|task| !state.tasks.contains_key(&task.name))
        .map(|task| (&task.name, &task.nodes));
    let known: Vec<(&String, &Vec<String>)> = on_record.chain(to_come).collect();
    let task = |word: &str| {
        let by_name = known.iter().find(|(name, _)| *name == word);
        let has_node = |nodes: &[String]| nodes.iter().any(|node| node == word);
        let found = by_name.or_else(|| known.iter().find(|(_, nodes)| has_node(nodes)));
        found.map(|(name, _)| (*name).clone())
    };
    let names = words
        .iter()
        .flat_map(|word| names_in(word, |name| task(name).is_some()));
    names
        .map(|word| {
            task(&word).ok_or_else(|| {
                let names = known.iter().map(|(name, _)| name.as_str());
                let nodes = known.iter().flat_map(|(_, nodes)| nodes.iter());
                let all = names.chain(nodes.map(String::as_str));
                let error =
                    CommandError::new(format!("the run has no task and no node named `{word}`"))
                        .of_kind("unknown_task");
                let hint = diagnostic::did_you_mean(&word, all).unwrap_or_else(|| {
                    let tasks: Vec<String> =
                        known.iter().map(|(name, _)| (*name).clone()).collect();
                    format!("its tasks: {}", listed(&tasks))
                });
                error.hint(hint)
            })
        })
        .collect()
}

/// Names in a word: from left to right, the longest known name; else the text before the next comma.
fn names_in(word: &str, is_known: impl Fn(&str) -> bool) -> Vec<String> {
    let parts: Vec<&str> = word.split(',').collect();
    let mut names = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        let end = (start + 1..=parts.len())
            .rev()
            .find(|end| is_known(&parts[start..*end].join(",")));
        let end = end.unwrap_or(start + 1);
        let name = parts[start..end].join(",");
        if !name.is_empty() {
            names.push(name);
        }
        start = end;
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_have_commas() {
        let known = ["a", "b", "a,b", "f([x,y]) -> [z]"];
        let is_known = |name: &str| known.contains(&name);
        for (word, names) in [
            ("a", vec!["a"]),
            ("b,a", vec!["b", "a"]),
            ("a,b", vec!["a,b"]),
            ("b,a,b", vec!["b", "a,b"]),
            ("f([x,y]) -> [z],b", vec!["f([x,y]) -> [z]", "b"]),
            ("c,d,", vec!["c", "d"]),
        ] {
            assert_eq!(names_in(word, is_known), names, "{word}");
        }
    }

    #[test]
    fn a_run_that_no_controller_has_seen_yet_has_its_tasks_all_the_same() {
        let outline = [TaskOutline {
            name: "fit-model".to_owned(),
            nodes: vec!["fit_model".to_owned()],
            upstream: Vec::new(),
            is_optional: false,
            is_group: false,
        }];
        let state = RunState::default();
        for word in ["fit-model", "fit_model"] {
            let found = tasks_of(&[word.to_owned()], &state, &outline).unwrap();
            assert_eq!(found, ["fit-model"], "{word}");
        }
        let wrong = tasks_of(&["fit_mode".to_owned()], &state, &outline).unwrap_err();
        assert!(
            wrong
                .render("argo-kedro", None)
                .contains("did you mean `fit_model`")
        );
    }
}
