//! From a template with everything filled in to a process.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use argo::merge::strategic;
use argo::quantity::QuantityError;
use argo::spec::{Container, EnvVar, Template, from_json, to_json};
use argo::text::tags::{Strict, Values, substitute};

use crate::Budget;
use crate::expand::expand;
use crate::not_here;

/// How a command begins that is argo-kedro's own.
const OWN: [&str; 2] = marks::EXEC;

/// What a pod runs, with everything replaced. Not `Debug`: secrets are in it.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    /// Program and words.
    pub(crate) command: Vec<String>,
    /// Variables of the container, on top of this process' own.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// Folder that it starts in; none is that of the run.
    pub(crate) folder: Option<PathBuf>,
    /// Text that it runs, in a file whose path comes behind the words.
    pub(crate) source: Option<String>,
}

/// What every pod of a run is launched with.
#[derive(Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    /// Name of the Workflow.
    pub(crate) workflow: &'a str,
    /// Texts of variables that come from secrets and `ConfigMap`s, by the names of the variables.
    pub(crate) given: &'a BTreeMap<String, String>,
    /// `podSpecPatch` of the Workflow.
    pub(crate) patch: Option<&'a str>,
    /// Values that the whole Workflow knows.
    pub(crate) values: &'a Values,
}

/// What a container asks for, and what it may use.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Asked {
    pub(crate) needs: Budget,
    /// Bytes of memory.
    pub(crate) memory_limit: Option<u64>,
}

impl Asked {
    pub(crate) fn read(container: &Container) -> Result<Self, QuantityError> {
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

impl Launch {
    /// The words for the worker where the command is argo-kedro's own: such a task says in
    /// its report how it ended.
    pub(crate) fn worker_words(&self) -> Option<&[String]> {
        let (start, words) = self.command.split_at_checked(2)?;
        (start == OWN).then_some(words)
    }

    /// What its container says of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let mut variables = self.variables.iter().rev();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.to_string_lossy().into_owned())
    }
}

/// The main container of a template, with the patches of its pod.
///
/// # Errors
///
/// A patch cannot be read; in Argo's words.
pub(crate) fn main_container(
    template: &Template,
    around: Surroundings<'_>,
) -> Result<Option<Container>, String> {
    let script = template.script.as_ref().map(|script| &script.container);
    let Some(container) = template.container.as_ref().or(script) else {
        return Ok(None);
    };
    let mut container = container.clone();
    let of_workflow = around.patch.map(|patch| {
        substitute(patch, around.values, Strict::No).map_err(|failure| failure.to_string())
    });
    let of_template = template.pod_spec_patch.clone().map(Ok);
    for patch in [of_workflow, of_template].into_iter().flatten() {
        container = patched(&container, &patch?)?;
    }
    Ok(Some(container))
}

/// A container under a patch of its pod (`workflow/controller/workflowpod.go:299`).
fn patched(container: &Container, patch: &str) -> Result<Container, String> {
    if patch.trim().is_empty() {
        return Ok(container.clone());
    }
    let documents = diagnostic::yaml::parse("podSpecPatch", patch)
        .map_err(|fault| format!("Error applying PodSpecPatch: {}", fault.message))?;
    let Some(patch) = documents.first().map(diagnostic::yaml::Yaml::to_json) else {
        return Ok(container.clone());
    };
    let main = patch.get("containers").and_then(|list| list.as_array());
    let mut main = main.into_iter().flatten();
    let main = main.find(|entry| entry.get("name").and_then(|name| name.as_str()) == Some("main"));
    let Some(main) = main else {
        return Ok(container.clone());
    };
    let merged = strategic(&to_json(container), main);
    from_json(&merged).map_err(|error| format!("Error applying PodSpecPatch: {error}"))
}

/// What to run for a template.
///
/// # Errors
///
/// It has no command, or a variable has no value.
pub(crate) fn launch(
    template: &Template,
    task: &str,
    around: Surroundings<'_>,
) -> Result<Launch, String> {
    let Some(container) = main_container(template, around)? else {
        return Err("this kind of template cannot run on this machine".to_owned());
    };
    let variables = variables(&container.env, task, around)?;
    let lookup = |wanted: &str| {
        let mut known = variables.iter().rev();
        known
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    };
    let words = container.command.iter().chain(&container.args);
    let command: Vec<String> = words.map(|word| expand(word, lookup)).collect();
    if container.command.is_empty() {
        return Err(
            "the container has no `command`, and this machine does not look into its image"
                .to_owned(),
        );
    }
    let folder = Some(container.working_dir).filter(|folder| !folder.is_empty());
    Ok(Launch {
        command,
        folder: folder.map(PathBuf::from),
        source: template.script.as_ref().map(|script| script.source.clone()),
        variables: variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    })
}

/// Variables of a container, in their order.
fn variables(
    configured: &[EnvVar],
    task: &str,
    around: Surroundings<'_>,
) -> Result<Vec<(String, String)>, String> {
    let mut variables: Vec<(String, String)> = Vec::with_capacity(configured.len());
    for variable in configured {
        let name = &variable.name;
        let given = around.given.get(name);
        let text = match &variable.value_from {
            // A secret's text is not looked into, by Argo or by Kubernetes.
            Some(from) if from.secret_key_ref.is_some() || from.config_map_key_ref.is_some() => {
                let optional = from.secret_key_ref.as_ref().is_some_and(|key| key.optional);
                match given {
                    Some(text) => text.clone(),
                    None if optional => continue,
                    None => return Err(format!("the variable {name} is not set on this machine")),
                }
            }
            Some(from) => {
                let field = from.field_ref.as_ref();
                let field =
                    field.and_then(|field| not_here::field_of_pod(field, task, around.workflow));
                match field.as_ref().or(given) {
                    Some(text) => text.clone(),
                    None => return Err(format!("the variable {name} is not set on this machine")),
                }
            }
            // A variable without a value is an empty one, as in Kubernetes.
            None => {
                let text = variable.value.as_deref().unwrap_or_default();
                expand(text, |wanted| {
                    let mut known = variables.iter().rev();
                    known
                        .find(|(name, _)| name == wanted)
                        .map(|(_, value)| value.clone())
                })
            }
        };
        variables.push((name.clone(), text));
    }
    Ok(variables)
}
