//! Documents in YAML and JSON: reads them as types, and calls functions on them.

use argo::library::Library;
use argo::needs::{ContainerNeed, Needs};
use argo::scope::variables;
use argo::spec::{Manifest, from_text, from_yaml, read, to_json};
use argo::write::{to_yaml, tree_to_yaml};
use argo::{artifact, merge};

use crate::trial::read_texts;

const DOCUMENTS: [&str; 4] = [
    include_str!("../spec/kinds-of-templates.yaml"),
    include_str!("../spec/other-kinds.yaml"),
    include_str!("corpus/documents.yaml"),
    include_str!("corpus/yaml.yaml"),
];

/// Single documents of the files: a change in a short text is more likely to have an effect.
fn seeds() -> Vec<&'static str> {
    DOCUMENTS
        .iter()
        .flat_map(|text| text.split("\n---\n"))
        .collect()
}

#[test]
fn documents() {
    read_texts("documents", &seeds(), |text| {
        let Ok(manifest) = from_text(text) else {
            return;
        };
        // The written text must be read as the same document.
        let written = to_yaml(&manifest).unwrap();
        assert_eq!(from_yaml(&written).unwrap(), manifest, "{written}");
        let spec = to_json(manifest.workflow());
        let _ = (Needs::of(&spec, "spec"), ContainerNeed::of(&spec));
        merge::strategic(&spec, &to_json(&manifest));
        let templates = manifest.workflow().templates.iter();
        for found in templates.flat_map(|template| &template.inputs.artifacts) {
            let _ = (
                artifact::key(found),
                artifact::clean_path(found),
                artifact::location(found),
            );
        }
    });
}

#[test]
fn documents_with_places() {
    read_texts("documents with places", &seeds(), |text| {
        let Ok(documents) = diagnostic::yaml::parse("any", text) else {
            return;
        };
        for document in &documents {
            let _ = read::<Manifest>(document);
            let written = tree_to_yaml(document).unwrap();
            diagnostic::yaml::parse("any", &written).unwrap();
        }
        let library = Library::of(&documents);
        for place in [None, Some("main"), Some("a")] {
            let _ = variables(&library, place);
        }
    });
}
