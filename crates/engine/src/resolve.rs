//! From a Workflow to the units that run, or to what of it this engine does not run.

use std::collections::HashMap;
use std::ffi::OsString;

use argo::quantity::QuantityError;
use argo::spec::{Container, EnvVar, Task, Template, WorkflowSpec};
use argo::status;
use argo::text::expression::Outside;
use indexmap::IndexMap;
use jiff::Timestamp;
use marks::{NODES, main_dag, name_list};

use crate::Budget;
use crate::expand::expand;
use crate::not_here;
use crate::operate;
use crate::substitute::{Failure, Values, extend, substitute, tags};
use pod::Redactor;

/// A task that will be a process.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Name of the task.
    pub name: String,
    /// Names of its Kedro nodes; none for an init template.
    pub nodes: Vec<String>,
    /// Indices of the units it waits for.
    pub upstream: Vec<usize>,
    /// What it asks of the machine.
    pub needs: Budget,
    /// Bytes of memory beyond which a cluster kills it.
    pub memory_limit: Option<u64>,
    /// Program and words, with tags.
    command: Vec<String>,
    /// Variables of its container.
    variables: Vec<Variable>,
    /// Values of its inputs.
    inputs: IndexMap<String, String>,
    /// Whether it would be tried again elsewhere, and so knows which try it is.
    is_retried: bool,
    /// What it hands to the whole workflow: name and file.
    pub outputs: Vec<(String, String)>,
    /// Name of its template.
    template: String,
    /// The outputs as its template declares them, in the order of `outputs`.
    declared: Vec<status::Parameter>,
}

/// How a command begins that is argo-kedro's own.
const OWN: [&str; 2] = marks::EXEC;

/// A variable of a container.
#[derive(Clone)]
struct Variable {
    name: String,
    text: String,
    /// A secret's text is not looked into, by Argo or by Kubernetes.
    is_secret: bool,
}

impl std::fmt::Debug for Variable {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = if self.is_secret { "…" } else { &self.text };
        write!(formatter, "{}={text}", self.name)
    }
}

/// Which run of a workflow it is.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Name of the run.
    pub name: &'a str,
    /// Its unique id.
    pub uid: &'a str,
    /// When it was made.
    pub created: Timestamp,
}

/// A workflow that this engine can run.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// Name of the run.
    pub name: String,
    /// Name of the template that it starts with.
    entrypoint: String,
    /// Name of the step that has the DAG in place, for one that does not start with the DAG itself.
    step: Option<String>,
    /// Its units, in the order of the workflow.
    pub units: Vec<Unit>,
    /// Values of the tags that every unit knows.
    pub globals: Values,
    /// Takes the workflow's secrets out of what is written or shown.
    pub redactor: Redactor,
    /// What of the workflow makes no difference here though it would on a cluster, a sentence each.
    pub notes: Vec<String>,
}

/// A field of the manifest that this engine does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// Path in the manifest.
    pub field: String,
    /// What is not supported, or what is missing to run it.
    pub reason: String,
}

/// What a unit runs, with everything replaced. Not `Debug`: secrets are in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    /// Program and words.
    pub(crate) command: Vec<String>,
    /// Variables of the container, on top of this process' own.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// Values of its inputs.
    pub(crate) inputs: Vec<(String, String)>,
}

impl Resolved {
    /// What the status is about.
    pub(crate) fn workflow(&self) -> operate::Workflow {
        let tasks = self.units.iter().map(|unit| operate::Task {
            name: unit.name.clone(),
            template: unit.template.clone(),
            dependencies: unit.upstream.clone(),
        });
        operate::Workflow {
            name: self.name.clone(),
            entrypoint: self.entrypoint.clone(),
            step: self.step.clone(),
            tasks: tasks.collect(),
        }
    }
}

impl Launch {
    /// The words for the worker where the command is argo-kedro's own: such a task says in
    /// its report how it ended.
    pub(crate) fn worker_words(&self) -> Option<&[String]> {
        let (start, words) = self.command.split_at_checked(2)?;
        (start == OWN).then_some(words)
    }
}

impl Unit {
    /// Whether its command is argo-kedro's own.
    pub fn runs_worker(&self) -> bool {
        self.command.starts_with(&OWN.map(str::to_owned))
    }

