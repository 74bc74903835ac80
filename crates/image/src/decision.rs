//! Decides how to bring an image to its targets, and does it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use indexmap::IndexMap;

use crate::builder::{Build, Builder, BuilderFiles, BuilderKind, Pushed};
use crate::content::{Inputs, content_tag};
use crate::context::Context;
use crate::process::Cancel;
use crate::progress::{ImageStep, Line, Progress};
use crate::registry::{Access, Purpose, Registry};
use crate::{ImageError, Reference, Tag};

/// An image as the project describes it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Repository; a tag in it is fixed.
    pub image: Reference,
    /// Folder in which the builder runs: the project's.
    pub folder: PathBuf,
    /// Platform, e.g. `linux/amd64`; several are separated by commas.
    pub platform: String,
    /// Stage of the Dockerfile to stop at.
    pub target: Option<String>,
    /// Build arguments.
    pub build_args: IndexMap<String, String>,
    /// Wanted builder; none for the first of docker, podman and buildah that works.
    pub builder: Option<BuilderKind>,
    /// The words of [`BuilderKind::Command`].
    pub command: Vec<String>,
    /// Further arguments for the builder, which do not change the image.
    pub options: Vec<String>,
    /// This program's own folder. It caches digests of files; its content does not count.
    pub state: Option<PathBuf>,
}

/// Targets of the image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Set if the image must be in its registry.
    pub push: bool,
    /// Set if the image must be in the builder's store on this machine.
    pub load: bool,
    /// Set if the image must be built even if it exists.
    pub force: bool,
}

/// Places that already have the image.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// Digest in the registry, if the registry was asked and has the image.
    pub registry: Option<String>,
    /// Says whether the builder's store was asked and has the image.
    pub store: bool,
    /// Reason why an unneeded registry did not answer.
    pub unanswered: Option<String>,
}

/// The steps to do; nothing is done yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The image with its tag.
    pub image: Reference,
    /// Targets of the image.
    pub wanted: Wanted,
    /// Says whether the user fixed the tag, so that it says nothing about the content.
    pub is_fixed: bool,
    /// Places that already have the image.
    pub presence: Presence,
    /// Builder for the steps; none without steps.
    pub builder: Option<Builder>,
    /// Steps in order; empty if the image is everywhere.
    pub steps: Vec<ImageStep>,
}

impl Decision {
    /// The image as known before any step: with the current digest in its registry.
    pub fn known(&self) -> Reference {
        if self.steps.contains(&ImageStep::Build) {
            return self.image.clone();
        }
        with_digest(&self.image, self.presence.registry.clone())
    }
}

/// An image that is in all its targets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// The image with its tag, and with its digest in the registry, if it is there.
    pub image: Reference,
    /// Says whether this call built the image.
    pub built: bool,
    /// Says whether this call pushed the image.
    pub pushed: bool,
}

/// Decides what to do. Asks the registry and the builder, and changes nothing.
///
/// # Errors
///
/// A context that cannot be read; a name that cannot be pushed; a registry that does not answer although the image must
/// be pushed; a missing builder.
pub async fn decide(
    request: &Request,
    context: &Context,
    wanted: Wanted,
    access: &Access,
) -> Result<Decision, ImageError> {
    let is_fixed = request.image.tag.is_some();
    let image = tagged(request, context)?;
    let has_no_builder = request.builder == Some(BuilderKind::None);
    if wanted.push && image.is_official() && !has_no_builder {
        return Err(ImageError::NoRegistry(Box::new(image)));
    }
    let mut presence = Presence::default();
    // Do not ask about a fixed tag, whose content is unknown, nor about an official image, which only Docker can push.
    if (has_no_builder || !(is_fixed || wanted.force)) && !image.is_official() {
        ask_registry(&image, wanted, access, &mut presence).await?;
    }
    let is_remote = presence.registry.is_some();
    let is_done = is_remote && !wanted.load && (has_no_builder || !(is_fixed || wanted.force));
    let mut decision = Decision {
        image,
        wanted,
        is_fixed,
        presence,
        builder: None,
        steps: Vec::new(),
    };
    if is_done {
        return Ok(decision);
    }
    let builder = Builder::find(request.builder, &request.command).await?;
    if wanted.load && !builder.has_store() && !has_no_builder {
        return Err(ImageError::BuilderCannot {
            builder: builder.kind(),
            what: "keep an image on this machine",
        });
    }
    if !(is_fixed || wanted.force) {
        decision.presence.store = builder.has(&decision.image).await?;
    }
    decision.steps = steps(&decision, &builder, wanted);
    if is_several(&request.platform) && decision.steps.contains(&ImageStep::Build) {
        builder.check_several(wanted.push && !wanted.load).await?;
    }
    if !decision.steps.is_empty() {
        if has_no_builder {
            let image = Box::new(decision.image);
            return Err(ImageError::NotBuilt { image });
        }
        decision.builder = Some(builder);
    }
    Ok(decision)
}

