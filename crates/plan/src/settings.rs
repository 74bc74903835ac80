//! Settings of `argo.yml` for each task, and the selectors that they come from.

use std::rc::Rc;

use diagnostic::Diagnostic;
use indexmap::IndexMap;
use project::config::{ArgoConfig, NodeSettings, Patches, Selector, SelectorKind};
use project::snapshot::Node;
use rustc_hash::FxHashMap as HashMap;
use serde::Serialize;
use serde_json::{Map, Value};

/// Settings that the selectors give tasks of one kind.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TaskSettings {
    /// The settings, most specific first. What it says of the machine and the template is
    /// in the task's `machine` and `template` instead.
    pub values: NodeSettings,
    /// Settings, each with the selector that it comes from.
    pub set_by: Vec<SetBy>,
    /// Selectors of `patches.templates` that pick it, the most specific last.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub patches: Vec<String>,
}

/// A setting, and the selector that won.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetBy {
    /// Name of the setting, e.g. `retry` or `environment.TOKEN`.
    pub setting: String,
    /// The selector, as it stands in `argo.yml`.
    pub selector: String,
}

/// A setting by its key, and by its name where the key holds several.
type Setting = (String, String);

/// Settings of one selector.
struct Rule<'a> {
    text: &'a str,
    selector: Selector,
    settings: Vec<(Setting, Value)>,
    is_patch: bool,
}

/// The winners by setting: the value and the number of the rule.
type Won = IndexMap<Setting, (Value, usize)>;

/// Machine and template that the selectors give a node.
#[derive(Debug, Clone, Default)]
pub(crate) struct MachineSettings {
    /// `machine_type`, `cpu`, `mem`, `num_gpu`, `template`.
    pub(crate) values: NodeSettings,
    /// For each key: the kind of the selector that set it, and the selector.
    winners: Vec<(&'static str, SelectorKind, String)>,
}

impl MachineSettings {
    /// The selector that set one of them, if it looks at what `wanted` says.
    pub(crate) fn winner(&self, key: &str, wanted: impl Fn(SelectorKind) -> bool) -> Option<&str> {
        let found = self.winners.iter().find(|(name, ..)| *name == key);
        let (_, kind, text) = found?;
        wanted(*kind).then_some(text)
    }
}

/// The keys that the machine and the template of a task are made from.
const OF_MACHINE: [&str; 5] = ["machine_type", "cpu", "mem", "num_gpu", "template"];

/// Finds the settings of tasks, each distinct one once.
pub(crate) struct Rules<'a> {
    config: &'a ArgoConfig,
    /// The least specific first.
    sorted: Vec<Rule<'a>>,
    /// The rules that pick by name, by name.
    by_name: HashMap<&'a str, Vec<usize>>,
    matched: Vec<bool>,
    known: HashMap<Vec<Vec<usize>>, Option<usize>>,
    machines: HashMap<Vec<usize>, Rc<MachineSettings>>,
    found: Vec<TaskSettings>,
}

/// Settings that the selectors give the nodes of one task.
pub(crate) struct OfTask {
    /// Number of its settings; none if no selector says anything.
    pub(crate) settings: Option<usize>,
    /// Machine and template of each node; empty if the selectors give none.
    pub(crate) machines: Vec<Rc<MachineSettings>>,
}