    /// What to run, given the values that the workflow has by now.
    ///
    /// # Errors
    ///
    /// Returns why a text of the task cannot be filled in.
    pub(crate) fn launch(&self, globals: &Values) -> Result<Launch, Failure> {
        let mut values = globals.clone();
        if let Some(outside) = globals.outside() {
            // Random values of one task are not those of another.
            values = values.with(Outside {
                seed: mixed(outside.seed, &self.name),
                ..outside
            });
        }
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (name, text) in &self.inputs {
            let text = substitute(text, globals)?;
            inputs.push((name.clone(), text.clone()));
            extend(&mut values, [(format!("inputs.parameters.{name}"), text)]);
        }
        if self.is_retried {
            extend(&mut values, [("retries".to_owned(), "0".to_owned())]);
        }
        let mut variables: Vec<(String, String)> = Vec::with_capacity(self.variables.len());
        for variable in &self.variables {
            let value = if variable.is_secret {
                variable.text.clone()
            } else {
                let text = substitute(&variable.text, &values)?;
                expand(&text, |wanted| value_of(&variables, wanted))
            };
            variables.push((variable.name.clone(), value));
        }
        let command = self
            .command
            .iter()
            .map(|word| {
                let word = substitute(word, &values)?;
                Ok(expand(&word, |wanted| value_of(&variables, wanted)))
            })
            .collect::<Result<_, Failure>>()?;
        let variables = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect();
        Ok(Launch {
            command,
            variables,
            inputs,
        })
    }

    /// Its outputs as its node has them.
    ///
    /// # Arguments
    ///
    /// * `values`: Names under which the workflow knows them, and values, in the order of `outputs`.
    pub(crate) fn given(&self, values: &[(String, String)]) -> Vec<status::Parameter> {
        let outputs = self.declared.iter().zip(values);
        let outputs = outputs.map(|(declared, (_, value))| status::Parameter {
            value: Some(value.clone()),
            ..declared.clone()
        });
        outputs.collect()
    }
}

impl Launch {
    /// What its container says of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let mut variables = self.variables.iter().rev();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.to_string_lossy().into_owned())
    }
}

fn value_of(variables: &[(String, String)], wanted: &str) -> Option<String> {
    let found = variables.iter().rev().find(|(name, _)| name == wanted)?;
    Some(found.1.clone())
}

/// Resolves a workflow: its tasks, their templates and their secrets.
///
/// The text of a secret's or a `ConfigMap`'s key comes from `secret`, asked by the name of the
/// variable that wants it. Everything that stands in the way comes back at once.
pub fn resolve(
    spec: &WorkflowSpec,
    run: Identity<'_>,
    secret: impl Fn(&str) -> Option<String>,
) -> Result<Resolved, Vec<Unsupported>> {
    let mut problems = Vec::new();
    let mut globals = values_of(run);
    for parameter in &spec.arguments.parameters {
        if let Some(value) = &parameter.value {
            let name = format!("workflow.parameters.{}", parameter.name);
            extend(&mut globals, [(name, value.to_string())]);
        }
    }
    let Some((path, step, tasks)) = tasks(spec, &mut problems) else {
        return Err(problems);
    };
    let positions: HashMap<&str, usize> = tasks
        .iter()
        .enumerate()
        .map(|(index, task)| (task.name.as_str(), index))
        .collect();
    let mut missing: IndexMap<String, String> = IndexMap::new();
    let mut units = Vec::with_capacity(tasks.len());
    let mut used: Vec<&Template> = Vec::new();
    for task in tasks {
        let field = format!("{path}.tasks[{}]", task.name);
        let Some(template) = spec.template(&task.template) else {
            problems.push(unsupported(
                &field,
                format!("template `{}` is not defined", task.template),
            ));
            continue;
        };
        let Some(container) = &template.container else {
            problems.push(unsupported(
                &field,
                format!("template `{}` is not a container", template.name),
            ));
            continue;
        };
        let is_new = !used.iter().any(|known| known.name == template.name);
        if is_new {
            used.push(template);
        }
        let asked = match Asked::read(container) {
            Ok(asked) => asked,
            Err(error) => {
                let field = format!("spec.templates[{}].container.resources", template.name);
                if is_new {
                    problems.push(unsupported(&field, error.to_string()));
                }
                continue;
            }
        };
        let variables = variables(
            &container.env,
            (&task.name, run.name),
            &secret,
            &mut missing,
        );
        let unit = unit(
            task,
            template,
            (container, asked),
            &positions,
            variables,
            &globals,
        );
        units.push(unit);
    }
    for (variable, source) in missing {
        problems.push(unsupported(
            &format!("environment variable {variable}"),
            format!("its value comes from {source}, and the variable {variable} is not set on this machine"),
        ));
    }
    problems.extend(not_here::refused(spec, &used));
    check_templates(spec, &used, &globals, &mut problems);
    if problems.is_empty() {
        let variables = units.iter().flat_map(|unit| &unit.variables);
        let secrets = variables.filter(|variable| variable.is_secret);
        let redactor = Redactor::new(secrets.map(|variable| variable.text.as_str()));
        Ok(Resolved {
            name: run.name.to_owned(),
            entrypoint: spec.entrypoint.clone(),
            step,
            units,
            globals,
            redactor,
            notes: not_here::notes(spec, &used),
        })
    } else {
        Err(problems)
    }
}

