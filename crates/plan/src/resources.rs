//! What each task asks of its machine, and which rule said so.

use diagnostic::{Diagnostic, did_you_mean};
use project::Snapshot;
use project::config::{ArgoConfig, Cpu, MachineType, Memory};
use project::snapshot::Node;
use serde::Serialize;

use crate::group::{Group, place_of_group};
use crate::plan::place_of;

/// What a task asks of its machine.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Machine {
    /// Name of the machine type; several, joined by `+`, where a group needs the most of each.
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
    /// Which rule said so.
    pub rule: ResourceRule,
}

/// Which rule decided what a task asks of its machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceRule {
    /// The node names it.
    Node,
    /// The group names it.
    Group,
    /// The group's nodes name several: the most of each.
    Largest,
    /// Nobody names one: `default_machine_type`.
    Default,
}

impl ResourceRule {
    /// The rule in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Node => "its node",
            Self::Group => "its group",
            Self::Largest => "largest of its nodes",
            Self::Default => "default",
        }
    }
}

pub(crate) fn machine_of(
    group: &Group,
    members: &[&Node],
    config: &ArgoConfig,
    snapshot: &Snapshot,
    findings: &mut Vec<Diagnostic>,
) -> Machine {
    let default = config.default_machine_type.as_str();
    if let Some(name) = &group.machine_type {
        let machine_type = config.machine_type(name).unwrap_or_else(|| {
            let who = format!("group `{}` asks", group.name);
            findings.push(unknown(name, &who, config).at(place_of_group(group, snapshot)));
            MachineType::default()
        });
        return machine(name.clone(), &machine_type, ResourceRule::Group);
    }
    let mut named: Vec<(&str, MachineType)> = Vec::new();
    for node in members {
        let name = node.machine_type.as_deref().unwrap_or(default);
        if named.iter().any(|(known, _)| *known == name) {
            continue;
        }
        // An unknown default is reported once, by the lint of the configuration.
        match config.machine_type(name) {
            Some(machine_type) => named.push((name, machine_type)),
            None if name == default => named.push((name, MachineType::default())),
            None => {
                let who = format!("node `{}` asks", node.name);
                findings.push(unknown(name, &who, config).at(place_of(node)));
            }
        }
    }
    let asked = members.iter().any(|node| node.machine_type.is_some());
    match named.as_slice() {
        [] => machine(
            default.to_owned(),
            &MachineType::default(),
            ResourceRule::Default,
        ),
        [(name, only)] => {
            let rule = match (asked, members.len()) {
                (false, _) => ResourceRule::Default,
                (true, 1) => ResourceRule::Node,
                (true, _) => ResourceRule::Largest,
            };
            machine((*name).to_owned(), only, rule)
        }
        several => largest(several),
    }
}

fn largest(several: &[(&str, MachineType)]) -> Machine {
    let most = |one: &MachineType, other: &MachineType| MachineType {
        mem: one.mem.max(other.mem),
        cpu: one.cpu.max(other.cpu),
        num_gpu: one.num_gpu.max(other.num_gpu),
        emph_storage: one.emph_storage.max(other.emph_storage),
        node_selector: one.node_selector.clone(),
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
    }
}

fn unknown(name: &str, who: &str, config: &ArgoConfig) -> Diagnostic {
    let configured: Vec<&str> = config.machine_types.keys().map(String::as_str).collect();
    let help = did_you_mean(name, config.machine_type_names()).unwrap_or_else(|| {
        if configured.is_empty() {
            "argo.yml configures no machine types: add it to `machine_types`".to_owned()
        } else {
            format!("configured: {}", configured.join(", "))
        }
    });
    Diagnostic::error(
        "unknown-machine-type",
        format!("{who} for the machine type `{name}`, which is not configured"),
    )
    .help(help)
}
