//! One template per class of tasks: those that ask for the same machine, in the same
//! custom template, and hand on data in the same way.

use std::collections::{BTreeSet, HashMap};

use plan::{Machine, Plan, Task};

use super::{Context, container, custom};
use crate::manifest::Template;

/// What tasks of one class share.
#[derive(Debug, Clone)]
pub(super) struct Class {
    /// Name of its template.
    pub(super) name: String,
    /// What its tasks ask of their machine.
    pub(super) machine: Machine,
    /// The custom template they run in.
    pub(super) custom: Option<String>,
    /// Whether the names of some of its tasks say their nodes.
    pub(super) names_say: bool,
    /// Whether some of its tasks hand data off.
    pub(super) handoff: bool,
    /// Whether some of its tasks keep catalog entries in memory.
    pub(super) memory: bool,
}

/// All classes of a plan, in the order of their first tasks.
#[derive(Debug)]
pub(super) struct Classes<'a> {
    classes: Vec<Class>,
    by_key: HashMap<Key<'a>, usize>,
}

/// Custom template, machine type, CPU, memory, GPUs, scratch.
type Key<'a> = (Option<&'a str>, &'a str, u64, u64, u32, Option<u64>);

impl Classes<'_> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Class> {
        self.classes.iter()
    }

    /// Name of the template that a task runs.
    pub(super) fn name_of(&self, task: &Task) -> &str {
        self.by_key
            .get(&key(task))
            .map_or("", |index| self.classes[*index].name.as_str())
    }
}

impl Class {
    pub(super) fn template(&self, context: &Context<'_>) -> Template {
        let custom = self.custom.as_ref().and_then(|name| {
            let templates = &context.config.template.templates;
            templates.iter().find(|template| template.name == *name)
        });
        match custom {
            Some(custom) => custom::task_template(self, custom, context),
            None => container::task_template(self, context),
        }
    }
}

pub(super) fn classes<'a>(plan: &'a Plan, context: &Context<'_>) -> Classes<'a> {
    let mut taken: BTreeSet<String> = context
        .config
        .template
        .init_templates
        .iter()
        .cloned()
        .chain([super::dag::ENTRYPOINT.to_owned()])
        .collect();
    let mut found = Classes {
        classes: Vec::new(),
        by_key: HashMap::new(),
    };
    for task in &plan.tasks {
        let index = *found.by_key.entry(key(task)).or_insert_with(|| {
            found.classes.push(Class {
                name: free_name(task, &mut taken),
                machine: task.machine.clone(),
                custom: task.template.clone(),
                names_say: false,
                handoff: false,
                memory: false,
            });
            found.classes.len() - 1
        });
        let class = &mut found.classes[index];
        class.names_say |= container::nodes_follow_from_name(task);
        class.handoff |= !task.handoff().is_empty();
        class.memory |= !task.kept_in_memory().is_empty();
    }
    found
}

/// Which rule chose the machine makes no difference to the template.
fn key(task: &Task) -> Key<'_> {
    let machine = &task.machine;
    (
        task.template.as_deref(),
        &machine.machine_type,
        machine.cpu.millicores(),
        machine.memory.bytes(),
        machine.gpu,
        machine.scratch.map(project::config::Memory::bytes),
    )
}

/// The custom template's or the machine type's name, within Argo's rules
/// (`workflow/validate/validate.go:1710`) and not taken.
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
