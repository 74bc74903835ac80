//! Expands a task or a step with items into one per item (`expandTask` of `dag.go`, `expandStep` of `steps.go`,
//! `processItem` of `operator.go`).

use argo::loops::{Sequence, Turn, of_list, of_sequence};
use argo::spec::{Task, to_json};
use argo::text::condition::holds;
use argo::text::expression::Value;
use argo::text::tags::{Strict, Values, substitute_json};

use super::process::read;

/// Expanded tasks or steps of a loop.
pub(super) type Loop = Vec<Task>;

/// Maximum number of items in a sequence.
const MOST: usize = 1_000_000;

/// Says whether a task or a step has items.
pub(super) fn is_loop(task: &Task) -> bool {
    !task.with_items.is_empty() || !task.with_param.is_empty() || task.with_sequence.is_some()
}

/// Evaluates the `when` of a task or a step (`shouldExecute`).
///
/// # Errors
///
/// The condition cannot be evaluated. The error has Argo's words, and then ours.
pub(super) fn proceeds(when: &str) -> Result<bool, String> {
    holds(when).map_err(|failure| {
        if let Some(value) = failure.value() {
            format!("Expected boolean evaluation for '{when}'. Got {value}")
        } else if failure.is_broken {
            format!("Invalid 'when' expression '{when}': {failure}")
        } else {
            format!("Failed to evaluate 'when' expresion '{when}': {failure}")
        }
    })
}

/// Expands a loop into one task or step per item.
///
/// # Arguments
///
/// * `task`: The task or step, with everything replaced except its item.
/// * `values`: Values other than the item; a permanently missing output is nil.
///
/// # Errors
///
/// The items cannot be read, or a tag has no value.
pub(super) fn turns(task: &Task, values: &Values) -> Result<Loop, String> {
    let found = items_of(task);
    let turns = match found {
        Ok(turns) => turns,
        // A loop that is skipped needs no items.
        Err(_) if proceeds(&task.when) == Ok(false) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let bare = Task {
        with_items: Vec::new(),
        with_param: String::new(),
        with_sequence: None,
        ..task.clone()
    };
    let text = to_json(&bare).to_string();
    let never_runs = proceeds(&task.when) == Ok(false);
    let values = if never_runs {
        let known = values
            .iter()
            .filter(|(_, value)| !matches!(value, Value::Nil));
        let known = known.map(|(name, value)| (name.to_owned(), value.clone()));
        Values::new(known.collect::<Vec<_>>())
    } else {
        values.clone()
    };
    let strict = if never_runs { Strict::No } else { Strict::All };
    turns
        .into_iter()
        .map(|turn| {
            let mut values = values.clone();
            for (name, text) in &turn.variables {
                values.set(name, Value::text(text));
            }
            let text = substitute_json(&text, &values, strict)
                .map_err(|failure| failure.of_controller().to_owned())?;
            let filled: Task = read(&text)?;
            Ok(Task {
                name: turn.name,
                template: task.template.clone(),
                ..filled
            })
        })
        .collect()
}

/// Items of a loop whose text has all values replaced.
///
/// # Errors
///
/// The items cannot be read.
pub(super) fn items_of(task: &Task) -> Result<Vec<Turn>, String> {
    if !task.with_items.is_empty() {
        let items = task.with_items.iter().cloned();
        let items: Vec<serde_json::Value> = items.map(Into::into).collect();
        return of_list(&task.name, &serde_json::Value::from(items).to_string());
    }
    if !task.with_param.is_empty() {
        return of_list(&task.name, &task.with_param);
    }
    let Some(sequence) = &task.with_sequence else {
        return Ok(Vec::new());
    };
    let text = |number: &Option<argo::spec::IntOrString>| number.as_ref().map(ToString::to_string);
    let sequence = Sequence {
        start: text(&sequence.start),
        end: text(&sequence.end),
        count: text(&sequence.count),
        format: Some(sequence.format.clone()),
    };
    of_sequence(&task.name, &sequence, MOST)
}
