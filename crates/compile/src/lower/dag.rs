//! The pipeline: its tasks, and their dependencies.

use plan::Plan;

use super::classes::Classes;
use super::context::{Context, Part};
use super::inputs::{HANDOFF, MEMORY, nodes_follow_from_name};
use super::template_names::PIPELINE;
use argo::spec::{Arguments, Dag, ParallelSteps, Parameter, Task, Template};
use marks::{NODES, WIDE_STEP, name_list};

/// Greatest number of tasks in a DAG under the full CRDs (`workflow_types.go:3594`); they do not count tasks under
/// `inline`.
const MOST_TASKS: usize = 200;

/// Template of the pipeline.
pub(super) fn pipeline(plan: &Plan, classes: &Classes<'_>, context: &Context<'_>) -> Template {
    let init = &context.config.template.init_templates;
    template(PIPELINE, tasks(plan, classes, init, Part::Pipeline))
}

/// The tasks of a plan, after those of the init templates.
pub(super) fn tasks(plan: &Plan, classes: &Classes<'_>, init: &[String], part: Part) -> Vec<Task> {
    let mut tasks: Vec<Task> = init
        .iter()
        .map(|name| Task {
            name: name.clone(),
            template: name.clone(),
            ..Task::default()
        })
        .collect();
    let own = plan.tasks.iter();
    tasks.extend(own.map(|task| dag_task(task, classes, init, part)));
    tasks
}

/// A template of tasks with dependencies.
pub(super) fn template(name: &str, tasks: Vec<Task>) -> Template {
    let template = Template {
        name: name.to_owned(),
        ..Template::default()
    };
    let is_wide = tasks.len() > MOST_TASKS;
    let dag = Some(Dag {
        tasks,
        ..Dag::default()
    });
    if !is_wide {
        return Template { dag, ..template };
    }
    let step = Task {
        name: WIDE_STEP.to_owned(),
        inline: Some(Box::new(Template {
            dag,
            ..Template::default()
        })),
        ..Task::default()
    };
    Template {
        steps: vec![ParallelSteps(vec![step])],
        ..template
    }
}

fn dag_task(task: &plan::Task, classes: &Classes<'_>, init: &[String], part: Part) -> Task {
    let mut parameters = Vec::new();
    if !nodes_follow_from_name(task) {
        parameters.push(Parameter::new(NODES, name_list::written(&task.nodes)));
    }
    for (name, datasets) in [(HANDOFF, task.handoff()), (MEMORY, task.kept_in_memory())] {
        if !datasets.is_empty() {
            parameters.push(Parameter::new(name, name_list::written(&datasets)));
        }
    }
    // Only the first tasks need to wait for the init templates; all others depend on them.
    let upstream = if task.upstream.is_empty() {
        init
    } else {
        &task.upstream
    };
    Task {
        name: task.name.clone(),
        template: classes.name_of(task, part).to_owned(),
        arguments: Arguments {
            parameters,
            ..Arguments::default()
        },
        dependencies: upstream.to_vec(),
        ..Task::default()
    }
}
