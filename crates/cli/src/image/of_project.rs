//! The project's image: from `argo.yml` and flags to the request for the image crate.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use image::{
    Access, BuilderKind, Context, EntryKind, ImageError, Keyring, ProjectFolder, Reference,
    Request, Tag,
};
use lint::context::{BuildContext, ContextFile};
use project::config::{ArgoConfig, BuilderName, Deployment};

use crate::error::CommandError;
use crate::image::of_pods::PodImage;
use crate::image::wheel;
use crate::settings::Settings;
use crate::spine::Opened;

/// Bytes of a file to search for a private key.
const KEY: u64 = 64 * 1024;

/// Flags that override `argo.yml`.
#[derive(Debug, Default)]
pub(crate) struct ImageFlags<'a> {
    /// Repository, with a tag if that is fixed.
    pub(crate) image: Option<&'a str>,
    pub(crate) platform: Option<&'a str>,
    pub(crate) builder: Option<BuilderKind>,
}

/// Image of a project as a request for the image crate.
pub(crate) fn request(
    deployment: &Deployment,
    wishes: &ImageFlags<'_>,
    root: &Path,
    settings: &Settings,
) -> Result<Request, CommandError> {
    let configured = deployment.image.as_deref();
    let name = wishes.image.or(configured).ok_or_else(|| {
        CommandError::new("the image has no name")
            .hint("set `deployment.image` in argo.yml, e.g. registry.example.com/NAME")
            .hint("or name it: --image REGISTRY/NAME")
    })?;
    let mut image = Reference::parse(name).map_err(ImageError::from)?;
    if image.digest.is_some() {
        let message = format!("`{name}` has a digest, so it names an image that exists already");
        return Err(CommandError::new(message).hint("remove `@sha256:…`"));
    }
    // A flag gives the whole name.
    if wishes.image.is_none()
        && let Some(tag) = deployment.fixed_tag()
    {
        if image.tag.is_some() {
            let message = format!("`{name}` has a tag, and `deployment.tag` is also set: `{tag}`");
            return Err(CommandError::new(message).hint("remove one of them"));
        }
        image.tag = Some(Tag::parse(tag).map_err(ImageError::from)?);
    }
    let platform = wishes.platform.unwrap_or(&deployment.target_platform);
    Ok(Request {
        image,
        folder: root.to_owned(),
        platform: platforms(platform)?,
        target: deployment.target.clone(),
        build_args: deployment.build_args.clone(),
        builder: wishes.builder.or(deployment.builder().map(kind)),
        command: deployment.build_command.clone(),
        options: deployment.build_options.clone(),
        state: Some(settings.state(root)),
    })
}

/// Checks a list of platforms, each `os/architecture` with or without a variant.
fn platforms(list: &str) -> Result<String, CommandError> {
    let is_platform = |platform: &str| {
        let parts: Vec<&str> = platform.split('/').collect();
        let is_word = |part: &&str| {
            let is_letter = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
            !part.is_empty() && part.chars().all(is_letter)
        };
        matches!(parts.len(), 2 | 3) && parts.iter().all(is_word)
    };
    let all: Vec<&str> = list.split(',').map(str::trim).collect();
    match all.iter().find(|platform| !is_platform(platform)) {
        Some(wrong) => Err(CommandError::new(format!("`{wrong}` is not a platform"))
            .hint("e.g. linux/amd64, or linux/amd64,linux/arm64 for several")),
        None => Ok(all.join(",")),
    }
}

pub(crate) fn kind(name: BuilderName) -> BuilderKind {
    match name {
        BuilderName::Docker => BuilderKind::Docker,
        BuilderName::Podman => BuilderKind::Podman,
        BuilderName::Buildah => BuilderKind::Buildah,
        BuilderName::Command => BuilderKind::Command,
        BuilderName::None => BuilderKind::None,
    }
}

/// Files that the image is built from, and the rules' findings about them. Adds the wheel that the Dockerfile takes.
pub(crate) fn context(
    opened: &Opened,
    config: &ArgoConfig,
    request: &Request,
) -> Result<(Context, Vec<Diagnostic>), CommandError> {
    wheel::put(
        &folder(opened, &config.deployment),
        Path::new(&config.deployment.dockerfile),
        &request.platform,
        &opened.interpreter,
    )?;
    let context = read(opened, config, request.state.as_deref())?;
    let findings = findings(opened, config, &context)?;
    wheel::check(&context)?;
    Ok((context, findings))
}

/// The folder of the build context.
pub(crate) fn folder(opened: &Opened, deployment: &Deployment) -> PathBuf {
    // Drop a `./` at the end of the path.
    opened.root.join(&deployment.context).components().collect()
}

fn read(
    opened: &Opened,
    config: &ArgoConfig,
    state: Option<&Path>,
) -> Result<Context, CommandError> {
    read_by(
        opened,
        config,
        Path::new(&config.deployment.dockerfile),
        state,
    )
}

/// Reads what this Dockerfile builds an image from.
pub(crate) fn context_of(
    opened: &Opened,
    config: &ArgoConfig,
    dockerfile: &Path,
    settings: &Settings,
) -> Result<Context, CommandError> {
    let state = settings.state(&opened.root);
    read_by(opened, config, dockerfile, Some(&state))
}

