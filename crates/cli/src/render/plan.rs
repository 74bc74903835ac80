//! The plan as a table.

use comfy_table::{ContentArrangement, Row, Table};
use owo_colors::OwoColorize;
use plan::{DataKind, Plan, Task};
use project::Snapshot;

use super::words::count;

/// Renders the plan; without a width every row keeps its lines as they are.
pub(crate) fn table(plan: &Plan, snapshot: &Snapshot, width: Option<u16>) -> String {
    let nodes: usize = plan.tasks.iter().map(|task| task.nodes.len()).sum();
    let mut table = new_table(width);
    table.set_header(["TASK", "MACHINE", "AFTER", "DATA"]);
    for task in &plan.tasks {
        table.add_row(row(task));
    }
    format!(
        "{} · {} · env {} · {} from {}\n\n{}\n\n{}",
        snapshot.project.name.bold(),
        snapshot.pipelines.join(", "),
        snapshot.environment,
        count(plan.tasks.len(), "task"),
        count(nodes, "node"),
        trimmed(&table),
        legend(plan),
    )
}

/// A table without lines, two spaces between columns.
pub(crate) fn new_table(width: Option<u16>) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
    }
    table
}

/// The table without trailing blanks.
pub(crate) fn trimmed(table: &Table) -> String {
    table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

fn row(task: &Task) -> Row {
    let machine = &task.machine;
    let mut resources = format!("{} cpu, {}", machine.cpu, machine.memory);
    if machine.gpu > 0 {
        resources.push_str(&format!(", {} gpu", machine.gpu));
    }
    let mut name = task.name.clone();
    for node in &task.nodes {
        if task.nodes.len() > 1 || *node != task.name {
            name.push_str(&format!("\n  {node}"));
        }
    }
    if let Some(template) = &task.template {
        name.push_str(&format!("\n  (template {template})"));
    }
    let data = task
        .inputs
        .iter()
        .map(|usage| format!("← {}{}", usage.dataset, mark(usage.kind)))
        .chain(
            task.outputs
                .iter()
                .map(|usage| format!("→ {}{}", usage.dataset, mark(usage.kind))),
        )
        .collect::<Vec<_>>()
        .join("\n");
    Row::from(vec![
        name,
        format!(
            "{}\n{resources}\n({})",
            machine.machine_type,
            machine.rule.words()
        ),
        task.upstream.join("\n"),
        data,
    ])
}

fn mark(kind: DataKind) -> &'static str {
    match kind {
        DataKind::Catalog => "",
        DataKind::Memory => " °",
        DataKind::KeptInMemory => " °°",
        DataKind::HandOff => " *",
    }
}

fn legend(plan: &Plan) -> String {
    let used = |kind| {
        plan.tasks
            .iter()
            .flat_map(|task| task.inputs.iter().chain(&task.outputs))
            .any(|usage| usage.kind == kind)
    };
    [
        (
            DataKind::HandOff,
            "*  handed off: not in the catalog, stored under the run's own path",
        ),
        (DataKind::Memory, "°  in memory, inside one task"),
        (
            DataKind::KeptInMemory,
            "°° in the catalog, kept in memory inside one task",
        ),
    ]
    .into_iter()
    .filter(|(kind, _)| used(*kind))
    .map(|(_, text)| text)
    .collect::<Vec<_>>()
    .join("\n")
}
