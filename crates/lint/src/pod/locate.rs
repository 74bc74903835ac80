//! Finds a path of the project in the image that is built from it.

use super::image::{Image, PathInImage};
use super::paths::DataPath;
use super::{copied, makes};

impl Image<'_> {
    /// Finds a path of the project once the image is built. A path that no `COPY` takes stays behind in the build
    /// context. A base image of the user's own may have it.
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
