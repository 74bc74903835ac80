//! From a template with everything filled in to a process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use argo::merge::strategic;
use argo::quantity::QuantityError;
use argo::spec::{Container, EnvFromSource, Template, from_json, to_json};
use argo::text::tags::{Strict, Values, substitute};

use pod::own_files::Start;

use crate::Budget;
use crate::expand::expand;
use crate::not_here;
use crate::resolve::Texts;

/// How a command begins that is argo-kedro's own.
const OWN: [&str; 2] = marks::EXEC;

/// What a pod runs, with everything replaced.
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
    /// What comes from secrets and `ConfigMap`s.
    pub(crate) texts: &'a Texts,
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

impl std::fmt::Debug for Launch {
    /// Without what may be secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Launch");
        shown.field("program", &self.command.first());
        shown.finish_non_exhaustive()
    }
}

impl Launch {
    /// The words for the worker where the command is argo-kedro's own: such a task says in
    /// its report how it ended.
    pub(crate) fn worker_words(&self) -> Option<&[String]> {
        let (start, words) = self.command.split_at_checked(2)?;
        (start == OWN).then_some(words)
    }

    /// How to start a pod without files of its own.
    pub(crate) fn start(&self, project: &Path) -> Start {
        Start {
            words: self.command.iter().map(OsString::from).collect(),
            folder: self.folder.as_deref().unwrap_or(project).to_owned(),
        }
    }

    /// What its container says of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let mut variables = self.variables.iter().rev();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.to_string_lossy().into_owned())
    }
}

/// Whether the command of a container is argo-kedro's own, which runs Kedro nodes.
pub(crate) fn runs_worker(container: &Container) -> bool {
    let words = container.command.iter().chain(&container.args);
    words.take(OWN.len()).eq(OWN.iter())
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
    let variables = variables(&container, task, around)?;
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
    container: &Container,
    task: &str,
    around: Surroundings<'_>,
) -> Result<Vec<(String, String)>, String> {
    let mut variables: Vec<(String, String)> = Vec::with_capacity(container.env.len());
    for source in &container.env_from {
        variables.extend(all_of(source, around.texts));
    }
    for variable in &container.env {
        let name = &variable.name;
        let from = variable.value_from.as_ref();
        let given = from.and_then(|from| around.texts.of_variable(name, from));
        let text = match &variable.value_from {
            // A secret's text is not looked into, by Argo or by Kubernetes.
            Some(from) if from.secret_key_ref.is_some() || from.config_map_key_ref.is_some() => {
                let optional = from.secret_key_ref.as_ref().is_some_and(|key| key.optional)
                    || from
                        .config_map_key_ref
                        .as_ref()
                        .is_some_and(|key| key.optional);
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

/// The variables of a secret or `ConfigMap` that is known.
fn all_of(source: &EnvFromSource, texts: &Texts) -> Vec<(String, String)> {
    let secret = source.secret_ref.as_ref();
    let secret = secret.and_then(|it| texts.secrets.get(&it.name));
    let config_map = source.config_map_ref.as_ref();
    let keys = secret.or_else(|| texts.config_maps.get(&config_map?.name));
    let prefix = source.prefix.as_deref().unwrap_or("");
    let keys = keys.into_iter().flatten();
    keys.map(|(key, text)| (format!("{prefix}{key}"), text.clone()))
        .collect()
}
