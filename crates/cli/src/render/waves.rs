//! Tasks of a run that has not begun, by waves.

use std::collections::BTreeMap;

use engine::{Budget, PlannedTask, RunCount, Waves};
use pod::bytes;
use serde_json::{Value, json};

use super::table::{new_table, trimmed};
use super::words::count;

/// Facts about tasks that their workflow lacks.
#[derive(Debug, Default)]
pub(crate) struct TaskFacts {
    /// Kedro nodes by task.
    pub(crate) nodes: BTreeMap<String, Vec<String>>,
    /// Machine types of the tasks.
    pub(crate) machine_types: BTreeMap<String, String>,
    /// Reasons why tasks run or do not.
    pub(crate) reasons: BTreeMap<String, String>,
}

/// Renders the waves as a table; if it does not fit the width, as a block for each task.
pub(crate) fn table(waves: &Waves, facts: &TaskFacts, width: Option<u16>) -> String {
    let tasks = in_order(waves);
    let mut table = new_table(None);
    let has_machines = tasks.iter().any(|task| !machine(task, facts).is_empty());
    let mut header = vec!["WAVE", "TASK"];
    if has_machines {
        header.push("MACHINE");
    }
    header.push("AFTER");
    table.set_header(header);
    let mut before = None;
    for task in &tasks {
        let wave = word(task);
        let is_first = before.as_ref() != Some(&wave);
        let mut name = vec![task.name.clone()];
        name.extend(about(task, facts).iter().map(|line| format!("  {line}")));
        let mut row = vec![
            if is_first {
                wave.clone()
            } else {
                String::new()
            },
            name.join("\n"),
        ];
        if has_machines {
            row.push(machine(task, facts));
        }
        row.push(task.after.join("\n"));
        table.add_row(row);
        before = Some(wave);
    }
    let text = trimmed(&table);
    let widest = text.lines().map(|line| line.chars().count()).max();
    match width {
        Some(width) if widest > Some(usize::from(width)) => blocks(&tasks, facts),
        _ => text,
    }
}

fn blocks(tasks: &[&PlannedTask], facts: &TaskFacts) -> String {
    let mut lines = Vec::new();
    let mut before = None;
    for task in tasks {
        let wave = word(task);
        if before.as_ref() != Some(&wave) {
            lines.push(if task.is_exit {
                "exit handler".to_owned()
            } else {
                format!("wave {wave}")
            });
        }
        before = Some(wave);
        lines.push(format!("  {}", task.name));
        let more = about(task, facts);
        lines.extend(more.iter().map(|line| format!("    {line}")));
        let machine = machine(task, facts);
        if !machine.is_empty() {
            lines.push(format!("    machine  {machine}"));
        }
        for (index, name) in task.after.iter().enumerate() {
            let word = if index == 0 { "after" } else { "" };
            lines.push(format!("    {word:8} {name}"));
        }
    }
    lines.join("\n")
}

/// Describes the run in a line, and says for which wave this machine is too small.
pub(crate) fn summary(waves: &Waves, machine: Budget) -> Vec<String> {
    let tasks = in_order(waves);
    let of_pipeline: Vec<&&PlannedTask> = tasks.iter().filter(|task| !task.is_exit).collect();
    let number = of_pipeline.last().map_or(0, |task| task.wave + 1);
    let more = if waves.is_cut { "more than " } else { "" };
    let mut lines = vec![format!(
        "{more}{} in {}; nothing was started",
        count(waves.tasks.len(), "task"),
        count(number, "wave")
    )];
    for wave in 0..number {
        let needs = of_pipeline.iter().filter(|task| task.wave == wave);
        let needs = needs.fold(Budget::default(), |sum, task| {
            let times = match task.run_count {
                RunCount::Known(times) => times,
                RunCount::Once | RunCount::Later => 1,
            };
            let needs = task.needs.unwrap_or_default();
            sum.with(times_of(needs, u64::try_from(times).unwrap_or(u64::MAX)))
        });
        if !machine.holds(needs) {
            lines.push(format!(
                "wave {} asks for {}, and this machine has {}: not all of its tasks run at the same time",
                wave + 1,
                amount(needs),
                amount(machine)
            ));
        }
    }
    lines
}

fn times_of(needs: Budget, times: u64) -> Budget {
    Budget {
        millicores: needs.millicores.saturating_mul(times),
        memory: needs.memory.saturating_mul(times),
        gpus: needs.gpus.saturating_mul(times),
    }
}

/// Gives the waves for programs.
pub(crate) fn json(waves: &Waves, facts: &TaskFacts) -> Value {
    let task = |task: &PlannedTask| {
        let needs = task.needs.unwrap_or_default();
        let mut json = json!({
            "task": task.name,
            "nodes": facts.nodes.get(&task.name).cloned().unwrap_or_default(),
            "after": task.after,
            "template": task.template,
            "machine_type": facts.machine_types.get(&task.name),
            "millicores": needs.millicores,
            "memory": needs.memory,
            "gpus": needs.gpus,
            "when": task.when,
            "turns": match task.run_count {
                RunCount::Once => json!(1),
                RunCount::Known(number) => json!(number),
                RunCount::Later => Value::Null,
            },
        });
        if let Some(reason) = facts.reasons.get(&task.name) {
            json["why"] = reason.as_str().into();
        }
        json
    };
    let all = in_order(waves);
    let (exit, tasks): (Vec<&PlannedTask>, Vec<&PlannedTask>) =
        all.into_iter().partition(|task| task.is_exit);
    let mut groups: Vec<Vec<Value>> = Vec::new();
    for planned in tasks {
        groups.resize_with(groups.len().max(planned.wave + 1), Vec::new);
        groups[planned.wave].push(task(planned));
    }
    let exit: Vec<Value> = exit.into_iter().map(task).collect();
    json!({"waves": groups, "exit_handler": exit, "is_cut": waves.is_cut})
}

