//! Waves of a Workflow before a run: which tasks can run side by side, and their dependencies, as far as the documents
//! tell.

use std::rc::Rc;

use argo::spec::{Task, Template};
use argo::status::{exit_handler_name, step_group_name, task_name};

use super::documents::{Documents, Scope, Source, TemplateNodeKind, TemplateReference, kind};
use super::graph::TaskGraph;
use super::items::{is_loop, items_of};
use crate::Budget;

/// Maximum number of listed tasks: a few templates that call each other can make any number of tasks.
const MOST: usize = 20_000;
/// Maximum depth of calls, as in Argo.
const DEEPEST: usize = 100;

/// Tasks of a Workflow before a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waves {
    /// The tasks, in the order of the documents. Those of the exit handler come last.
    pub tasks: Vec<PlannedTask>,
    /// Set if there are more tasks, which are left out.
    pub is_cut: bool,
}

/// A planned task, as far as the documents tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedTask {
    /// Name of the task, as in a run.
    pub name: String,
    /// Number of its wave, from 0: tasks of the same wave can run at the same time.
    pub wave: usize,
    /// Names of the tasks that it waits for.
    pub after: Vec<String>,
    /// Name of its template; empty for an inline template.
    pub template: String,
    /// Requested resources; none if there are none, or if only the run knows them.
    pub needs: Option<Budget>,
    /// Conditions for the task to run.
    pub when: Vec<String>,
    /// Number of its runs.
    pub run_count: RunCount,
    /// Set if the task calls a template recursively, or is nested too deep.
    pub is_recursive: bool,
    /// Set if it belongs to the exit handler of the Workflow.
    pub is_exit: bool,
}

/// Number of runs of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunCount {
    /// Once: the task is no loop.
    Once,
    /// Once per item, with this number of items.
    Known(usize),
    /// Once per item; the number of items is known only during the run.
    Later,
}

impl RunCount {
    /// Multiplies the runs of an outer task with those of an inner one.
    fn times(self, inner: Self) -> Self {
        match (self, inner) {
            (Self::Once, other) | (other, Self::Once) => other,
            (Self::Known(outer), Self::Known(inner)) => Self::Known(outer.saturating_mul(inner)),
            _ => Self::Later,
        }
    }
}

/// Lists the tasks of a Workflow by waves, as far as the documents tell.
///
/// # Arguments
///
/// * `needs`: Resources that a pod requests, by its template; none if only the run knows them.
///
/// # Errors
///
/// A called template does not exist. The error has Argo's words.
pub(crate) fn waves(
    source: &Source,
    needs: &dyn Fn(&Template) -> Option<Budget>,
) -> Result<Waves, String> {
    let documents = Documents::new(source.clone())?;
    let mut walk = Walk {
        documents: &documents,
        needs,
        around: Vec::new(),
        found: Waves::default(),
    };
    let entry = Task {
        template: documents.spec.entrypoint.clone(),
        ..Task::default()
    };
    let workflow = TemplateCall {
        path: documents.name.clone(),
        wave: 0,
        after: Vec::new(),
        when: Vec::new(),
        run_count: RunCount::Once,
        is_exit: false,
    };
    let end = walk.call(&Scope::Local, &entry, workflow.clone())?;
    let hook = documents.spec.hooks.get("exit");
    let on_exit = documents.spec.on_exit.clone();
    let handler = on_exit.filter(|name| !name.is_empty());
    let handler = match (handler, hook) {
        (Some(template), _) => Task {
            template,
            ..Task::default()
        },
        (None, Some(hook)) => Task {
            template: hook.template.clone(),
            template_ref: hook.template_ref.clone(),
            ..Task::default()
        },
        (None, None) => return Ok(walk.found),
    };
    let exit = TemplateCall {
        path: exit_handler_name(&documents.name),
        wave: end,
        is_exit: true,
        ..workflow
    };
    walk.call(&Scope::Local, &handler, exit)?;
    Ok(walk.found)
}

/// Place where a template is called.
#[derive(Debug, Clone)]
struct TemplateCall {
    /// Name of the node.
    path: String,
    /// First wave in which the call may run.
    wave: usize,
    /// Names of the tasks that it waits for.
    after: Vec<String>,
    /// Conditions on the path to the call.
    when: Vec<String>,
    run_count: RunCount,
    is_exit: bool,
}

