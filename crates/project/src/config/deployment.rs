use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the worker makes of `${ka.random:}` (`python/argo_kedro/worker/configuration.py`).
const RANDOM: &str = "${ka.random:}";

/// The container image: where it is and how it is built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Deployment {
    /// Repository of the image, with its registry and without a tag.
    pub image: Option<String>,
    /// Tag of the image. Empty, or `${ka.random:}`: a digest of what the image is built from.
    pub tag: Option<String>,
    /// Platform the image is built for.
    pub target_platform: String,
    /// Build context, relative to the project.
    pub context: String,
    /// Dockerfile, relative to the build context.
    pub dockerfile: String,
    /// Stage of the Dockerfile to stop at.
    pub target: Option<String>,
    /// Build arguments, by the names of the Dockerfile's `ARG`. They can be read in the image: no place for secrets.
    pub build_args: IndexMap<String, String>,
    /// Who builds the image. Default: the first of docker, podman and buildah that works.
    pub builder: Option<BuilderName>,
    /// Further words for the builder, which do not change what is built, e.g. `--network=host`.
    pub build_options: Vec<String>,
    /// The words of `builder: command`, which builds and pushes: `{image}`, `{context}`, `{dockerfile}`,
    /// `{ignore_file}` and `{platform}` in them are replaced, and the word `{build_args}` becomes `--build-arg=NAME=VALUE` for each.
    pub build_command: Vec<String>,
    /// Registries that are asked over plain HTTP, or whose certificate is not looked at: `host` or `host:port`.
    /// Those of this machine always are.
    pub insecure_registries: Vec<String>,
}

/// Who builds the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BuilderName {
    /// Docker, with buildx where it is there.
    Docker,
    /// Podman.
    Podman,
    /// Buildah.
    Buildah,
    /// A command of your own: `build_command`.
    Command,
    /// Nobody: the image has to be in its registry.
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
    /// The tag the user fixed; none if it is random or not given.
    pub fn fixed_tag(&self) -> Option<&str> {
        self.tag
            .as_deref()
            .filter(|tag| !tag.is_empty() && !tag.contains(RANDOM))
    }

    /// Who builds, as far as the user said: a `build_command` alone says it as well.
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
