//! Packages that a Dockerfile installs.

use super::image::Image;

/// Packages that a Dockerfile installs, as far as it tells.
#[derive(Debug, Default)]
pub(super) struct Installs {
    /// The words of the installing commands.
    pub(super) words: Vec<String>,
    /// The requirement files, with their texts.
    pub(super) texts: Vec<(String, String)>,
    /// The packages that commands and files name, each with its extras and its version.
    pub(super) packages: Vec<String>,
    /// Says whether the image may have more packages.
    pub(super) is_open: bool,
    /// Says whether the image may have packages that no file names and that no named package depends on.
    pub(super) is_unclear: bool,
}

/// Packages that an image installs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Installed {
    /// The packages that its commands and their files name, each with its extras and its version.
    pub packages: Vec<String>,
    /// The files that name the packages, relative to the project.
    pub files: Vec<String>,
    /// Says whether the image has only these packages and their dependencies.
    pub is_known: bool,
}

impl Installs {
    /// Says whether a word of a command, or a line of a file, names a wanted package.
    pub(super) fn name(&self, is_wanted: &dyn Fn(&str) -> bool) -> bool {
        let lines = self.texts.iter().flat_map(|(_, text)| text.lines());
        let lines = lines.map(|line| line.split(" #").next().unwrap_or_default());
        let lines = lines.filter(|line| !line.trim_start().starts_with('#'));
        let words = self.words.iter().map(String::as_str);
        words.chain(lines).any(is_wanted)
    }

    /// The files that were read.
    pub(super) fn files(&self) -> Vec<&str> {
        self.texts.iter().map(|(file, _)| file.as_str()).collect()
    }

    /// The reason why an image lacks a package that no file names, for a message after "but".
    pub(super) fn lacks_it(&self, image: &Image<'_>) -> String {
        match (image.is_proposed, &self.files()[..]) {
            (false, _) => "the Dockerfile does not seem to install it".to_owned(),
            (true, []) => {
                "the Dockerfile that `argo-kedro init` would add does not install it".to_owned()
            }
            (true, [file]) => format!("{file} does not name it"),
            (true, [others @ .., last]) => {
                format!("neither {} nor {last} names it", others.join(", "))
            }
        }
    }

    /// The file in which to name a package, for a message.
    pub(super) fn where_to_name_it(&self) -> String {
        match self.files().first() {
            Some(file) => format!("the requirements of the image ({file})"),
            None => "the requirements of the image".to_owned(),
        }
    }

    /// Says whether a file was read.
    pub(super) fn has(&self, file: &str) -> bool {
        self.texts.iter().any(|(known, _)| known == file)
    }
}
