//! Image and namespace that the user gives `init`, for a new or an existing `argo.yml`.

use clap::Args;
use project::config::set_text;

use crate::error::CommandError;

/// Image and namespace for `argo.yml`.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "What stands in argo.yml")]
pub(super) struct ImageAndNamespace {
    /// Image of the tasks, with its registry and without a tag: registry.company.org/team/shop
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    pub(super) image: Option<String>,

    /// Kubernetes namespace of the runs
    #[arg(long, value_name = "NAME", conflicts_with = "dry_run")]
    pub(super) namespace: Option<String>,
}

impl ImageAndNamespace {
    /// Refuses values that the file cannot hold.
    pub(super) fn check(&self) -> Result<(), CommandError> {
        if let Some(image) = &self.image {
            let is_plain =
                |letter: char| letter.is_ascii_alphanumeric() || "./:_-".contains(letter);
            let last = image.rsplit('/').next().unwrap_or(image);
            if image.is_empty() || !image.chars().all(is_plain) || last.contains(':') {
                return Err(CommandError::new(format!(
                    "`{image}` is not the name of an image without a tag"
                ))
                .hint("write --image REGISTRY/NAME; each build has a tag of its own"));
            }
        }
        if let Some(namespace) = &self.namespace
            && (namespace.len() > 63 || !argo::names::is_object_name(namespace))
        {
            return Err(
                CommandError::new(format!("`{namespace}` is not the name of a namespace"))
                    .hint("a name has small letters, digits and `-`"),
            );
        }
        Ok(())
    }

    /// Writes the given flags into an `argo.yml`; `None` if only the user can change its form.
    pub(super) fn written_into(&self, text: &str) -> Option<String> {
        let mut changed = text.to_owned();
        if let Some(namespace) = &self.namespace {
            changed = set_text(&changed, &["namespace"], namespace)?;
        }
        if let Some(image) = &self.image {
            changed = set_text(&changed, &["deployment", "image"], image)?;
        }
        Some(changed)
    }

    /// Given flags, for a file that stays as it is.
    pub(super) fn flags(&self) -> Option<String> {
        let image = self
            .image
            .iter()
            .map(|name| format!("deployment.image: {name}"));
        let namespace = self
            .namespace
            .iter()
            .map(|name| format!("namespace: {name}"));
        let flags: Vec<String> = image.chain(namespace).collect();
        (!flags.is_empty()).then(|| flags.join(", "))
    }
}
