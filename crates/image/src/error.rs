use std::path::PathBuf;

use crate::builder::BuilderKind;
use argo::image::{NotAReference, Reference};

/// Reason why an image could not be named, looked for, built or pushed.
///
/// No text of these holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The build context is no folder.
    #[error("the build context {} is not a folder", .0.display())]
    NoContext(PathBuf),
    /// The Dockerfile is not there.
    #[error("there is no {}", .0.display())]
    NoDockerfile(PathBuf),
    /// A file of the context has a name that builders cannot be told of: they speak UTF-8.
    #[error("the name of {0:?} in the build context is not UTF-8")]
    NotUtf8(PathBuf),
    /// A line of an ignore file means nothing.
    #[error("{}:{line}: {reason}, so Docker rejects the pattern", .file.display())]
    IgnorePattern {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Reason.
        reason: &'static str,
    },
    /// A text is no reference of an image.
    #[error(transparent)]
    Reference(#[from] NotAReference),
    /// Error: nobody but Docker can push to where an image of this name is kept.
    #[error(
        "cannot push {0}: a name without a registry is reserved for official images of Docker Hub"
    )]
    NoRegistry(Box<Reference>),
    /// A registry did not answer as one does.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No builder is installed.
    #[error("found no program to build the image: docker, podman and buildah are missing")]
    NoBuilder,
    /// The builder is not installed.
    #[error("`{0}` is not installed")]
    BuilderMissing(BuilderKind),
    /// The builder is there and does not work.
    #[error("`{builder}` does not work: {reason}")]
    BuilderNotRunning {
        /// The builder.
        builder: BuilderKind,
        /// The builder's own words.
        reason: String,
    },
    /// The builder cannot do what it is asked.
    #[error("`{builder}` cannot {what}")]
    BuilderCannot {
        /// The builder.
        builder: BuilderKind,
        /// Action that it cannot do.
        what: &'static str,
    },
    /// Error: nobody builds, and the image is not there.
    #[error("{image} does not exist, and `deployment.builder` is `none`")]
    NotBuilt {
        /// The image.
        image: Box<Reference>,
    },
    /// A program could not be started.
    #[error("cannot start `{program}`")]
    NotStarted {
        /// The program.
        program: String,
        /// Reason.
        source: std::io::Error,
    },
    /// The build ended with an error: the user's thing failed.
    #[error("the build failed ({status})")]
    BuildFailed {
        /// Exit status of the builder.
        status: String,
        /// Everything it said.
        log: String,
    },
    /// The image could not be pushed or pulled.
    #[error("cannot {what} {image} ({status})")]
    TransferFailed {
        /// `push`, `pull` or `tag`.
        what: &'static str,
        /// The image.
        image: Box<Reference>,
        /// Exit status of the builder.
        status: String,
        /// Everything it said.
        log: String,
    },
    /// The builder ended well, and the registry has no such tag.
    #[error("the build succeeded, but the registry does not have {image}")]
    NotPushed {
        /// The image.
        image: Box<Reference>,
    },
    /// The builder made an image of another platform than it was asked for.
    #[error("`{builder}` built the image for {found} instead of {wanted}")]
    OtherPlatform {
        /// The builder.
        builder: BuilderKind,
        /// The platform in the builder's words for it.
        wanted: String,
        /// Platform of the image.
        found: String,
    },
    /// Files changed between the look at them and the end of the build.
    #[error("files in {} changed during the build", .context.display())]
    ContextChanged {
        /// The build context.
        context: PathBuf,
    },
    /// Somebody did not want it any more.
    #[error("interrupted")]
    Cancelled,
}

/// Reason why a registry could not say whether it has an image.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Error: the registry wants to know who asks.
    #[error("{registry} does not let {who} see {repository} ({status})")]
    NeedsLogin {
        /// The registry, as `docker login` names it.
        registry: String,
        /// The repository.
        repository: String,
        /// `anybody`, or the user's name in backticks.
        who: String,
        /// The HTTP status.
        status: u16,
    },
    /// Error: the registry shows the image, and takes none.
    #[error("{registry} does not let {who} push to {repository} ({status})")]
    PushDenied {
        /// The registry, as `docker login` names it.
        registry: String,
        /// The repository.
        repository: String,
        /// `anybody`, or the user's name in backticks.
        who: String,
        /// The HTTP status.
        status: u16,
    },
    /// Error: the registry has no such repository, and does not make it with the first push.
    #[error("{registry} has no repository {repository}")]
    NoRepository {
        /// The registry.
        registry: String,
        /// The repository.
        repository: String,
    },
    /// The certificate of the registry is not trusted.
    #[error("the certificate of {registry} is not trusted: {reason}")]
    Certificate {
        /// The registry.
        registry: String,
        /// Reason.
        reason: String,
    },
    /// Error: nobody answers.
    #[error("cannot reach the registry {registry}: {reason}")]
    Unreachable {
        /// The registry.
        registry: String,
        /// Reason.
        reason: String,
    },
    /// Something answers that is no registry.
    #[error("{registry} is not a container registry: {reason}")]
    NotARegistry {
        /// The host.
        registry: String,
        /// Answer of the registry.
        reason: String,
    },
    /// A registry that cannot answer now.
    #[error("{registry} answers {status}{}", reason(.message))]
    Server {
        /// The registry.
        registry: String,
        /// The HTTP status.
        status: u16,
        /// Message of the registry, if any.
        message: String,
    },
    /// A file with credentials cannot be read.
    #[error("cannot read the credentials in {}: {reason}", .file.display())]
    Credentials {
        /// The file.
        file: PathBuf,
        /// Reason, without any text of the file.
        reason: String,
    },
    /// A program that keeps credentials does not work.
    #[error("`{helper}`, which keeps the credentials for {registry}, does not work: {reason}")]
    CredentialHelper {
        /// The program.
        helper: String,
        /// The registry.
        registry: String,
        /// Reason.
        reason: String,
    },
}

fn reason(message: &str) -> String {
    if message.is_empty() {
        String::new()
    } else {
        format!(": {message}")
    }
}

impl ImageError {
    /// Says whether the user may not look there.
    pub(crate) fn is_permission_denied(&self) -> bool {
        matches!(self, Self::File(error) if error.kind() == std::io::ErrorKind::PermissionDenied)
    }

    /// Says whether the user's own build failed, rather than this program.
    pub fn is_failed_build(&self) -> bool {
        matches!(self, Self::BuildFailed { .. })
    }

    /// Everything that the failed program said.
    pub fn log(&self) -> Option<&str> {
        match self {
            Self::BuildFailed { log, .. } | Self::TransferFailed { log, .. } => Some(log),
            _ => None,
        }
    }
}
