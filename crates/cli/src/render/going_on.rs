//! Sentence that says how to continue a failed run.

use runs::RunState;

/// Beginning of the message of a task in too deep a recursion of templates (`workflow/controller/operator.go`).
const TOO_DEEP: &str = "Maximum recursion depth exceeded";

/// Says how to continue.
///
/// # Arguments
///
/// * `command`: Command that continues the run.
pub(crate) fn how_to_go_on(state: &RunState, command: &str) -> String {
    let mut messages = state
        .tasks
        .values()
        .filter_map(|task| task.message.as_ref());
    if messages.any(|message| message.starts_with(TOO_DEEP)) {
        return "A retry would go as deep again: give the recursion an end, e.g. by `when`, and start a new run".to_owned();
    }
    format!("To continue: {command}")
}

#[cfg(test)]
mod tests {
    use runs::{Phase, TaskState};

    use super::*;

    #[test]
    fn what_has_no_end_is_not_tried_again() {
        let state = |message: &str| RunState {
            tasks: [(
                "a".to_owned(),
                TaskState {
                    phase: Phase::Error,
                    message: Some(message.to_owned()),
                    ..TaskState::default()
                },
            )]
            .into(),
            ..RunState::default()
        };
        assert_eq!(
            how_to_go_on(&state("no"), "x retry r"),
            "To continue: x retry r"
        );
        let deep = state("Maximum recursion depth exceeded. See https://example.com");
        assert!(!how_to_go_on(&deep, "x retry r").contains("x retry r"));
    }
}
