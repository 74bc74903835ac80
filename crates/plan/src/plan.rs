use std::rc::Rc;

use diagnostic::{Diagnostic, did_you_mean};
use project::Snapshot;
use project::config::{ArgoConfig, SelectorKind};
use project::snapshot::{Node, is_parameter};
use rustc_hash::FxHashSet as HashSet;
use serde::Serialize;

use crate::datasets::{DataKind, Datasets};
use crate::graph::{self, GroupGraph};
use crate::group::{self, Group};
use crate::names::unique_names;
use crate::places::place_of_wishes;
use crate::resources::{Machine, machine_of};
use crate::settings::{MachineSettings, Rules, TaskSettings};
use crate::traffic::AllTraffic;

/// A plan of a run: all tasks, in an order in which they can run one after another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The tasks; a task's upstream tasks come before it.
    pub tasks: Vec<Task>,
    /// Distinct settings from the selectors of `argo.yml`; tasks refer to them by index.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<TaskSettings>,
    /// The plan of the `on_exit` pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_exit: Option<Box<Self>>,
    /// Findings that do not prevent the run.
    #[serde(skip)]
    pub warnings: Vec<Diagnostic>,
    /// Paths in `argo.yml` of the selectors that match no node of any registered pipeline.
    #[serde(skip)]
    pub unmatched: Vec<Vec<String>>,
}

impl Plan {
    /// Settings of a task from the selectors of `argo.yml`.
    pub fn settings_of(&self, task: &Task) -> Option<&TaskSettings> {
        self.settings.get(task.settings?)
    }
}

/// A task, which becomes one pod: one Kedro node or a group of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Task {
    /// Unique name in the workflow that Argo accepts.
    pub name: String,
    /// Kedro nodes, in the order in which they run.
    pub nodes: Vec<String>,
    /// Group that puts the nodes into one task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Machine that the task requests, and the rule that chose it.
    pub machine: Machine,
    /// Custom template in which the task runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Index of the task's settings in the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub settings: Option<usize>,
    /// Names of the tasks that the task waits for, without those that it waits for through another one.
    pub upstream: Vec<String>,
    /// Datasets that the task reads from other tasks or from the catalog.
    pub inputs: Vec<DataUse>,
    /// Datasets that the task writes.
    pub outputs: Vec<DataUse>,
}

/// A dataset, and how it gets into or out of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DataUse {
    /// Name of the dataset, with its transcoding.
    pub dataset: String,
    /// How the dataset gets into or out of the task.
    pub kind: DataKind,
}

impl Task {
    /// Datasets that the task hands off or receives.
    pub fn handoff(&self) -> Vec<&str> {
        self.of_kind(DataKind::HandOff)
    }

    /// Catalog entries that stay in memory in this task.
    pub fn kept_in_memory(&self) -> Vec<&str> {
        self.of_kind(DataKind::KeptInMemory)
    }

    fn of_kind(&self, kind: DataKind) -> Vec<&str> {
        let uses = self.inputs.iter().chain(&self.outputs);
        uses.filter(|usage| usage.kind == kind)
            .map(|usage| usage.dataset.as_str())
            .collect()
    }
}

/// Plans a run.
///
/// # Errors
///
/// Returns every finding that makes the run impossible.
pub fn plan(snapshot: &Snapshot, config: &ArgoConfig) -> Result<Plan, Vec<Diagnostic>> {
    let mut findings = Vec::new();
    let groups = group::group_nodes(snapshot, config, &mut findings);
    let traffic = AllTraffic::new(snapshot, &groups);
    let graph = GroupGraph::new(snapshot, &groups, &traffic);
    let order = match graph.order() {
        Ok(order) => order,
        Err(cycle) => {
            findings.push(graph::explain_cycle(&cycle, snapshot, &groups));
            return Err(findings);
        }
    };
    let reserved = &config.template.init_templates;
    let names = unique_names(groups.iter().map(|group| group.name.as_str()), reserved);
    let datasets = Datasets::new(snapshot, config, &groups, &traffic, &mut findings);
    let mut rules = Rules::new(config);
    let mut tasks = Vec::with_capacity(groups.len());
    for index in order {
        let group = &groups[index];
        let members: Vec<&Node> = group
            .nodes
            .iter()
            .map(|node| &snapshot.nodes[*node])
            .collect();
        let group_name = group.is_named.then_some(group.name.as_str());
        let chosen = rules.of_task(&members, group_name, &mut findings);
        tasks.push(Task {
            name: names[index].clone(),
            nodes: members.iter().map(|node| node.name.clone()).collect(),
            group: group.is_named.then(|| group.name.clone()),
            machine: machine_of(
                group,
                &members,
                &chosen.machines,
                config,
                snapshot,
                &mut findings,
            ),
            template: template_of(group, &members, &chosen.machines, config, &mut findings),
            settings: chosen.settings,
            upstream: graph
                .upstream(index)
                .map(|above| names[above].clone())
                .collect(),
            inputs: inputs(&members, &datasets),
            outputs: outputs(&members, &datasets),
        });
    }
    for node in &snapshot.other_nodes {
        rules.note(node, group::name_of(node, config));
    }
    let (settings, unmatched) = rules.finish();
    let on_exit = match snapshot.on_exit.as_deref().map(|exit| plan(exit, config)) {
        None => None,
        Some(Ok(exit)) => Some(Box::new(exit)),
        Some(Err(more)) => {
            findings.extend(more);
            None
        }
    };
    if findings.iter().any(Diagnostic::is_error) {
        return Err(findings);
    }
    Ok(Plan {
        tasks,
        settings,
        on_exit,
        warnings: findings,
        unmatched,
    })
}

