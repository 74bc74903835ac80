//! The plan as a table.

use comfy_table::Row;
use owo_colors::OwoColorize;
use plan::{DataKind, DataUse, Plan, Task};
use project::Snapshot;

use super::table::{new_table, trimmed};
use super::words::count;
use crate::terminal::wrapped::wrapped;

/// Renders the plan: a table if it fits the width, else a block for each task, so that no name is broken.
pub(crate) fn table(plan: &Plan, snapshot: &Snapshot, width: Option<u16>) -> String {
    let nodes: usize = plan.tasks.iter().map(|task| task.nodes.len()).sum();
    let mut table = new_table(None);
    let mut header = vec!["TASK", "MACHINE", "AFTER", "DATA"];
    let has_settings = plan.tasks.iter().any(|task| task.settings.is_some());
    if has_settings {
        header.push("SETTINGS");
    }
    table.set_header(header);
    for task in &plan.tasks {
        let mut row = row(task);
        if has_settings {
            row.add_cell(set_by(plan, task).join("\n").into());
        }
        table.add_row(row);
    }
    let text = trimmed(&table);
    let widest = text.lines().map(|line| line.chars().count()).max();
    let body = match width {
        Some(width) if widest > Some(usize::from(width)) => blocks(plan),
        _ => text,
    };
    let on_exit = plan.on_exit.as_ref().map_or_else(String::new, |exit| {
        let nodes = exit.tasks.iter().flat_map(|task| task.nodes.clone());
        let nodes: Vec<String> = nodes.collect();
        format!("exit handler: {}\n\n", nodes.join(", "))
    });
    format!(
        "{} · {} · env {} · {} from {}\n\n{body}\n\n{on_exit}{}",
        snapshot.project.name.bold(),
        snapshot.pipelines.join(", "),
        snapshot.environment_name(),
        count(plan.tasks.len(), "task"),
        count(nodes, "node"),
        legend(plan, width),
    )
}

fn blocks(plan: &Plan) -> String {
    let block =
        |task: &Task| {
            let machine = format!("{} · {}", task.machine.machine_type, resources(task));
            let mut lines = vec![
                task.name.bold().to_string(),
                format!("  machine  {machine} ({})", task.machine.rule_words()),
            ];
            if let Some(template) = &task.template {
                lines.push(format!("  template {template}"));
            }
            let uses = |uses: &[DataUse]| -> Vec<String> {
                let names = uses.iter();
                names
                    .map(|usage| format!("{}{}", usage.dataset, mark(usage.kind)))
                    .collect()
            };
            for (word, names) in [
                ("nodes", task.nodes.clone()),
                ("after", task.upstream.clone()),
                ("reads", uses(&task.inputs)),
                ("writes", uses(&task.outputs)),
                ("settings", set_by(plan, task)),
            ] {
                lines.extend(names.iter().enumerate().map(|(index, name)| {
                    format!("  {:8} {name}", if index == 0 { word } else { "" })
                }));
            }
            lines.join("\n")
        };
    plan.tasks.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// Settings of a task, each with its selector.
fn set_by(plan: &Plan, task: &Task) -> Vec<String> {
    let Some(settings) = plan.settings_of(task) else {
        return Vec::new();
    };
    let set = settings.set_by.iter();
    let set = set.map(|set| format!("{} ({})", set.setting, set.selector));
    let patches = settings.patches.iter();
    set.chain(patches.map(|selector| format!("patch ({selector})")))
        .collect()
}

fn resources(task: &Task) -> String {
    let machine = &task.machine;
    // `mem: 0.4` is a whole number only of bytes.
    let memory = match machine.memory.bytes() {
        bytes if bytes % 1024 == 0 || bytes < 100 << 20 => machine.memory.to_string(),
        _ => format!("{}Gi", machine.memory.in_gib()),
    };
    let mut text = format!("{} cpu, {memory}", machine.cpu);
    if machine.gpu > 0 {
        text.push_str(&format!(", {} gpu", machine.gpu));
    }
    text
}

fn row(task: &Task) -> Row {
    let machine = &task.machine;
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
            "{}\n{}\n({})",
            machine.machine_type,
            resources(task),
            machine.rule_words()
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

fn legend(plan: &Plan, width: Option<u16>) -> String {
    let used = |kind| {
        plan.tasks
            .iter()
            .flat_map(|task| task.inputs.iter().chain(&task.outputs))
            .any(|usage| usage.kind == kind)
    };
    [
        (
            DataKind::HandOff,
            "*  handed off: stored for the next tasks, because the catalog does not store it",
        ),
        (
            DataKind::Memory,
            "°  in memory, because only one task uses it",
        ),
        (
            DataKind::KeptInMemory,
            "°° in the catalog, but kept in memory, because only one task uses it",
        ),
    ]
    .into_iter()
    .filter(|(kind, _)| used(*kind))
    .map(|(_, text)| match width {
        Some(width) => wrapped(text, usize::from(width), "   "),
        None => text.to_owned(),
    })
    .collect::<Vec<_>>()
    .join("\n")
}
