//! Sizes that tasks used and should ask for, and the savings.

use plan::{Cost, Need, Size, Spread, Task};
use project::config::{Cpu, Memory};
use serde_json::{Value, json};

use super::runs::table as whole_table;
use super::words::{self, count};
use crate::render::json::without_controls;

/// Task with its measurements.
pub(crate) struct Row<'a> {
    /// Task of the row.
    pub(crate) task: &'a Task,
    /// Numbers of runs on this machine and on clusters.
    pub(crate) runs: (usize, usize),
    /// Memory of the attempts that succeeded, in bytes.
    pub(crate) memory: Option<Spread>,
    /// Cores that those attempts kept busy.
    pub(crate) cores: Option<Spread>,
    /// Attempts that were killed for their memory.
    pub(crate) killed: usize,
    /// Says whether there are too few runs to ask for less.
    pub(crate) few: bool,
    /// Size that the task needs.
    pub(crate) need: Need,
    /// Size that the task should ask for; `None` if it does already, or too little is known.
    pub(crate) size: Option<Size>,
    /// Cost that the size saves over the recorded runs.
    pub(crate) saves: Option<Cost>,
}

/// Tasks as a table, with the total savings.
pub(crate) fn table(
    rows: &[Row<'_>],
    runs: (usize, usize),
    currency: Option<&str>,
    width: Option<u16>,
    is_wide: bool,
) -> String {
    let mut header = vec!["TASK", "RUNS", "CPU", "USED", "MEMORY", "USED"];
    if is_wide {
        header.extend(["MEDIAN", "P95", "SAVES"]);
    }
    header.push("WHY");
    let cells: Vec<Vec<String>> = rows
        .iter()
        .map(|row| cells(row, currency, is_wide))
        .collect();
    let total = rows
        .iter()
        .filter_map(|row| row.saves)
        .fold(Cost::nothing(), Cost::plus);
    let (here, there) = runs;
    let seen = format!(
        "{} on this machine, {} on clusters",
        count(here, "run"),
        there
    );
    let saved = if rows.iter().any(|row| row.saves.is_some()) {
        format!(
            "; with these sizes they would have asked for {}",
            savings(total, currency)
        )
    } else {
        "; every size is right, or not known well enough".to_owned()
    };
    format!("{}\n\n{seen}{saved}", whole_table(&header, &cells, width))
}

fn cells(row: &Row<'_>, currency: Option<&str>, is_wide: bool) -> Vec<String> {
    let machine = &row.task.machine;
    let change = |now: String, then: Option<String>| match then.filter(|then| *then != now) {
        Some(then) => format!("{now} → {then}"),
        None => now,
    };
    let (here, there) = row.runs;
    let size = row.size.as_ref();
    let mut cells = vec![
        row.task.name.clone(),
        match there {
            0 => here.to_string(),
            there => format!("{here}+{there}"),
        },
        change(cores(machine.cpu), size.map(|size| cores(size.cpu))),
        row.cores.map(|it| range(it, cores_of)).unwrap_or_default(),
        change(memory(machine.memory), size.map(|size| memory(size.memory))),
        row.memory.map(|it| range(it, bytes_of)).unwrap_or_default(),
    ];
    if is_wide {
        cells.push(row.memory.map(|it| bytes_of(it.median)).unwrap_or_default());
        cells.push(row.memory.map(|it| bytes_of(it.p95)).unwrap_or_default());
        cells.push(
            row.saves
                .map(|it| amounts(it, currency))
                .unwrap_or_default(),
        );
    }
    cells.push(why(row));
    cells
}

fn why(row: &Row<'_>) -> String {
    let mut why = Vec::new();
    if row.runs == (0, 0) {
        why.push("no run on record".to_owned());
    } else if row.few {
        why.push("few runs".to_owned());
    }
    if row.killed > 0 {
        why.push(format!(
            "killed for its memory: {}",
            count(row.killed, "time")
        ));
    }
    if let Some(size) = &row.size {
        if let Some(name) = &size.machine_type {
            why.push(format!("machine type {name}"));
        }
        if let Some(growing) = size.growing {
            why.push(format!(
                "retries with {} times the memory, up to {}",
                growing.factor,
                memory(growing.max)
            ));
        }
    }
    why.join(", ")
}

/// `1.2 GiB-hours and 0.4 core-hours (0.05 EUR)`.
pub(crate) fn amounts(cost: Cost, currency: Option<&str>) -> String {
    let gpus = match cost.gpu_hours {
        hours if hours.abs() > 0.0 => format!(", {} GPU-hours", short(hours)),
        _ => String::new(),
    };
    let money = cost.money.map(|it| format!(" ({})", money(it, currency)));
    format!(
        "{} GiB-hours, {} core-hours{gpus}{}",
        short(cost.gib_hours),
        short(cost.core_hours),
        money.unwrap_or_default()
    )
}

/// `1.2 GiB-hours less and 0.4 core-hours more (0.05 EUR less)`; one word for all where they have one sign.
fn savings(cost: Cost, currency: Option<&str>) -> String {
    let all = [
        (cost.gib_hours, "GiB-hours"),
        (cost.core_hours, "core-hours"),
        (cost.gpu_hours, "GPU-hours"),
    ];
    if all.iter().all(|(amount, _)| *amount >= 0.0) {
        return format!("{} less", amounts(cost, currency));
    }
    let word = |amount: f64| if amount < 0.0 { "more" } else { "less" };
    let each = all.into_iter().filter(|(amount, _)| amount.abs() > 0.0);
    let each: Vec<String> = each
        .map(|(amount, unit)| format!("{} {unit} {}", short(amount.abs()), word(amount)))
        .collect();
    let each: Vec<&str> = each.iter().map(String::as_str).collect();
    let money = cost
        .money
        .map(|it| format!(" ({} {})", money(it.abs(), currency), word(it)));
    format!("{}{}", words::list(&each), money.unwrap_or_default())
}

/// An amount of money.
pub(crate) fn money(amount: f64, currency: Option<&str>) -> String {
    let text = short(amount);
    match currency {
        Some(currency) => format!("{text} {currency}"),
        None => text,
    }
}

/// Number with two decimals, or more if it is small.
fn short(number: f64) -> String {
    let places = match number.abs() {
        0.0 => 0,
        size if size < 0.001 => 6,
        size if size < 0.1 => 4,
        _ => 2,
    };
    format!("{number:.places$}")
}

fn cores(cpu: Cpu) -> String {
    #[expect(clippy::cast_precision_loss, reason = "cores of a machine")]
    let cores = cpu.millicores() as f64 / 1000.0;
    cores.to_string()
}

fn cores_of(cores: f64) -> String {
    format!("{cores:.2}")
}

fn memory(memory: Memory) -> String {
    let bytes = memory.bytes();
    if bytes < 1 << 30 {
        return pod::bytes(bytes);
    }
    format!("{} GiB", memory.in_gib())
}

fn bytes_of(bytes: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an amount of memory"
    )]
    let bytes = bytes as u64;
    pod::bytes(bytes)
}

