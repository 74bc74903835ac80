//! A document and the workflow in it.

use diagnostic::yaml::Yaml;
use rustc_hash::FxHashMap;

use super::identity::identify;
use super::kind::DocumentKind;
use super::read::{self, at, field, list, name};
use super::template::Template;

/// A document and the workflow in it.
#[derive(Debug)]
pub struct Document<'a> {
    /// Kind of the document.
    pub kind: DocumentKind,
    /// The whole document.
    pub yaml: &'a Yaml,
    /// The workflow's `spec`, also that of a `CronWorkflow`.
    pub spec: &'a Yaml,
    /// Templates by name; of two with the same name, the first.
    templates: FxHashMap<&'a str, Template<'a>>,
}

impl<'a> Document<'a> {
    /// Reads a document; none if its kind contains no workflow, or if the workflow's `spec` is missing.
    pub fn read(yaml: &'a Yaml) -> Option<Self> {
        Self::new(identify(yaml).kind()?, yaml)
    }

    /// A document of a known kind; none if the workflow's `spec` is missing.
    pub fn new(kind: DocumentKind, yaml: &'a Yaml) -> Option<Self> {
        let spec = match kind {
            DocumentKind::CronWorkflow => at(yaml, &["spec", "workflowSpec"])?,
            _ => field(yaml, "spec")?,
        };
        let mut templates = FxHashMap::default();
        for template in list(spec, &["templates"]) {
            if let Some(name) = name(template) {
                templates
                    .entry(name)
                    .or_insert_with(|| Template::new(template));
            }
        }
        Some(Self {
            kind,
            yaml,
            spec,
            templates,
        })
    }

    /// The template of this name.
    pub fn template(&self, name: &str) -> Option<Template<'a>> {
        self.templates.get(name).copied()
    }

    /// The name in `metadata`; none for a run with `generateName`.
    pub fn name(&self) -> Option<&'a str> {
        at(self.yaml, &["metadata", "name"]).and_then(Yaml::as_str)
    }

    /// The templates, in the order of the file.
    pub fn templates(&self) -> impl Iterator<Item = Template<'a>> + use<'a> {
        list(self.spec, &["templates"]).iter().map(Template::new)
    }

    /// The names of the templates, in the order of the file.
    pub fn template_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        read::names(list(self.spec, &["templates"]))
    }
}
