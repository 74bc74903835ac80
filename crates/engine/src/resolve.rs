//! Resolution of documents: the result is a Workflow that runs here, or a list of what this engine does not support.

use std::collections::BTreeMap;

use argo::spec::{Manifest, Template, WorkflowSpec};
use indexmap::IndexMap;
use jiff::Timestamp;
use marks::{NOTIFY, TaskOutline, main_dag, outline};
use pod::Redactor;

use crate::Budget;
use crate::containers::{budget, of_template};
use crate::files::{MountedClaim, declares_files, is_claim, mounted_claim};
use crate::not_here;
use crate::operate::{Source, Waves, waves};
use crate::own_command::runs_worker;
use crate::pod_budget::PodBudget;
use crate::pod_fields;
use crate::setup::{Setup, Texts, Unsupported, unsupported};

/// A task that is known before the run.
#[derive(Debug, Clone)]
pub struct Unit {
    /// Name of the task.
    pub name: String,
    /// Names of its Kedro nodes; none for an init template.
    pub nodes: Vec<String>,
    /// Requested resources of the task.
    pub needs: Budget,
    /// Memory in bytes beyond which a cluster kills the task.
    pub memory_limit: Option<u64>,
    /// Set if the command is argo-kedro's own.
    pub runs_worker: bool,
}

/// Identity of a run of a workflow.
#[derive(Debug, Clone, Copy)]
pub struct Identity<'a> {
    /// Name of the run.
    pub name: &'a str,
    /// Unique id of the run.
    pub uid: &'a str,
    /// Time at which the run was created.
    pub created: Timestamp,
}

/// A Workflow that this engine can run.
#[derive(Clone)]
pub struct Resolved {
    /// Name of the run.
    pub name: String,
    pub(crate) source: Source,
    /// Tasks in the order of the workflow, as far as they are known before the run.
    pub units: Vec<Unit>,
    pub(crate) outline: Vec<TaskOutline>,
    pub(crate) texts: Texts,
    /// Removes the workflow's secrets from everything that is written or shown.
    pub redactor: Redactor,
    /// Set if pods have files of their own.
    pub declares_files: bool,
    /// Set if pods that run Kedro nodes mount their claims.
    pub(crate) workers_have_claims: bool,
    /// Notes on fields without effect here that would matter on a cluster, a sentence each.
    pub notes: Vec<String>,
}

impl Resolved {
    /// Lists the tasks by waves, as far as the documents tell.
    ///
    /// # Errors
    ///
    /// A called template does not exist. The error has Argo's words.
    pub fn waves(&self) -> Result<Waves, String> {
        let needs = |template: &Template| Some(budget(&of_template(template)).ok()?.needs);
        waves(&self.source, &needs)
    }

    /// The claims that pods with Kedro nodes mount, without duplicates, in the order of the manifest; without those of
    /// `volumeClaimTemplates`.
    pub fn claims(&self) -> Vec<MountedClaim> {
        let spec = self.source.manifest.workflow();
        let mut found = Vec::new();
        for template in &spec.templates {
            let containers = not_here::containers(template);
            for container in containers.filter(runs_worker) {
                for mount in &container.volume_mounts {
                    if let Some(claim) = mounted_claim(mount, template, &spec.volumes)
                        && !found.contains(&claim)
                    {
                        found.push(claim);
                    }
                }
            }
        }
        found
    }

    /// Priority of the Workflow.
    pub fn priority(&self) -> i64 {
        self.source.manifest.workflow().priority.unwrap_or_default()
    }
}

impl std::fmt::Debug for Resolved {
    /// Omits the secrets.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Resolved({})", self.name)
    }
}

/// Says whether pods that run Kedro nodes mount claims, including those of `volumeClaimTemplates`.
pub fn workers_mount_claims(spec: &WorkflowSpec) -> bool {
    spec.templates.iter().any(|template| {
        let mut workers = not_here::containers(template).filter(runs_worker);
        workers.any(|container| {
            let mut mounts = container.volume_mounts.iter();
            mounts.any(|mount| is_claim(mount, template, &spec.volumes))
        })
    })
}

/// Resolves a Workflow: the parts known before its run, and its secrets.
///
/// `secret` gives the text of a secret's or a `ConfigMap`'s key that the `setup` lacks, by the name of the variable.
/// The error lists all problems at once.
///
/// # Errors
///
/// Parts of the Workflow that cannot run here.
pub fn resolve(
    manifest: &Manifest,
    run: Identity<'_>,
    setup: Setup,
    secret: impl Fn(&str) -> Option<String>,
) -> Result<Resolved, Vec<Unsupported>> {
    let mut manifest = manifest.clone();
    without_notify(manifest.workflow_mut());
    let spec = manifest.workflow();
    let others = setup.others.iter().map(Manifest::workflow);
    let templates: Vec<&Template> = not_here::templates(spec, others);
    let mut problems = not_here::refused(spec, &templates, &setup);
    let variables = variables(&templates, &setup, &secret, &mut problems);
    let units = units(spec, &mut problems);
    let is_left_out = |problem: &Unsupported| setup.ignores_unsupported && problem.is_harmless;
    let (left_out, problems): (Vec<_>, Vec<_>) = problems.into_iter().partition(is_left_out);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut notes = not_here::notes(spec, &templates, &setup);
    notes.extend(
        left_out
            .iter()
            .map(|problem| format!("left out here: {}", problem.field)),
    );
    let of_secrets = setup.secrets.values().flat_map(BTreeMap::values);
    let secrets = variables.secrets.iter().chain(of_secrets);
    let redactor = Redactor::new(secrets.map(String::as_str));
    Ok(Resolved {
        name: run.name.to_owned(),
        outline: outline(spec),
        notes,
        units,
        declares_files: templates
            .iter()
            .any(|template| declares_files(template, &spec.volumes, setup.workers_have_claims)),
        workers_have_claims: setup.workers_have_claims,
        texts: Texts {
            config_maps: setup.config_maps.clone(),
            secrets: setup.secrets,
            variables: variables.texts,
        },
        redactor,
        source: Source {
            name: run.name.to_owned(),
            uid: run.uid.to_owned(),
            created: run.created,
            others: setup.others,
            config_maps: setup.config_maps,
            cache: setup.cache,
            manifest,
        },
    })
}

