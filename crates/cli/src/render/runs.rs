//! Runs and their tasks as tables.

use comfy_table::{ColumnConstraint, ContentArrangement, Row};
use jiff::Timestamp;
use owo_colors::OwoColorize;
use runs::{Cause, Phase, RunState, RunSummary, TaskState};
use serde_json::{Value, json};

use super::table::{new_table, trimmed};
use super::words;

/// Longest reason in a cell, in characters: the length at which a cluster's Workflow cuts an exception.
const LONGEST: usize = 300;
/// Fewest columns for a column of reasons.
const NARROWEST: u16 = 24;

/// Word for the state of a run or a task: a stopped one, or one that lost its process, did not fail by itself.
pub(super) fn word(phase: Phase, message: Option<&str>) -> &'static str {
    const STOPPED: [&str; 4] = [
        "stopped",
        // `workflow/controller/operator.go:598` of Argo Workflows 4.1.2.
        "Stopped with strategy",
        // `workflow/controller/exec_control.go:50` of Argo Workflows 4.1.2.
        "workflow shutdown with strategy",
        "deleted before it ended",
    ];
    let message = message.unwrap_or_default();
    let is_stopped = STOPPED.iter().any(|start| message.starts_with(start));
    match phase {
        Phase::Failed | Phase::Error if is_stopped => "Stopped",
        phase => phase.as_str(),
    }
}

/// Coloured word for the state of a run; the word alone carries the meaning.
pub(crate) fn phase(phase: Phase, message: Option<&str>) -> String {
    let word = word(phase, message);
    match phase {
        Phase::Succeeded => word.green().to_string(),
        Phase::Failed | Phase::Error => word.red().to_string(),
        Phase::Running => word.cyan().to_string(),
        Phase::Pending | Phase::Omitted | Phase::Skipped => word.dimmed().to_string(),
    }
}

/// Says why a run has its state, if the word does not say it all.
pub(crate) fn why(state: &RunState) -> Option<&str> {
    beyond_the_word(state.phase, state.message.as_deref())
}

/// Part of a message that the word for the state does not say.
fn beyond_the_word(phase: Phase, message: Option<&str>) -> Option<&str> {
    let message = message?;
    if word(phase, Some(message)) != "Stopped" {
        return Some(message);
    }
    if message == "Stopped with strategy 'Stop'" {
        return None;
    }
    let rest = message.strip_prefix("stopped").unwrap_or(message);
    let rest = rest.strip_prefix(": ").unwrap_or(rest);
    // An older version wrote this text.
    (!rest.is_empty() && rest != " before its end").then_some(rest)
}

/// Titles of the columns of tasks.
pub(crate) const TASKS: [&str; 6] = ["TASK", "PHASE", "TIME", "PEAK", "TRIES", "WHY"];

/// Tasks of a run as a table.
pub(crate) fn tasks(state: &RunState, now: Timestamp, width: Option<u16>) -> String {
    let rows = state
        .tasks
        .iter()
        .map(|(name, task)| row(name, task, state, now));
    table(&TASKS, &rows.collect::<Vec<_>>(), width)
}

/// All runs as a table; `is_wide` adds their unique ids, which are `WORKFLOW_ID` in their tasks.
pub(crate) fn list(
    runs: &[RunSummary],
    now: Timestamp,
    width: Option<u16>,
    is_wide: bool,
) -> String {
    let some_elsewhere = runs.iter().any(|run| run.record.cluster.is_some());
    let mut header = vec!["RUN", "PIPELINE", "ENV"];
    if some_elsewhere {
        header.push("WHERE");
    }
    header.extend(["PHASE", "TASKS", "AGE", "TIME"]);
    if is_wide {
        header.push("WORKFLOW_ID");
    }
    let row = |run: &RunSummary| {
        let record = &run.record;
        let mut cells = vec![
            record.name.clone(),
            record.pipeline.clone(),
            record.environment.clone(),
        ];
        if some_elsewhere {
            let place = record.cluster.as_ref();
            cells.push(place.map_or_else(|| "here".to_owned(), |place| place.namespace.clone()));
        }
        let waits = (run.phase == Phase::Pending).then_some(record.created);
        cells.extend([
            word(run.phase, run.message.as_deref()).to_owned(),
            format!("{}/{}", run.succeeded, run.tasks),
            words::duration(words::between(record.created, now)),
            time(waits, run.started, run.finished, run.phase, now),
        ]);
        if is_wide {
            cells.push(record.uid.clone());
        }
        cells
    };
    table(&header, &runs.iter().map(row).collect::<Vec<_>>(), width)
}

