//! Finds a path of the project in the image.

use super::image::{Image, PathInImage};
use super::paths::DataPath;
use super::{copied, makes};

impl Image<'_> {
    /// Finds a path of the project in the built image. A path that no `COPY` takes stays in the build context, unless a
    /// base image of the user may contain it.
    pub fn locate(&self, path: &str) -> PathInImage {
        let found = (self.find)(path);
        let may_be_there = || {
            copied::may_take(self, path)
                || makes::may_hold(self.dockerfile, &DataPath::Inside(path.to_owned()))
                || !makes::base_is_plain(self.dockerfile)
        };
        if found == PathInImage::InImage && !may_be_there() {
            return PathInImage::NotCopied;
        }
        found
    }
}