/// A seed made of another one and a name (FNV-1a).
fn mixed(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}

/// The values that a workflow has before anything runs (`workflow/controller/operator.go`, `setGlobalParameters`).
fn values_of(run: Identity<'_>) -> Values {
    let mut values = Values::default().with(Outside {
        // A run has one time, so that a task that is tried again gets the same.
        now: run.created,
        seed: mixed(0, run.uid),
    });
    let names = [("workflow.name", run.name), ("workflow.uid", run.uid)];
    extend(
        &mut values,
        names.map(|(name, text)| (name.to_owned(), text.to_owned())),
    );
    let moments = [
        ("RFC3339", "%Y-%m-%dT%H:%M:%SZ"),
        ("s", "%s"),
        ("Y", "%Y"),
        ("m", "%m"),
        ("d", "%d"),
        ("H", "%H"),
        ("M", "%M"),
        ("S", "%S"),
    ];
    extend(
        &mut values,
        moments.map(|(name, format)| {
            (
                format!("workflow.creationTimestamp.{name}"),
                run.created.strftime(format).to_string(),
            )
        }),
    );
    values
}

/// The DAG that the workflow starts with: in its entrypoint, or inline in its one step.
fn tasks<'a>(
    spec: &'a WorkflowSpec,
    problems: &mut Vec<Unsupported>,
) -> Option<(String, Option<String>, Vec<&'a Task>)> {
    let field = format!("spec.templates[{}]", spec.entrypoint);
    let Some(entry) = spec.template(&spec.entrypoint) else {
        problems.push(unsupported(
            "spec.entrypoint",
            "the template is not defined".to_owned(),
        ));
        return None;
    };
    if let Some(main) = main_dag(spec) {
        let step = main.step.map(str::to_owned);
        return Some((main.path, step, main.dag.tasks.iter().collect()));
    }
    let has_one_step = matches!(entry.steps.as_slice(), [group] if group.0.len() == 1);
    let reason = if has_one_step {
        "on this machine, a step must have an inline DAG"
    } else {
        "on this machine, the entrypoint must be a DAG"
    };
    problems.push(unsupported(&field, reason.to_owned()));
    None
}

fn unit(
    task: &Task,
    template: &Template,
    (container, asked): (&Container, Asked),
    positions: &HashMap<&str, usize>,
    variables: Vec<Variable>,
    globals: &Values,
) -> Unit {
    let mut known = globals.clone();
    extend(&mut known, [("tasks.name".to_owned(), task.name.clone())]);
    let given = &task.arguments.parameters;
    let inputs: IndexMap<String, String> = template
        .inputs
        .parameters
        .iter()
        .filter_map(|input| {
            let argument = given.iter().find(|argument| argument.name == input.name);
            let value = argument
                .and_then(|argument| argument.value.clone())
                .or_else(|| input.value.clone())
                .or_else(|| input.default.clone())?
                .0;
            // What cannot be filled in is told when the task starts.
            let filled = substitute(&value, &known).unwrap_or(value);
            Some((input.name.clone(), filled))
        })
        .collect();
    let nodes = inputs
        .get(NODES)
        .map_or_else(Vec::new, |nodes| name_list::read(nodes));
    let outputs = template.outputs.parameters.iter();
    let (outputs, declared) = outputs
        .filter_map(|output| {
            let global = output.global_name.as_ref()?;
            let path = output.value_from.as_ref()?.path.clone();
            let declared = status::Parameter {
                name: output.name.clone(),
                value_from: Some(serde_json::json!({"path": path})),
                global_name: global.clone(),
                ..status::Parameter::default()
            };
            Some((
                (format!("workflow.outputs.parameters.{global}"), path),
                declared,
            ))
        })
        .unzip();
    Unit {
        name: task.name.clone(),
        nodes,
        upstream: task
            .dependencies
            .iter()
            .filter_map(|name| positions.get(name.as_str()).copied())
            .collect(),
        needs: asked.needs,
        memory_limit: asked.memory_limit,
        command: container
            .command
            .iter()
            .chain(&container.args)
            .cloned()
            .collect(),
        variables,
        inputs,
        is_retried: template.retry_strategy.is_some(),
        outputs,
        template: template.name.clone(),
        declared,
    }
}