/// Table if it fits; else a block for each row, so that no name is broken.
pub(crate) fn table(header: &[&str], rows: &[Vec<String>], width: Option<u16>) -> String {
    let mut table = new_table(None);
    table.set_header(header.to_vec());
    for cells in rows {
        table.add_row(Row::from(cells.clone()));
    }
    let whole = trimmed(&table);
    let Some(width) = width else {
        return whole;
    };
    let columns = |text: &str| text.lines().map(|line| line.chars().count()).max();
    if columns(&whole) <= Some(usize::from(width)) {
        return whole;
    }
    if header.last() == Some(&"WHY") {
        let others: u16 = table.column_max_content_widths()[..header.len() - 1]
            .iter()
            .map(|width| width + 2)
            .sum();
        if others + NARROWEST <= width {
            table.set_content_arrangement(ContentArrangement::Dynamic);
            table.set_width(width);
            for column in table.column_iter_mut().take(header.len() - 1) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            }
            return trimmed(&table);
        }
    }
    let width = usize::from(width);
    let blocks = rows.iter().map(|cells| block(header, cells, width));
    blocks.collect::<Vec<_>>().join("\n")
}

/// Row as lines: its name, and its facts below.
fn block(header: &[&str], cells: &[String], width: usize) -> String {
    let mut facts: Vec<String> = Vec::new();
    let mut why = "";
    let rest = header.iter().zip(cells).skip(1);
    for (title, cell) in rest.filter(|(_, cell)| !cell.is_empty()) {
        match *title {
            "WHY" => why = cell,
            "TIME" if cell.starts_with(WAITS) => facts.push(cell.clone()),
            "PEAK" | "TRIES" | "TASKS" | "AGE" | "TIME" | "RUNS" | "CPU" | "MEMORY" | "USED"
            | "MEDIAN" | "P95" | "SAVES" | "COST" => {
                facts.push(format!("{} {cell}", title.to_lowercase()));
            }
            _ => facts.push(cell.clone()),
        }
    }
    let mut lines = vec![cells[0].clone()];
    lines.extend(filled(facts.iter().map(String::as_str), " · ", width));
    lines.extend(filled(why.split_whitespace(), " ", width));
    lines.join("\n")
}

/// Joins parts into indented lines, each as full as the width allows.
fn filled<'a>(parts: impl Iterator<Item = &'a str>, separator: &str, width: usize) -> Vec<String> {
    const INDENT: &str = "  ";
    let columns = |text: &str| text.chars().count();
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if columns(line) + columns(separator) + columns(part) <= width => {
                line.push_str(separator);
                line.push_str(part);
            }
            _ => lines.push(format!("{INDENT}{part}")),
        }
    }
    lines
}

/// Reason of a failure for a cell: the exception, or else the message. The cause comes first, and a long reason is
/// cut at the same length, wherever the run was. `nodes` is the number of the task's nodes.
pub(crate) fn reason(cause: Option<&Cause>, message: Option<&str>, nodes: usize) -> String {
    let told = cause.and_then(|cause| {
        let message = cause.in_short();
        let text = match (&cause.exception, message.is_empty()) {
            (Some(exception), true) => exception.clone(),
            (Some(exception), false) => format!("{exception}: {message}"),
            (None, true) => return None,
            (None, false) => message,
        };
        // Name the failed node, if there are several.
        let node = cause.node.as_ref().filter(|_| nodes > 1);
        let node = node.map(|node| format!(" ({node})")).unwrap_or_default();
        Some(format!("{}{node}", cut(&text)))
    });
    let said =
        || message.map(|message| cut(&message.split_whitespace().collect::<Vec<_>>().join(" ")));
    told.or_else(said).unwrap_or_default()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}

