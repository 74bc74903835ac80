use std::path::PathBuf;

use crate::builder::BuilderKind;
use argo::image::{NotAReference, Reference};

/// Reason why an image could not be named, found, built or pushed.
///
/// No message contains a secret.
#[derive(Debug, thiserror::Error)]
pub enum ImageError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] std::io::Error),
    /// The build context is not a folder.
    #[error("the build context {} is not a folder", .0.display())]
    NoContext(PathBuf),
    /// The Dockerfile does not exist.
    #[error("there is no {}", .0.display())]
    NoDockerfile(PathBuf),
    /// The name of a file is not UTF-8, so builders cannot get it.
    #[error("the name of {0:?} in the build context is not UTF-8")]
    NotUtf8(PathBuf),
    /// A line of an ignore file is not a valid pattern.
    #[error("{}:{line}: {reason}, so Docker rejects the pattern", .file.display())]
    IgnorePattern {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// Reason.
        reason: &'static str,
    },
    /// A text is not the name of an image.
    #[error(transparent)]
    Reference(#[from] NotAReference),
    /// Error: only Docker can push to the repository of a name without a registry.
    #[error(
        "cannot push {0}: a name without a registry is reserved for official images of Docker Hub"
    )]
    NoRegistry(Box<Reference>),
    /// A registry did not answer as expected.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// No builder is installed.
    #[error("found no program to build the image: docker, podman and buildah are missing")]
    NoBuilder,
    /// The builder is not installed.
    #[error("`{0}` is not installed")]
    BuilderMissing(BuilderKind),
    /// The builder is installed, but does not work.
    #[error("`{builder}` does not work: {reason}")]
    BuilderNotRunning {
        /// The builder.
        builder: BuilderKind,
        /// The builder's own message.
        reason: String,
    },
    /// The builder lacks a feature.
    #[error("`{builder}` cannot {what}")]
    BuilderCannot {
        /// The builder.
        builder: BuilderKind,
        /// The missing feature.
        what: &'static str,
    },
    /// Error: the image does not exist, and the settings allow no build.
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
    /// The user's build ended with an error.
    #[error("the build failed ({status})")]
    BuildFailed {
        /// Exit status of the builder.
        status: String,
        /// The builder's whole output.
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
        /// The builder's whole output.
        log: String,
    },
    /// The builder succeeded, but the registry does not have the tag.
    #[error("the build succeeded, but the registry does not have {image}")]
    NotPushed {
        /// The image.
        image: Box<Reference>,
    },
    /// The builder made an image for another platform than the wanted one.
    #[error("`{builder}` built the image for {found} instead of {wanted}")]
    OtherPlatform {
        /// The builder.
        builder: BuilderKind,
        /// The wanted platform, in the builder's notation.
        wanted: String,
        /// Platform of the image.
        found: String,
    },
    /// Files changed between the calculation of the tag and the end of the build.
    #[error("files in {} changed during the build", .context.display())]
    ContextChanged {
        /// The build context.
        context: PathBuf,
    },
    /// The user cancelled the work.
    #[error("interrupted")]
    Cancelled,
}

/// Reason why a registry could not tell whether it has an image.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Error: the registry requires a login.
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
    /// Error: the registry shows the image to the user, but does not accept a push.
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
    /// Error: the registry does not have the repository, and does not create it at the first push.
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
    /// Error: the registry does not answer.
    #[error("cannot reach the registry {registry}: {reason}")]
    Unreachable {
        /// The registry.
        registry: String,
        /// Reason.
        reason: String,
    },
    /// The server that answers is not a registry.
    #[error("{registry} is not a container registry: {reason}")]
    NotARegistry {
        /// The host.
        registry: String,
        /// Answer of the registry.
        reason: String,
    },
    /// The registry cannot answer now.
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
    /// A credential helper does not work.
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
    /// Says whether the user lacks permission for the file.
    pub(crate) fn is_permission_denied(&self) -> bool {
        matches!(self, Self::File(error) if error.kind() == std::io::ErrorKind::PermissionDenied)
    }

    /// Says whether the user's own build failed, and not this program.
    pub fn is_failed_build(&self) -> bool {
        matches!(self, Self::BuildFailed { .. })
    }

    /// The failed program's whole output.
    pub fn log(&self) -> Option<&str> {
        match self {
            Self::BuildFailed { log, .. } | Self::TransferFailed { log, .. } => Some(log),
            _ => None,
        }
    }
}
