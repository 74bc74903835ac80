//! The image of a run on a cluster: one that the user names, one that exists, or one that is built
//! and pushed for the run.

use std::time::Duration;

use clap::Args;
use diagnostic::Diagnostic;
use image::{
    Access, BuilderKind, Context, ImageError, Purpose, Reference, Registry, Request, Wanted,
};
use project::config::ArgoConfig;

use crate::error::CommandError;
use crate::image::changes;
use crate::image::of_pods::PodImage;
use crate::image::of_project::{self, ImageFlags};
use crate::image::steps::{Work, announce};
use crate::settings::Settings;
use crate::spine::Opened;
use crate::terminal::interrupt;
use crate::terminal::printer::Printer;

/// Arguments for the image of a run.
#[derive(Debug, Default, Args)]
pub(crate) struct ImageArguments {
    /// Image of the tasks, with its tag or digest; no image is built
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,

    /// Do not build the image; it must exist in its registry
    #[arg(long)]
    pub(crate) no_build: bool,

    /// Build the image even if it exists
    #[arg(long, conflicts_with_all = ["no_build", "image"])]
    pub(crate) force_build: bool,
}

/// Time limit for a registry to say whether it has a named image.
const PATIENCE: Duration = Duration::from_secs(2);

/// Origin of the image of a run.
pub(crate) enum RunImage {
    /// Image that the user named; nodes may have it although its registry does not.
    Named(Box<(Reference, Access)>),
    /// Image whose tag follows from the files of the project.
    Content(Box<ByContent>),
}

/// Image whose tag follows from the files of the project.
pub(crate) struct ByContent {
    request: Request,
    context: Context,
    access: Access,
    wanted: Wanted,
    findings: Vec<Diagnostic>,
}

/// An image that is in its registry.
pub(crate) struct Ready {
    /// Name with the tag, as known before the build.
    pub(crate) tagged: String,
    /// Name with the digest.
    pub(crate) exact: String,
    /// Says whether the tag may have meant another image before: the user fixed it, or the image was built anew.
    is_moved: bool,
}

impl Ready {
    /// Name that makes pods run exactly this image, if the tag is not enough. A tag by content is
    /// enough; under another tag, machines may have an earlier image.
    pub(crate) fn needed(&self) -> Option<&str> {
        (self.is_moved && self.exact != self.tagged).then_some(self.exact.as_str())
    }
}

/// Reads the name of an existing image.
pub(crate) fn named(text: &str) -> Result<Reference, CommandError> {
    let image = Reference::parse(text).map_err(ImageError::from)?;
    if image.tag.is_none() && image.digest.is_none() {
        return Err(CommandError::new(format!(
            "`{text}` does not name one image: it has no tag and no digest"
        ))
        .hint(format!("e.g. {text}:v1")));
    }
    Ok(image)
}

/// Says whether a registry is certain that it has no such image. A registry that does not answer in
/// time, or refuses us, leaves the question to the cluster.
async fn is_missing(image: &Reference, access: &Access) -> bool {
    let access = Access {
        timeout: Some(PATIENCE),
        ..access.clone()
    };
    let Ok(registry) = Registry::new(&image.registry, &access) else {
        return false;
    };
    matches!(registry.digest(image, Purpose::Pull).await, Ok(None))
}

impl RunImage {
    /// Reads what flags and `argo.yml` say about the image. Asks and builds nothing yet.
    pub(crate) fn of(
        arguments: &ImageArguments,
        config: &ArgoConfig,
        opened: &Opened,
        settings: &Settings,
    ) -> Result<Self, CommandError> {
        let deployment = &config.deployment;
        if let Some(image) = &arguments.image {
            let named = (named(image)?, of_project::access(deployment));
            return Ok(Self::Named(Box::new(named)));
        }
        let mut request =
            of_project::request(deployment, &ImageFlags::default(), &opened.root, settings)?;
        let no_build = arguments.no_build || request.builder == Some(BuilderKind::None);
        if no_build && request.image.tag.is_some() {
            let named = (request.image, of_project::access(deployment));
            return Ok(Self::Named(Box::new(named)));
        }
        if no_build {
            request.builder = Some(BuilderKind::None);
        }
        let (context, findings) = of_project::context(opened, config, &request)?;
        Ok(Self::Content(Box::new(ByContent {
            request,
            context,
            access: of_project::access(deployment),
            wanted: Wanted {
                push: true,
                load: false,
                force: arguments.force_build,
            },
            // Findings about the content of an image matter only for a build.
            findings: if no_build { Vec::new() } else { findings },
        })))
    }