/// Removes the exit handler that sends notifications: this program sends them itself.
fn without_notify(spec: &mut WorkflowSpec) {
    let Some(name) = spec.on_exit.clone() else {
        return;
    };
    if name == NOTIFY {
        spec.on_exit = None;
        return;
    }
    let handler = spec
        .templates
        .iter_mut()
        .find(|template| template.name == name);
    let Some(dag) = handler.and_then(|template| template.dag.as_mut()) else {
        return;
    };
    dag.tasks.retain(|task| task.template != NOTIFY);
    let left: Vec<String> = dag.tasks.iter().map(|task| task.name.clone()).collect();
    for task in &mut dag.tasks {
        task.dependencies.retain(|name| left.contains(name));
    }
    if dag.tasks.is_empty() {
        spec.on_exit = None;
    }
}

/// Tasks known before the run: those of the DAG at the entrypoint.
fn units(spec: &WorkflowSpec, problems: &mut Vec<Unsupported>) -> Vec<Unit> {
    let Some(main) = main_dag(spec) else {
        return Vec::new();
    };
    let nodes = outline(spec);
    let mut units = Vec::with_capacity(main.dag.tasks.len());
    let mut refused: Vec<&str> = Vec::new();
    for (task, known) in main.dag.tasks.iter().zip(nodes) {
        let template = spec.template(&task.template);
        let Some(container) = template.and_then(|template| template.container.as_ref()) else {
            continue;
        };
        let budget = PodBudget::read(container).unwrap_or_else(|error| {
            if !refused.contains(&task.template.as_str()) {
                refused.push(&task.template);
                let field = format!("spec.templates[{}].container.resources", task.template);
                problems.push(unsupported(&field, error.to_string()));
            }
            PodBudget::default()
        });
        units.push(Unit {
            name: known.name,
            nodes: known.nodes,
            needs: budget.needs,
            memory_limit: budget.memory_limit,
            runs_worker: runs_worker(container),
        });
    }
    units
}

/// Texts of variables that no given secret or `ConfigMap` has.
#[derive(Default)]
struct Variables {
    texts: BTreeMap<String, String>,
    secrets: Vec<String>,
}

fn variables(
    templates: &[&Template],
    setup: &Setup,
    asked: &impl Fn(&str) -> Option<String>,
    problems: &mut Vec<Unsupported>,
) -> Variables {
    let mut found = Variables::default();
    let mut missing: IndexMap<String, String> = IndexMap::new();
    let is_known = |from: &BTreeMap<String, BTreeMap<String, String>>, name: &str, key: &str| {
        from.get(name).is_some_and(|keys| keys.contains_key(key))
    };
    for container in templates
        .iter()
        .flat_map(|template| not_here::containers(template))
    {
        for variable in &container.env {
            let from = variable.value_from.clone().unwrap_or_default();
            let name = &variable.name;
            let (text, source, is_optional) = if let Some(key) = &from.secret_key_ref {
                if is_known(&setup.secrets, &key.name, &key.key) {
                    continue;
                }
                let source = format!("the key `{}` of the secret `{}`", key.key, key.name);
                (asked(name), source, key.optional)
            } else if let Some(key) = &from.config_map_key_ref {
                if is_known(&setup.config_maps, &key.name, &key.key) {
                    continue;
                }
                let source = format!("the key `{}` of the ConfigMap `{}`", key.key, key.name);
                (asked(name), source, key.optional)
            } else if let Some(field) = &from.field_ref {
                let source = format!("the field `{}` of the pod", field.field_path);
                if pod_fields::is_known(&field.field_path) {
                    continue;
                }
                (asked(name), source, false)
            } else if let Some(other) = from.present().first() {
                (asked(name), format!("`{other}`"), false)
            } else {
                continue;
            };
            match text {
                Some(text) => {
                    if from.secret_key_ref.is_some() {
                        found.secrets.push(text.clone());
                    }
                    found.texts.insert(name.clone(), text);
                }
                None if is_optional => {}
                None => {
                    missing.insert(name.clone(), source);
                }
            }
        }
    }
    for (variable, source) in missing {
        problems.push(unsupported(
            &format!("environment variable {variable}"),
            format!("its value comes from {source}, and the variable {variable} is not set on this machine"),
        ));
    }
    found
}
