//! `patches` of `argo.yml`: laid over templates, then over the workflow.

use diagnostic::{Diagnostic, did_you_mean};
use project::config::{ArgoConfig, Patches as Configured};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::classes::Classes;
use super::merge::{Fault, merge};
use super::settings::Settings;
use crate::manifest::{Template, WorkflowSpec};

/// The patches, and which templates they are for.
pub(super) struct Patches<'a> {
    config: &'a ArgoConfig,
    /// Name of a template, and the selectors of the patches of its tasks, the least specific first.
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

    /// Lays them over a workflow. One that does not apply is left out and becomes a finding.
    pub(super) fn apply(&self, mut spec: WorkflowSpec) -> (WorkflowSpec, Vec<Diagnostic>) {
        let mut findings: Vec<Diagnostic> = Vec::new();
        let configured = &self.config.patches;
        for (name, selectors) in &self.of_classes {
            for selector in *selectors {
                self.over_template(selector, name, &mut spec, &mut findings);
            }
        }
        for key in configured.templates.keys() {
            if let Some(name) = key.strip_prefix(Configured::TEMPLATE) {
                self.over_template(key, name, &mut spec, &mut findings);
            }
        }
        if let Some(patch) = &configured.pods {
            spec.pod_spec_patch = serde_saphyr::to_string(patch).ok();
        }
        if let Some(patch) = &configured.workflow {
            let path = ["patches", "workflow"];
            self.over(&mut spec, &patch.0, &path, &mut findings);
        }
        // The same patch can be for several templates.
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
        self.over(&mut patched, &patch.0, &path, findings);
        if patched.name == template.name {
            *template = patched;
        } else {
            let name = ["name".to_owned()];
            findings.push(self.finding(
                &path,
                &name,
                "a patch cannot give a template another name",
            ));
        }
    }

    /// Lays a patch over a part of the manifest.
    fn over<T: Serialize + DeserializeOwned>(
        &self,
        target: &mut T,
        patch: &Map<String, Value>,
        path: &[&str],
        findings: &mut Vec<Diagnostic>,
    ) {
        let Ok(Value::Object(mut entries)) = serde_json::to_value(&*target) else {
            return;
        };
        let faults: Vec<Fault> = merge(&mut entries, patch);
        if !faults.is_empty() {
            let faults = faults.iter();
            findings.extend(faults.map(|(inside, fault)| self.finding(path, inside, fault)));
            return;
        }
        let wanted = Value::Object(entries);
        let patched: T = match serde_json::from_value(wanted.clone()) {
            Ok(patched) => patched,
            Err(error) => {
                findings.push(self.finding(path, &[], &error.to_string()));
                return;
            }
        };
        // What the manifest's types do not have must not get lost without a word.
        let written = serde_json::to_value(&patched).unwrap_or_default();
        if let Some(lost) = first_lost(&wanted, &written) {
            let message = format!(
                "argo-kedro cannot write the field `{}` here",
                lost.join(".")
            );
            findings.push(self.finding(path, &[], &message));
            return;
        }
        *target = patched;
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

/// The path of the first thing that is wanted and not written; empty things are not written.
fn first_lost(wanted: &Value, written: &Value) -> Option<Vec<String>> {
    let below = |key: String, inside: Option<Vec<String>>| {
        inside.map(|mut path| {
            path.insert(0, key);
            path
        })
    };
    match (wanted, written) {
        (Value::Object(wanted), Value::Object(written)) => {
            wanted
                .iter()
                .find_map(|(key, value)| match written.get(key) {
                    Some(other) => below(key.clone(), first_lost(value, other)),
                    None if is_nothing(value) => None,
                    None => Some(vec![key.clone()]),
                })
        }
        (Value::Array(wanted), Value::Array(written)) => {
            let mut pairs = wanted.iter().zip(written).enumerate();
            pairs.find_map(|(index, (value, other))| {
                below(index.to_string(), first_lost(value, other))
            })
        }
        _ => (wanted != written).then(Vec::new),
    }
}

/// Says whether a manifest leaves a value out.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Number(_) => false,
    }
}
