//! The name of a built image: set only after the content is checked, so that a tag never names other content.

use super::ask::{answer, question};
use super::kind::{Builder, BuilderKind};
use crate::{ImageError, Reference};

impl Builder {
    /// Gives an image in the store another name.
    pub(crate) async fn name(
        &self,
        unchecked: &Reference,
        image: &Reference,
    ) -> Result<(), ImageError> {
        let words = ["tag", &unchecked.to_string(), &image.to_string()];
        question(self.kind(), &words).await.map(|_| ())
    }

    /// Removes a name from the store.
    pub(crate) async fn forget(&self, image: &Reference) {
        // Other names of the image stay, and a missing name does not matter.
        let _ = answer(self.kind(), &["rmi", &image.to_string()]).await;
    }

    /// The platform of an image in the store, e.g. `linux/amd64`.
    pub(crate) async fn platform_of(&self, image: &Reference) -> Result<String, ImageError> {
        let image = image.to_string();
        let words: [&str; 5] = match self.kind() {
            BuilderKind::Buildah => {
                let format = "{{.OCIv1.OS}}/{{.OCIv1.Architecture}}";
                ["inspect", "--type=image", "--format", format, &image]
            }
            _ => [
                "image",
                "inspect",
                "--format",
                "{{.Os}}/{{.Architecture}}",
                &image,
            ],
        };
        question(self.kind(), &words).await
    }
}
