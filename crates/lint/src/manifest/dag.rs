//! DAGs: tasks, their names and their dependencies.

use argo::document::read::{all_named, entry, field, list, name, names as names_of, text};
use argo::document::{Template, graph_of, is_loop, terms_of};
use argo::graph::NamedGraph;
use argo::scope::nodes::SEARCHES;
use argo::text::depends::{RESERVED, TaskResult, Term};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Yaml};

use super::context::Context;
use super::names::{self, Naming};
use super::{calls, limits};
use crate::finding::Findings;
use crate::rule::{
    CONTINUE_ON_WITH_DEPENDS, DEPENDENCY_CYCLE, DEPENDS_AND_DEPENDENCIES, EMPTY_DAG,
    INVALID_DEPENDS, ITEMS_RESULT_WITHOUT_ITEMS, TASK_NAME_IS_A_WORD,
    TASK_NAME_STARTS_WITH_A_DIGIT, UNDEFINED_DEPENDENCY, UNDEFINED_TARGET, UNKNOWN_TASK_RESULT,
    UNREACHABLE_TASK,
};

/// Checks a DAG; gives its graph.
pub(super) fn check<'a>(
    context: Context<'a>,
    template: &Template<'a>,
    inline: bool,
    findings: &mut Findings,
) -> NamedGraph<'a> {
    let tasks = template.tasks();
    let empty = field(template.yaml, "dag").and_then(|dag| field(dag, "tasks"));
    if let (Some((key, _)), Some(Content::Sequence(tasks))) =
        (entry(template.yaml, "dag"), empty.map(|tasks| &tasks.value))
        && tasks.is_empty()
    {
        findings.push(EMPTY_DAG.at(key, "a DAG needs at least one task"));
    }
    names::check(tasks, "task", Naming::Field, findings);
    let terms: Vec<Vec<Term<'a>>> = tasks.iter().map(|task| terms(task, findings)).collect();
    let graph = graph_of(tasks, &terms);
    styles(tasks, findings);
    let named_tasks = NamedTasks {
        tasks,
        graph: &graph,
        all_named: all_named(tasks),
    };
    let mut searches = SEARCHES;
    for (task, terms) in tasks.iter().zip(&terms) {
        dependencies(task, terms, &named_tasks, &mut searches, findings);
    }
    task_names(tasks, &terms, &graph, findings);
    cycles(tasks, &graph, findings);
    targets(template, &graph, findings);
    limits::of_dag(template, &graph, inline, findings);
    for task in tasks {
        calls::check(context, task, "task", findings);
    }
    graph
}

/// Tasks that a task depends on, by `depends` or by `dependencies`.
fn terms<'a>(task: &'a Yaml, findings: &mut Findings) -> Vec<Term<'a>> {
    let (terms, fault) = terms_of(task);
    if let Some((fault, node)) = fault.zip(field(task, "depends")) {
        let message = format!("`depends` is not valid: {}", fault.message);
        let help = "combine tasks with `&&`, `||`, `!` and brackets";
        findings.push(INVALID_DEPENDS.at(node, message).help(help));
    }
    terms
}

fn uses_dependencies(task: &Yaml) -> bool {
    !list(task, &["dependencies"]).is_empty()
}

/// Checks that one DAG does not mix `depends` with `dependencies` or `continueOn`.
fn styles(tasks: &[Yaml], findings: &mut Findings) {
    let depends: Vec<_> = tasks
        .iter()
        .filter(|task| text(task, "depends").is_some())
        .collect();
    let dependencies: Vec<_> = tasks
        .iter()
        .filter(|task| uses_dependencies(task))
        .collect();
    if depends.is_empty() {
        return;
    }
    let odd = if depends.len() < dependencies.len() {
        "depends"
    } else {
        "dependencies"
    };
    let first = if odd == "depends" {
        depends.first()
    } else {
        dependencies.first()
    };
    if let (false, Some((key, _))) = (
        dependencies.is_empty(),
        first.and_then(|task| entry(task, odd)),
    ) {
        let message = "`depends` and `dependencies` cannot be used together in one DAG";
        let help = if odd == "depends" {
            "write `dependencies` here too, or `depends` everywhere"
        } else {
            "write `depends` here too: `dependencies: [a, b]` is `depends: a && b`"
        };
        findings.push(DEPENDS_AND_DEPENDENCIES.at(key, message).help(help));
    }
    for task in tasks {
        if let Some((key, _)) = entry(task, "continueOn") {
            let message = "`continueOn` cannot be used together with `depends`";
            let help = "let the next task depend on `NAME.Failed` or `NAME.Errored` as well";
            findings.push(CONTINUE_ON_WITH_DEPENDS.at(key, message).help(help));
        }
    }
}

/// The tasks that a name may mean.
struct NamedTasks<'a, 'g> {
    tasks: &'a [Yaml],
    graph: &'g NamedGraph<'a>,
    all_named: bool,
}

