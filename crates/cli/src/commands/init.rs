mod answers;
mod cloud;
mod image_and_namespace;
mod requirements;
mod steps;
mod store_url;

use std::path::Path;
use std::process::Command;

use clap::Args;
use diagnostic::did_you_mean;
use minijinja::{Environment, context};

use answers::{ARGO, AnswerSource, Answers, nobody};
use image_and_namespace::ImageAndNamespace;
use store_url::StoreUrl;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::image::wheel;
use crate::settings::Settings;
use crate::terminal::ask::ask_or_end;
use crate::whole_file;

/// Python of the image if the project's interpreter does not answer.
const DEFAULT_PYTHON: &str = "3.12";

/// Registry and namespace of a new `argo.yml` if the user names none; lint finds the registry as a placeholder.
const PLACEHOLDER: &str = "registry.example.com";
const NAMESPACE: &str = "argo-workflows";

/// Files to write, and their templates.
const FILES: [(&str, &str); 3] = [
    (ARGO, include_str!("../../templates/argo.yml.j2")),
    ("Dockerfile", include_str!("../../templates/Dockerfile.j2")),
    (
        ".dockerignore",
        include_str!("../../templates/dockerignore.j2"),
    ),
];

/// Add argo.yml, a Dockerfile and a .dockerignore to the project
///
/// On a terminal, the command asks before it writes each file. An existing file is replaced only if
/// you answer yes. Without a terminal, answers are read from a pipe: first for the Dockerfile, then
/// for the .dockerignore, each only if it is missing. --image and --namespace are also written into
/// an argo.yml that exists already; all else in it stays as it is.
///
/// With --cloud, the command puts the data of the project into a store instead. It changes the
/// catalog, globals.yml, settings.py, the requirements and argo.yml. It shows each change and asks
/// once. If something is left to you, the exit code is 1. With --image or --namespace as well, it does both.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// Write a Dockerfile for NVIDIA GPUs
    #[arg(long)]
    gpu: bool,

    /// Configuration environment that gets argo.yml [default: base; with --cloud: cloud]
    #[arg(long, short, alias = "environment", value_name = "NAME")]
    env: Option<String>,

    #[command(flatten)]
    answers: Answers,

    /// Do not print what was done
    #[arg(long, short)]
    silent: bool,

    #[command(flatten)]
    image_and_namespace: ImageAndNamespace,

    #[command(flatten)]
    cloud: cloud::CloudArguments,
}

pub(crate) async fn run(arguments: &InitArguments, settings: &Settings) -> Result {
    arguments.image_and_namespace.check()?;
    let Some(url) = &arguments.cloud.cloud else {
        let environment = arguments.env.as_deref().unwrap_or("base");
        return add_files(arguments, environment, settings).await;
    };
    // Check the flags of the store before anything is written.
    let url = StoreUrl::parse(url)?;
    cloud::check(&url, &arguments.cloud, arguments.env.as_deref())?;
    let of_files = if arguments.image_and_namespace.flags().is_some() {
        add_files(arguments, "base", settings).await?
    } else {
        Exit::Success
    };
    let of_store = to_cloud(&url, arguments, settings).await?;
    Ok(match of_files {
        Exit::Success => of_store,
        failed => failed,
    })
}

/// Adds the files of the image and `argo.yml`.
async fn add_files(arguments: &InitArguments, environment: &str, settings: &Settings) -> Result {
    let project = settings.project()?;
    let answer_source = AnswerSource::of(&arguments.answers);
    let environment = self::environment(&project, environment)?;
    let mut wanted = Vec::new();
    for (file, template) in FILES {
        let shown = match file {
            ARGO => format!("{environment}/{ARGO}"),
            _ => file.to_owned(),
        };
        let there = project.join(&shown).exists();
        let question = answer_source.question(file, &shown, there, &arguments.image_and_namespace);
        let asked = question.is_some();
        let is_wanted = match question {
            None => !there || answer_source == (AnswerSource::Flags { replace: true }),
            Some((question, default)) => match ask_or_end(&question, default).await? {
                Some(answer) => answer,
                // The pipe gave no answer at all: write nothing.
                None if answer_source == AnswerSource::Pipe
                    && !wanted
                        .iter()
                        .any(|(.., asked): &(String, &str, bool, bool, bool)| *asked) =>
                {
                    return Err(nobody(settings));
                }
                None => false,
            },
        };
        wanted.push((shown, template, there, is_wanted, asked));
    }
    let say = |text: &str| {
        if !arguments.silent {
            settings.printer.say(text);
        }
    };
    let mut left = None;
    for (file, template, there, is_wanted, asked) in wanted {
        let is_kept = there && answer_source != (AnswerSource::Flags { replace: true });
        if is_kept
            && file.ends_with(ARGO)
            && let Some(given) = arguments.image_and_namespace.flags()
        {
            let is_wanted = is_wanted || !asked;
            let done = if is_wanted {
                write_into(&project.join(&file), &arguments.image_and_namespace)?
            } else {
                None
            };
            if done.is_none() {
                left = Some(format!("write into {file}: {given}"));
            }
            let done = match done {
                Some(true) => "changed",
                Some(false) | None => "kept",
            };
            say(&format!("  {done:8}  {file}"));
            continue;
        }
        let done = match (is_wanted, there) {
            (true, true) => "replaced",
            (true, false) => "added",
            (false, true) => "kept",
            (false, false) => "not added",
        };
        if is_wanted {
            let path = project.join(&file);
            if let Some(folder) = path.parent() {
                fs_err::create_dir_all(folder)?;
            }
            let text = render(
                template,
                &project,
                arguments.gpu,
                &arguments.image_and_namespace,
                settings,
            )?;
            whole_file::replace(&path, &text)?;
        }
        say(&format!("  {done:8}  {file}"));
        if !is_wanted && file.ends_with(ARGO) {
            let given = arguments.image_and_namespace.flags();
            left = given.map(|given| format!("write into {file}: {given}"));
        }
    }
    // With a store, `to_cloud` says what comes next.
    if arguments.cloud.cloud.is_none() {
        say(&what_next(&settings.program));
    }
    if let Some(left) = left {
        settings
            .printer
            .important(&format!("\nleft to you:\n  {left}"));
        return Ok(Exit::Failure);
    }
    Ok(Exit::Success)
}