fn inputs(members: &[&Node], datasets: &Datasets) -> Vec<DataUse> {
    let read = members.iter().flat_map(|node| &node.inputs);
    let read = read.filter(|name| !is_parameter(name));
    // No need to remove the node's own outputs: Kedro refuses a node that reads them.
    if members.len() == 1 {
        return uses(members, read, datasets);
    }
    let made = members.iter().flat_map(|node| &node.outputs);
    let made: HashSet<&str> = made.map(plain).collect();
    let read = read.filter(|name| !made.contains(plain(name)));
    uses(members, read, datasets)
}

fn outputs(members: &[&Node], datasets: &Datasets) -> Vec<DataUse> {
    let made = members.iter().flat_map(|node| &node.outputs);
    uses(members, made, datasets)
}

fn uses<'a>(
    members: &[&Node],
    names: impl Iterator<Item = &'a String>,
    datasets: &Datasets,
) -> Vec<DataUse> {
    let usage = |name: &String| DataUse {
        dataset: name.clone(),
        kind: datasets.kind(name),
    };
    // A node does not repeat a name.
    if members.len() == 1 {
        return names.map(usage).collect();
    }
    let mut seen = HashSet::default();
    let names = names.filter(|name| seen.insert(name.as_str()));
    names.map(usage).collect()
}

#[expect(clippy::ptr_arg, reason = "maps over names as the snapshot holds them")]
fn plain(name: &String) -> &str {
    project::snapshot::without_transcoding(name)
}

fn template_of(
    group: &Group,
    members: &[&Node],
    chosen: &[Rc<MachineSettings>],
    config: &ArgoConfig,
    findings: &mut Vec<Diagnostic>,
) -> Option<String> {
    let by = |wanted: fn(SelectorKind) -> bool| {
        chosen.iter().find_map(|chosen| {
            chosen.winner("template", wanted)?;
            chosen.values.template.clone()
        })
    };
    let is_own = if group.is_named {
        |kind| kind == SelectorKind::Group
    } else {
        |kind| kind == SelectorKind::Name
    };
    let named = by(is_own)
        .or_else(|| group.template.clone())
        .or_else(|| by(|kind| kind == SelectorKind::Name))
        .or_else(|| members.iter().find_map(|node| node.template.clone()))
        .or_else(|| by(|_| true));
    let known: Vec<&str> = config
        .template
        .templates
        .iter()
        .map(|template| template.name.as_str())
        .collect();
    match named {
        // The earlier plugin gives the template of all tasks the name `kedro`.
        Some(name) if name == "kedro" => None,
        Some(name) if !known.contains(&name.as_str()) => {
            findings.push(
                Diagnostic::error(
                    "unknown-template",
                    format!(
                        "node `{}` asks for the template `{name}`, but argo.yml does not have it",
                        members[0].name
                    ),
                )
                .at(place_of_wishes(
                    members
                        .iter()
                        .find(|node| node.template.as_ref() == Some(&name))
                        .unwrap_or(&members[0]),
                ))
                .help(
                    did_you_mean(&name, known)
                        .unwrap_or_else(|| "add it to `template.templates` in argo.yml".to_owned()),
                ),
            );
            None
        }
        Some(name) => Some(name),
        None => config
            .template
            .default_template
            .clone()
            .filter(|name| known.contains(&name.as_str())),
    }
}