/// Names of the tasks, in the order of the waves.
pub(crate) fn names(waves: &Waves) -> String {
    let tasks = in_order(waves);
    tasks
        .iter()
        .map(|task| format!("{}\n", task.name))
        .collect()
}

fn in_order(waves: &Waves) -> Vec<&PlannedTask> {
    let mut tasks: Vec<&PlannedTask> = waves.tasks.iter().collect();
    tasks.sort_by_key(|task| (task.is_exit, task.wave));
    tasks
}

fn word(task: &PlannedTask) -> String {
    if task.is_exit {
        "exit".to_owned()
    } else {
        (task.wave + 1).to_string()
    }
}

/// Lines that describe a task, beside its name.
fn about(task: &PlannedTask, facts: &TaskFacts) -> Vec<String> {
    let mut lines = Vec::new();
    let nodes = facts.nodes.get(&task.name).map_or(&[][..], Vec::as_slice);
    if nodes != [task.name.as_str()] {
        lines.extend(nodes.iter().cloned());
    }
    match task.run_count {
        RunCount::Once => {}
        RunCount::Known(number) => lines.push(format!("({})", count(number, "item"))),
        RunCount::Later => lines.push("(for each item, known when it begins)".to_owned()),
    }
    let conditions = task.when.iter();
    lines.extend(conditions.map(|when| format!("(if {when})")));
    if task.is_recursive {
        lines.push("(calls its own template again)".to_owned());
    }
    lines.extend(facts.reasons.get(&task.name).cloned());
    lines
}

fn machine(task: &PlannedTask, facts: &TaskFacts) -> String {
    let needs = task.needs.map(amount);
    let machine_type = facts.machine_types.get(&task.name).cloned();
    let words: Vec<String> = machine_type.into_iter().chain(needs).collect();
    words.join(" · ")
}

fn amount(needs: Budget) -> String {
    #[expect(clippy::cast_precision_loss, reason = "numbers of cores")]
    let cores = needs.millicores as f64 / 1000.0;
    let mut parts = vec![format!("{cores} cpu")];
    if needs.memory > 0 {
        parts.push(bytes(needs.memory));
    }
    if needs.gpus > 0 {
        parts.push(format!("{} gpu", needs.gpus));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(name: &str, wave: usize, after: &[&str]) -> PlannedTask {
        PlannedTask {
            name: name.to_owned(),
            wave,
            after: after.iter().map(|name| (*name).to_owned()).collect(),
            template: "work".to_owned(),
            needs: Some(Budget {
                millicores: 1500,
                memory: 2 << 30,
                gpus: 0,
            }),
            when: Vec::new(),
            run_count: RunCount::Once,
            is_recursive: false,
            is_exit: false,
        }
    }

    fn waves() -> Waves {
        let looped = PlannedTask {
            run_count: RunCount::Known(3),
            when: vec!["{{inputs.parameters.x}} == 1".to_owned()],
            ..task("split-flights", 1, &["read-flights"])
        };
        let exit = PlannedTask {
            is_exit: true,
            needs: None,
            ..task("onExit", 2, &[])
        };
        Waves {
            tasks: vec![
                exit,
                looped,
                task("read-flights", 0, &[]),
                task("read-airlines", 0, &[]),
            ],
            is_cut: false,
        }
    }

    #[test]
    fn a_dry_run_is_a_table_or_blocks() {
        let facts = TaskFacts {
            nodes: BTreeMap::from([("split-flights".to_owned(), vec!["split_flights".to_owned()])]),
            machine_types: BTreeMap::from([("read-flights".to_owned(), "default".to_owned())]),
            ..TaskFacts::default()
        };
        let wide = table(&waves(), &facts, Some(100));
        let words = |line: usize| -> Vec<&str> {
            let line = wide.lines().nth(line).unwrap_or_default();
            line.split_whitespace().collect()
        };
        assert_eq!(words(0), ["WAVE", "TASK", "MACHINE", "AFTER"]);
        assert_eq!(words(1)[..4], ["1", "read-flights", "default", "·"]);
        assert_eq!(words(2)[0], "read-airlines");
        assert_eq!(words(3)[..2], ["2", "split-flights"]);
        assert!(wide.contains("(3 items)"), "{wide}");
        let narrow = table(&waves(), &facts, Some(30));
        assert!(narrow.starts_with("wave 1\n  read-flights\n"), "{narrow}");
        assert!(narrow.ends_with("exit handler\n  onExit"), "{narrow}");
        let machine = Budget {
            millicores: 4000,
            memory: 16 << 30,
            gpus: 0,
        };
        let expected = [
            "4 tasks in 2 waves; nothing was started",
            "wave 2 asks for 4.5 cpu, 6.0 GiB, and this machine has 4 cpu, 16.0 GiB: not all of its tasks run at the \
             same time",
        ];
        assert_eq!(summary(&waves(), machine), expected);
        let json = json(&waves(), &facts);
        assert_eq!(json["waves"][1][0]["turns"], 3);
        assert_eq!(json["waves"][0][0]["task"], "read-flights");
        assert_eq!(json["exit_handler"][0]["task"], "onExit");
    }
}
