//! Launch of a process from a template with everything replaced.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use argo::spec::{Container, EnvFromSource};
use pod::in_image::is_of_engine;
use pod::own_files::Start;

use crate::containers::PodContainer;
use crate::expand::expand;
use crate::own_command::{OWN, runs_worker};
use crate::pod_fields::PodFields;
use crate::setup::Texts;
use crate::surroundings::Surroundings;

/// Command and variables of a pod, with everything replaced.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Launch {
    /// Program and arguments.
    pub(crate) command: Vec<String>,
    /// Variables of the container, in addition to this process' own.
    pub(crate) variables: Vec<(OsString, OsString)>,
    /// Working folder; that of the run if none.
    pub(crate) folder: Option<PathBuf>,
    /// Script to run, from a file whose path is appended to the arguments.
    pub(crate) source: Option<String>,
    /// Set if it runs in its own image.
    pub(crate) in_image: bool,
    /// Set if the first word of the command is the program; else the image has the program.
    pub(crate) has_program: bool,
}

/// A container of a pod, and the process to run for it.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) known: PodContainer,
    pub(crate) launch: Launch,
}

impl Part {
    /// Tells whether the pod runs Kedro nodes.
    pub(crate) fn runs_worker(&self) -> bool {
        self.launch.worker_words().is_some()
    }
}

/// Time that a task has to end after it was asked to; the cluster's default grace period.
pub(crate) const GRACE: Duration = Duration::from_secs(30);

impl std::fmt::Debug for Launch {
    /// Omits everything that may be secret.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = formatter.debug_struct("Launch");
        shown.field("program", &self.command.first());
        shown.finish_non_exhaustive()
    }
}

impl Launch {
    /// Arguments for the worker, if the command is argo-kedro's own: such a task writes a report of its end.
    pub(crate) fn worker_words(&self) -> Option<&[String]> {
        let (start, words) = self.command.split_at_checked(2)?;
        (start == OWN && !self.in_image).then_some(words)
    }

    /// Builds the command of a pod without files of its own.
    pub(crate) fn start(&self, project: &Path) -> Start {
        self.start_of(&self.command, project)
    }

    /// Builds another command beside that of a pod without files of its own.
    pub(crate) fn start_of(&self, words: &[String], project: &Path) -> Start {
        Start {
            words: words.iter().map(OsString::from).collect(),
            folder: self.folder.as_deref().unwrap_or(project).to_owned(),
        }
    }

    /// Variables by which the client of a container engine gets those of a container; its own stay as they are.
    pub(crate) fn variables_for_engine(&self) -> Vec<(OsString, OsString)> {
        let variables = self.variables.iter();
        let variables = variables.filter(|(name, _)| !is_of_engine(name));
        variables.cloned().collect()
    }

    /// Value of a variable, as the container sees it.
    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        let mut variables = self.variables.iter().rev();
        let (_, value) = variables.find(|(known, _)| known == name)?;
        Some(value.to_string_lossy().into_owned())
    }
}

/// Prepares the process of a container.
///
/// # Arguments
///
/// * `pod`: The pod of the container.
///
/// # Errors
///
/// The container has no command, or a variable has no value.
pub(crate) fn launch(
    known: &PodContainer,
    pod: &PodFields,
    around: Surroundings<'_>,
) -> Result<Launch, String> {
    let container = &known.container;
    let variables = variables(container, pod, around)?;
    let lookup = |wanted: &str| {
        let mut known = variables.iter().rev();
        known
            .find(|(name, _)| name == wanted)
            .map(|(_, value)| value.clone())
    };
    let (program, arguments) = match around.images.command(container) {
        Some(command) => command,
        None if around.in_images => (&[][..], &container.args[..]),
        None => {
            let (name, image) = (&known.name, &container.image);
            return Err(format!(
                "the container `{name}` has no `command`, and this machine does not look into its image: give the \
                 image's with --image {image}=COMMAND, or run it in its image with --isolation container"
            ));
        }
    };
    let words = program.iter().chain(arguments);
    let command: Vec<String> = words.map(|word| expand(word, lookup)).collect();
    let folder = Some(container.working_dir.clone()).filter(|folder| !folder.is_empty());
    Ok(Launch {
        has_program: !program.is_empty(),
        in_image: around.in_images,
        command,
        folder: folder.map(PathBuf::from),
        source: known.source.clone(),
        variables: variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    })
}

/// Variables of a container, in order.
fn variables(
    container: &Container,
    pod: &PodFields,
    around: Surroundings<'_>,
) -> Result<Vec<(String, String)>, String> {
    let mut variables: Vec<(String, String)> = Vec::with_capacity(container.env.len());
    for source in &container.env_from {
        variables.extend(all_of(source, around.texts));
    }
    let is_part = runs_worker(container) && !around.in_images;
    for variable in &container.env {
        let name = &variable.name;
        if is_part
            && let Some(value) = &variable.value
            && marks::is_file_of_pods(name, value, &container.volume_mounts)
        {
            continue;
        }
        let from = variable.value_from.as_ref();
        let given = from.and_then(|from| around.texts.of_variable(name, from));
        let text = match &variable.value_from {
            // Neither Argo nor Kubernetes replaces anything in the text of a secret.
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
                let field = field.and_then(|field| pod.get(&field.field_path));
                match field.as_ref().or(given) {
                    Some(text) => text.clone(),
                    None => return Err(format!("the variable {name} is not set on this machine")),
                }
            }
            // A variable without a value is empty, as in Kubernetes.
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

/// The variables of a known secret or `ConfigMap`.
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
