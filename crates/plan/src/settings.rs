//! Settings of each task from `argo.yml`, with the selectors that set them.

use std::rc::Rc;

use diagnostic::Diagnostic;
use indexmap::IndexMap;
use project::config::{ArgoConfig, NodeSettings, Patches, Selector, SelectorKind};
use project::snapshot::Node;
use rustc_hash::FxHashMap as HashMap;
use serde::Serialize;

/// Settings that several tasks may share.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TaskSettings {
    /// The settings; the most specific selector wins. Values of the machine and the template are in the task's
    /// `machine` and `template` instead.
    pub values: NodeSettings,
    /// The settings, each with its selector.
    pub set_by: Vec<SetBy>,
    /// Selectors of `patches.templates` that match the task, the most specific last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
}

/// A setting, with the selector that won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetBy {
    /// Name of the setting, e.g. `retry` or `environment.TOKEN`.
    pub setting: String,
    /// The selector, as written in `argo.yml`.
    pub selector: String,
}

/// A setting: the index of its key in [`KEYS`], and its name if the key holds several settings.
type Setting = (usize, String);

/// A key of node settings: how to split it into settings, compare them, and copy them.
struct Key {
    /// The key, as in `argo.yml`.
    name: &'static str,
    /// Names of the settings under the key; one empty name for a single value.
    names: fn(&NodeSettings) -> Vec<&str>,
    /// Says whether two node settings agree on a name.
    is_same: fn(&NodeSettings, &NodeSettings, &str) -> bool,
    /// Copies the setting with a name from other node settings.
    take: fn(&mut NodeSettings, &NodeSettings, &str),
}

/// A key with one value.
macro_rules! value {
    ($field:ident) => {
        Key {
            name: stringify!($field),
            names: |settings| settings.$field.iter().map(|_| "").collect(),
            is_same: |one, other, _| one.$field == other.$field,
            take: |to, from, _| to.$field.clone_from(&from.$field),
        }
    };
}

/// A key with a mapping, each entry of which is a setting.
macro_rules! mapping {
    ($field:ident) => {
        Key {
            name: stringify!($field),
            names: |settings| settings.$field.keys().map(String::as_str).collect(),
            is_same: |one, other, name| one.$field.get(name) == other.$field.get(name),
            take: |to, from, name| {
                let value = from.$field.get(name);
                to.$field
                    .extend(value.map(|value| (name.to_owned(), value.clone())));
            },
        }
    };
}

/// A key with a list of named items, each of which is a setting; of two with the same name, the later one counts.
macro_rules! list {
    ($field:ident) => {
        Key {
            name: stringify!($field),
            names: |settings| {
                let items = settings.$field.iter();
                items.map(|item| item.name.as_str()).collect()
            },
            is_same: |one, other, name| {
                let item = |of: &NodeSettings| {
                    of.$field
                        .iter()
                        .rev()
                        .find(|item| item.name == name)
                        .cloned()
                };
                item(one) == item(other)
            },
            take: |to, from, name| {
                let item = from.$field.iter().rev().find(|item| item.name == name);
                to.$field.extend(item.cloned());
            },
        }
    };
}

/// All keys of node settings, in display order.
const KEYS: [Key; 25] = [
    value!(machine_type),
    value!(cpu),
    value!(mem),
    value!(num_gpu),
    mapping!(resources),
    value!(template),
    value!(retry),
    list!(environment),
    value!(env_from),
    list!(volumes),
    value!(service_account),
    value!(image_pull_policy),
    mapping!(node_selector),
    value!(affinity),
    value!(tolerations),
    value!(priority_class),
    value!(scheduler_name),
    mapping!(labels),
    mapping!(annotations),
    value!(security_context),
    value!(container_security_context),
    value!(active_deadline),
    value!(timeout),
    value!(synchronization),
    value!(metrics),
];

/// Settings of one selector.
struct Rule<'a> {
    text: &'a str,
    selector: Selector,
    /// Settings of the selector; none for a patch.
    values: Option<&'a NodeSettings>,
    settings: Vec<Setting>,
}

/// Winning rules: the index of the rule, by setting.
type Won = IndexMap<Setting, usize>;

