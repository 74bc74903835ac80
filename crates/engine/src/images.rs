//! Commands of images: a container without a command runs that of its image. The controller asks the registry, or its
//! settings (`images` of `workflow-controller-configmap`, `workflow/entrypoint`); here the user gives the commands.

use std::collections::BTreeMap;

use argo::spec::Container;

/// Commands of images, by image name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Images(BTreeMap<String, Vec<String>>);

impl Images {
    /// Adds the command of an image, given as `IMAGE=COMMAND`, with spaces between its words.
    ///
    /// # Errors
    ///
    /// The text names no image or no command.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let failed = || format!("`{text}` is not IMAGE=COMMAND");
        let (image, command) = text.split_once('=').ok_or_else(failed)?;
        let words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
        if image.is_empty() || words.is_empty() {
            return Err(failed());
        }
        self.0.insert(image.to_owned(), words);
        Ok(())
    }

    /// Command of a container, and its arguments; nothing if the command is unknown.
    pub(crate) fn command<'a>(
        &'a self,
        container: &'a Container,
    ) -> Option<(&'a [String], &'a [String])> {
        if !container.command.is_empty() {
            return Some((&container.command, &container.args));
        }
        let command = self.0.get(&container.image)?;
        Some((command, &container.args))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_without_a_command_has_that_of_its_image() {
        let mut images = Images::default();
        for wrong in ["", "a", "=a", "a=", "a= "] {
            assert!(images.add(wrong).is_err(), "{wrong}");
        }
        images.add("argoproj/argosay:v2=/argosay  -x").unwrap();
        let mut container = Container {
            image: "argoproj/argosay:v2".to_owned(),
            args: vec!["echo".to_owned()],
            ..Container::default()
        };
        let words =
            |list: &[&str]| -> Vec<String> { list.iter().map(ToString::to_string).collect() };
        let (program, arguments) = images.command(&container).unwrap();
        assert_eq!(
            (program, arguments),
            (&words(&["/argosay", "-x"])[..], &words(&["echo"])[..])
        );
        container.command = words(&["sh"]);
        assert_eq!(images.command(&container).unwrap().0, words(&["sh"]));
        container = Container::default();
        assert_eq!(images.command(&container), None);
    }
}
