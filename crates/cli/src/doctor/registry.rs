//! The image's registry, and who builds the image.

use image::{Builder, BuilderKind, ImageError, Purpose, Reference, Registry};
use project::config::{ArgoConfig, Deployment};

use super::check::{Check, State};
use super::progress::PATIENCE;
use crate::error::CommandError;
use crate::image::of_project::{self, ImageFlags};
use crate::settings::Settings;
use crate::spine::Opened;

pub(super) const REGISTRY: &str = "registry";
pub(super) const BUILDER: &str = "builder";

/// Result of the question to the registry.
pub(super) struct RegistryAnswer {
    pub(super) check: Check,
    /// Image that pods would run now, unless the registry says that it is missing.
    pub(super) image: Option<String>,
}

impl RegistryAnswer {
    fn nothing(check: Check) -> Self {
        Self { check, image: None }
    }
}

/// The image of the project.
pub(super) enum Image {
    /// argo.yml names no image.
    Unnamed,
    /// Image with its tag, and whether it is built from the project.
    Named(Box<Reference>, bool),
}

/// Computes the image of the project, as `build` does, without asking a registry.
pub(super) fn image_of(
    opened: &Opened,
    config: &ArgoConfig,
    settings: &Settings,
) -> Result<Image, CommandError> {
    let deployment = &config.deployment;
    if deployment.image.is_none() {
        return Ok(Image::Unnamed);
    }
    let mut request =
        of_project::request(deployment, &ImageFlags::default(), &opened.root, settings)?;
    let is_built = request.builder != Some(BuilderKind::None);
    if request.image.tag.is_some() {
        return Ok(Image::Named(Box::new(request.image), is_built));
    }
    let context = of_project::context_as_it_is(opened, config, &request)?;
    // This command only looks: record nothing.
    request.state = None;
    let image = match context {
        Some(context) => image::tagged(&request, &context)?,
        None => request.image,
    };
    Ok(Image::Named(Box::new(image), is_built))
}

/// Says whether the registry answers, lets the user in and takes the image.
pub(super) async fn ask(
    image: Result<Image, CommandError>,
    deployment: &Deployment,
    program: &str,
) -> RegistryAnswer {
    let of_error =
        |error: CommandError| RegistryAnswer::nothing(Check::of_error(REGISTRY, &error, program));
    let (image, is_built) = match image {
        Ok(Image::Named(image, is_built)) => (*image, is_built),
        Ok(Image::Unnamed) => {
            let check = Check::warning(REGISTRY, "argo.yml names no image")
                .mend("set in argo.yml: deployment.image: REGISTRY/NAME");
            return RegistryAnswer::nothing(check);
        }
        Err(error) => return of_error(error),
    };
    if let Some(found) = lint::pod::placeholder(&image.to_string()) {
        let detail = format!("the image {image} has the placeholder `{found}` in its name");
        let check = Check::failed(REGISTRY, detail)
            .mend("set your own image in argo.yml: deployment.image: REGISTRY/NAME");
        return RegistryAnswer::nothing(check);
    }
    if image.is_official() {
        let reason = "the image has no registry in its name: the cluster has to have it already";
        return RegistryAnswer {
            check: Check::skipped(REGISTRY, reason),
            image: Some(image.to_string()),
        };
    }
    let mut access = of_project::access(deployment);
    access.timeout = Some(PATIENCE);
    let answer = match Registry::new(&image.registry, &access) {
        Ok(registry) if is_built => registry.digest_if_pushable(&image).await,
        Ok(registry) => registry.digest(&image, Purpose::Pull).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(digest) => verdict(&image, digest.is_some(), is_built, program),
        Err(error) => of_error(CommandError::from(ImageError::from(error))),
    }
}

