use std::path::Path;
use std::process::Command;

use clap::Args;
use minijinja::{Environment, context};

use super::Result;
use crate::ask::{ask, is_somebody_there};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::image_wheel;
use crate::settings::Settings;
use crate::whole_file;

/// Python of the image if the project's own cannot be asked.
const DEFAULT_PYTHON: &str = "3.12";

/// The files, and the templates they are made from.
const FILES: [(&str, &str); 3] = [
    (
        "conf/base/argo.yml",
        include_str!("../../templates/argo.yml.j2"),
    ),
    ("Dockerfile", include_str!("../../templates/Dockerfile.j2")),
    (
        ".dockerignore",
        include_str!("../../templates/dockerignore.j2"),
    ),
];

/// Add argo.yml, a Dockerfile and a .dockerignore to the project
///
/// Asks before each file on a terminal. Files that are there are replaced only
/// after a yes.
#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// A Dockerfile for NVIDIA GPUs
    #[arg(long)]
    gpu: bool,

    /// Ask nothing; files that are there stay as they are
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(arguments: &InitArguments, settings: &Settings) -> Result {
    let project = settings.project()?;
    let asks = !arguments.yes;
    if asks && !is_somebody_there() {
        return Err(
            CommandError::new("this is no terminal to ask on").hint(format!(
                "to add what is missing without being asked: {} init --yes",
                settings.program
            )),
        );
    }
    for (file, template) in FILES {
        let path = project.join(file);
        let there = path.exists();
        let wanted = match (asks, there) {
            (false, there) => !there,
            (true, false) => ask(&format!("add {file}?"), true).await?,
            (true, true) => ask(&format!("{file} is there; replace it?"), false).await?,
        };
        if !wanted {
            let done = if there { "kept" } else { "left out" };
            settings.printer.say(&format!("  {done:8}  {file}"));
            continue;
        }
        if let Some(folder) = path.parent() {
            fs_err::create_dir_all(folder)?;
        }
        whole_file::replace(&path, &render(template, &project, arguments.gpu, settings)?)?;
        let done = if there { "replaced" } else { "added" };
        settings.printer.say(&format!("  {done:8}  {file}"));
    }
    let program = &settings.program;
    settings.printer.say(&format!(
        "\nnext:\n  {program} plan   what will run\n  {program} lint   what would go wrong\n  {program} run    run it here"
    ));
    Ok(Exit::Success)
}

fn render(
    template: &str,
    project: &Path,
    gpu: bool,
    settings: &Settings,
) -> std::result::Result<String, CommandError> {
    let image = project
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let image: String = image
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .collect();
    let image = match image.trim_matches('-') {
        "" => "kedro",
        name => name,
    };
    let text = Environment::new()
        .render_str(
            template,
            context! {
                image,
                schema => project::config::file_schema_id(),
                gpu,
                manager => manager(project),
                python => python(project, settings),
                wheel => image_wheel::FOLDER,
            },
        )
        .map_err(|error| CommandError::new(format!("cannot make the file: {error}")))?;
    // The engine takes the last end of line off.
    Ok(format!("{}\n", text.trim_end()))
}

/// Who manages the project's packages.
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

/// `3.12` of the interpreter that the project uses.
fn python(project: &Path, settings: &Settings) -> String {
    let ask = || -> Option<String> {
        let interpreter = settings.interpreter(project).ok()?;
        let code = "import sys; print('%d.%d' % sys.version_info[:2])";
        let answer = Command::new(interpreter).args(["-c", code]).output().ok()?;
        let version = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
        version.starts_with("3.").then_some(version)
    };
    ask().unwrap_or_else(|| DEFAULT_PYTHON.to_owned())
}
