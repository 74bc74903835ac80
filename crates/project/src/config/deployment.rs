use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Text that the worker returns for `${ka.random:}` (`python/argo_kedro/worker/configuration.py`).
const RANDOM: &str = "${ka.random:}";

/// The container image of the tasks: its name, and how it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deployment {
    /// Name of the image with its registry, without a tag. Example: `registry.example.com/flights`.
    pub image: Option<String>,
    /// Tag of the image. Default: a digest of what the image is built from (files, Dockerfile, build arguments,
    /// platform). An empty tag and `${ka.random:}` mean this digest as well.
    pub tag: Option<String>,
    /// Platform for which the image is built. Several are separated by commas and need docker with buildx. Default:
    /// `linux/amd64`.
    pub target_platform: String,
    /// Folder of the build context, relative to the project. Default: `./`, the project itself.
    pub context: String,
    /// Path of the Dockerfile, relative to the build context. Default: `Dockerfile`.
    pub dockerfile: String,
    /// Stage of the Dockerfile to build. Default: the last one.
    pub target: Option<String>,
    /// Build arguments: values for the Dockerfile's `ARG` instructions, by name. Everyone who has the image can read
    /// them, so write no secrets here. Example: `{PYTHON: "3.12"}`.
    pub build_args: IndexMap<String, String>,
    /// Program that builds the image. Default: `command` if there is a `build_command`, else the first of docker,
    /// podman and buildah that works.
    pub builder: Option<BuilderName>,
    /// More options for the builder, which must not change what is built. Example: `[--network=host]`.
    pub build_options: Vec<String>,
    /// Command that builds and pushes the image, for `builder: command`. `{image}`, `{context}`, `{dockerfile}`,
    /// `{ignore_file}` and `{platform}` in it are replaced. The word `{build_args}` becomes one
    /// `--build-arg=NAME=VALUE` for each build argument. Example: `[make, image, "IMAGE={image}"]`.
    pub build_command: Vec<String>,
    /// Registries without TLS or without a valid certificate, as `host` or `host:port`. argo-kedro asks them over plain
    /// HTTP, or does not check the certificate. A registry on this machine (`localhost`) needs no entry.
    pub insecure_registries: Vec<String>,
}

/// Program that builds the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuilderName {
    /// Docker, with buildx if it is installed.
    Docker,
    /// Podman.
    Podman,
    /// Buildah.
    Buildah,
    /// A command of your own: `build_command`.
    Command,
    /// No program: the image must be in its registry already.
    None,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            image: None,
            tag: None,
            target_platform: "linux/amd64".to_owned(),
            context: "./".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
            target: None,
            build_args: IndexMap::new(),
            builder: None,
            build_options: Vec::new(),
            build_command: Vec::new(),
            insecure_registries: Vec::new(),
        }
    }
}

impl Deployment {
    /// Tag that the user fixed; none if it is random or missing.
    pub fn fixed_tag(&self) -> Option<&str> {
        self.tag
            .as_deref()
            .filter(|tag| !tag.is_empty() && !tag.contains(RANDOM))
    }

    /// Builder that the user chose; a `build_command` alone is a choice too.
    pub fn builder(&self) -> Option<BuilderName> {
        let command = (!self.build_command.is_empty()).then_some(BuilderName::Command);
        self.builder.or(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_random_tag_is_no_fixed_tag() {
        let tagged = |tag: &str| Deployment {
            tag: Some(tag.to_owned()),
            ..Deployment::default()
        };
        assert_eq!(tagged("v1").fixed_tag(), Some("v1"));
        assert_eq!(tagged("${ka.random:}").fixed_tag(), None);
        assert_eq!(tagged("dev-${ka.random:}").fixed_tag(), None);
        assert_eq!(tagged("").fixed_tag(), None);
    }
}
