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
    /// Tag of the image. Empty, or `${ka.random:}`: chosen when the image is built.
    pub tag: Option<String>,
    /// Platform the image is built for.
    pub target_platform: String,
    /// Build context, relative to the project.
    pub context: String,
    /// Dockerfile, relative to the build context.
    pub dockerfile: String,
}

impl Default for Deployment {
    fn default() -> Self {
        Self {
            image: None,
            tag: None,
            target_platform: "linux/amd64".to_owned(),
            context: "./".to_owned(),
            dockerfile: "Dockerfile".to_owned(),
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