fn verdict(image: &Reference, is_there: bool, is_built: bool, program: &str) -> RegistryAnswer {
    let registry = &image.registry;
    let (check, is_known) = match (is_there, is_built) {
        (true, true) => (
            Check::ok(
                REGISTRY,
                format!("{registry} takes pushes, and has the image"),
            ),
            true,
        ),
        (true, false) => (
            Check::ok(REGISTRY, format!("{registry} has the image")),
            true,
        ),
        (false, true) => (
            Check::ok(
                REGISTRY,
                format!("{registry} takes pushes; `{program} submit` builds the image"),
            ),
            false,
        ),
        (false, false) => {
            let detail =
                format!("{registry} does not have {image}, and `deployment.builder` is `none`");
            let check = Check::failed(REGISTRY, detail)
                .mend("push the image, or set another builder in argo.yml: deployment.builder");
            (check, false)
        }
    };
    RegistryAnswer {
        check,
        image: is_known.then(|| image.to_string()),
    }
}

/// Says whether a builder exists; an error if the image is missing too.
pub(super) async fn builder(deployment: Option<&Deployment>, program: &str) -> Check {
    let (wish, command, platform) = match deployment {
        Some(deployment) => (
            deployment.builder().map(of_project::kind),
            deployment.build_command.as_slice(),
            deployment.target_platform.as_str(),
        ),
        None => (None, &[][..], ""),
    };
    match Builder::find(wish, command).await {
        Ok(found) => of_builder(&found, platform, own_architecture()),
        Err(error) => Check::of_error(BUILDER, &CommandError::from(error), program),
    }
}

/// A missing builder is no failure if the image exists already.
pub(super) fn eased(mut builder: Check, is_image_there: bool) -> Check {
    if builder.state == State::Failed && is_image_there {
        builder.state = State::Warning;
    }
    builder
}

fn of_builder(builder: &Builder, platform: &str, own: &str) -> Check {
    let name = match builder {
        Builder::Docker { buildx: true } => "docker with buildx",
        Builder::Docker { buildx: false } => "docker without buildx",
        Builder::Containers(kind) => kind.name(),
        Builder::Command(_) => return Check::ok(BUILDER, "the command of argo.yml"),
        Builder::None => return Check::ok(BUILDER, "none: argo.yml says that nobody builds"),
    };
    if platform.is_empty() {
        return Check::ok(BUILDER, name);
    }
    let others: Vec<&str> = platform
        .split(',')
        .map(str::trim)
        .filter(|one| one.split('/').nth(1) != Some(own))
        .collect();
    let emulation = match others.as_slice() {
        [] => String::new(),
        [_] if !platform.contains(',') => " by emulation, which is slow".to_owned(),
        others => format!(", {} by emulation, which is slow", others.join(", ")),
    };
    Check::ok(BUILDER, format!("{name}, for {platform}{emulation}"))
}

/// Architecture of this machine as image platforms name it.
fn own_architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_nobody_builds_has_to_be_there() {
        let image = Reference::parse("registry.test/flights:v1").unwrap();
        for (is_there, is_built, state, known) in [
            (true, true, State::Ok, true),
            (true, false, State::Ok, true),
            (false, true, State::Ok, false),
            (false, false, State::Failed, false),
        ] {
            let asked = verdict(&image, is_there, is_built, "argo-kedro");
            assert_eq!(asked.check.state, state, "{:?}", asked.check);
            assert_eq!(asked.image.is_some(), known, "{:?}", asked.check);
        }
    }

    #[test]
    fn a_builder_says_what_it_emulates() {
        let docker = Builder::Docker { buildx: true };
        let of = |platform| of_builder(&docker, platform, "amd64").detail;
        assert_eq!(of("linux/amd64"), "docker with buildx, for linux/amd64");
        assert!(of("linux/amd64,linux/arm64").contains(", linux/arm64 by emulation"));
        assert!(of("linux/arm64").contains("for linux/arm64 by emulation"));
        let missing = Check::failed(BUILDER, "x");
        assert_eq!(eased(missing.clone(), true).state, State::Warning);
        assert_eq!(eased(missing, false).state, State::Failed);
    }
}
