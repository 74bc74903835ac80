//! `{{tasks.NAME.*}}` and `{{steps.NAME.*}}`: what tasks and steps leave behind.

use std::cell::Cell;

use argo::document::index::Index;
use argo::document::read::{all_named, at, field, has, name, named, names, text};
use argo::document::{Template, TemplateKind, is_dynamic};
use argo::text::expression::{Environment, Type};
use diagnostic::did_you_mean;
use diagnostic::yaml::{Value, Yaml};

use super::context::Context;

/// How many names that are not there are compared with those that are.
pub(super) const SEARCHES: usize = 50;

/// The tasks or steps of one template.
pub(super) struct Nodes<'a> {
    /// `tasks` or `steps`.
    pub(super) word: &'static str,
    pub(super) all: Vec<Node<'a>>,
    numbers: Index<'a>,
    /// Whether the names of all of them are known.
    pub(super) are_named: bool,
    /// How often a name that was meant may still be searched.
    searches: Cell<usize>,
}

/// A task or step.
pub(super) struct Node<'a> {
    pub(super) call: &'a Yaml,
    /// The group of a step; 0 for a task.
    pub(super) group: usize,
    template: Option<Template<'a>>,
    looped: bool,
}

impl<'a> Nodes<'a> {
    /// The tasks of a DAG.
    pub(super) fn tasks(context: Context<'a>, template: &Template<'a>) -> Self {
        Self::new(
            "tasks",
            context,
            template.tasks().iter().map(|task| (0, task)),
        )
    }

    /// The steps of a template.
    pub(super) fn steps(context: Context<'a>, template: &Template<'a>) -> Self {
        let groups = template.groups().iter().enumerate();
        let steps =
            groups.flat_map(|(number, group)| group.items().iter().map(move |step| (number, step)));
        Self::new("steps", context, steps)
    }

    fn new(
        word: &'static str,
        context: Context<'a>,
        calls: impl Iterator<Item = (usize, &'a Yaml)>,
    ) -> Self {
        let mut nodes = Vec::new();
        let mut numbers = Index::default();
        let mut are_named = true;
        for (group, call) in calls {
            match name(call) {
                Some(name) => {
                    numbers.entry(name).or_insert(nodes.len());
                }
                None => are_named = false,
            }
            let template = if is_dynamic(call) {
                None
            } else {
                context.workflow.resolve(call)
            };
            let looped = text(call, "withParam").is_some()
                || field(call, "withItems").is_some_and(|items| !items.items().is_empty());
            nodes.push(Node {
                call,
                group,
                template,
                looped,
            });
        }
        Self {
            word,
            all: nodes,
            numbers,
            are_named,
            searches: Cell::new(SEARCHES),
        }
    }

    /// The number of the task or step of this name.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// What was meant by a name that is not there.
    ///
    /// Only for the first few: with many tasks each search is long.
    pub(super) fn meant(&self, name: &str) -> Option<String> {
        self.searches.set(self.searches.get().checked_sub(1)?);
        did_you_mean(
            name,
            self.all
                .iter()
                .filter_map(|node| argo::document::read::name(node.call)),
        )
    }
}

/// Splits `NAME.REST`; the name need not be known.
pub(super) fn split(reference: &str) -> (&str, &str) {
    reference.split_once('.').unwrap_or((reference, ""))
}

impl Node<'_> {
    /// Whether a task or step leaves something behind; if not, perhaps what was meant.
    pub(super) fn leaves(&self, what: &str) -> Result<(), Option<String>> {
        if matches!(
            what,
            "id" | "status" | "startedAt" | "finishedAt" | "hostNodeName"
        ) {
            return Ok(());
        }
        let Some(template) = &self.template else {
            return Ok(());
        };
        let known = match what {
            "ip" => at(template.yaml, &["daemon"])
                .is_some_and(|daemon| daemon.value == Value::Bool(true)),
            "exitCode" | "outputs.result" => template.has_result(),
            "outputs.parameters" => self.looped,
            _ => {
                let (list, name) = if let Some(name) = what.strip_prefix("outputs.parameters.") {
                    (template.outputs(), name)
                } else if let Some(name) = what.strip_prefix("outputs.artifacts.") {
                    (template.output_artifacts(), name)
                } else {
                    let words = [
                        "outputs.result",
                        "outputs.parameters",
                        "status",
                        "exitCode",
                        "finishedAt",
                    ];
                    return Err(did_you_mean(what, words));
                };
                if named(list, name).is_none() {
                    return Err(did_you_mean(name, names(list)));
                }
                true
            }
        };
        if known { Ok(()) } else { Err(None) }
    }

    /// Adds to an environment what it leaves behind, under `word`.
    pub(super) fn add_to(&self, word: &str, environment: &mut Environment) {
        let Some(name) = name(self.call) else {
            return;
        };
        for key in [
            "id",
            "status",
            "startedAt",
            "finishedAt",
            "ip",
            "hostNodeName",
            "exitCode",
            "outputs.result",
        ] {
            environment.add(&format!("{word}.{name}.{key}"), Type::Text);
        }
        let outputs = format!("{word}.{name}.outputs");
        environment.add(&format!("{outputs}.artifacts"), Type::Any);
        let known = self.template.filter(|template| {
            !matches!(template.kind, TemplateKind::Plugin | TemplateKind::Unknown)
        });
        match known {
            Some(template) if !self.looped && all_named(template.outputs()) => {
                for output in names(template.outputs()) {
                    environment.add(&format!("{outputs}.parameters.{output}"), Type::Text);
                }
            }
            _ => environment.add(&format!("{outputs}.parameters"), Type::Any),
        }
    }

    /// Whether the value of an output is there even if the task or step is skipped.
    pub(super) fn has_default(&self, what: &str) -> bool {
        let Some(template) = &self.template else {
            return true;
        };
        what.strip_prefix("outputs.parameters.")
            .and_then(|name| named(template.outputs(), name))
            .and_then(|output| field(output, "valueFrom"))
            .is_some_and(|source| has(source, "default"))
    }

    /// Whether it may be skipped by its own condition.
    pub(super) fn may_be_skipped(&self) -> bool {
        !self.looped && text(self.call, "when").is_some()
    }
}
