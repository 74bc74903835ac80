//! Findings of lint in the manifests of a run.

use diagnostic::yaml::{Content, Yaml};
use diagnostic::{Diagnostic, Severity};
use lint::manifest::{ManifestFile, check};

/// Checks manifests as they run: with the values of their parameters, and with no other document to refer to.
///
/// # Arguments
///
/// * `values`: Values of parameters of the Workflow, `NAME=VALUE` each.
pub(super) fn findings<'a>(
    files: &[ManifestFile],
    values: impl Iterator<Item = &'a String>,
) -> Vec<Diagnostic> {
    let values: Vec<(&str, &str)> = values.filter_map(|word| word.split_once('=')).collect();
    let mut findings = if values.is_empty() {
        check(files)
    } else {
        let mut files = files.to_vec();
        for document in files.iter_mut().flat_map(|file| &mut file.documents) {
            set(document, &values);
        }
        check(&files)
    };
    for finding in &mut findings {
        if finding.code == "template-reference-not-given" {
            finding.severity = Severity::Error;
            let message = finding.message.strip_suffix(", so it is not checked");
            if let Some(message) = message.map(str::to_owned) {
                finding.message = message;
            }
        }
    }
    findings
}

/// Sets the values of a document's parameters.
fn set(document: &mut Yaml, values: &[(&str, &str)]) {
    let Some(spec) = inside(document, "spec") else {
        return;
    };
    let arguments = inside(spec, "arguments");
    let Some(parameters) = arguments.and_then(|arguments| inside(arguments, "parameters")) else {
        return;
    };
    let Content::Sequence(parameters) = &mut parameters.value else {
        return;
    };
    for parameter in parameters {
        let name = parameter.get("name").and_then(Yaml::as_str);
        let given = values.iter().rfind(|(given, _)| Some(*given) == name);
        if let Some((_, given)) = given
            && let Some(value) = inside(parameter, "value")
        {
            value.value = Content::String((*given).to_owned());
        }
    }
}

fn inside<'a>(yaml: &'a mut Yaml, key: &str) -> Option<&'a mut Yaml> {
    let Content::Mapping(entries) = &mut yaml.value else {
        return None;
    };
    let mut entries = entries.iter_mut();
    let found = entries.find(|(name, _)| name.name == key);
    found.map(|(_, value)| value)
}