/// Machine and template of a node from selectors.
#[derive(Debug, Clone, Default)]
pub(crate) struct MachineSettings {
    /// `machine_type`, `cpu`, `mem`, `num_gpu`, `template`.
    pub(crate) values: NodeSettings,
    /// Keys, each with the kind and the text of the selector that set it.
    winners: Vec<(&'static str, SelectorKind, String)>,
}

impl MachineSettings {
    /// The selector that set a key, if `wanted` accepts the selector's kind.
    pub(crate) fn winner(&self, key: &str, wanted: impl Fn(SelectorKind) -> bool) -> Option<&str> {
        let found = self.winners.iter().find(|(name, ..)| *name == key);
        let (_, kind, text) = found?;
        wanted(*kind).then_some(text)
    }
}

/// Keys that determine the machine and the template of a task.
const OF_MACHINE: [&str; 5] = ["machine_type", "cpu", "mem", "num_gpu", "template"];

/// Finds the settings of tasks, without duplicates.
pub(crate) struct Rules<'a> {
    config: &'a ArgoConfig,
    /// Rules, the least specific first.
    sorted: Vec<Rule<'a>>,
    /// Rules that match a node's name, by that name.
    by_name: HashMap<&'a str, Vec<usize>>,
    matched: Vec<bool>,
    known: HashMap<Vec<Vec<usize>>, Option<usize>>,
    machines: HashMap<Vec<usize>, Rc<MachineSettings>>,
    found: Vec<TaskSettings>,
}

/// Settings of the nodes of one task from selectors.
pub(crate) struct OfTask {
    /// Index of the task's settings; none if no selector sets any.
    pub(crate) settings: Option<usize>,
    /// Machine and template of each node; empty if there are no selectors.
    pub(crate) machines: Vec<Rc<MachineSettings>>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(config: &'a ArgoConfig) -> Self {
        let nodes = config.nodes.iter().map(|(text, settings)| Rule {
            text,
            selector: Selector::new(text),
            values: Some(settings),
            settings: settings_of(settings),
        });
        let patches = config.patches.templates.keys();
        let patches = patches.filter(|text| !text.starts_with(Patches::TEMPLATE));
        let patches = patches.map(|text| Rule {
            text,
            selector: Selector::new(text),
            values: None,
            settings: Vec::new(),
        });
        let mut rules: Vec<Rule<'a>> = nodes.chain(patches).collect();
        // The sort is stable: of two equally specific rules, the later one stays later and wins.
        rules.sort_by_key(|rule| rule.selector.specificity());
        let mut by_name: HashMap<&str, Vec<usize>> = HashMap::default();
        for (number, rule) in rules.iter().enumerate() {
            by_name.entry(rule.text).or_default().push(number);
        }
        Self {
            config,
            matched: vec![false; rules.len()],
            sorted: rules,
            by_name,
            known: HashMap::default(),
            machines: HashMap::default(),
            found: Vec::new(),
        }
    }

    /// The settings of a task with these nodes. Contradictions become findings.
    pub(crate) fn of_task(
        &mut self,
        members: &[&Node],
        group: Option<&str>,
        findings: &mut Vec<Diagnostic>,
    ) -> OfTask {
        if self.sorted.is_empty() {
            return OfTask {
                settings: None,
                machines: Vec::new(),
            };
        }
        let picked: Vec<Vec<usize>> = members
            .iter()
            .map(|node| self.picked(node, group))
            .collect();
        let machines = picked
            .iter()
            .map(|picked| self.machine_settings(picked))
            .collect();
        let mut key = picked;
        if key.windows(2).all(|pair| pair[0] == pair[1]) {
            key.truncate(1);
        }
        let settings = if let Some(known) = self.known.get(&key) {
            *known
        } else {
            let before = findings.len();
            let settings = self.merged(&key, members, group, findings);
            // Do not reuse settings with findings: each finding names its own nodes.
            if findings.len() == before {
                self.known.insert(key, settings);
            }
            settings
        };
        OfTask { settings, machines }
    }

    /// Marks the selectors that match a node outside of the plan: they contain no mistake.
    pub(crate) fn note(&mut self, node: &Node, group: Option<&str>) {
        if self.matched.contains(&false) {
            self.picked(node, group);
        }
    }

