//! Origin of a manifest's field in a project: the line of `argo.yml`, the nodes, the words of the command line.

use std::cell::OnceCell;
use std::collections::HashMap;

use argo::spec::{Manifest, read};
use compile::{Origins, Source, named, steps};
use diagnostic::yaml::Yaml;
use diagnostic::{Diagnostic, Place, Subject};
use marks::outline;
use project::Snapshot;
use project::config::ArgoConfig;

/// Most nodes to name one by one.
const NAMED: usize = 3;

/// Manifest with its sources.
pub(crate) struct MadeOf<'a> {
    manifest: &'a Yaml,
    origins: &'a Origins,
    config: &'a ArgoConfig,
    snapshot: &'a Snapshot,
    tasks: OnceCell<Tasks>,
}

/// Tasks of a manifest.
#[derive(Default)]
struct Tasks {
    /// Kedro nodes by task.
    nodes: HashMap<String, Vec<String>>,
    /// Each task and its template, in their order.
    templates: Vec<(String, String)>,
}

impl<'a> MadeOf<'a> {
    /// Makes the sources of a lowered manifest.
    ///
    /// # Arguments
    ///
    /// * `origins`: Notes from lowering.
    pub(crate) fn new(
        manifest: &'a Yaml,
        origins: &'a Origins,
        config: &'a ArgoConfig,
        snapshot: &'a Snapshot,
    ) -> Self {
        Self {
            manifest,
            origins,
            config,
            snapshot,
            tasks: OnceCell::new(),
        }
    }

    /// Moves a finding about a field to a place that the user can change: to the setting that made
    /// it, or to the node of its task. The help names the other sources, and the nodes.
    pub(crate) fn point(&self, finding: &mut Diagnostic, field: &str) {
        let field = named(&steps(field), self.manifest);
        let nodes = self.nodes_at(&field);
        let origin = self.origins.of(&field);
        let mut outside = None;
        let setting = origin.and_then(|origin| match origin.source {
            Source::Setting(setting) => self.config.places.deepest(setting, origin.inside),
            Source::Outside(words) => {
                outside = Some(format!("it comes from {words}"));
                None
            }
        });
        let place = setting.or_else(|| self.place_of_task(&field, &nodes));
        let place = place.unwrap_or_default();
        (finding.place.file, finding.place.span) = (place.file, place.span);
        if let ([node], None) = (nodes.as_slice(), &finding.place.subject) {
            finding.place.subject = Some(Subject::Node(node.clone()));
        }
        let helps = [finding.help.take(), outside, for_nodes(&nodes)];
        let helps: Vec<String> = helps.into_iter().flatten().collect();
        finding.help = (!helps.is_empty()).then(|| helps.join("; "));
    }

    /// Line of a task's only node, if the field is the task's own.
    fn place_of_task(&self, field: &[String], nodes: &[String]) -> Option<Place> {
        let [name] = nodes else {
            return None;
        };
        step_below(field, "tasks")?;
        let snapshots = std::iter::once(self.snapshot).chain(self.snapshot.on_exit.as_deref());
        let mut all = snapshots.flat_map(|snapshot| &snapshot.nodes);
        all.find(|node| node.name == *name).map(plan::place_of)
    }

    /// Kedro nodes of a field: those of its task, or of all tasks of its template.
    fn nodes_at(&self, field: &[String]) -> Vec<String> {
        let tasks = self.tasks.get_or_init(|| Tasks::of(self.manifest));
        if let Some(task) = step_below(field, "tasks") {
            return tasks.nodes.get(task).cloned().unwrap_or_default();
        }
        let Some(template) = step_below(field, "templates") else {
            return Vec::new();
        };
        let of_template = tasks.templates.iter().filter(|(_, of)| of == template);
        of_template
            .flat_map(|(task, _)| tasks.nodes.get(task).into_iter().flatten().cloned())
            .collect()
    }
}

impl Tasks {
    fn of(manifest: &Yaml) -> Self {
        // A manifest that Argo cannot read has no tasks.
        let Ok(typed) = read::<Manifest>(manifest) else {
            return Self::default();
        };
        let nodes = outline(typed.workflow()).into_iter();
        let mut found = Self {
            nodes: nodes.map(|task| (task.name, task.nodes)).collect(),
            templates: Vec::new(),
        };
        found.add(manifest);
        found
    }

    /// Adds the tasks of every DAG, at any depth.
    fn add(&mut self, node: &Yaml) {
        for task in node
            .get("dag")
            .and_then(|dag| dag.get("tasks"))
            .map_or(&[][..], Yaml::items)
        {
            let text = |key: &str| task.get(key)?.as_str().map(str::to_owned);
            if let (Some(name), Some(template)) = (text("name"), text("template")) {
                self.templates.push((name, template));
            }
        }
        node.entries().iter().for_each(|(_, inner)| self.add(inner));
        node.items().iter().for_each(|inner| self.add(inner));
    }
}

/// Name of the last item in lists of this name on a field's path.
fn step_below<'a>(field: &'a [String], list: &str) -> Option<&'a str> {
    let mut pairs = field.windows(2).rev();
    pairs.find_map(|pair| {
        let name = pair[1].strip_prefix('[')?.strip_suffix(']')?;
        (pair[0] == list).then_some(name)
    })
}

fn for_nodes(nodes: &[String]) -> Option<String> {
    let listed = |nodes: &[String]| {
        let quoted: Vec<String> = nodes.iter().map(|node| format!("`{node}`")).collect();
        quoted.join(", ")
    };
    match nodes {
        [] | [_] => None,
        many if many.len() <= NAMED => {
            Some(format!("this field is for the nodes {}", listed(many)))
        }
        many => Some(format!(
            "this field is for the nodes {} and {} more",
            listed(&many[..NAMED]),
            many.len() - NAMED
        )),
    }
}