/// Kedro nodes of a run, for programs: each has the state of its task. Of several nodes of a failed
/// task, the one that raised gives the reason; if that one is unknown, all of them do.
pub(crate) fn nodes(state: &RunState, now: Timestamp) -> Vec<Value> {
    let of_task = |(name, task): (&String, &TaskState)| {
        let raised = task.cause.as_ref().and_then(|cause| cause.node.clone());
        let raised = raised.filter(|node| task.nodes.contains(node));
        let why = reason(task.cause.as_ref(), task.message.as_deref(), 1);
        let running = (task.phase == Phase::Running).then_some(now);
        let end = task.finished.or(running);
        let seconds = task.started.zip(end);
        let seconds = seconds.map(|(started, end)| words::between(started, end));
        let node = |node: &String| {
            let is_why = raised.as_ref().is_none_or(|raised| raised == node);
            json!({
                "name": node,
                "task": name,
                "phase": phase_of(task, state),
                "tries": task.attempts,
                "seconds": seconds,
                "why": Some(&why).filter(|why| is_why && !why.is_empty()),
            })
        };
        task.nodes.iter().map(node).collect::<Vec<_>>()
    };
    state.tasks.iter().flat_map(of_task).collect()
}

/// Gives the phase of a task. A pending task of a finished run was left out.
fn phase_of(task: &TaskState, state: &RunState) -> Phase {
    match task.phase {
        Phase::Pending if state.phase.is_final() => Phase::Omitted,
        phase => phase,
    }
}

pub(crate) fn row(name: &str, task: &TaskState, state: &RunState, now: Timestamp) -> Vec<String> {
    let message = beyond_the_word(task.phase, task.message.as_deref());
    let mut why = reason(task.cause.as_ref(), message, task.nodes.len());
    if why.is_empty()
        && let Some(before) = &task.before
    {
        let reason = reason(
            before.cause.as_ref(),
            before.message.as_deref(),
            task.nodes.len(),
        );
        if !reason.is_empty() {
            why = format!("before: {reason}");
        }
    }
    let phase = phase_of(task, state);
    let waits = state.waits_since(task);
    vec![
        words::short_name(name).into_owned(),
        word(phase, task.message.as_deref()).to_owned(),
        time(waits, task.started, task.finished, phase, now),
        task.peak_memory.map(pod::bytes).unwrap_or_default(),
        match task.attempts {
            0 | 1 => String::new(),
            tries => tries.to_string(),
        },
        why,
    ]
}

/// Word before the time that a task waits.
const WAITS: &str = "waits ";