    /// The distinct settings, and the selectors that matched nothing.
    pub(crate) fn finish(self) -> (Vec<TaskSettings>, Vec<Vec<String>>) {
        let unmatched = self.sorted.iter().zip(&self.matched);
        let unmatched = unmatched.filter(|(_, matched)| !**matched);
        let path = |rule: &Rule<'_>| -> Vec<String> {
            let section: &[&str] = match rule.values {
                Some(_) => &["nodes"],
                None => &["patches", "templates"],
            };
            let parts = section.iter().copied().chain([rule.text]);
            parts.map(str::to_owned).collect()
        };
        let unmatched = unmatched.map(|(rule, _)| path(rule)).collect();
        (self.found, unmatched)
    }

    /// The rules that match a node, the least specific first.
    fn picked(&mut self, node: &Node, group: Option<&str>) -> Vec<usize> {
        let mut picked: Vec<usize> = Vec::new();
        for (number, rule) in self.sorted.iter().enumerate() {
            // Look names up in a map: there can be as many rules as nodes.
            if rule.selector.kind() != SelectorKind::Name && rule.selector.picks(node, group) {
                picked.push(number);
            }
        }
        // A node's name may contain a star or begin like `tag:`; its rule still matches by name.
        for number in self.by_name.get(node.name.as_str()).into_iter().flatten() {
            if self.sorted[*number].selector.kind() == SelectorKind::Name {
                picked.push(*number);
            }
        }
        for number in &picked {
            self.matched[*number] = true;
        }
        picked
    }

    /// The winning rule of each setting.
    fn won(&self, picked: &[usize]) -> Won {
        let mut won = Won::new();
        for number in picked {
            for setting in &self.sorted[*number].settings {
                won.insert(setting.clone(), *number);
            }
        }
        won
    }

    fn machine_settings(&mut self, picked: &[usize]) -> Rc<MachineSettings> {
        if let Some(known) = self.machines.get(picked) {
            return Rc::clone(known);
        }
        let mut won = self.won(picked);
        won.retain(|setting, _| is_of_machine(setting));
        let winners = won.iter().map(|((key, _), number)| {
            let rule = &self.sorted[*number];
            (KEYS[*key].name, rule.selector.kind(), rule.text.to_owned())
        });
        let settings = Rc::new(MachineSettings {
            winners: winners.collect(),
            values: self.values_of(&won),
        });
        self.machines.insert(picked.to_vec(), Rc::clone(&settings));
        settings
    }

    fn merged(
        &mut self,
        key: &[Vec<usize>],
        members: &[&Node],
        group: Option<&str>,
        findings: &mut Vec<Diagnostic>,
    ) -> Option<usize> {
        let each: Vec<Won> = key.iter().map(|picked| self.won(picked)).collect();
        let mut merged = Won::new();
        for (member, won) in each.iter().enumerate() {
            for (setting, number) in won {
                let Some(other_number) = merged.get(setting) else {
                    merged.insert(setting.clone(), *number);
                    continue;
                };
                let kind = |number: usize| self.sorted[number].selector.kind();
                if is_of_machine(setting) || self.is_same(setting, *other_number, *number) {
                    continue;
                }
                // A rule for the group applies to all its nodes; a rule for every node gives way.
                let of_group = each.iter().find_map(|won| {
                    let number = won.get(setting)?;
                    (kind(*number) == SelectorKind::Group).then_some(*number)
                });
                if let Some(of_group) = of_group {
                    merged.insert(setting.clone(), of_group);
                } else if kind(*other_number) == SelectorKind::Every {
                    merged.insert(setting.clone(), *number);
                } else if kind(*number) != SelectorKind::Every {
                    let mut all = each.iter().zip(members);
                    let first = all.find(|(won, _)| won.get(setting) == Some(other_number));
                    // Nodes can disagree only in a group, and each value comes from one of them.
                    if let (Some((_, first)), Some(group)) = (first, group) {
                        findings.push(self.conflict(
                            setting,
                            (first, *other_number),
                            (members[member], *number),
                            group,
                        ));
                    }
                }
            }
        }
        let mut patches: Vec<usize> = key.concat();
        patches.retain(|number| self.sorted[*number].values.is_none());
        patches.sort_unstable();
        patches.dedup();
        if merged.is_empty() && patches.is_empty() {
            return None;
        }
        let set_by = merged.iter().map(|(setting, number)| SetBy {
            setting: shown(setting),
            selector: self.sorted[*number].text.to_owned(),
        });
        let set_by = set_by.collect();
        merged.retain(|setting, _| !is_of_machine(setting));
        let settings = TaskSettings {
            values: self.values_of(&merged),
            set_by,
            patches: patches
                .iter()
                .map(|number| self.sorted[*number].text.to_owned())
                .collect(),
        };
        self.found.push(settings);
        Some(self.found.len() - 1)
    }

    /// Says whether two rules agree on a setting.
    fn is_same(&self, (key, name): &Setting, one: usize, other: usize) -> bool {
        let (one, other) = (self.sorted[one].values, self.sorted[other].values);
        match (one, other) {
            (Some(one), Some(other)) => (KEYS[*key].is_same)(one, other, name),
            _ => false,
        }
    }

    /// Node settings with the values of the winning rules.
    fn values_of(&self, won: &Won) -> NodeSettings {
        let mut values = NodeSettings::default();
        for ((key, name), number) in won {
            if let Some(from) = self.sorted[*number].values {
                (KEYS[*key].take)(&mut values, from, name);
            }
        }
        values
    }

    fn conflict(
        &self,
        setting: &Setting,
        one: (&Node, usize),
        other: (&Node, usize),
        group: &str,
    ) -> Diagnostic {
        let (first, second) = (self.sorted[one.1].text, self.sorted[other.1].text);
        let (key, setting) = (KEYS[setting.0].name, shown(setting));
        Diagnostic::error(
            "conflicting-node-settings",
            format!(
                "group `{group}` has two values for `{setting}`: the selector `{first}` sets it for node `{}`, and \
                 `{second}` sets it for node `{}`",
                one.0.name, other.0.name
            ),
        )
        .at(self.config.places.of(&["nodes", second, key]))
        .help(format!("set it for the whole group: `group:{group}`"))
    }
}

