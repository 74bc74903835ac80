//! The tasks of a DAG, and what they depend on.

use diagnostic::yaml::Yaml;

use super::read::{list, name, text};
use super::template::Template;
use crate::graph::NamedGraph;
use crate::text::depends::{self, Condition, Depends, Term};

/// The condition under which a task runs, from `depends` or else from `dependencies`.
pub fn depends_of(task: &Yaml) -> Depends<'_> {
    if let Some(expression) = text(task, "depends") {
        return depends::parse(expression);
    }
    let names = || {
        list(task, &["dependencies"])
            .iter()
            .filter_map(Yaml::as_str)
    };
    Depends {
        terms: names().map(Term::of_dependency).collect(),
        condition: Ok(Condition::of_dependencies(names())),
    }
}

/// The graph of the tasks of a DAG, by their places in the list.
pub fn task_graph<'a>(template: &Template<'a>) -> NamedGraph<'a> {
    let tasks = template.tasks();
    let terms: Vec<Vec<Term<'a>>> = tasks.iter().map(|task| depends_of(task).terms).collect();
    graph_of(tasks, &terms)
}

/// The graph of tasks that depend on these terms each.
pub fn graph_of<'a>(tasks: &'a [Yaml], terms: &[Vec<Term<'a>>]) -> NamedGraph<'a> {
    NamedGraph::new(
        tasks
            .iter()
            .zip(terms)
            .map(|(task, terms)| (name(task), terms.iter().map(|term| term.task))),
    )
}
