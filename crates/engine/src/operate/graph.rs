//! The tasks of a DAG, their dependencies, and which of them the targets need.

use std::collections::HashMap;
use std::rc::Rc;

use argo::graph::Graph;
use argo::spec::{Task, Template};
use argo::text::depends::{Condition, Dependency, TaskResults, evaluate, parse};

/// The tasks of a DAG, and their dependencies.
#[derive(Debug)]
pub(super) struct TaskGraph {
    numbers: HashMap<String, usize>,
    graph: Graph,
    /// Last tasks of the DAG: those in `target`, otherwise all tasks without dependents, by name.
    pub(super) targets: Vec<usize>,
    /// Tasks that the targets need, each after its dependencies, in the order of the controller's walk from the targets
    /// (`executeDAGTask`).
    pub(super) order: Vec<usize>,
    /// Position of each task in `order`; none for a task that no target needs.
    pub(super) rank: Vec<Option<usize>>,
    template: Rc<Template>,
}

impl TaskGraph {
    pub(super) fn new(template: Rc<Template>) -> Self {
        let tasks = tasks(&template);
        let numbers: HashMap<String, usize> = tasks
            .iter()
            .enumerate()
            .map(|(number, task)| (task.name.clone(), number))
            .collect();
        let graph = Graph::new(tasks.iter().map(|task| {
            let mut above: Vec<usize> = Vec::new();
            let mut add = |name: &str| {
                if let Some(number) = numbers.get(name)
                    && !above.contains(number)
                {
                    above.push(*number);
                }
            };
            if task.depends.is_empty() {
                task.dependencies.iter().for_each(|name| add(name));
            } else {
                let depends = parse(&task.depends);
                depends.terms.iter().for_each(|term| add(term.task));
            }
            above
        }));
        let target = template.dag.as_ref().map_or("", |dag| &dag.target);
        let targets: Vec<usize> = if target.is_empty() {
            let mut leaves: Vec<usize> = (0..graph.len())
                .filter(|task| graph.dependents(*task).is_empty())
                .collect();
            leaves.sort_by_key(|task| &tasks[*task].name);
            leaves
        } else {
            let names = target.split(' ');
            names
                .filter_map(|name| numbers.get(name).copied())
                .collect()
        };
        let order = from_targets(&graph, &targets);
        let mut rank = vec![None; graph.len()];
        for (place, task) in order.iter().enumerate() {
            rank[*task] = Some(place);
        }
        Self {
            numbers,
            graph,
            targets,
            order,
            rank,
            template,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.graph.len()
    }

    pub(super) fn task(&self, number: usize) -> &Task {
        &tasks(&self.template)[number]
    }

    pub(super) fn tasks(&self) -> &[Task] {
        tasks(&self.template)
    }

    /// Number of the task with a name.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.numbers.get(name).copied()
    }

    /// Direct dependencies of a task.
    pub(super) fn above(&self, task: usize) -> &[usize] {
        self.graph.dependencies(task)
    }

    /// Direct dependents of a task.
    pub(super) fn below(&self, task: usize) -> &[usize] {
        self.graph.dependents(task)
    }

    /// Says whether a task depends on another one, directly or not.
    pub(super) fn is_above(&self, above: usize, task: usize) -> bool {
        if self.above(task).contains(&above) {
            return true;
        }
        let (Some(first), Some(last)) = (self.rank[above], self.rank[task]) else {
            return false;
        };
        if first >= last {
            return false;
        }
        let mut seen = vec![false; self.len()];
        let mut open = vec![task];
        while let Some(next) = open.pop() {
            for known in self.above(next) {
                if *known == above {
                    return true;
                }
                if !std::mem::replace(&mut seen[*known], true) {
                    open.push(*known);
                }
            }
        }
        false
    }

    /// All dependencies of a task, direct or not, in order.
    pub(super) fn all_above(&self, task: usize) -> Vec<usize> {
        let needed = self
            .graph
            .with_dependencies(self.above(task).iter().copied());
        let all = needed.iter().enumerate().filter(|(_, is)| **is);
        all.map(|(task, _)| task).collect()
    }

    /// Builds one expression from the dependencies of a task (`GetTaskDependencies` of `workflow/common/ancestry.go`).
    fn logic(&self, task: &Task) -> String {
        let bare = |name: &str| {
            let continues = self
                .number(name)
                .and_then(|number| self.task(number).continue_on.as_ref());
            let mut words = vec!["Succeeded", "Skipped", "Daemoned"];
            words.extend(continues.filter(|on| on.error).map(|_| "Errored"));
            words.extend(continues.filter(|on| on.failed).map(|_| "Failed"));
            let words: Vec<String> = words.iter().map(|word| format!("{name}.{word}")).collect();
            format!("({})", words.join(" || "))
        };
        let text = if task.depends.is_empty() {
            let all: Vec<String> = task.dependencies.iter().map(|name| bare(name)).collect();
            all.join(" && ")
        } else {
            let mut text = task.depends.clone();
            for term in parse(&task.depends).terms.iter().rev() {
                if term.result.is_none() {
                    text.replace_range(term.place.clone(), &bare(term.task));
                }
            }
            text
        };
        text.replace('-', "_")
    }

    /// Says whether a task runs after all its dependencies have ended (`evaluateDependsLogic`).
    ///
    /// # Errors
    ///
    /// The condition cannot be evaluated.
    pub(super) fn runs(
        &self,
        task: usize,
        results: impl Fn(usize) -> Option<TaskResults>,
    ) -> Result<bool, String> {
        let task = self.task(task);
        let dependency = |name: &str| {
            let number = self.number(name)?;
            let continues = self.task(number).continue_on.as_ref();
            Some(Dependency {
                results: results(number),
                continues_on_error: continues.is_some_and(|on| on.error),
                continues_on_failed: continues.is_some_and(|on| on.failed),
            })
        };
        let failed = |error: &dyn std::fmt::Display| {
            format!(
                "unable to evaluate expression '{}': {error}",
                self.logic(task)
            )
        };
        let condition = if task.depends.is_empty() {
            Condition::of_dependencies(task.dependencies.iter().map(String::as_str))
        } else {
            parse(&task.depends)
                .condition
                .map_err(|fault| failed(&fault.message))?
        };
        match evaluate(&condition, &dependency) {
            Ok(holds) => Ok(holds == Some(true)),
            Err(error) => Err(failed(&error)),
        }
    }
}

fn tasks(template: &Template) -> &[Task] {
    template.dag.as_ref().map_or(&[], |dag| &dag.tasks)
}

/// Sorts the tasks from the targets on, each after its dependencies, in the controller's recursive order but without
/// recursion.
fn from_targets(graph: &Graph, targets: &[usize]) -> Vec<usize> {
    let mut order = Vec::with_capacity(graph.len());
    let mut seen = vec![false; graph.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for target in targets {
        if std::mem::replace(&mut seen[*target], true) {
            continue;
        }
        open.push((*target, 0));
        while let Some((task, next)) = open.last_mut() {
            if let Some(above) = graph.dependencies(*task).get(*next) {
                *next += 1;
                if !std::mem::replace(&mut seen[*above], true) {
                    open.push((*above, 0));
                }
            } else {
                order.push(*task);
                open.pop();
            }
        }
    }
    order
}
