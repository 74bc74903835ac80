use std::path::PathBuf;

use clap::{Args, ValueEnum};
use compile::{ManifestKind, Options};
use diagnostic::Diagnostic;
use similar::TextDiff;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::image::of_pods::PodImage;
use crate::image::of_project;
use crate::settings::Settings;
use crate::spine;
use crate::spine::manifests::{self, Clock};
use crate::whole_file;

/// Write the manifest that Argo runs
///
/// If lint finds an error in the manifest, the exit code is 1, because the workflow would not run.
/// Then the manifest is still printed, but no FILE is written.
#[derive(Debug, Args)]
pub(crate) struct CompileArguments {
    #[command(flatten)]
    selection: Selection,

    /// File to write; an existing file is replaced [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Compare the manifest with FILE and write nothing; if they differ, show the difference and exit with 1
    #[arg(long, value_name = "FILE", conflicts_with = "output")]
    check: Option<PathBuf>,

    /// Kind of the manifest
    #[arg(long, value_enum, default_value_t)]
    kind: KindName,

    /// Write the manifest even if it has errors, and exit with 0; errors are shown as warnings
    #[arg(long)]
    allow_errors: bool,

    #[command(flatten)]
    clock: Clock,

    /// Name of the workflow [default: the project and the pipeline]
    #[arg(long, short = 'w', value_name = "NAME")]
    workflow_name: Option<String>,

    /// Image of the tasks, with its tag or digest [default: `deployment` of argo.yml]
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// For one run
    #[default]
    Workflow,
    /// To be run later, any number of times
    Workflowtemplate,
    /// To be run on a schedule
    Cronworkflow,
}

pub(crate) async fn run(arguments: &CompileArguments, settings: &Settings) -> Result {
    refuse_format(arguments.output.as_deref())?;
    let options = arguments.options();
    let selection = &arguments.selection.for_cluster();
    let is_cron = arguments.kind == KindName::Cronworkflow;
    let mut opened = if is_cron {
        // A schedule may name a pipeline where `__default__` has no nodes.
        spine::open_any(settings, selection).await?
    } else {
        spine::open(settings, selection).await?
    };
    let config = opened.config()?.map_err(CommandError::findings)?;
    let context = if options.image.is_none() {
        of_project::context_to_look_at(&opened, &config, settings)
    } else {
        None
    };
    let image = context
        .as_ref()
        .map(|context| PodImage::new(&opened.root, &config, context));
    let image = image.transpose()?;
    let lowered = if is_cron {
        let clock = &arguments.clock;
        manifests::by_the_clock(&mut opened, selection, clock, &options, image.as_ref())
            .await?
            .1
    } else {
        vec![manifests::one(&opened, &options, image.as_ref())?.1]
    };
    let of_image = match &context {
        Some(context) => of_project::findings(&opened, &config, context)?,
        None => Vec::new(),
    };
    // The same checks as for `submit`: somebody will run the manifest.
    let findings = lint::project::before_a_run(manifests::findings(of_image, &lowered));
    opened.show(&findings, lint::Target::Cluster, settings);
    let is_wrong = findings.iter().any(Diagnostic::is_error);
    let is_refused = is_wrong && !arguments.allow_errors;
    let text = manifests::text(&lowered)?;
    match (&arguments.output, &arguments.check) {
        (Some(file), _) if is_refused => settings.printer.important(&format!(
            "{} was not written because the manifest has errors; to write it anyway: --allow-errors",
            file.display()
        )),
        (Some(file), _) => {
            whole_file::replace(file, &text)?;
            settings
                .printer
                .say(&format!("{} is written", file.display()));
        }
        (None, Some(file)) => {
            let exit = check(file, &text, settings)?;
            return Ok(if is_refused { Exit::Failure } else { exit });
        }
        (None, None) => settings.printer.document(&text),
    }
    Ok(if is_refused {
        Exit::Failure
    } else {
        Exit::Success
    })
}

/// Refuses a word that other commands take for a format: here `-o` names a file.
fn refuse_format(output: Option<&std::path::Path>) -> std::result::Result<(), CommandError> {
    let formats = ["json", "yaml", "name", "text"];
    let word = output.and_then(std::path::Path::to_str);
    if word == Some("-") {
        let message = "`-o` of this command names a file, and `-` is none";
        return Err(CommandError::new(message)
            .hint("without -o, the manifest goes to standard output, as YAML"));
    }
    match word.filter(|word| formats.contains(word)) {
        None => Ok(()),
        Some(word) => Err(CommandError::new(format!(
            "`-o` of this command names a file, and `{word}` looks like a format"
        ))
        .hint("without -o, the manifest goes to standard output, as YAML")
        .hint(format!("to write a file of that name: -o ./{word}"))),
    }
}

fn check(file: &std::path::Path, fresh: &str, settings: &Settings) -> Result {
    let stale = match fs_err::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(
                CommandError::new(format!("there is no file {}", file.display()))
                    .hint("to write it: the same command with -o in place of --check"),
            );
        }
        Err(error) => return Err(error.into()),
    };
    if stale == fresh {
        return Ok(Exit::Success);
    }
    let name = file.display().to_string();
    let diff = TextDiff::from_lines(stale.as_str(), fresh);
    settings.printer.data(
        &diff
            .unified_diff()
            .header(&name, "compiled now")
            .to_string(),
    );
    settings.printer.important(&format!(
        "{name} differs from the compiled manifest; to write it again: the same command with -o in place of --check"
    ));
    Ok(Exit::Failure)
}

impl CompileArguments {
    fn options(&self) -> Options {
        let kind = match self.kind {
            KindName::Workflowtemplate => ManifestKind::WorkflowTemplate,
            // A CronWorkflow gets its kind from its schedule.
            KindName::Workflow | KindName::Cronworkflow => ManifestKind::Workflow,
        };
        Options {
            kind,
            name: self.workflow_name.clone(),
            image: self.image.clone(),
            ..Options::default()
        }
    }
}
