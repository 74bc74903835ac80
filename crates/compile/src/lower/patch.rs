//! Applies the `patches` of `argo.yml`: first to templates, then to the workflow.

use diagnostic::{Diagnostic, did_you_mean};
use project::config::{ArgoConfig, Patches as Configured};
use serde_json::{Map, Value};

use super::classes::Classes;
use super::merge::{Fault, merge};
use super::origins::Recorder;
use super::settings::Settings;
use argo::spec::{Field, Template, WorkflowSpec, from_json, to_json};
use argo::write::json_to_yaml;

/// The patches, with the templates to which they apply.
pub(super) struct Patches<'a> {
    config: &'a ArgoConfig,
    /// Names of templates, each with the selectors of its tasks' patches, the least specific first.
    of_classes: Vec<(&'a str, &'a [String])>,
}

impl<'a> Patches<'a> {
    pub(super) fn new(
        config: &'a ArgoConfig,
        settings: &'a Settings<'a>,
        classes: &'a Classes<'a>,
    ) -> Self {
        let of_classes = classes.iter().map(|class| {
            let task_settings = settings.get(class.settings);
            (class.name.as_str(), task_settings.patches.as_slice())
        });
        Self {
            config,
            of_classes: of_classes
                .filter(|(_, selectors)| !selectors.is_empty())
                .collect(),
        }
    }

    /// Applies the patches to a workflow. A patch that does not apply is skipped and becomes a finding.
    pub(super) fn apply(
        &self,
        mut spec: WorkflowSpec,
        recorder: &mut Recorder<'_>,
    ) -> (WorkflowSpec, Vec<Diagnostic>) {
        let mut findings: Vec<Diagnostic> = Vec::new();
        let configured = &self.config.patches;
        for (name, selectors) in &self.of_classes {
            for selector in *selectors {
                self.over_template(selector, name, &mut spec, &mut findings, recorder);
            }
        }
        for key in configured.templates.keys() {
            if let Some(name) = key.strip_prefix(Configured::TEMPLATE) {
                self.over_template(key, name, &mut spec, &mut findings, recorder);
            }
        }
        if let Some(patch) = &configured.pods {
            match json_to_yaml(&Value::Object(patch.0.clone())) {
                Ok(text) => {
                    spec.pod_spec_patch = Some(text);
                    recorder.patch_of_pods();
                }
                Err(error) => {
                    let path = ["patches", "pods"];
                    findings.push(self.finding(&path, &[], &error.to_string()));
                }
            }
        }
        if let Some(patch) = &configured.workflow {
            let path = ["patches", "workflow"];
            if self.over(&mut spec, &patch.0, &path, &mut findings) {
                recorder.patch(None, &patch.0, &path);
            }
        }
        // A patch for several templates needs only one finding.
        let mut once: Vec<Diagnostic> = Vec::with_capacity(findings.len());
        for finding in findings {
            if !once.contains(&finding) {
                once.push(finding);
            }
        }
        (spec, once)
    }

    fn over_template(
        &self,
        key: &str,
        name: &str,
        spec: &mut WorkflowSpec,
        findings: &mut Vec<Diagnostic>,
        recorder: &mut Recorder<'_>,
    ) {
        let Some(patch) = self.config.patches.templates.get(key) else {
            return;
        };
        let path = ["patches", "templates", key];
        let known: Vec<String> = spec
            .templates
            .iter()
            .map(|known| known.name.clone())
            .collect();
        let found = spec.templates.iter_mut().find(|known| known.name == name);
        let Some(template) = found else {
            let message = format!("the manifest has no template `{name}`");
            let help = did_you_mean(name, known.iter().map(String::as_str));
            findings.push(self.finding(&path, &[], &message).maybe_help(help));
            return;
        };
        let mut patched: Template = template.clone();
        let is_applied = self.over(&mut patched, &patch.0, &path, findings);
        if patched.name == template.name {
            *template = patched;
            if is_applied {
                recorder.patch(Some(name), &patch.0, &path);
            }
        } else {
            let name = ["name".to_owned()];
            findings.push(self.finding(
                &path,
                &name,
                "a patch cannot give a template another name",
            ));
        }
    }

    /// Applies a patch to a part of the manifest, if possible.
    fn over<T: Field>(
        &self,
        target: &mut T,
        patch: &Map<String, Value>,
        path: &[&str],
        findings: &mut Vec<Diagnostic>,
    ) -> bool {
        let Value::Object(mut entries) = to_json(target) else {
            return false;
        };
        let faults: Vec<Fault> = merge(&mut entries, patch);
        if !faults.is_empty() {
            let faults = faults.iter();
            findings.extend(faults.map(|(inside, fault)| self.finding(path, inside, fault)));
            return false;
        }
        let wanted = Value::Object(entries);
        match from_json(&wanted) {
            Ok(patched) => {
                *target = patched;
                true
            }
            Err(error) => {
                findings.push(self.finding(path, &[], &error.to_string()));
                false
            }
        }
    }

    fn finding(&self, path: &[&str], inside: &[String], why: &str) -> Diagnostic {
        let whole: Vec<&str> = path
            .iter()
            .copied()
            .chain(inside.iter().map(String::as_str))
            .collect();
        let mut place = self.config.places.of(&whole);
        if place.span.is_none() {
            place = self.config.places.of(path);
        }
        let shown = whole.join(".");
        Diagnostic::error(
            "patch-does-not-apply",
            format!("the patch `{shown}` does not apply: {why}"),
        )
        .at(place)
    }
}
