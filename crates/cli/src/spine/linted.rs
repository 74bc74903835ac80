//! A manifest with the findings about it.

use argo::spec::Field;
use argo::write::tree_to_yaml;
use cluster::generate_name;
use compile::Origins;
use diagnostic::Diagnostic;
use diagnostic::yaml::Yaml;
use lint::manifest::ManifestFile;
use serde_json::Value;

use crate::error::CommandError;

/// Manifest with the findings about it. It cannot be changed: the linted bytes are those that are shown, recorded and
/// sent to a cluster. Another manifest becomes a new value, which is linted anew.
pub(crate) struct Linted {
    /// The one manifest, in the form that the rules take.
    files: [ManifestFile; 1],
    findings: Vec<Diagnostic>,
    /// Origins of its fields; empty for a document without a project.
    origins: Origins,
}

impl Linted {
    /// Lints a manifest.
    ///
    /// # Arguments
    ///
    /// * `origins`: Settings that made its fields.
    /// * `rules`: Finds what is wrong with the manifest.
    pub(super) fn new(
        manifest: &impl Field,
        origins: Origins,
        rules: impl FnOnce(&[ManifestFile; 1], &Origins) -> Vec<Diagnostic>,
    ) -> Self {
        Self::of_tree(manifest.write(), origins, rules)
    }

    /// Lints a document without a project, by the rules for manifests.
    pub(crate) fn of_document(document: Value) -> Self {
        Self::of_tree(Yaml::from(document), Origins::default(), |files, _| {
            let mut findings = lint::manifest::check(files);
            for finding in &mut findings {
                // The document is in no file.
                (finding.place.file, finding.place.span) = (None, None);
            }
            findings
        })
    }

    fn of_tree(
        tree: Yaml,
        origins: Origins,
        rules: impl FnOnce(&[ManifestFile; 1], &Origins) -> Vec<Diagnostic>,
    ) -> Self {
        let files = [ManifestFile {
            path: String::new(),
            documents: vec![tree],
        }];
        let findings = rules(&files, &origins);
        Self {
            files,
            findings,
            origins,
        }
    }

    /// Gives the findings.
    pub(crate) fn findings(&self) -> &[Diagnostic] {
        &self.findings
    }

    /// Gives the origins of the manifest's fields.
    pub(crate) fn origins(&self) -> &Origins {
        &self.origins
    }

    /// Manifest as the rules saw it.
    pub(crate) fn tree(&self) -> &Yaml {
        &self.files[0].documents[0]
    }

    /// Manifest as YAML.
    ///
    /// # Errors
    ///
    /// Returns the value that YAML cannot hold.
    pub(crate) fn text(&self) -> Result<String, CommandError> {
        Ok(tree_to_yaml(self.tree())?)
    }

    /// Manifest as a cluster gets it.
    pub(crate) fn document(&self) -> Value {
        self.tree().to_json()
    }

    /// Gives the kind of the document, e.g. `Workflow`; empty if it has none.
    pub(crate) fn kind(&self) -> &str {
        self.tree()
            .get("kind")
            .and_then(Yaml::as_str)
            .unwrap_or_default()
    }

    /// Gives the name of the document; `None` if the API server makes it.
    pub(crate) fn name(&self) -> Option<&str> {
        self.tree().get("metadata")?.get("name")?.as_str()
    }

    /// Gives the name of the document, or the beginning of the name that the API server makes.
    pub(crate) fn beginning(&self) -> Option<&str> {
        let metadata = self.tree().get("metadata")?;
        let name = metadata.get("name").or(metadata.get("generateName"))?;
        name.as_str()
    }