fn dependencies(
    task: &Yaml,
    terms: &[Term<'_>],
    named_tasks: &NamedTasks<'_, '_>,
    searches: &mut usize,
    findings: &mut Findings,
) {
    let in_list = list(task, &["dependencies"]);
    let whole = field(task, "depends");
    for (index, term) in terms.iter().enumerate() {
        let node = whole.or_else(|| in_list.get(index)).unwrap_or(task);
        let Some(number) = named_tasks.graph.numbers.get(term.task) else {
            if !has_tag(term.task) && named_tasks.all_named {
                let message = format!("there is no task `{}` to depend on", term.task);
                // With many tasks each search takes long, and help for the first few is enough.
                let left = searches.checked_sub(1);
                *searches = left.unwrap_or(0);
                let help = left.and_then(|_| did_you_mean(term.task, names_of(named_tasks.tasks)));
                findings.push(UNDEFINED_DEPENDENCY.at(node, message).maybe_help(help));
            }
            continue;
        };
        let Some(word) = term.result else { continue };
        let Some(result) = TaskResult::of(word) else {
            let words = TaskResult::ALL.map(TaskResult::word);
            let help = did_you_mean(word, words)
                .unwrap_or_else(|| format!("use one of `{}`", words.join("`, `")));
            let message = format!("a task has no result `{word}`");
            findings.push(UNKNOWN_TASK_RESULT.at(node, message).help(help));
            continue;
        };
        if result.is_of_items() && !named_tasks.tasks.get(*number).is_some_and(is_loop) {
            let message = format!(
                "`{word}` is only for tasks with items, but `{}` has none",
                term.task
            );
            let help = if result == TaskResult::AllFailed {
                "Failed"
            } else {
                "Succeeded"
            };
            let help = format!("write `{}.{help}`", term.task);
            findings.push(ITEMS_RESULT_WITHOUT_ITEMS.at(node, message).help(help));
        }
    }
}

/// Reports names that are valid, but break expressions.
fn task_names(
    tasks: &[Yaml],
    terms: &[Vec<Term<'_>>],
    graph: &NamedGraph<'_>,
    findings: &mut Findings,
) {
    let mut needed = vec![false; tasks.len()];
    for number in graph.depended_on() {
        if let Some(slot) = needed.get_mut(number) {
            *slot = true;
        }
    }
    let uses_depends = tasks.iter().any(|task| text(task, "depends").is_some());
    for ((task, terms), needed) in tasks.iter().zip(terms).zip(needed) {
        let Some(node) = field(task, "name") else {
            continue;
        };
        let title = node.as_str().unwrap_or_default();
        let digit = title.starts_with(|c: char| c.is_ascii_digit());
        if digit && (uses_depends || needed || !terms.is_empty()) {
            let message = format!(
                "the task name `{title}` starts with a digit, but the task is part of a dependency"
            );
            let help = format!("use for example `t{title}`");
            findings.push(TASK_NAME_STARTS_WITH_A_DIGIT.at(node, message).help(help));
        }
        if needed && RESERVED.contains(&title) {
            let message = format!("`{title}` is a reserved word in dependency expressions");
            let help = "give the task another name";
            findings.push(TASK_NAME_IS_A_WORD.at(node, message).help(help));
        }
    }
}

fn cycles(tasks: &[Yaml], graph: &NamedGraph<'_>, findings: &mut Findings) {
    if graph.is_acyclic() {
        return;
    }
    for cycle in graph.cycles() {
        let names: Vec<_> = cycle
            .iter()
            .chain(cycle.first())
            .filter_map(|number| tasks.get(*number).and_then(name))
            .collect();
        let Some(task) = cycle.first().and_then(|first| tasks.get(*first)) else {
            continue;
        };
        let node = entry(task, "depends").or_else(|| entry(task, "dependencies"));
        let message = format!("the tasks have a dependency cycle: `{}`", chain(&names));
        let finding = match node {
            Some((key, _)) => DEPENDENCY_CYCLE.at(key, message),
            None => DEPENDENCY_CYCLE.at(task, message),
        };
        findings.push(finding);
    }
}

/// Names as a chain, without its middle if it is long.
pub(super) fn chain(names: &[&str]) -> String {
    match names {
        [first, second, third, .., before, last] if names.len() > 8 => {
            format!("{first} -> {second} -> {third} -> ... -> {before} -> {last}")
        }
        _ => names.join(" -> "),
    }
}

fn targets(template: &Template<'_>, graph: &NamedGraph<'_>, findings: &mut Findings) {
    let Some(dag) = field(template.yaml, "dag") else {
        return;
    };
    let (Some(target), Some(node)) = (text(dag, "target"), field(dag, "target")) else {
        return;
    };
    let tasks = template.tasks();
    let mut numbers = Vec::new();
    let mut known = true;
    for word in target.split(' ').filter(|word| !word.is_empty()) {
        if let Some(number) = graph.numbers.get(word) {
            numbers.push(*number);
        } else {
            known = false;
            if !has_tag(target) {
                let message = format!("the target `{word}` is not a task of this DAG");
                let help = did_you_mean(word, names_of(tasks));
                findings.push(UNDEFINED_TARGET.at(node, message).maybe_help(help));
            }
        }
    }
    if !known || !graph.is_acyclic() {
        return;
    }
    for (task, needed) in tasks.iter().zip(graph.with_dependencies(numbers)) {
        if let (false, Some(title)) = (needed, name(task)) {
            let message = format!("task `{title}` never runs: no target needs it");
            findings.push(UNREACHABLE_TASK.at(field(task, "name").unwrap_or(task), message));
        }
    }
}