fn is_of_machine((key, _): &Setting) -> bool {
    OF_MACHINE.contains(&KEYS[*key].name)
}

fn shown((key, name): &Setting) -> String {
    let key = KEYS[*key].name;
    if name.is_empty() {
        key.to_owned()
    } else {
        format!("{key}.{name}")
    }
}

/// Splits node settings into single settings: each named entry is one.
fn settings_of(settings: &NodeSettings) -> Vec<Setting> {
    let keys = KEYS.iter().enumerate();
    let all = keys.flat_map(|(number, key)| {
        let names = (key.names)(settings).into_iter();
        names.map(move |name| (number, name.to_owned()))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_setting_is_taken_apart_and_put_together() {
        // Naming all fields makes this fail to compile until a new field is in the test.
        let NodeSettings {
            machine_type: _,
            cpu: _,
            mem: _,
            num_gpu: _,
            resources: _,
            template: _,
            retry: _,
            environment: _,
            env_from: _,
            volumes: _,
            service_account: _,
            image_pull_policy: _,
            node_selector: _,
            affinity: _,
            tolerations: _,
            priority_class: _,
            scheduler_name: _,
            labels: _,
            annotations: _,
            security_context: _,
            container_security_context: _,
            active_deadline: _,
            timeout: _,
            synchronization: _,
            metrics: _,
        } = NodeSettings::default();
        let all: NodeSettings = serde_json::from_value(json!({
            "machine_type": "a", "cpu": 1, "mem": 2, "num_gpu": 1, "resources": {"x/y": 1}, "template": "t",
            "retry": {"limit": 2, "on": ["oom", {"exit": [75]}], "memory": {"factor": 1.1}},
            "environment": [{"name": "A", "value": "1"}, {"name": "B", "field_ref": "metadata.name"}],
            "env_from": [{"secret": "s"}],
            "volumes": [{"name": "v", "mount_path": "/v", "empty_dir": {}}], "service_account": "s",
            "image_pull_policy": "Always", "node_selector": {"a": "b"}, "affinity": {"podAffinity": {}},
            "tolerations": [{"key": "k"}], "priority_class": "p", "scheduler_name": "s",
            "labels": {"a": "b", "c": "d"}, "annotations": {"a": "b"}, "security_context": {"runAsUser": 1},
            "container_security_context": {"privileged": false}, "active_deadline": 5, "timeout": "5m",
            "synchronization": {"mutexes": []}, "metrics": [{"name": "m"}],
        }))
        .unwrap();
        let settings = settings_of(&all);
        assert_eq!(settings.len(), 27);
        let mut again = NodeSettings::default();
        for (key, name) in &settings {
            let is_same = KEYS[*key].is_same;
            assert!(is_same(&all, &all, name) && !is_same(&all, &again, name));
            (KEYS[*key].take)(&mut again, &all, name);
        }
        assert_eq!(again, all);
    }
}