/// `301–322 MiB`.
fn range(spread: Spread, write: fn(f64) -> String) -> String {
    let (least, most) = (write(spread.least), write(spread.most));
    if least == most {
        return most;
    }
    match (least.split_once(' '), most.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => format!("{number}–{most}"),
        _ => format!("{least}–{most}"),
    }
}

/// Gives the sizes for programs.
pub(crate) fn json(rows: &[Row<'_>], runs: (usize, usize), currency: Option<&str>) -> String {
    let tasks: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "task": row.task.name,
                "nodes": row.task.nodes,
                "asks": {
                    "machine_type": row.task.machine.machine_type,
                    "cpu": row.task.machine.cpu,
                    "memory": row.task.machine.memory,
                    "gpu": row.task.machine.gpu,
                },
                "runs": {"here": row.runs.0, "cluster": row.runs.1},
                "used": {"memory_bytes": row.memory, "cores": row.cores},
                "out_of_memory": row.killed,
                "few": row.few,
                "needs": row.need,
                "size": row.size,
                "saves": row.saves,
            })
        })
        .collect();
    let all = json!({
        "tasks": tasks,
        "runs": {"here": runs.0, "cluster": runs.1},
        "currency": currency,
    });
    without_controls(&format!("{all:#}")).into_owned()
}

