//! Names of images that kubelets cannot parse.

use argo::document::Template;
use argo::document::read::{field, list};
use argo::image::Reference;
use argo::text::tags::has_tag;

use super::containers::main_containers;
use crate::finding::Findings;
use crate::rule::INVALID_IMAGE_NAME;

/// Checks the image of every container of a template, as kubelets do (`pkg/util/parsers/parsers.go` of Kubernetes): a
/// pod with an invalid name never starts, and Argo waits for it forever.
pub(super) fn check(template: &Template<'_>, findings: &mut Findings) {
    let around = ["sidecars", "initContainers"]
        .iter()
        .flat_map(|key| list(template.yaml, &[key]));
    for container in main_containers(template).into_iter().chain(around) {
        let image = field(container, "image");
        let Some((image, name)) = image.and_then(|image| Some((image, image.as_str()?))) else {
            continue;
        };
        // Another rule reports an empty name; a name with a tag is known only at run time.
        if name.is_empty() || has_tag(name) {
            continue;
        }
        if let Err(wrong) = Reference::parse(name) {
            findings.push(
                INVALID_IMAGE_NAME
                    .at(image, wrong.to_string())
                    .help("a pod with it waits for ever (InvalidImageName)"),
            );
        }
    }
}
