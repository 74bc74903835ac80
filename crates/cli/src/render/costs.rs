//! Costs of one run.

use plan::{Cost, Spread, Task};
use project::config::ArgoConfig;
use serde_json::{Value, json};

use super::runs::table as whole_table;
use super::sizes::{amounts, money};
use super::words;

/// Task with its cost.
pub(crate) struct Row<'a> {
    task: &'a Task,
    /// Time that the task takes; `None` if it never ran.
    seconds: Option<Spread>,
    cost: Option<Cost>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(task: &'a Task, seconds: Option<Spread>, config: &ArgoConfig) -> Self {
        let cost = seconds.map(|it| plan::cost(&task.machine, it.median / 3600.0, config));
        Self {
            task,
            seconds,
            cost,
        }
    }
}

/// Tasks as a table, with their total cost.
pub(crate) fn table(rows: &[Row<'_>], currency: Option<&str>, width: Option<u16>) -> String {
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let machine = &row.task.machine;
            vec![
                row.task.name.clone(),
                row.seconds
                    .map(|it| it.count.to_string())
                    .unwrap_or_default(),
                machine.cpu.to_string(),
                machine.memory.to_string(),
                row.seconds
                    .map_or("unknown".to_owned(), |it| words::duration(it.median)),
                match row.cost {
                    None => "unknown".to_owned(),
                    Some(cost) => match cost.money {
                        Some(amount) => money(amount, currency),
                        None => amounts(cost, currency),
                    },
                },
            ]
        })
        .collect();
    let header = ["TASK", "RUNS", "CPU", "MEMORY", "TIME", "COST"];
    let unknown: Vec<&str> = unknown(rows).collect();
    let more = if unknown.is_empty() {
        String::new()
    } else {
        format!(
            "\nunknown, and not counted: {}, which no run on record has finished",
            words::list(&unknown)
        )
    };
    format!(
        "{}\n\none run: {}{more}",
        whole_table(&header, &cells, width),
        amounts(total(rows), currency)
    )
}

fn unknown<'a>(rows: &'a [Row<'_>]) -> impl Iterator<Item = &'a str> {
    let unknown = rows.iter().filter(|row| row.cost.is_none());
    unknown.map(|row| row.task.name.as_str())
}

fn total(rows: &[Row<'_>]) -> Cost {
    let known = rows.iter().filter_map(|row| row.cost);
    known.fold(Cost::nothing(), Cost::plus)
}

/// Gives the costs for programs.
pub(crate) fn json(rows: &[Row<'_>], currency: Option<&str>) -> Value {
    let tasks: Vec<Value> = rows
        .iter()
        .map(|row| json!({"task": row.task.name, "seconds": row.seconds, "cost": row.cost}))
        .collect();
    json!({
        "tasks": tasks,
        "total": total(rows),
        "unknown": unknown(rows).collect::<Vec<_>>(),
        "currency": currency,
    })
}
