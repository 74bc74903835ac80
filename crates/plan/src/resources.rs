//! Machines that tasks request, and the rules that choose them.

use std::rc::Rc;

use diagnostic::Diagnostic;
use project::Snapshot;
use project::config::{ArgoConfig, Cpu, MachineType, Memory, SelectorKind};
use project::snapshot::Node;
use serde::Serialize;

use crate::group::{Group, place_of_group};
use crate::places::place_of_wishes;
use crate::settings::MachineSettings;

/// Machine that a task requests.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Machine {
    /// Name of the machine type; several joined by `+` if a group needs the maximum of each resource.
    pub machine_type: String,
    /// CPU, requested and limited.
    pub cpu: Cpu,
    /// Memory, requested and limited.
    pub memory: Memory,
    /// NVIDIA GPUs.
    pub gpu: u32,
    /// Scratch volume.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scratch: Option<Memory>,
    /// Rule that chose the machine.
    pub rule: ResourceRule,
    /// The selector of `argo.yml` that named the machine type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,
}

impl Machine {
    /// Rule that chose the machine, in words.
    pub fn rule_words(&self) -> &str {
        self.selector
            .as_deref()
            .unwrap_or_else(|| self.rule.description())
    }
}

/// Rule that chooses the machine of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceRule {
    /// From the node.
    Node,
    /// From the group.
    Group,
    /// From a selector of `argo.yml`.
    Selector,
    /// The maximum of each resource, because the group's nodes have several types.
    Largest,
    /// The `default_machine_type`, because nothing else names one.
    Default,
}

impl ResourceRule {
    /// The rule in words.
    pub fn description(self) -> &'static str {
        match self {
            Self::Node => "from the node",
            Self::Group => "its group",
            Self::Selector => "argo.yml",
            Self::Largest => "largest of its nodes",
            Self::Default => "default",
        }
    }
}

/// Chooses the machine of a group. `settings` holds the settings of each member from selectors; empty if there are
/// none.
pub(crate) fn machine_of(
    group: &Group,
    members: &[&Node],
    settings: &[Rc<MachineSettings>],
    config: &ArgoConfig,
    snapshot: &Snapshot,
    findings: &mut Vec<Diagnostic>,
) -> Machine {
    if group.is_named {
        // A selector for the group applies to every member, so check only the first.
        let selector = settings.first().and_then(|settings| {
            let selector = settings.winner("machine_type", |kind| kind == SelectorKind::Group)?;
            Some((settings.values.machine_type.clone()?, selector.to_owned()))
        });
        let (rule, name, selector) = match (selector, &group.machine_type) {
            (Some((name, selector)), _) => (ResourceRule::Selector, Some(name), Some(selector)),
            (None, name) => (ResourceRule::Group, name.clone(), None),
        };
        if let Some(name) = name {
            let machine_type = config.machine_type(&name).unwrap_or_else(|| {
                let who = format!("group `{}` asks", group.name);
                findings.push(unknown(&name, &who, config).at(place_of_group(group, snapshot)));
                MachineType::default()
            });
            return Machine {
                selector,
                ..machine(name, &changed(machine_type, settings), rule)
            };
        }
    }
    let default = config.default_machine_type.as_str();
    let mut named: Vec<(&str, MachineType)> = Vec::with_capacity(members.len());
    let mut rules: Vec<(ResourceRule, Option<&str>)> = Vec::with_capacity(members.len());
    for (index, node) in members.iter().enumerate() {
        let settings = settings.get(index);
        let (name, rule, selector) = named_by(node, settings, default);
        if !rules.contains(&(rule, selector)) {
            rules.push((rule, selector));
        }
        // The lint of the configuration reports an unknown default once.
        let machine_type = match config.machine_type(name) {
            Some(machine_type) => machine_type,
            None if name == default => MachineType::default(),
            None => {
                let who = format!("node `{}` asks", node.name);
                findings.push(unknown(name, &who, config).at(place_of_wishes(node)));
                continue;
            }
        };
        let machine_type = match settings {
            Some(settings) => changed(machine_type, std::slice::from_ref(settings)),
            None => machine_type,
        };
        let machine = (name, machine_type);
        if !named.contains(&machine) {
            named.push(machine);
        }
    }
    match named.as_slice() {
        [] => machine(
            default.to_owned(),
            &MachineType::default(),
            ResourceRule::Default,
        ),
        [(name, only)] => {
            let (rule, selector) = match rules.as_slice() {
                [(ResourceRule::Node, _)] if members.len() > 1 => (ResourceRule::Largest, None),
                [(rule, selector)] => (*rule, *selector),
                _ => (ResourceRule::Largest, None),
            };
            Machine {
                selector: selector.map(str::to_owned),
                ..machine((*name).to_owned(), only, rule)
            }
        }
        several => largest(several),
    }
}