async fn ask_registry(
    image: &Reference,
    wanted: Wanted,
    access: &Access,
    presence: &mut Presence,
) -> Result<(), ImageError> {
    let purpose = if wanted.push {
        Purpose::Push
    } else {
        Purpose::Pull
    };
    let answer = match Registry::new(&image.registry, access) {
        Ok(registry) => registry.digest(image, purpose).await,
        Err(error) => Err(error),
    };
    match answer {
        Ok(digest) => presence.registry = digest,
        Err(error) if wanted.push => return Err(error.into()),
        // A build for this machine needs no registry.
        Err(error) => presence.unanswered = Some(error.to_string()),
    }
    Ok(())
}

fn steps(decision: &Decision, builder: &Builder, wanted: Wanted) -> Vec<ImageStep> {
    let always = decision.is_fixed || wanted.force;
    let is_remote = decision.presence.registry.is_some() && !always;
    let is_local = decision.presence.store && !always;
    let mut steps = Vec::new();
    if !is_local && !is_remote {
        steps.push(ImageStep::Build);
    } else if wanted.load && !is_local {
        steps.push(ImageStep::Pull);
    }
    // The user's own command pushes by itself.
    if wanted.push && !is_remote && builder.has_store() {
        steps.push(ImageStep::Push);
    }
    steps
}

/// The image with its tag: the user's fixed one, or that of the content.
///
/// # Errors
///
/// A context that cannot be read.
pub fn tagged(request: &Request, context: &Context) -> Result<Reference, ImageError> {
    Ok(match request.image.tag {
        Some(_) => request.image.clone(),
        None => request.image.with_tag(tag_of(request, context)?),
    })
}

fn tag_of(request: &Request, context: &Context) -> Result<Tag, ImageError> {
    let inputs = Inputs {
        platform: &request.platform,
        target: request.target.as_deref(),
        build_args: &request.build_args,
        state: request.state.as_deref(),
    };
    content_tag(context, inputs)
}

/// Does the steps of a decision.
///
/// # Errors
///
/// A failed build or push, and [`ImageError::ContextChanged`] if files changed meanwhile, so that the tag would not
/// match the built image.
pub async fn carry_out(
    decision: &Decision,
    request: &Request,
    context: &Context,
    access: &Access,
    progress: &mut Progress<'_>,
    cancel: &Cancel,
) -> Result<Ensured, ImageError> {
    let image = &decision.image;
    let mut ensured = Ensured {
        image: image.clone(),
        built: false,
        pushed: false,
    };
    let mut digest = decision.presence.registry.clone();
    let insecure = access.is_insecure(&image.registry);
    let folder = tempfile::tempdir()?;
    let Some(builder) = &decision.builder else {
        ensured.image = with_digest(image, digest);
        return Ok(ensured);
    };
    for step in &decision.steps {
        progress(Line::ImageStep(*step));
        match step {
            ImageStep::Build => {
                let in_registry = goes_to_registry(decision, request, builder);
                let temporary = temporary_name(decision, builder, in_registry);
                let metadata = folder.path().join("metadata.json");
                let given = BuilderFiles::new(context, builder, request.state.as_deref())?;
                let build = Build {
                    folder: &request.folder,
                    image: &temporary,
                    context: &given.context,
                    dockerfile: &given.dockerfile,
                    ignore_file: &given.ignore_file,
                    platform: &request.platform,
                    target: request.target.as_deref(),
                    arguments: &request.build_args,
                    options: &request.options,
                    pushed: in_registry.then_some(Pushed {
                        insecure,
                        metadata: &metadata,
                    }),
                };
                let work = Naming {
                    decision,
                    request,
                    context,
                    access,
                    builder,
                };
                work.build(&build, progress, cancel).await?;
                ensured.built = true;
                ensured.pushed = build.pushed.is_some();
                digest = None;
            }
            ImageStep::Push if ensured.pushed => {}
            ImageStep::Push => {
                digest = pushed_meanwhile(decision, access).await?;
                if digest.is_none() {
                    digest = builder.push(image, insecure, progress, cancel).await?;
                    ensured.pushed = true;
                }
            }
            ImageStep::Pull => {
                let platform = &request.platform;
                builder
                    .pull(image, platform, insecure, progress, cancel)
                    .await?;
            }
        }
    }
    if digest.is_none() && decision.wanted.push {
        let image = Box::new(image.clone());
        let found = ask(&image, access).await?;
        digest = Some(found.ok_or(ImageError::NotPushed { image })?);
        ensured.pushed |= ensured.built;
    } else if digest.is_none() && !builder.has_store() {
        // The user's own command may or may not have pushed.
        digest = match ask(image, access).await {
            Ok(found) => found,
            Err(error) => {
                let text = format!("cannot tell whether the image is in its registry: {error}");
                progress(Line::Output(&text));
                None
            }
        };
        ensured.pushed = digest.is_some();
    }
    ensured.image = with_digest(image, digest);
    Ok(ensured)
}

fn is_several(platform: &str) -> bool {
    platform.contains(',')
}

/// Says whether the build pushes directly: few stores can keep an image for several platforms.
fn goes_to_registry(decision: &Decision, request: &Request, builder: &Builder) -> bool {
    let wanted = decision.wanted;
    matches!(builder, Builder::Docker { .. })
        && is_several(&request.platform)
        && wanted.push
        && !wanted.load
}

