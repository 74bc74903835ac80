//! Errors of building an image, and of its registry.

use super::command_error::CommandError;
use super::exit::Exit;

impl From<image::ImageError> for CommandError {
    fn from(error: image::ImageError) -> Self {
        use image::ImageError as E;
        let failed = error.is_failed_build();
        let log = error.log().map(str::to_owned);
        let mut base = Self::from_error(&error).of_kind("image");
        if let Some(log) = log.filter(|log| !log.is_empty()) {
            base = base.detail(log);
        }
        if failed {
            base.exit = Exit::Failure;
        }
        match error {
            E::Cancelled => Self::interrupted(),
            E::NotUtf8(_) => base.hint(
                "rename the file, or exclude its folder in .dockerignore: builders cannot name such a file",
            ),
            E::NoDockerfile(_) | E::NoContext(_) => base
                .hint("to add a Dockerfile: {program} init")
                .hint("if it is in another place, set `deployment.dockerfile` and `deployment.context` in argo.yml"),
            E::Registry(error) => from_registry(base, &error),
            E::NoBuilder => base
                .hint("install one of them, or set a command of your own in argo.yml: `deployment.build_command`"),
            E::BuilderMissing(builder) => base.hint(format!(
                "install {builder}, or choose another in argo.yml: `deployment.builder`"
            )),
            E::BuilderNotRunning { builder, reason } => {
                let hint = if reason.contains("permission denied") {
                    format!("ask for permission to use {builder}; `{builder} info` must work")
                } else {
                    format!("start {builder}; `{builder} info` must work")
                };
                base.hint(hint)
                    .hint("or choose another in argo.yml: `deployment.builder`")
            }
            E::NoRegistry(_) => base
                .hint("put your registry before the name, in argo.yml: deployment.image")
                .hint(
                    "a cluster on this machine needs no registry: {program} build --load, then load the image into \
                     the cluster, then {program} submit --image IMAGE",
                ),
            E::NotBuilt { .. } => {
                base.hint("to build it: set another `deployment.builder` in argo.yml, then {program} build --push")
            }
            E::TransferFailed { what, image, .. } => base.hint(format!(
                "check that the registry answers and that you may {what} there; to log in: docker login {}",
                image.registry
            )),
            E::OtherPlatform { .. } => base
                .hint("the builder used cached layers of the other platform; to build without them, set in \
                    argo.yml: deployment.build_options: [--no-cache]")
                .hint("check that the base image exists for the platform"),
            E::NotPushed { .. } => base.hint(
                "`deployment.build_command` must push `{image}`; `{program} build` without --push does not need a \
                 registry",
            ),
            E::ContextChanged { .. } => base
                .hint("build again; if the build itself writes these files, add them to .dockerignore"),
            E::NotStarted { .. } => base.hint("check that it is installed and that its folder is in PATH"),
            _ => base,
        }
    }
}

fn from_registry(error: CommandError, registry: &image::RegistryError) -> CommandError {
    use image::RegistryError as E;
    match registry {
        E::NeedsLogin { registry, .. } => error
            .hint(format!("to log in: docker login {registry}"))
            .hint("check the name of the repository, and that you may read it"),
        E::PushDenied { registry, .. } => error
            .hint(format!("to log in as somebody who may push: docker login {registry}")),
        E::NoRepository { repository, .. } => error
            .hint(format!("create the repository `{repository}` there, or set `deployment.image` in argo.yml")),
        E::Certificate { registry, .. } => error
            .hint(format!(
                "trust its certificate authority: put the authority's certificate into \
                 /etc/docker/certs.d/{registry}/ca.crt, or name its file: SSL_CERT_FILE=FILE"
            ))
            .hint(format!(
                "or do not check the certificate; set in argo.yml: deployment.insecure_registries: [{registry}]"
            )),
        E::Unreachable { registry, .. } if image::Access::default().is_insecure(registry) => {
            error.hint("check that the registry runs on this machine")
        }
        E::Unreachable { registry, .. } => error
            .hint("check whether you need a VPN or a proxy (HTTPS_PROXY)")
            .hint(format!(
                "if the registry has no TLS, set in argo.yml: deployment.insecure_registries: [{registry}]"
            )),
        E::NotARegistry { .. } => error.hint("check `deployment.image` in argo.yml"),
        E::Server { .. } => error.hint("try again later"),
        E::CredentialHelper { .. } | E::Credentials { .. } => {
            error.hint("check the file config.json of Docker, or auth.json of podman")
        }
    }
}
