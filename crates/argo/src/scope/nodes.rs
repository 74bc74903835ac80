//! `{{tasks.NAME.*}}` and `{{steps.NAME.*}}`: results of tasks and steps.

use std::cell::Cell;

use crate::document::index::Index;
use crate::document::read::{all_named, at, entry, field, has, name, named, names, text};
use crate::document::{Template, TemplateKind, is_dynamic};
use crate::text::expression::{Environment, Type};
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml};

use super::verdict::Verdict;
use super::workflow::Scope;

/// Number of unknown names for which a similar name is searched.
pub const SEARCHES: usize = 50;

/// The tasks or steps of one template.
#[derive(Clone, Debug)]
pub struct Nodes<'a> {
    /// `tasks` or `steps`.
    pub word: &'static str,
    /// All tasks or steps, in the order of the file.
    pub all: Vec<Node<'a>>,
    numbers: Index<'a>,
    /// Says whether the names of all tasks or steps are known.
    pub are_named: bool,
    /// Number of searches for a similar name that are left.
    searches: Cell<usize>,
}

/// A task or step.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The task or step itself.
    pub call: &'a Yaml,
    /// The group of a step; 0 for a task.
    pub group: usize,
    template: Option<Template<'a>>,
    looped: bool,
}

impl<'a> Nodes<'a> {
    /// The tasks of a DAG.
    pub fn tasks(scope: Scope<'a>, template: &Template<'a>) -> Self {
        Self::new(
            "tasks",
            scope,
            template.tasks().iter().map(|task| (0, task)),
        )
    }

    /// The steps of a template.
    pub fn steps(scope: Scope<'a>, template: &Template<'a>) -> Self {
        let groups = template.groups().iter().enumerate();
        let steps =
            groups.flat_map(|(number, group)| group.items().iter().map(move |step| (number, step)));
        Self::new("steps", scope, steps)
    }

    fn new(
        word: &'static str,
        scope: Scope<'a>,
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
                scope.workflow.resolve(call)
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

    /// The number of the task or step with this name.
    pub fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// Finds the existing name that is similar to an unknown one.
    ///
    /// Searches only for the first few unknown names: among many tasks each search takes long.
    pub fn meant(&self, name: &str) -> Option<String> {
        self.searches.set(self.searches.get().checked_sub(1)?);
        did_you_mean(
            name,
            self.all
                .iter()
                .filter_map(|node| crate::document::read::name(node.call)),
        )
    }
}

/// Splits `NAME.REST`; the name may be unknown.
pub fn split(reference: &str) -> (&str, &str) {
    reference.split_once('.').unwrap_or((reference, ""))
}

impl Node<'_> {
    /// Says whether a task or step produces a result; if not, perhaps the result that was meant.
    pub fn check_result(&self, what: &str) -> Result<(), Option<String>> {
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
                .is_some_and(|daemon| daemon.value == Content::Bool(true)),
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

    /// Adds the results of the task or step to an environment, under `word`.
    pub fn add_to(&self, word: &str, environment: &mut Environment) {
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

    /// Says whether an output has a value even if the task or step is skipped.
    pub fn has_default(&self, what: &str) -> bool {
        let Some(template) = &self.template else {
            return true;
        };
        what.strip_prefix("outputs.parameters.")
            .and_then(|name| named(template.outputs(), name))
            .and_then(|output| field(output, "valueFrom"))
            .is_some_and(|source| has(source, "default"))
    }

    /// Says whether the condition of the task or step may skip it.
    pub fn may_be_skipped(&self) -> bool {
        !self.looped && text(self.call, "when").is_some()
    }
}

/// The text after `tasks.` or `steps.`; none for `tasks.name` and `steps.name`, the name of the caller.
pub fn reference<'t>(nodes: &Nodes<'_>, tag: &'t str) -> Option<&'t str> {
    let rest = tag.strip_prefix(nodes.word)?.strip_prefix('.')?;
    let own_name = rest == "name" || rest.starts_with("name.") && nodes.number("name").is_none();
    (!own_name).then_some(rest)
}

/// The number of the task or step that produces a result; none if that is unknown.
///
/// # Errors
///
/// Returns the name that was meant, if there is a similar one, when no task or step produces the result.
pub fn left_behind(
    nodes: &Nodes<'_>,
    name: &str,
    what: &str,
) -> Result<Option<usize>, Option<String>> {
    let Some(number) = nodes.number(name) else {
        return if nodes.are_named {
            Err(nodes.meant(name))
        } else {
            Ok(None)
        };
    };
    match nodes.all.get(number).map(|node| node.check_result(what)) {
        Some(Err(help)) => Err(help),
        _ => Ok(Some(number)),
    }
}

/// Gives the verdict on `item` and `item.KEY`; none for other variables.
pub fn item(call: &Yaml, tag: &str) -> Option<Verdict> {
    let rest = match tag.strip_prefix("item") {
        Some(rest) if rest.is_empty() || rest.starts_with(['.', '[']) => rest,
        _ => return None,
    };
    if text(call, "withParam").is_some() {
        return Some(Verdict::Known);
    }
    if let Some((_, items)) =
        entry(call, "withItems").filter(|(_, items)| !items.items().is_empty())
    {
        let Some(key) = rest.strip_prefix('.') else {
            return Some(Verdict::Known);
        };
        let known = items.items().iter().any(|item| match &item.value {
            Content::Mapping(_) => item.get(key).is_some(),
            Content::Sequence(_) => true,
            // An item may be a text with JSON or with a tag.
            Content::String(text) => text.contains('{'),
            _ => false,
        });
        return Some(if known {
            Verdict::Known
        } else {
            Verdict::Unresolved(None)
        });
    }
    if has(call, "withSequence") && rest.is_empty() {
        return Some(Verdict::Known);
    }
    None
}