#[cfg(test)]
mod tests {
    use plan::{Growing, Machine, ResourceRule};

    use super::*;

    const MIB: u64 = 1 << 20;

    fn spread(least: f64, most: f64) -> Spread {
        Spread {
            count: 5,
            least,
            median: least,
            p95: most,
            most,
        }
    }

    fn task(name: &str) -> Task {
        Task {
            name: name.to_owned(),
            nodes: vec![name.replace('-', "_")],
            group: None,
            machine: Machine {
                machine_type: "default".to_owned(),
                cpu: Cpu::cores(4),
                memory: Memory::gib(4),
                gpu: 0,
                scratch: None,
                rule: ResourceRule::Default,
                selector: None,
            },
            template: None,
            settings: None,
            upstream: Vec::new(),
            inputs: Vec::new(),
            outputs: Vec::new(),
        }
    }

    #[test]
    fn what_costs_more_is_no_negative_saving() {
        let cost = |gib_hours, core_hours, money| Cost {
            gib_hours,
            core_hours,
            gpu_hours: 0.0,
            money,
        };
        assert_eq!(
            savings(cost(12.0, 1.5, Some(0.5)), Some("EUR")),
            "12.00 GiB-hours, 1.50 core-hours (0.50 EUR) less"
        );
        assert_eq!(
            savings(cost(2.0, -1.0, Some(-0.5)), Some("EUR")),
            "2.00 GiB-hours less and 1.00 core-hours more (0.50 EUR more)"
        );
        assert_eq!(savings(cost(0.0, -1.0, None), None), "1.00 core-hours more");
    }

    #[test]
    fn a_screen_has_80_columns_whatever_is_known() {
        let (first, second, third) = (
            task("clean-flights"),
            task("arrival-fit-model"),
            task("report"),
        );
        let known = Row {
            task: &first,
            runs: (3, 2),
            memory: Some(spread(301.0 * 1_048_576.0, 322.0 * 1_048_576.0)),
            cores: Some(spread(0.41, 0.97)),
            killed: 0,
            few: false,
            need: plan::need(&[]),
            size: Some(Size {
                cpu: Cpu::cores(1),
                memory: Memory::of_bytes(384 * MIB),
                machine_type: None,
                growing: None,
            }),
            saves: Some(Cost {
                core_hours: 1.5,
                gib_hours: 12.0,
                gpu_hours: 0.0,
                money: Some(0.093),
            }),
        };
        let killed = Row {
            task: &second,
            runs: (5, 0),
            memory: Some(spread(900.0 * 1_048_576.0, 6.0 * 1_073_741_824.0)),
            cores: Some(spread(3.9, 3.9)),
            killed: 2,
            few: false,
            need: plan::need(&[]),
            size: Some(Size {
                cpu: Cpu::cores(4),
                memory: Memory::gib(8),
                machine_type: Some("large".to_owned()),
                growing: Some(Growing {
                    first: Memory::gib(1),
                    factor: 2,
                    max: Memory::gib(8),
                    limit: 3,
                }),
            }),
            saves: None,
        };
        let unknown = Row {
            task: &third,
            runs: (0, 0),
            memory: None,
            cores: None,
            killed: 0,
            few: true,
            need: plan::need(&[]),
            size: None,
            saves: None,
        };
        let rows = [known, killed, unknown];
        let text = table(&rows, (5, 2), Some("EUR"), Some(80), false);
        let wide = table(&rows, (5, 2), Some("EUR"), None, true);
        let table = text.split("\n\n").next().unwrap();
        assert!(
            table.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        insta::assert_snapshot!(format!("{text}\n\n{wide}"));
    }
}
