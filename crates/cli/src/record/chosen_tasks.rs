//! The tasks of a run that words mean.

use marks::TaskOutline;
use runs::RunState;

use crate::error::CommandError;

/// Names of the tasks that words mean: by their own names or by those of their Kedro nodes.
///
/// A run that nothing is on record of yet is known by its `outline`.
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
    words
        .iter()
        .map(|word| {
            let by_name = known.iter().find(|(name, _)| *name == word);
            let found = by_name.or_else(|| known.iter().find(|(_, nodes)| nodes.contains(word)));
            found.map(|(name, _)| (*name).clone()).ok_or_else(|| {
                let names = known.iter().map(|(name, _)| name.as_str());
                let nodes = known.iter().flat_map(|(_, nodes)| nodes.iter());
                let all = names.chain(nodes.map(String::as_str));
                let error =
                    CommandError::new(format!("the run has no task and no node named `{word}`"))
                        .of_kind("unknown_task");
                match diagnostic::did_you_mean(word, all) {
                    Some(hint) => error.hint(hint),
                    None => error.hint("to see its tasks: {program} status"),
                }
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_no_controller_has_seen_yet_has_its_tasks_all_the_same() {
        let outline = [TaskOutline {
            name: "fit-model".to_owned(),
            nodes: vec!["fit_model".to_owned()],
            upstream: Vec::new(),
            is_optional: false,
        }];
        let state = RunState::default();
        for word in ["fit-model", "fit_model"] {
            let found = tasks_of(&[word.to_owned()], &state, &outline).unwrap();
            assert_eq!(found, ["fit-model"], "{word}");
        }
        let wrong = tasks_of(&["fit_mode".to_owned()], &state, &outline).unwrap_err();
        assert!(
            wrong
                .render("argo-kedro")
                .contains("did you mean `fit_model`")
        );
    }
}
