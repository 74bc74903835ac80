//! The pipeline itself: its tasks, and the tasks that each one waits for.

use plan::{Plan, Task};
use serde_saphyr::{FlowMap, FlowSeq};

use super::classes::Classes;
use super::context::{Context, Part};
use super::inputs::{HANDOFF, MEMORY, NODES, nodes_follow_from_name};
use super::template_names::PIPELINE;
use crate::manifest::{
    Arguments, Dag, DagTask, InlineTemplate, Parameter, Step, Template, WideDag,
};
use crate::name_list;

/// Most tasks of a DAG under the full CRDs (`workflow_types.go:3594`); not counted under `inline`.
const MOST_TASKS: usize = 200;

/// Template of the pipeline.
pub(super) fn pipeline(plan: &Plan, classes: &Classes<'_>, context: &Context<'_>) -> Template {
    let init = &context.config.template.init_templates;
    template(PIPELINE, tasks(plan, classes, init, Part::Pipeline))
}

/// The tasks of a plan, after those of the init templates.
pub(super) fn tasks(
    plan: &Plan,
    classes: &Classes<'_>,
    init: &[String],
    part: Part,
) -> Vec<DagTask> {
    let mut tasks: Vec<DagTask> = init
        .iter()
        .map(|name| DagTask {
            name: name.clone(),
            template: name.clone(),
            ..DagTask::default()
        })
        .collect();
    let own = plan.tasks.iter();
    tasks.extend(own.map(|task| dag_task(task, classes, init, part)));
    tasks
}

/// A template of tasks that wait for each other.
pub(super) fn template(name: &str, tasks: Vec<DagTask>) -> Template {
    let template = Template {
        name: name.to_owned(),
        ..Template::default()
    };
    if tasks.len() <= MOST_TASKS {
        return Template {
            dag: Some(Dag {
                tasks,
                ..Dag::default()
            }),
            ..template
        };
    }
    let dag = WideDag {
        tasks: tasks.into_iter().map(FlowMap).collect(),
        ..WideDag::default()
    };
    Template {
        steps: vec![vec![Step {
            name: "tasks".to_owned(),
            inline: Some(InlineTemplate {
                dag,
                ..InlineTemplate::default()
            }),
            ..Step::default()
        }]],
        ..template
    }
}

fn dag_task(task: &Task, classes: &Classes<'_>, init: &[String], part: Part) -> DagTask {
    let mut parameters = Vec::new();
    if !nodes_follow_from_name(task) {
        parameters.push(Parameter::new(NODES, name_list::written(&task.nodes)));
    }
    for (name, datasets) in [(HANDOFF, task.handoff()), (MEMORY, task.kept_in_memory())] {
        if !datasets.is_empty() {
            parameters.push(Parameter::new(name, name_list::written(&datasets)));
        }
    }
    // The first tasks wait for the init templates, and through them all others do.
    let upstream = if task.upstream.is_empty() {
        init
    } else {
        &task.upstream
    };
    DagTask {
        name: task.name.clone(),
        template: classes.name_of(task, part).to_owned(),
        arguments: (!parameters.is_empty()).then_some(FlowMap(Arguments {
            parameters,
            ..Arguments::default()
        })),
        dependencies: (!upstream.is_empty()).then(|| FlowSeq(upstream.to_vec())),
        ..DagTask::default()
    }
}