struct Walk<'a> {
    documents: &'a Documents,
    /// Resources that a pod requests.
    needs: &'a dyn Fn(&Template) -> Option<Budget>,
    /// Scopes and names of the templates around the current one.
    around: Vec<(Scope, String)>,
    found: Waves,
}

impl Walk<'_> {
    /// Walks through the calls of a task, a step or the Workflow; returns the wave after the last one.
    fn call(
        &mut self,
        scope: &Scope,
        holder: &Task,
        mut call: TemplateCall,
    ) -> Result<usize, String> {
        let (scope, known) = self
            .documents
            .resolve(scope, &TemplateReference::from(holder))?;
        let template = Rc::clone(&known.template);
        if !holder.when.is_empty() {
            call.when.push(holder.when.clone());
        }
        if is_loop(holder) {
            call.run_count = call.run_count.times(run_count(holder));
        }
        let own = (scope.clone(), template.name.clone());
        let is_around = !template.name.is_empty() && self.around.contains(&own);
        let is_around = is_around || self.around.len() == DEEPEST;
        if self.found.tasks.len() == MOST {
            self.found.is_cut = true;
            return Ok(call.wave);
        }
        let end = match kind(&template) {
            Some(TemplateNodeKind::Dag | TemplateNodeKind::Steps) if is_around => {
                self.add(&call, &template.name, None, true);
                call.wave + 1
            }
            Some(TemplateNodeKind::Dag) => {
                self.around.push(own);
                let graph = TaskGraph::new(template);
                let end = self.dag(&scope, &graph, &call);
                self.around.pop();
                end?
            }
            Some(TemplateNodeKind::Steps) => {
                self.around.push(own);
                let mut begin = call.clone();
                for (number, group) in template.steps.iter().enumerate() {
                    let number = u32::try_from(number).unwrap_or(u32::MAX);
                    let path = step_group_name(&call.path, number);
                    let mut end = begin.wave;
                    let mut names = Vec::with_capacity(group.0.len());
                    for step in &group.0 {
                        let path = task_name(&path, &step.name);
                        names.push(self.label(&path, ""));
                        let at = TemplateCall {
                            path,
                            ..begin.clone()
                        };
                        end = end.max(self.call(&scope, step, at)?);
                    }
                    if !names.is_empty() {
                        (begin.wave, begin.after) = (end, names);
                    }
                }
                self.around.pop();
                begin.wave
            }
            Some(TemplateNodeKind::Pod) => {
                let needs = (self.needs)(&template);
                self.add(&call, &template.name, needs, false);
                call.wave + 1
            }
            Some(TemplateNodeKind::Suspend) | None => {
                self.add(&call, &template.name, None, false);
                call.wave + 1
            }
        };
        Ok(end)
    }

    fn dag(
        &mut self,
        scope: &Scope,
        graph: &TaskGraph,
        call: &TemplateCall,
    ) -> Result<usize, String> {
        let mut ends = vec![call.wave; graph.len()];
        for number in &graph.order {
            let above = graph.above(*number);
            let task = graph.task(*number);
            let name = |task: &Task| self.label(&task_name(&call.path, &task.name), "");
            let mut at = TemplateCall {
                path: task_name(&call.path, &task.name),
                ..call.clone()
            };
            if !above.is_empty() {
                at.after = above.iter().map(|above| name(graph.task(*above))).collect();
                let ends = above.iter().map(|above| ends[*above]);
                at.wave = ends.max().unwrap_or(call.wave);
            }
            ends[*number] = self.call(scope, task, at)?;
        }
        Ok(ends.into_iter().max().unwrap_or(call.wave))
    }

    fn add(
        &mut self,
        call: &TemplateCall,
        template: &str,
        needs: Option<Budget>,
        is_recursive: bool,
    ) {
        self.found.tasks.push(PlannedTask {
            name: self.label(&call.path, template),
            wave: call.wave,
            after: call.after.clone(),
            template: template.to_owned(),
            needs: needs.filter(|needs| *needs != Budget::default()),
            when: call.when.clone(),
            run_count: call.run_count,
            is_recursive,
            is_exit: call.is_exit,
        });
    }

    /// Name of a task, as in a run.
    fn label(&self, path: &str, template: &str) -> String {
        runs::label(path, &self.documents.name, template)
    }
}