/// Name of an image until its content is checked: a content tag must never name other content. The user's own command
/// names its image itself.
fn temporary_name(decision: &Decision, builder: &Builder, in_registry: bool) -> Reference {
    let image = &decision.image;
    match &image.tag {
        Some(tag) if builder.has_store() && !decision.is_fixed => {
            // In a registry, digests distinguish concurrent builds, so they can share one temporary tag: Docker's
            // builder cannot push without a tag.
            let whose = if in_registry {
                String::new()
            } else {
                format!("-{}", std::process::id())
            };
            image.with_tag(tag.followed_by(&format!("-unchecked{whose}")))
        }
        _ => image.clone(),
    }
}

/// A build whose image gets its name after the check.
struct Naming<'a> {
    decision: &'a Decision,
    request: &'a Request,
    context: &'a Context,
    access: &'a Access,
    builder: &'a Builder,
}

impl Naming<'_> {
    async fn build(
        &self,
        build: &Build<'_>,
        progress: &mut Progress<'_>,
        cancel: &Cancel,
    ) -> Result<(), ImageError> {
        let image = &self.decision.image;
        let named = async {
            let digest = self.builder.build(build, progress, cancel).await?;
            check_unchanged(self.decision, self.request, self.context)?;
            self.check_platform(build).await?;
            if build.image == image {
                return Ok(());
            }
            if build.pushed.is_none() {
                return self.builder.name(build.image, image).await;
            }
            // If somebody pushed the same files earlier, their tag stays.
            if pushed_meanwhile(self.decision, self.access)
                .await?
                .is_none()
            {
                self.tag_there(digest).await?;
            }
            Ok(())
        }
        .await;
        if build.image != image {
            self.builder.forget(build.image).await;
        }
        named
    }

    /// Tags the pushed image.
    async fn tag_there(&self, digest: Option<String>) -> Result<(), ImageError> {
        let image = &self.decision.image;
        let (Some(digest), Some(tag)) = (digest, &image.tag) else {
            let image = Box::new(image.clone());
            return Err(ImageError::NotPushed { image });
        };
        let registry = Registry::new(&image.registry, self.access)?;
        Ok(registry.tag(image, &digest, tag).await?)
    }

    /// Checks the platform, because builders that keep layers may reuse those of another one.
    async fn check_platform(&self, build: &Build<'_>) -> Result<(), ImageError> {
        if !self.builder.has_store() || is_several(build.platform) {
            return Ok(());
        }
        let found = self.builder.platform_of(build.image).await?;
        if same_platform(build.platform, &found) {
            return Ok(());
        }
        Err(ImageError::OtherPlatform {
            builder: self.builder.kind(),
            wanted: build.platform.to_owned(),
            found,
        })
    }
}

/// Says whether an image is for a platform, with any variant.
fn same_platform(wanted: &str, found: &str) -> bool {
    let parts = |platform: &str| {
        let mut parts = platform.split('/').map(|part| match part {
            "x86_64" | "x86-64" => "amd64".to_owned(),
            "aarch64" => "arm64".to_owned(),
            other => other.to_owned(),
        });
        (parts.next(), parts.next())
    };
    parts(wanted) == parts(found)
}

/// Decides what to do, and does it.
pub async fn ensure(
    request: &Request,
    context: &Context,
    wanted: Wanted,
    access: &Access,
    progress: &mut Progress<'_>,
    cancel: &Cancel,
) -> Result<Ensured, ImageError> {
    let decision = decide(request, context, wanted, access).await?;
    carry_out(&decision, request, context, access, progress, cancel).await
}

fn with_digest(image: &Reference, digest: Option<String>) -> Reference {
    match digest {
        Some(digest) => image.with_digest(digest),
        None => image.clone(),
    }
}

async fn ask(image: &Reference, access: &Access) -> Result<Option<String>, ImageError> {
    let registry = Registry::new(&image.registry, access)?;
    Ok(registry.digest(image, Purpose::Push).await?)
}

/// The digest of an image that somebody pushed meanwhile from the same files; that image stays.
async fn pushed_meanwhile(
    decision: &Decision,
    access: &Access,
) -> Result<Option<String>, ImageError> {
    if decision.is_fixed || decision.wanted.force {
        return Ok(None);
    }
    ask(&decision.image, access).await
}

/// Fails if files changed, because a content tag must not name other content.
fn check_unchanged(
    decision: &Decision,
    request: &Request,
    context: &Context,
) -> Result<(), ImageError> {
    if decision.is_fixed {
        return Ok(());
    }
    let now = context.again()?;
    // A folder that was excluded only on the second reading did reach the builder.
    let left_out = |context: &Context| context.ignore.added().iter().cloned().collect();
    let (before, after): (BTreeSet<String>, BTreeSet<String>) = (left_out(context), left_out(&now));
    if after.is_subset(&before) && decision.image.tag.as_ref() == Some(&tag_of(request, &now)?) {
        return Ok(());
    }
    Err(ImageError::ContextChanged {
        context: context.root.clone(),
    })
}

#[cfg(test)]
mod tests;