    /// Gives the findings about the files that the image is built from.
    pub(crate) fn findings(&self) -> Vec<Diagnostic> {
        match self {
            Self::Named(_) => Vec::new(),
            Self::Content(content) => content.findings.clone(),
        }
    }

    /// Image as the rules see it, if it follows from the project.
    pub(crate) fn built(
        &self,
        opened: &Opened,
        config: &ArgoConfig,
    ) -> Result<Option<PodImage<'_>>, CommandError> {
        match self {
            Self::Named(_) => Ok(None),
            Self::Content(content) => {
                let image = PodImage::new(&opened.root, config, &content.context)?;
                Ok(Some(image))
            }
        }
    }

    /// Name by tag, as far as known without a request; `None` for an image that the user named.
    pub(crate) fn tagged(&self) -> Result<Option<String>, CommandError> {
        match self {
            Self::Named(_) => Ok(None),
            Self::Content(content) => {
                let image = image::tagged(&content.request, &content.context)?;
                Ok(Some(image.to_string()))
            }
        }
    }

    /// Makes sure that the image is in its registry; does nothing for one that the user named. A
    /// dry run only says what would happen.
    pub(crate) async fn ready(
        &self,
        dry_run: bool,
        printer: Printer,
    ) -> Result<Option<Ready>, CommandError> {
        let content = match self {
            Self::Content(content) => content,
            Self::Named(named) => {
                let (image, access) = &**named;
                if !dry_run && is_missing(image, access).await {
                    printer.important(&format!(
                        "{image} is not in its registry: the pods wait until it is there, unless the nodes of the \
                         cluster have it already"
                    ));
                }
                return Ok(None);
            }
        };
        let name = content.request.image.to_string();
        if let Some(found) = lint::pod::placeholder(&name) {
            return Err(CommandError::new(format!(
                "the image {name} has the placeholder `{found}` in its name"
            ))
            .hint("set your own image: `deployment.image` in argo.yml")
            .hint("or name an image that exists: --image IMAGE"));
        }
        let interrupts = interrupt::cancels(printer, "the build")?;
        let registry = &content.request.image.registry;
        let spinner = printer.spinner(format!("asking {registry}"));
        let decision = tokio::select! {
            decision = image::decide(
                &content.request,
                &content.context,
                content.wanted,
                &content.access,
            ) => decision,
            () = interrupts.cancel.cancelled() => return Err(CommandError::interrupted()),
        };
        spinner.finish_and_clear();
        let decision = match decision {
            Err(ImageError::NotBuilt { image }) => {
                return Err(CommandError::new(format!(
                    "the image {image} is not in its registry, and it may not be built"
                ))
                .hint("to build it: {program} build --push")
                .hint("or name an image that exists: --image IMAGE"));
            }
            decision => decision?,
        };
        announce(&decision, dry_run, printer);
        let (request, context) = (&content.request, &content.context);
        changes::say(&decision, request, context, false, printer)?;
        let ready = |image: &Reference| Ready {
            tagged: decision.image.to_string(),
            exact: image.to_string(),
            is_moved: decision.is_fixed || decision.wanted.force,
        };
        if dry_run {
            return Ok(Some(ready(&decision.known())));
        }
        let work = Work {
            request: &content.request,
            context: &content.context,
            access: &content.access,
            cancel: &interrupts.cancel,
        };
        let ensured = work.carry_out(&decision, false, printer).await?;
        Ok(Some(ready(&ensured.image)))
    }
}