    /// Lints another document that replaces this one.
    ///
    /// # Errors
    ///
    /// Returns errors that the rules did not find before.
    pub(crate) fn changed(&self, document: Value) -> Result<Self, CommandError> {
        let mut changed = Self::of_document(document);
        changed.origins.clone_from(&self.origins);
        let is_known = |finding: &Diagnostic| {
            let mut known = self.findings.iter();
            known.any(|known| known.code == finding.code && known.message == finding.message)
        };
        let new: Vec<Diagnostic> = changed
            .findings
            .iter()
            .filter(|finding| finding.is_error() && !is_known(finding))
            .cloned()
            .collect();
        if new.is_empty() {
            Ok(changed)
        } else {
            Err(CommandError::findings(new))
        }
    }

    /// Manifest with the exact image in place of its tag.
    ///
    /// # Errors
    ///
    /// Returns errors that the rules did not find before.
    pub(crate) fn with_image(&self, tagged: &str, exact: &str) -> Result<Self, CommandError> {
        let mut document = self.document();
        compile::replace_image(&mut document, tagged, exact);
        self.changed(document)
    }

    /// Manifest with a name that the API server makes unique.
    ///
    /// # Errors
    ///
    /// Returns errors that the rules did not find before.
    pub(crate) fn with_letters(&self) -> Result<Self, CommandError> {
        let mut document = self.document();
        if let Some(metadata) = document["metadata"].as_object_mut()
            && let Some(Value::String(name)) = metadata.remove("name")
        {
            metadata.insert("generateName".to_owned(), generate_name(&name).into());
        }
        self.changed(document)
    }
}

#[cfg(test)]
mod tests {
    use argo::spec::{Manifest, from_json};
    use serde_json::json;

    use super::*;

    fn manifest(name: &Value) -> Value {
        let container = |image: &str| json!({"image": image, "command": ["sh"]});
        json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {"entrypoint": "x", "templates": [
            {"name": "x", "container": container("i:tag")},
            {"name": "y", "container": container("other")}]}})
    }

    #[test]
    fn what_the_rules_saw_is_what_is_shown_and_sent() {
        let typed: Manifest = from_json(&manifest(&json!("a"))).unwrap();
        let mut seen = None;
        let linted = Linted::new(&typed, Origins::default(), |files, _| {
            seen = Some(files[0].documents[0].clone());
            vec![Diagnostic::error("x", "x")]
        });
        let seen = seen.unwrap();
        assert_eq!(linted.document(), seen.to_json());
        assert_eq!(linted.text().unwrap(), tree_to_yaml(&seen).unwrap());
        assert_eq!(linted.findings().len(), 1);
        assert_eq!((linted.kind(), linted.name()), ("Workflow", Some("a")));
    }

    #[test]
    fn a_manifest_that_is_changed_is_linted_anew() {
        let linted = Linted::of_document(manifest(&json!("nightly")));
        let digest = format!("i:tag@sha256:{}", "0".repeat(64));
        let exact = linted.with_image("i:tag", &digest).unwrap();
        let templates = &exact.document()["spec"]["templates"];
        assert_eq!(templates[0]["container"]["image"], digest);
        assert_eq!(templates[1]["container"]["image"], "other");
        let again = linted.with_letters().unwrap().document();
        assert_eq!(
            again["metadata"],
            json!({"generateName": "nightly-", "namespace": "team"})
        );
        let mut broken = manifest(&json!("nightly"));
        broken["spec"]["entrypoint"] = "nobody".into();
        let Err(error) = linted.changed(broken.clone()) else {
            panic!("the new error is not told");
        };
        assert!(error.findings[0].message.contains("nobody"));
        // An old error is no reason to refuse the change.
        let linted = Linted::of_document(broken.clone());
        assert!(linted.findings().iter().any(Diagnostic::is_error));
        assert!(linted.changed(broken).is_ok());
    }

    #[test]
    fn a_name_that_is_taken_begins_one_that_the_api_server_makes() {
        let generated = json!({"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
            "metadata": {"generateName": "a-"}, "spec": {}});
        let linted = Linted::of_document(generated.clone());
        assert_eq!(linted.with_letters().unwrap().document(), generated);
        assert_eq!((linted.name(), linted.beginning()), (None, Some("a-")));
    }
}