impl<'a> Rules<'a> {
    pub(crate) fn new(config: &'a ArgoConfig) -> Self {
        let nodes = config.nodes.iter().map(|(text, settings)| Rule {
            text,
            selector: Selector::new(text),
            settings: settings_of(settings),
            is_patch: false,
        });
        let patches = config.patches.templates.keys();
        let patches = patches.filter(|text| !text.starts_with(Patches::TEMPLATE));
        let patches = patches.map(|text| Rule {
            text,
            selector: Selector::new(text),
            settings: Vec::new(),
            is_patch: true,
        });
        let mut rules: Vec<Rule<'a>> = nodes.chain(patches).collect();
        // Stable: of two alike the later one stays later, and so wins.
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

    /// The settings of a task of these nodes. Ones that cannot be both become findings.
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
            // A finding names its own nodes: the next task has another.
            if findings.len() == before {
                self.known.insert(key, settings);
            }
            settings
        };
        OfTask { settings, machines }
    }

    /// Sees which selectors pick a node that is not planned: they are no typos.
    pub(crate) fn note(&mut self, node: &Node, group: Option<&str>) {
        if self.matched.contains(&false) {
            self.picked(node, group);
        }
    }

    /// The distinct settings, and the selectors that picked nothing.
    pub(crate) fn finish(self) -> (Vec<TaskSettings>, Vec<Vec<String>>) {
        let unmatched = self.sorted.iter().zip(&self.matched);
        let unmatched = unmatched.filter(|(_, matched)| !**matched);
        let path = |rule: &Rule<'_>| -> Vec<String> {
            let section: &[&str] = if rule.is_patch {
                &["patches", "templates"]
            } else {
                &["nodes"]
            };
            let parts = section.iter().copied().chain([rule.text]);
            parts.map(str::to_owned).collect()
        };
        let unmatched = unmatched.map(|(rule, _)| path(rule)).collect();
        (self.found, unmatched)
    }

    /// The rules that pick a node, the least specific first.
    fn picked(&mut self, node: &Node, group: Option<&str>) -> Vec<usize> {
        let mut picked: Vec<usize> = Vec::new();
        for (number, rule) in self.sorted.iter().enumerate() {
            // Names are looked up: there can be as many as nodes.
            if rule.selector.kind() != SelectorKind::Name && rule.selector.picks(node, group) {
                picked.push(number);
            }
        }
        // A name that has a star in it, or begins like `tag:`, is a name all the same.
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

    /// Rule that wins.
    fn won(&self, picked: &[usize]) -> Won {
        let mut won = Won::new();
        for number in picked {
            for (setting, value) in &self.sorted[*number].settings {
                won.insert(setting.clone(), (value.clone(), *number));
            }
        }
        won
    }

    fn machine_settings(&mut self, picked: &[usize]) -> Rc<MachineSettings> {
        if let Some(known) = self.machines.get(picked) {
            return Rc::clone(known);
        }
        let mut won = self.won(picked);
        won.retain(|(key, _), _| OF_MACHINE.contains(&key.as_str()));
        let winners = OF_MACHINE.into_iter().filter_map(|key| {
            let (_, number) = won.get(&(key.to_owned(), String::new()))?;
            let rule = &self.sorted[*number];
            Some((key, rule.selector.kind(), rule.text.to_owned()))
        });
        let settings = Rc::new(MachineSettings {
            winners: winners.collect(),
            values: values_of(&won),
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
            for (setting, (value, number)) in won {
                let Some((other, other_number)) = merged.get(setting) else {
                    merged.insert(setting.clone(), (value.clone(), *number));
                    continue;
                };
                let kind = |number: usize| self.sorted[number].selector.kind();
                let is_machine = OF_MACHINE.contains(&setting.0.as_str());
                if other == value || is_machine {
                    continue;
                }
                // What is said of the group is said of all its nodes; what is said of every
                // node gives way.
                let of_group = each.iter().find_map(|won| {
                    let (value, number) = won.get(setting)?;
                    (kind(*number) == SelectorKind::Group).then(|| (value.clone(), *number))
                });
                if let Some(of_group) = of_group {
                    merged.insert(setting.clone(), of_group);
                } else if kind(*other_number) == SelectorKind::Every {
                    merged.insert(setting.clone(), (value.clone(), *number));
                } else if kind(*number) != SelectorKind::Every {
                    let first = each.iter().position(|won| {
                        won.get(setting)
                            .is_some_and(|(_, found)| found == other_number)
                    });
                    let first = members[first.unwrap_or_default()];
                    findings.push(self.conflict(
                        setting,
                        (first, *other_number),
                        (members[member], *number),
                        group.unwrap_or_default(),
                    ));
                }
            }
        }
        let mut patches: Vec<usize> = key.concat();
        patches.retain(|number| self.sorted[*number].is_patch);
        patches.sort_unstable();
        patches.dedup();
        if merged.is_empty() && patches.is_empty() {
            return None;
        }
        let set_by = merged.iter().map(|((key, name), (_, number))| SetBy {
            setting: shown(key, name),
            selector: self.sorted[*number].text.to_owned(),
        });
        let set_by = set_by.collect();
        merged.retain(|(key, _), _| !OF_MACHINE.contains(&key.as_str()));
        let settings = TaskSettings {
            values: values_of(&merged),
            set_by,
            patches: patches
                .iter()
                .map(|number| self.sorted[*number].text.to_owned())
                .collect(),
        };
        self.found.push(settings);
        Some(self.found.len() - 1)
    }

    fn conflict(
        &self,
        (key, name): &Setting,
        one: (&Node, usize),
        other: (&Node, usize),
        group: &str,
    ) -> Diagnostic {
        let (first, second) = (self.sorted[one.1].text, self.sorted[other.1].text);
        let setting = shown(key, name);
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

fn shown(key: &str, name: &str) -> String {
    if name.is_empty() {
        key.to_owned()
    } else {
        format!("{key}.{name}")
    }
}

/// Takes settings apart: what is listed by name is a setting each.
fn settings_of(settings: &NodeSettings) -> Vec<(Setting, Value)> {
    let Ok(Value::Object(entries)) = serde_json::to_value(settings) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    for (key, value) in entries {
        match (key.as_str(), value) {
            ("environment" | "volumes", Value::Array(items)) => {
                all.extend(items.into_iter().map(|item| {
                    let name = item.get("name").and_then(Value::as_str).unwrap_or_default();
                    ((key.clone(), name.to_owned()), item)
                }));
            }
            ("labels" | "annotations" | "node_selector" | "resources", Value::Object(entries)) => {
                all.extend(
                    entries
                        .into_iter()
                        .map(|(name, value)| ((key.clone(), name), value)),
                );
            }
            (_, value) => all.push(((key, String::new()), value)),
        }
    }
    all
}

/// Puts settings together again.
fn values_of(won: &Won) -> NodeSettings {
    let mut entries = Map::new();
    for ((key, name), (value, _)) in won {
        match key.as_str() {
            "environment" | "volumes" => {
                let items = entries
                    .entry(key.clone())
                    .or_insert_with(|| Value::Array(Vec::new()));
                if let Value::Array(items) = items {
                    items.push(value.clone());
                }
            }
            "labels" | "annotations" | "node_selector" | "resources" => {
                let items = entries
                    .entry(key.clone())
                    .or_insert_with(|| Value::Object(Map::new()));
                if let Value::Object(items) = items {
                    items.insert(name.clone(), value.clone());
                }
            }
            _ => {
                entries.insert(key.clone(), value.clone());
            }
        }
    }
    // What came out of settings goes into settings.
    serde_json::from_value(Value::Object(entries)).unwrap_or_default()
}
