//! The tasks of a DAG, and what they depend on.

use diagnostic::yaml::Yaml;

use super::read::{list, name, text};
use super::template::Template;
use crate::graph::NamedGraph;
use crate::text::depends::{self, DependsFault, Term};

/// Gives the terms that a task depends on, from `depends` or else from `dependencies`, and the fault of `depends`.
pub fn terms_of(task: &Yaml) -> (Vec<Term<'_>>, Option<DependsFault>) {
    if let Some(expression) = text(task, "depends") {
        let read = depends::parse(expression);
        return (read.terms, read.condition.err());
    }
    let names = list(task, &["dependencies"]).iter();
    let terms = names.filter_map(Yaml::as_str).map(Term::of_dependency);
    (terms.collect(), None)
}

/// The graph of a DAG's tasks; a task's number is its index in the list.
pub fn task_graph<'a>(template: &Template<'a>) -> NamedGraph<'a> {
    let tasks = template.tasks();
    let terms: Vec<Vec<Term<'a>>> = tasks.iter().map(|task| terms_of(task).0).collect();
    graph_of(tasks, &terms)
}

/// The graph of `tasks`; `terms` holds the dependencies of each task.
pub fn graph_of<'a>(tasks: &'a [Yaml], terms: &[Vec<Term<'a>>]) -> NamedGraph<'a> {
    NamedGraph::new(
        tasks
            .iter()
            .zip(terms)
            .map(|(task, terms)| (name(task), terms.iter().map(|term| term.task))),
    )
}
