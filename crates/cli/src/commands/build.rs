use clap::{Args, ValueEnum};
use diagnostic::Diagnostic;
use image::{BuilderKind, Decision, Ensured, Wanted};
use serde_json::json;

use super::Result;
use crate::error::CommandError;
use crate::error::exit::Exit;
use crate::flags::selection::Selection;
use crate::image::changes;
use crate::image::of_project::{self, ImageFlags};
use crate::image::steps::{self, Work};
use crate::settings::Settings;
use crate::spine;
use crate::terminal::interrupt;

/// Build the image of the tasks, unless it exists already
///
/// The tag of the image is a digest of the files that it is built from. So the same files are built
/// only once. If you set a tag yourself, the image is built every time. The command prints the name
/// of the image.
#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    #[command(flatten)]
    wanted: WantedFlags,

    /// Show what the command would do, and do not build; the wheel for the Dockerfile is still made
    #[arg(long)]
    dry_run: bool,

    /// List the files that have changed since the last image that was built here
    #[arg(long)]
    why: bool,

    /// Repository of the image; with a tag, this tag is used [default: `deployment.image` of argo.yml]
    #[arg(long, value_name = "IMAGE")]
    image: Option<String>,

    /// Platform of the image, e.g. linux/arm64 [default: `deployment.target_platform` of argo.yml]
    #[arg(long, value_name = "PLATFORM")]
    platform: Option<String>,

    /// Program that builds the image [default: `deployment.builder` of argo.yml, or the first of
    /// docker, podman and buildah that works]
    #[arg(long, value_enum)]
    builder: Option<BuilderChoice>,

    /// Show the output of the builder
    #[arg(long)]
    logs: bool,

    /// Output format
    #[arg(long, short, value_enum, default_value_t)]
    output: BuildOutput,

    /// Configuration environment: a folder of conf/
    #[arg(long, short, alias = "environment", value_name = "NAME")]
    env: Option<String>,

    /// Runtime parameters that argo.yml uses: `key=value,group.key=value`
    #[arg(long, value_name = "PARAMETERS")]
    params: Vec<String>,

    /// Configuration folder or archive
    #[arg(long, value_name = "PATH")]
    conf_source: Option<String>,
}

/// Places in which the image is wanted.
#[derive(Debug, Args)]
struct WantedFlags {
    /// Push the image to its registry, unless it is there
    #[arg(long)]
    push: bool,

    /// Keep the image on this machine [default without --push]
    #[arg(long)]
    load: bool,

    /// Build the image even if it exists
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum BuilderChoice {
    /// Docker, with buildx if it is installed
    Docker,
    /// Podman
    Podman,
    /// Buildah
    Buildah,
    /// The `deployment.build_command` of argo.yml
    Command,
    /// No program: the image must exist
    None,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum BuildOutput {
    /// For people: the name of the image
    #[default]
    Text,
    /// For programs: what was done
    Json,
    /// Only the name of the image
    Name,
}

pub(crate) async fn run(arguments: &BuildArguments, settings: &Settings) -> Result {
    let selection = Selection {
        env: arguments.env.clone(),
        params: arguments.params.clone(),
        conf_source: arguments.conf_source.clone(),
        ..Selection::default()
    };
    let opened = spine::open_configuration(settings, &selection.for_cluster()).await?;
    let config = opened.config()?.map_err(CommandError::findings)?;
    let deployment = &config.deployment;
    let request = of_project::request(deployment, &arguments.wishes(), &opened.root, settings)?;
    if request.builder == Some(BuilderKind::Command) && request.command.is_empty() {
        let error = CommandError::new("argo.yml has no `deployment.build_command`");
        return Err(error.hint("e.g. build_command: [make, image, \"IMAGE={image}\"]"));
    }
    let (context, findings) = of_project::context(&opened, &config, &request)?;
    if findings.iter().any(Diagnostic::is_error) {
        return Err(CommandError::findings(findings));
    }
    opened.show(&findings, lint::Target::Cluster, settings);
    let access = of_project::access(deployment);
    let interrupts = interrupt::cancels(settings.printer, "the build")?;
    let spinner = settings
        .printer
        .spinner(format!("asking {}", request.image.registry));
    let decision = tokio::select! {
        decision = image::decide(&request, &context, arguments.wanted(), &access) => decision,
        () = interrupts.cancel.cancelled() => return Err(CommandError::interrupted()),
    };
    spinner.finish_and_clear();
    let decision = decision?;
    steps::announce(&decision, arguments.dry_run, settings.printer);
    changes::say(
        &decision,
        &request,
        &context,
        arguments.why,
        settings.printer,
    )?;
    if arguments.dry_run {
        let ensured = Ensured {
            image: decision.known(),
            built: false,
            pushed: false,
        };
        show(&decision, &ensured, arguments.output, settings);
        return Ok(Exit::Success);
    }
    let work = Work {
        request: &request,
        context: &context,
        access: &access,
        cancel: &interrupts.cancel,
    };
    let ensured = work
        .carry_out(&decision, arguments.logs, settings.printer)
        .await?;
    show(&decision, &ensured, arguments.output, settings);
    Ok(Exit::Success)
}

impl BuildArguments {
    fn wishes(&self) -> ImageFlags<'_> {
        ImageFlags {
            image: self.image.as_deref(),
            platform: self.platform.as_deref(),
            builder: self.builder.map(|choice| match choice {
                BuilderChoice::Docker => BuilderKind::Docker,
                BuilderChoice::Podman => BuilderKind::Podman,
                BuilderChoice::Buildah => BuilderKind::Buildah,
                BuilderChoice::Command => BuilderKind::Command,
                BuilderChoice::None => BuilderKind::None,
            }),
        }
    }

    fn wanted(&self) -> Wanted {
        let WantedFlags { push, load, force } = self.wanted;
        Wanted { push, load, force }
    }
}

/// The image on standard output.
fn show(decision: &Decision, ensured: &Ensured, output: BuildOutput, settings: &Settings) {
    let image = &ensured.image;
    if output != BuildOutput::Json {
        settings.printer.data(&image.to_string());
        return;
    }
    let steps: Vec<&str> = decision
        .steps
        .iter()
        .map(|step| steps::word(*step))
        .collect();
    let report = json!({
        "image": image.to_string(),
        "repository": format!("{}/{}", image.registry, image.repository),
        "tag": image.tag.as_ref().map(image::Tag::as_str),
        "digest": image.digest,
        "up_to_date": steps.is_empty(),
        "steps": steps,
        "built": ensured.built,
        "pushed": ensured.pushed,
    });
    settings.printer.document(&format!("{report:#}"));
}