/// The machine type of a node, from the first that names one: a selector for the node's name, the node itself, another
/// selector, the default.
fn named_by<'a>(
    node: &'a Node,
    settings: Option<&'a Rc<MachineSettings>>,
    default: &'a str,
) -> (&'a str, ResourceRule, Option<&'a str>) {
    let by = |wanted: fn(SelectorKind) -> bool| {
        let settings = settings?;
        let selector = settings.winner("machine_type", wanted)?;
        let name = settings.values.machine_type.as_deref()?;
        Some((name, ResourceRule::Selector, Some(selector)))
    };
    by(|kind| kind == SelectorKind::Name)
        .or_else(|| {
            let name = node.machine_type.as_deref()?;
            Some((name, ResourceRule::Node, None))
        })
        .or_else(|| by(|_| true))
        .unwrap_or((default, ResourceRule::Default, None))
}

/// A machine type with the values of selectors: a value for the group, else the maximum of all values.
fn changed(machine_type: MachineType, settings: &[Rc<MachineSettings>]) -> MachineType {
    fn most<T: Ord>(
        key: &str,
        settings: &[Rc<MachineSettings>],
        of: impl Fn(&MachineSettings) -> Option<T>,
    ) -> Option<T> {
        let group = settings.iter().find(|settings| {
            settings
                .winner(key, |kind| kind == SelectorKind::Group)
                .is_some()
        });
        match group {
            Some(group) => of(group),
            None => settings.iter().filter_map(|settings| of(settings)).max(),
        }
    }
    if settings.is_empty() {
        return machine_type;
    }
    MachineType {
        cpu: most("cpu", settings, |settings| settings.values.cpu).unwrap_or(machine_type.cpu),
        mem: most("mem", settings, |settings| settings.values.mem).unwrap_or(machine_type.mem),
        num_gpu: most("num_gpu", settings, |settings| settings.values.num_gpu)
            .unwrap_or(machine_type.num_gpu),
        ..machine_type
    }
}

fn largest(several: &[(&str, MachineType)]) -> Machine {
    let most = |one: &MachineType, other: &MachineType| MachineType {
        mem: one.mem.max(other.mem),
        cpu: one.cpu.max(other.cpu),
        num_gpu: one.num_gpu.max(other.num_gpu),
        emph_storage: one.emph_storage.max(other.emph_storage),
        node_selector: one.node_selector.clone(),
        price_hour: one.price_hour,
    };
    let mut all = several[0].1.clone();
    for (_, next) in &several[1..] {
        all = most(&all, next);
    }
    let name = several
        .iter()
        .find(|(_, machine_type)| {
            let same = MachineType {
                node_selector: machine_type.node_selector.clone(),
                price_hour: machine_type.price_hour,
                ..all.clone()
            };
            *machine_type == same
        })
        .map_or_else(
            || {
                several
                    .iter()
                    .map(|(name, _)| *name)
                    .collect::<Vec<_>>()
                    .join("+")
            },
            |(name, _)| (*name).to_owned(),
        );
    machine(name, &all, ResourceRule::Largest)
}

fn machine(name: String, machine_type: &MachineType, rule: ResourceRule) -> Machine {
    Machine {
        machine_type: name,
        cpu: machine_type.cpu,
        memory: machine_type.mem,
        gpu: machine_type.num_gpu,
        scratch: machine_type.emph_storage,
        rule,
        selector: None,
    }
}

fn unknown(name: &str, who: &str, config: &ArgoConfig) -> Diagnostic {
    Diagnostic::error(
        "unknown-machine-type",
        format!("{who} for the machine type `{name}`, but argo.yml does not have it"),
    )
    .help(config.machine_type_help(name))
}