/// Number of runs of a loop, if the document tells.
fn run_count(task: &Task) -> RunCount {
    items_of(task).map_or(RunCount::Later, |turns| RunCount::Known(turns.len()))
}

#[cfg(test)]
mod tests {
    use argo::spec::Manifest;
    use jiff::Timestamp;

    use super::*;
    use crate::{Identity, Setup, resolve};

    fn waves_of(spec: &str) -> Waves {
        let text = format!("kind: Workflow\nmetadata: {{name: w}}\nspec:\n{spec}");
        let manifest: Manifest = argo::spec::from_text(&text).unwrap();
        let run = Identity {
            name: "w",
            uid: "u",
            created: Timestamp::UNIX_EPOCH,
        };
        let resolved = resolve(&manifest, run, Setup::default(), |_| None).unwrap();
        resolved.waves().unwrap()
    }

    fn lines(waves: &Waves) -> Vec<String> {
        let line = |task: &PlannedTask| {
            let after = task.after.join(" ");
            format!("{} {} <- {after}", task.wave, task.name)
        };
        waves.tasks.iter().map(line).collect()
    }

    const TEMPLATES: &str = "
    - name: work
      container: {image: i, command: [a], resources: {requests: {cpu: 500m}}}
    - name: two
      steps:
        - [{name: x, template: work}, {name: u, template: work}]
        - [{name: z, template: work}]
";

    #[test]
    fn a_task_is_in_the_wave_after_the_last_that_it_waits_for() {
        let spec = format!(
            "
  entrypoint: main
  onExit: work
  templates:
    - name: main
      dag:
        tasks:
          - {{name: last, template: work, dependencies: [inner, beside]}}
          - {{name: inner, template: two, dependencies: [first]}}
          - {{name: beside, template: work, depends: first.Failed, when: 'false'}}
          - {{name: first, template: work, withItems: [1, 2]}}
{TEMPLATES}"
        );
        let waves = waves_of(&spec);
        let expected = [
            "0 first <- ",
            "1 inner[0].x <- first",
            "1 inner[0].u <- first",
            "2 inner[1].z <- inner[0].x inner[0].u",
            "1 beside <- first",
            "3 last <- inner beside",
            "4 onExit <- ",
        ];
        let mut found = lines(&waves);
        found.sort();
        let mut sorted = expected.map(str::to_owned).to_vec();
        sorted.sort();
        assert_eq!(found, sorted);
        let task = |name: &str| waves.tasks.iter().find(|task| task.name == name).unwrap();
        assert_eq!(task("first").run_count, RunCount::Known(2));
        assert_eq!(task("beside").when, ["false"]);
        assert_eq!(task("last").needs.map(|needs| needs.millicores), Some(500));
        assert!(task("onExit").is_exit && !task("last").is_exit);
    }

    #[test]
    fn templates_that_call_themselves_or_are_very_many_come_to_an_end() {
        let itself = waves_of(
            "
  entrypoint: main
  templates:
    - name: main
      steps:
        - [{name: again, template: main, when: '{{=false}}', withParam: '{{workflow.name}}'}]",
        );
        assert_eq!(lines(&itself), ["0 [0].again <- "]);
        assert!(itself.tasks[0].is_recursive);
        assert_eq!(itself.tasks[0].run_count, RunCount::Later);
        let mut many = "\n  entrypoint: t0\n  templates:\n".to_owned();
        for number in 0..40 {
            let next = format!("template: t{}", number + 1);
            many.push_str(&format!(
                "    - {{name: t{number}, steps: [[{{name: a, {next}}}, {{name: b, {next}}}]]}}\n"
            ));
        }
        many.push_str("    - {name: t40, container: {image: i, command: [a]}}\n");
        let many = waves_of(&many);
        assert_eq!((many.tasks.len(), many.is_cut), (MOST, true));
        let mut deep = "\n  entrypoint: t0\n  templates:\n".to_owned();
        for number in 0..5000 {
            let next = format!("template: t{}", number + 1);
            deep.push_str(&format!(
                "    - {{name: t{number}, steps: [[{{name: a, {next}}}]]}}\n"
            ));
        }
        deep.push_str("    - {name: t5000, container: {image: i, command: [a]}}\n");
        assert!(waves_of(&deep).tasks[0].is_recursive);
    }
}