fn read_by(
    opened: &Opened,
    config: &ArgoConfig,
    dockerfile: &Path,
    state: Option<&Path>,
) -> Result<Context, CommandError> {
    let deployment = &config.deployment;
    let project = ProjectFolder {
        root: opened.root.clone(),
        state: state.map(Path::to_owned),
        argo_files: opened
            .snapshot
            .argo_files
            .iter()
            .map(PathBuf::from)
            .collect(),
    };
    let folder = folder(opened, deployment);
    Ok(Context::of_project(&folder, dockerfile, &project)?)
}

/// Reads what the image is built from; `None` if it is not built here.
pub(crate) fn context_if_built(
    opened: &Opened,
    config: &ArgoConfig,
) -> Result<Option<Context>, CommandError> {
    let deployment = &config.deployment;
    let dockerfile = folder(opened, deployment).join(&deployment.dockerfile);
    if deployment.builder() == Some(BuilderName::None) || !dockerfile.is_file() {
        return Ok(None);
    }
    Ok(Some(read(opened, config, None)?))
}

/// Reads what the image is built from, as a build with this request would see it; `None` if it is not built here.
pub(crate) fn context_as_it_is(
    opened: &Opened,
    config: &ArgoConfig,
    request: &Request,
) -> Result<Option<Context>, CommandError> {
    let deployment = &config.deployment;
    let dockerfile = folder(opened, deployment).join(&deployment.dockerfile);
    if !dockerfile.is_file() {
        return Ok(None);
    }
    read(opened, config, request.state.as_deref()).map(Some)
}

/// Reads what the image is built from, for a command that builds none; warns if that cannot be read.
pub(crate) fn context_to_look_at(
    opened: &Opened,
    config: &ArgoConfig,
    settings: &Settings,
) -> Option<Context> {
    context_if_built(opened, config).unwrap_or_else(|error| {
        let error = error.in_one_line();
        let text = format!("cannot check the files that the image is built from: {error}");
        settings.printer.important(&text);
        None
    })
}

/// Gives the findings about the files that the image is built from.
pub(crate) fn findings(
    opened: &Opened,
    config: &ArgoConfig,
    context: &Context,
) -> Result<Vec<Diagnostic>, CommandError> {
    let image = PodImage::new(&opened.root, config, context)?;
    let paths: Vec<String> = context
        .entries
        .iter()
        .map(|entry| entry.path.to_string_lossy().into_owned())
        .collect();
    let files = context
        .entries
        .iter()
        .zip(&paths)
        .filter(|(entry, _)| matches!(entry.kind, EntryKind::File { .. }))
        .map(|(entry, path)| ContextFile {
            path,
            size: entry.size(),
            readmitted_by: entry.readmitted_by,
        })
        .collect();
    let inputs = lint::pod::local_inputs(&opened.snapshot);
    let inputs: Vec<String> = inputs
        .iter()
        .filter_map(|path| image.in_context(path))
        .map(|path| path.to_string_lossy().into_owned())
        .collect();
    let is_known = !opened.snapshot.nodes.is_empty();
    let context_of_rules = BuildContext {
        ignore_file: image.ignore_file.as_deref(),
        files,
        read_by_tasks: is_known.then(|| inputs.iter().map(String::as_str).collect()),
        makes_conf_local: lint::pod::makes_folder(&image.dockerfile, "conf/local"),
    };
    let beginning = |path: &str| beginning(&context.root.join(path));
    let mut findings = lint::context::check(&context_of_rules, &beginning);
    let in_image = |file: &str| {
        let path = image.in_context(file);
        path.is_some_and(|path| context.entries.iter().any(|entry| entry.path == path))
    };
    findings.extend(lint::context::check_credentials(
        &opened.snapshot.credentials,
        config,
        image.ignore_file.as_deref(),
        &in_image,
        &|file| self::beginning(&opened.root.join(file)),
    ));
    Ok(findings)
}

/// Reads the beginning of a file; empty if it cannot be read, which the build reports.
fn beginning(path: &Path) -> String {
    let mut start = Vec::new();
    let _ = File::open(path).and_then(|file| file.take(KEY).read_to_end(&mut start));
    String::from_utf8_lossy(&start).into_owned()
}

/// Gives the access to registries: the user's credentials and certificates, as Docker and podman find them.
pub(crate) fn access(deployment: &Deployment) -> Access {
    let variable = |name: &str| {
        let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
        Some(PathBuf::from(value))
    };
    let home = variable("HOME");
    let below = |folder: &Option<PathBuf>, path: &str| Some(folder.as_ref()?.join(path));
    let docker = variable("DOCKER_CONFIG").or_else(|| below(&home, ".docker"));
    let settings = variable("XDG_CONFIG_HOME").or_else(|| below(&home, ".config"));
    let runtime = variable("XDG_RUNTIME_DIR");
    let files = [
        below(&docker, "config.json"),
        variable("REGISTRY_AUTH_FILE"),
        below(&runtime, "containers/auth.json"),
        below(&settings, "containers/auth.json"),
    ];
    let certificates = [
        Some(PathBuf::from("/etc/docker/certs.d")),
        Some(PathBuf::from("/etc/containers/certs.d")),
        below(&docker, "certs.d"),
        below(&settings, "containers/certs.d"),
    ];
    Access {
        insecure: deployment.insecure_registries.clone(),
        certificates: certificates.into_iter().flatten().collect(),
        keyring: Keyring {
            files: files.into_iter().flatten().collect(),
            path: None,
        },
        timeout: None,
    }
}