/// Says how long a task ran, runs or waits; empty if its turn has not come.
pub(super) fn time(
    waits: Option<Timestamp>,
    started: Option<Timestamp>,
    finished: Option<Timestamp>,
    phase: Phase,
    now: Timestamp,
) -> String {
    let taken = |start, end| words::duration(words::between(start, end));
    match (phase, waits, started, finished) {
        (Phase::Pending, Some(since), ..) => format!("{WAITS}{}", taken(since, now)),
        (Phase::Pending | Phase::Omitted, ..) => String::new(),
        (_, _, Some(started), Some(finished)) => taken(started, finished),
        (Phase::Running, _, Some(started), None) => taken(started, now),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use runs::RunEvent;

    use super::*;

    #[test]
    fn the_node_that_raised_says_why_its_task_failed() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let info = |name: &str, nodes: &[&str]| runs::TaskInfo {
            name: name.to_owned(),
            nodes: nodes.iter().map(|&node| node.to_owned()).collect(),
            upstream: Vec::new(),
        };
        let ended = |task: &str, phase, cause| RunEvent::TaskFinished {
            task: task.to_owned(),
            phase,
            message: Some("exit code 1".to_owned()),
            exit_code: Some(1),
            used: runs::Used::default(),
            cause,
            attempt: None,
        };
        let started = |task: &str| RunEvent::TaskStarted {
            task: task.to_owned(),
            attempt: None,
        };
        let cause = Cause {
            kind: "exception".to_owned(),
            exception: Some("ValueError".to_owned()),
            message: "no".to_owned(),
            node: Some("second".to_owned()),
            ..Cause::default()
        };
        let tasks = vec![
            info("group", &["first", "second"]),
            info("killed", &["alone", "together"]),
            info("goes-on", &["running"]),
            info("to-come", &["later"]),
        ];
        let events = [
            RunEvent::RunStarted {
                outstanding: tasks.iter().map(|task| task.name.clone()).collect(),
                tasks,
            },
            started("group"),
            started("killed"),
            started("goes-on"),
            ended("group", Phase::Failed, Some(cause)),
            ended("killed", Phase::Error, None),
        ];
        let state = RunState::replay(events.into_iter().map(|event| (at(5), event)));
        let rows: Vec<String> = nodes(&state, at(9))
            .iter()
            .map(|node| {
                let texts = ["name", "phase", "tries", "seconds", "why"];
                texts.map(|key| node[key].to_string()).join(" ")
            })
            .collect();
        assert_eq!(
            rows,
            [
                r#""first" "Failed" 1 0.0 null"#,
                r#""second" "Failed" 1 0.0 "ValueError: no""#,
                r#""alone" "Error" 1 0.0 "exit code 1""#,
                r#""together" "Error" 1 0.0 "exit code 1""#,
                r#""running" "Running" 1 4.0 null"#,
                r#""later" "Pending" 0 null null"#,
            ]
        );
    }

    #[test]
    fn a_task_that_was_tried_again_says_what_was_wrong_before() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let task = "train".to_owned();
        let started = RunEvent::TaskStarted {
            task: task.clone(),
            attempt: None,
        };
        let mut events = vec![
            (at(0), started.clone()),
            (
                at(1),
                RunEvent::AttemptFailed {
                    task: task.clone(),
                    attempt: None,
                    message: Some("out of memory (exit code 137)".to_owned()),
                    exit_code: Some(137),
                    cause: None,
                    used: runs::Used::default(),
                },
            ),
        ];
        let shown = |events: &[(Timestamp, RunEvent)]| {
            let state = RunState::replay(events.to_vec());
            tasks(&state, at(9), None)
                .lines()
                .last()
                .unwrap()
                .to_owned()
        };
        let why = "out of memory (exit code 137)";
        assert!(shown(&events).ends_with(why) && !shown(&events).contains("before"));
        events.push((at(2), started));
        assert!(
            shown(&events).ends_with(&format!("before: {why}")),
            "{}",
            shown(&events)
        );
        events.push((
            at(3),
            RunEvent::TaskFinished {
                task,
                attempt: None,
                phase: Phase::Succeeded,
                message: None,
                exit_code: Some(0),
                used: runs::Used::default(),
                cause: None,
            },
        ));
        assert!(
            shown(&events).ends_with(&format!("before: {why}")),
            "{}",
            shown(&events)
        );
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// Run whose tasks are all in different states.
    fn mixed() -> RunState {
        let told = [
            (
                0,
                r#"{"event": "run_started", "outstanding": ["load-the-data", "fit-the-model", "report", "other"],
                "tasks": [
                {"name": "load-the-data", "nodes": ["load_the_data"], "upstream": []},
                {"name": "fit-the-model", "nodes": ["fit_the_model"], "upstream": ["load-the-data"]},
                {"name": "report", "nodes": ["report"], "upstream": ["fit-the-model"]},
                {"name": "other", "nodes": ["other"], "upstream": []}]}"#,
            ),
            (1, r#"{"event": "task_started", "task": "load-the-data"}"#),
            (1, r#"{"event": "task_started", "task": "other"}"#),
            (
                4,
                r#"{"event": "task_finished", "task": "load-the-data", "phase": "Succeeded"}"#,
            ),
            (
                9,
                r#"{"event": "task_finished", "task": "other", "phase": "Failed", "cause": {"kind": "exception",
                "type": "ValueError", "message": "the depth of the model is not one that this data can be fitted with"}}"#,
            ),
        ];
        RunState::replay(
            told.map(|(second, event)| (at(second), serde_json::from_str(event).unwrap())),
        )
    }

    fn widest(text: &str) -> usize {
        text.lines()
            .map(|line| line.chars().count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn a_task_whose_turn_has_come_is_told_from_one_that_runs() {
        let text = tasks(&mixed(), at(64), None);
        let line = |task: &str| text.lines().find(|line| line.contains(task)).unwrap();
        assert!(line("fit-the-model").contains("waits 1m 00s"), "{text}");
        assert_eq!(line("report").split_whitespace().count(), 2, "{text}");
        assert!(line("load-the-data").contains("3.0s"), "{text}");
    }

    #[test]
    fn tables_are_readable_where_they_do_not_fit() {
        let state = mixed();
        let whole = tasks(&state, at(64), None);
        for width in [40, 60, 80, 200] {
            let text = tasks(&state, at(64), Some(width));
            assert!(widest(&text) <= usize::from(width), "{width}:\n{text}");
            for (name, _) in &state.tasks {
                assert!(text.contains(name), "{width}:\n{text}");
            }
        }
        assert_eq!(tasks(&state, at(64), Some(200)), whole);
        insta::assert_snapshot!(tasks(&state, at(64), Some(40)));

        let record = runs::RunRecord {
            name: "flight-delays-rc26r".to_owned(),
            uid: "0198a2f4".to_owned(),
            pipeline: "__default__".to_owned(),
            environment: "local".to_owned(),
            created: at(0),
            manifest: String::new(),
            cluster: None,
            phase: Phase::Running,
            finished: None,
        };
        let pending = RunState::default();
        let list_of = |width| {
            let runs = [&state, &pending].map(|state| RunSummary::new(record.clone(), state));
            list(&runs, at(3_900), Some(width), false)
        };
        assert!(widest(&list_of(40)) <= 40);
        assert_eq!(list_of(200).lines().count(), 3);
        insta::assert_snapshot!(list_of(40));
    }

    #[test]
    fn what_was_stopped_is_called_so_here_and_on_a_cluster() {
        for (message, rest) in [
            ("stopped", None),
            ("stopped before its end", None),
            (
                "stopped: the process of the run no longer exists",
                Some("the process of the run no longer exists"),
            ),
            ("Stopped with strategy 'Stop'", None),
            (
                "Stopped with strategy 'Terminate'",
                Some("Stopped with strategy 'Terminate'"),
            ),
            (
                "workflow shutdown with strategy:  Terminate",
                Some("workflow shutdown with strategy:  Terminate"),
            ),
        ] {
            for ended in [Phase::Failed, Phase::Error] {
                assert_eq!(word(ended, Some(message)), "Stopped", "{message}");
                assert_eq!(beyond_the_word(ended, Some(message)), rest, "{message}");
            }
        }
        assert_eq!(word(Phase::Failed, Some("child failed")), "Failed");
        assert_eq!(word(Phase::Succeeded, Some("stopped")), "Succeeded");
        // In a finished run, a task that never ran was left out.
        let mut state = mixed();
        state.apply(
            at(10),
            &RunEvent::RunFinished {
                phase: Phase::Failed,
                message: Some("stopped".to_owned()),
            },
        );
        let text = tasks(&state, at(64), None);
        assert!(
            !text.contains("Pending") && !text.contains("waits"),
            "{text}"
        );
        assert_eq!(text.matches("Omitted").count(), 2, "{text}");
    }

    #[test]
    fn a_reason_begins_with_what_went_wrong_and_is_cut_alike_here_and_on_a_cluster() {
        let arguments = "filepath=/data/a.csv, ".repeat(40);
        let cause = Cause {
            kind: "exception".to_owned(),
            exception: Some("DatasetError".to_owned()),
            message: format!(
                "Failed while loading data from dataset kedro.CSVDataset({arguments}).\n[Errno 2] No such file"
            ),
            ..Cause::default()
        };
        let here = reason(Some(&cause), None, 1);
        assert!(
            here.starts_with("DatasetError: [Errno 2] No such file (while loading"),
            "{here}"
        );
        let line = runs::termination_message::write(&cause);
        let there = Cause {
            kind: "exception".to_owned(),
            exception: Some("DatasetError".to_owned()),
            message: line.trim_start_matches("DatasetError: ").to_owned(),
            ..Cause::default()
        };
        assert_eq!(reason(Some(&there), None, 1), here);
        assert_eq!(here.chars().count(), LONGEST + 1);
    }
}
