//! One template for each class of tasks: those that request the same machine, run in the same custom template, have the
//! same settings, and hand data off in the same way.

use std::collections::BTreeSet;

use plan::{Machine, Plan, Task};
use rustc_hash::FxHashMap;

use super::context::{Context, Part};
use super::inputs::nodes_follow_from_name;
use super::settings::Settings;
use super::template_names::{ON_EXIT, PIPELINE};

/// Class of tasks that share a template.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// Name of the template.
    pub(super) name: String,
    /// Machine that the tasks request.
    pub(super) machine: Machine,
    /// Custom template of the tasks.
    pub(super) custom: Option<String>,
    /// Number of the tasks' settings.
    pub(super) settings: usize,
    /// Pipeline of the tasks.
    pub(super) part: Part,
    /// Says whether the nodes of some tasks follow from the tasks' names.
    pub(super) nodes_follow_from_names: bool,
    /// Says whether some tasks hand data off.
    pub(super) handoff: bool,
    /// Says whether some tasks keep catalog entries in memory.
    pub(super) memory: bool,
}

/// All classes of a plan, in the order of their first tasks.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    all: Vec<Class>,
    by_key: FxHashMap<Key<'a>, usize>,
    settings: &'a Settings<'a>,
}

/// Key of a class: number of the settings, pipeline, custom template, machine type,
/// CPU, memory, GPUs, scratch.
type Key<'a> = (
    usize,
    Part,
    Option<&'a str>,
    &'a str,
    u64,
    u64,
    u32,
    Option<u64>,
);

impl Classes<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Class> {
        self.all.iter()
    }

    /// Name of the template that a task runs.
    pub(super) fn name_of(&self, task: &Task, part: Part) -> &str {
        self.by_key
            .get(&key(task, part, self.settings))
            .map_or("", |index| self.all[*index].name.as_str())
    }
}

/// Puts the tasks of a plan into classes.
pub(super) fn classes<'a>(
    plan: &'a Plan,
    settings: &'a Settings<'a>,
    context: &Context<'_>,
) -> Classes<'a> {
    let config = context.config;
    let on_exit = config
        .on_exit
        .iter()
        .filter_map(|on_exit| on_exit.template.clone());
    let mut taken: BTreeSet<String> = config
        .template
        .init_templates
        .iter()
        .cloned()
        .chain(on_exit)
        .chain([PIPELINE.to_owned(), ON_EXIT.to_owned()])
        .collect();
    let mut found = Classes {
        all: Vec::new(),
        by_key: FxHashMap::default(),
        settings,
    };
    let exit = plan.on_exit.iter().flat_map(|exit| &exit.tasks);
    let tasks = plan.tasks.iter().map(|task| (task, Part::Pipeline));
    for (task, part) in tasks.chain(exit.map(|task| (task, Part::OnExit))) {
        let key = key(task, part, settings);
        let index = *found.by_key.entry(key).or_insert_with(|| {
            found.all.push(Class {
                name: free_name(task, &mut taken),
                machine: task.machine.clone(),
                custom: task.template.clone(),
                settings: key.0,
                part,
                nodes_follow_from_names: false,
                handoff: false,
                memory: false,
            });
            found.all.len() - 1
        });
        let class = &mut found.all[index];
        class.nodes_follow_from_names |= nodes_follow_from_name(task);
        class.handoff |= !task.handoff().is_empty();
        class.memory |= !task.kept_in_memory().is_empty();
    }
    found
}

/// Key of a task's class. Leaves out the rule that chose the machine: it does not change the template.
fn key<'a>(task: &'a Task, part: Part, settings: &Settings<'_>) -> Key<'a> {
    let machine = &task.machine;
    (
        settings.number(task, part),
        part,
        task.template.as_deref(),
        &machine.machine_type,
        machine.cpu.millicores(),
        machine.memory.bytes(),
        machine.gpu,
        machine.scratch.map(project::config::Memory::bytes),
    )
}

/// A free name that Argo accepts (`workflow/validate/validate.go:1710`), made from the name of the custom template or
/// the machine type.
fn free_name(task: &Task, taken: &mut BTreeSet<String>) -> String {
    let wanted = task
        .template
        .as_deref()
        .unwrap_or(&task.machine.machine_type);
    let clean: String = wanted
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character
            } else {
                '-'
            }
        })
        .collect();
    let clean = clean.trim_matches('-');
    let base = if clean.is_empty() { "task" } else { clean };
    let mut name = base.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{base}-{number}");
        number += 1;
    }
    name
}
