//! One template per class of tasks: those that ask for the same machine, in the same
//! custom template, with the same settings, and hand on data in the same way.

use std::collections::{BTreeSet, HashMap};

use plan::{Machine, Plan, Task};

use super::settings::Settings;
use super::{Context, Part, container, custom};
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
    /// Number of their settings.
    pub(super) settings: usize,
    /// Which pipeline they come from.
    pub(super) part: Part,
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
    all: Vec<Class>,
    by_key: HashMap<Key<'a>, usize>,
    settings: &'a Settings<'a>,
}

/// Number of the settings, which pipeline, custom template, machine type,
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

impl Class {
    pub(super) fn template(&self, settings: &Settings<'_>, context: &Context<'_>) -> Template {
        let context = &context.of(self.part);
        let said = settings.get(self.settings);
        let custom = self.custom.as_ref().and_then(|name| {
            let templates = &context.config.template.templates;
            templates.iter().find(|template| template.name == *name)
        });
        match custom {
            Some(custom) => custom::task_template(self, custom, said, context),
            None => container::task_template(self, said, context),
        }
    }
}

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
        .chain([
            super::dag::ENTRYPOINT.to_owned(),
            super::on_exit::NAME.to_owned(),
        ])
        .collect();
    let mut found = Classes {
        all: Vec::new(),
        by_key: HashMap::new(),
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
                names_say: false,
                handoff: false,
                memory: false,
            });
            found.all.len() - 1
        });
        let class = &mut found.all[index];
        class.names_say |= container::nodes_follow_from_name(task);
        class.handoff |= !task.handoff().is_empty();
        class.memory |= !task.kept_in_memory().is_empty();
    }
    found
}

/// Which rule chose the machine makes no difference to the template.
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