fn what_next(program: &str) -> String {
    format!(
        "\nnext:\n  {program} plan   show what will run\n  {program} lint   find problems\n  {program} run    run it on \
         this machine"
    )
}

/// Moves the project's data to a store.
async fn to_cloud(url: &StoreUrl, arguments: &InitArguments, settings: &Settings) -> Result {
    let answer_source = AnswerSource::of(&arguments.answers);
    let environment = arguments.env.as_deref();
    let is_silent = arguments.silent;
    cloud::run(
        url,
        &arguments.cloud,
        environment,
        answer_source,
        is_silent,
        settings,
    )
    .await
}

/// Writes image and namespace into the existing `argo.yml`. Says whether that changes it; `None` if
/// it cannot be changed.
fn write_into(
    path: &Path,
    image_and_namespace: &ImageAndNamespace,
) -> std::result::Result<Option<bool>, CommandError> {
    let before = fs_err::read_to_string(path)?;
    let Some(after) = image_and_namespace.written_into(&before) else {
        return Ok(None);
    };
    if after != before {
        whole_file::replace(path, &after)?;
    }
    Ok(Some(after != before))
}

/// The Dockerfile and the `.dockerignore` that `init` would add to a project.
pub(crate) fn image_files(
    project: &Path,
    settings: &Settings,
) -> std::result::Result<(String, String), CommandError> {
    let [_, (_, dockerfile), (_, ignore_file)] = FILES;
    Ok((
        render(
            dockerfile,
            project,
            false,
            &ImageAndNamespace::default(),
            settings,
        )?,
        render(
            ignore_file,
            project,
            false,
            &ImageAndNamespace::default(),
            settings,
        )?,
    ))
}

/// Folder of a configuration environment, relative to the project. The folder of `base` need not exist.
fn environment(project: &Path, name: &str) -> std::result::Result<String, CommandError> {
    let folder = format!("conf/{name}");
    if name == "base" || project.join(&folder).is_dir() {
        return Ok(folder);
    }
    let entries = fs_err::read_dir(project.join("conf")).into_iter().flatten();
    let mut known: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    let error = CommandError::new(format!(
        "the project has no environment `{name}`: there is no folder {folder}"
    ));
    Err(match did_you_mean(name, known.iter().map(String::as_str)) {
        Some(suggestion) => error.hint(suggestion),
        None => error.hint(format!(
            "the project has these environments: {}",
            known.join(", ")
        )),
    })
}

fn render(
    template: &str,
    project: &Path,
    gpu: bool,
    image_and_namespace: &ImageAndNamespace,
    settings: &Settings,
) -> std::result::Result<String, CommandError> {
    let name = project
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let name: String = name
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let name = match name.trim_matches('-') {
        "" => "kedro",
        name => name,
    };
    let cannot =
        |error: minijinja::Error| CommandError::new(format!("cannot create the file: {error}"));
    let environment = Environment::new();
    let template = environment.template_from_str(template).map_err(cannot)?;
    let names_python = template.undeclared_variables(false).contains("python");
    let text = template
        .render(context! {
            image => image_and_namespace.image.clone().unwrap_or_else(|| format!("{PLACEHOLDER}/{name}")),
            namespace => image_and_namespace.namespace.as_deref().unwrap_or(NAMESPACE),
            schema => project::config::file_schema_id(),
            gpu,
            manager => manager(project),
            python => names_python.then(|| python(project, settings)),
            wheel => wheel::FOLDER,
            version_from_git => image::version_from_git(project)?.is_some(),
        })
        .map_err(cannot)?;
    // The template engine drops the last newline.
    Ok(format!("{}\n", text.trim_end()))
}

/// Finds the program that manages the project's packages.
fn manager(project: &Path) -> &'static str {
    if project.join("uv.lock").exists() {
        "uv"
    } else if project.join("poetry.lock").exists() {
        "poetry"
    } else if project.join("requirements.txt").exists() {
        "requirements"
    } else {
        "pyproject"
    }
}

/// Asks the project's interpreter for its version, e.g. `3.12`; warns if it does not answer.
fn python(project: &Path, settings: &Settings) -> String {
    let ask = || -> std::result::Result<String, CommandError> {
        let interpreter = settings.interpreter(project)?;
        let code = "import sys; print('%d.%d' % sys.version_info[:2])";
        let answer = Command::new(&interpreter).args(["-c", code]).output()?;
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        if version.starts_with("3.") {
            return Ok(version);
        }
        let interpreter = interpreter.display();
        Err(CommandError::new(format!(
            "{interpreter} does not say its version"
        )))
    };
    ask().unwrap_or_else(|error| {
        settings.printer.important(&format!(
            "warning: cannot find the version of the project's Python: {}; the Dockerfile takes Python {DEFAULT_PYTHON}",
            error.in_one_line()
        ));
        DEFAULT_PYTHON.to_owned()
    })
}