/// `whose` is the name of the task and of the workflow.
fn variables(
    configured: &[EnvVar],
    whose: (&str, &str),
    given: &impl Fn(&str) -> Option<String>,
    missing: &mut IndexMap<String, String>,
) -> Vec<Variable> {
    let mut variables = Vec::with_capacity(configured.len());
    for variable in configured {
        let from = variable.value_from.clone().unwrap_or_default();
        let is_secret = from.secret_key_ref.is_some();
        let (text, source) = if let Some(key) = &from.secret_key_ref {
            let source = format!("the key `{}` of the secret `{}`", key.key, key.name);
            (given(&variable.name), source)
        } else if let Some(key) = &from.config_map_key_ref {
            let source = format!("the key `{}` of the ConfigMap `{}`", key.key, key.name);
            (given(&variable.name), source)
        } else if let Some(field) = &from.field_ref {
            let source = format!("the field `{}` of the pod", field.field_path);
            let value = not_here::field_of_pod(field, whose.0, whose.1);
            (value.or_else(|| given(&variable.name)), source)
        } else if let Some(other) = from.present().first() {
            (given(&variable.name), format!("`{other}`"))
        } else {
            // A variable without a value is an empty one, as in Kubernetes.
            let value = variable.value.clone().unwrap_or_default();
            (Some(value), String::new())
        };
        match text {
            Some(text) => variables.push(Variable {
                name: variable.name.clone(),
                text,
                is_secret,
            }),
            None => {
                missing.insert(variable.name.clone(), source);
            }
        }
    }
    variables
}

/// What a container asks for, and what it may use.
#[derive(Clone, Copy, Default)]
struct Asked {
    needs: Budget,
    /// Bytes of memory.
    memory_limit: Option<u64>,
}

impl Asked {
    fn read(container: &Container) -> Result<Self, QuantityError> {
        let Some(resources) = &container.resources else {
            return Ok(Self::default());
        };
        Ok(Self {
            needs: Budget {
                millicores: resources.millicores()?,
                memory: resources.memory()?,
                gpus: resources.gpus()?,
            },
            memory_limit: resources.memory_limit()?,
        })
    }
}

fn check_templates(
    spec: &WorkflowSpec,
    used: &[&Template],
    globals: &Values,
    problems: &mut Vec<Unsupported>,
) {
    let outputs: Vec<String> = spec
        .templates
        .iter()
        .flat_map(|template| &template.outputs.parameters)
        .filter_map(|output| output.global_name.clone())
        .collect();
    for template in used {
        let field = format!("spec.templates[{}]", template.name);
        let Some(container) = &template.container else {
            continue;
        };
        let values = container
            .env
            .iter()
            .filter_map(|variable| variable.value.as_ref());
        for text in container
            .command
            .iter()
            .chain(&container.args)
            .chain(values)
        {
            for tag in tags(text) {
                let known = tag.starts_with("inputs.parameters.")
                    || tag.starts_with("workflow.parameters.")
                    || globals.get(tag).is_some()
                    || tag
                        .strip_prefix("workflow.outputs.parameters.")
                        .is_some_and(|name| outputs.iter().any(|output| output == name));
                if !known && looks_like_argo(tag) {
                    problems.push(unsupported(
                        &format!("{field}.container"),
                        format!("`{{{{{tag}}}}}` has no value on this machine"),
                    ));
                }
            }
        }
    }
}

/// Any other tag reaches the container as it stands, as it does with Argo.
fn looks_like_argo(tag: &str) -> bool {
    [
        "=",
        "workflow.",
        "inputs.",
        "tasks.",
        "steps.",
        "pod.",
        "node.",
    ]
    .iter()
    .any(|prefix| tag.starts_with(prefix))
}

pub(crate) fn unsupported(field: &str, reason: String) -> Unsupported {
    Unsupported {
        field: field.to_owned(),
        reason,
    }
}
