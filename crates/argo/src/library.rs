//! Documents that refer to each other, and the target of each reference.

use diagnostic::yaml::{Content, Yaml};

use crate::document::index::Index;
use crate::document::read::{at, field, has, text};
use crate::document::{Document, DocumentKind, Template};

/// Documents in which to look up templates.
#[derive(Debug, Default)]
pub struct Library<'a> {
    /// The documents, in the order in which they were added.
    pub documents: Vec<Document<'a>>,
    namespaced: Index<'a>,
    cluster: Index<'a>,
}

impl<'a> Library<'a> {
    /// A library of those documents that contain a workflow.
    pub fn of(documents: impl IntoIterator<Item = &'a Yaml>) -> Self {
        let mut library = Self::default();
        for document in documents.into_iter().filter_map(Document::read) {
            library.add(document);
        }
        library
    }

    /// Adds a document. Other documents can refer to it if its kind holds templates.
    pub fn add(&mut self, document: Document<'a>) {
        let name = document.name();
        let number = self.documents.len();
        match (document.kind, name) {
            (DocumentKind::WorkflowTemplate, Some(name)) => {
                self.namespaced.entry(name).or_insert(number);
            }
            (DocumentKind::ClusterWorkflowTemplate, Some(name)) => {
                self.cluster.entry(name).or_insert(number);
            }
            _ => {}
        }
        self.documents.push(document);
    }

    /// The document a `templateRef` or `workflowTemplateRef` names.
    pub fn get(&self, reference: &Yaml) -> Option<&Document<'a>> {
        let cluster =
            reference.get("clusterScope").map(|value| &value.value) == Some(&Content::Bool(true));
        let names = if cluster {
            &self.cluster
        } else {
            &self.namespaced
        };
        self.documents.get(*names.get(text(reference, "name")?)?)
    }
}

/// A workflow, and the documents that it may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Workflow<'a> {
    /// Every document.
    pub library: &'a Library<'a>,
    /// The document of this workflow.
    pub document: &'a Document<'a>,
}

impl<'a> Workflow<'a> {
    /// The `spec` of the workflow itself.
    pub fn spec(&self) -> &'a Yaml {
        self.document.spec
    }

    /// The template that a task, step or hook runs, if it is known.
    pub fn resolve(&self, holder: &'a Yaml) -> Option<Template<'a>> {
        if let Some(inline) = field(holder, "inline") {
            return Some(Template::new(inline));
        }
        if let Some(reference) = field(holder, "templateRef") {
            return self
                .library
                .get(reference)?
                .template(text(reference, "template")?);
        }
        self.template(text(holder, "template")?)
    }

    /// A template of this workflow, or of the `WorkflowTemplate` that the workflow refers to.
    pub fn template(&self, name: &str) -> Option<Template<'a>> {
        match field(self.document.spec, "workflowTemplateRef") {
            Some(reference) => self.library.get(reference)?.template(name),
            None => self.document.template(name),
        }
    }

    /// The names that [`Self::template`] can find; none if they are unknown.
    pub fn template_names(&self) -> Option<Vec<&'a str>> {
        match field(self.document.spec, "workflowTemplateRef") {
            Some(reference) => Some(self.library.get(reference)?.template_names().collect()),
            None => Some(self.document.template_names().collect()),
        }
    }

    /// The document that `workflowTemplateRef` names.
    pub fn referred(&self) -> Option<&'a Document<'a>> {
        self.library
            .get(field(self.document.spec, "workflowTemplateRef")?)
    }

    /// The `spec` of the workflow, and that of the `WorkflowTemplate` it refers to. Where both have a field, the first
    /// counts (`JoinWorkflowSpec` in `workflow/util/merge.go`).
    pub fn specs(&self) -> impl Iterator<Item = &'a Yaml> + use<'a> {
        [
            Some(self.document.spec),
            self.referred().map(|other| other.spec),
        ]
        .into_iter()
        .flatten()
    }

    /// A text of the workflow, or else of its `WorkflowTemplate`.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.specs().find_map(|spec| text(spec, key))
    }

    /// The name of the template that the workflow starts with.
    pub fn entrypoint(&self) -> Option<&'a str> {
        self.text("entrypoint")
    }

    /// Says whether Argo retries a template that fails: by the template's strategy, or by the workflow's.
    ///
    /// Another workflow that runs a template of a `WorkflowTemplate` may add a strategy; this function does not know
    /// it.
    pub fn is_tried_again(&self, template: &Template<'_>) -> bool {
        let spec = self.document.spec;
        has(template.yaml, "retryStrategy")
            || has(spec, "retryStrategy")
            || at(spec, &["templateDefaults", "retryStrategy"]).is_some()
    }

    /// The texts that name the templates which the workflow starts itself: `entrypoint`, `onExit`, and the hooks of the
    /// workflow.
    pub fn entry_points(&self) -> Vec<&'a str> {
        let spec = self.document.spec;
        let mut names: Vec<&str> = ["entrypoint", "onExit"]
            .iter()
            .filter_map(|key| text(spec, key))
            .collect();
        for holder in [Some(spec), field(spec, "templateDefaults")]
            .into_iter()
            .flatten()
        {
            hooks(holder, &mut names);
        }
        names
    }
}

/// The templates of this document that a template may run: for its tasks and steps, their exit handlers and hooks.
pub fn called<'a>(template: &Template<'a>, names: &mut Vec<&'a str>) {
    for call in template.calls() {
        // Neighbouring calls often run the same template; skip the repeated name.
        names.extend(text(call, "template").filter(|name| names.last() != Some(name)));
        names.extend(text(call, "onExit"));
        hooks(call, names);
        if let Some(inline) = field(call, "inline") {
            called(&Template::new(inline), names);
        }
    }
}

fn hooks<'a>(holder: &'a Yaml, names: &mut Vec<&'a str>) {
    for (_, hook) in field(holder, "hooks").map_or(&[][..], Yaml::entries) {
        names.extend(text(hook, "template"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::TemplateKind;

    fn yaml(text: &str) -> Yaml {
        Yaml::from(serde_json::from_str::<serde_json::Value>(text).unwrap())
    }

    #[test]
    fn references_lead_to_the_templates_of_other_documents() {
        let documents: Vec<Yaml> = [
            r#"{"kind": "WorkflowTemplate", "apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": "shared"},
                "spec": {"entrypoint": "main", "templates": [{"name": "main", "suspend": {}}, {"name": "b", "dag": {}}]}}"#,
            r#"{"kind": "ClusterWorkflowTemplate", "apiVersion": "argoproj.io/v1alpha1", "metadata": {"name": "shared"},
                "spec": {"templates": [{"name": "main", "container": {}}]}}"#,
            r#"{"kind": "Workflow", "apiVersion": "argoproj.io/v1alpha1",
                "spec": {"workflowTemplateRef": {"name": "shared"}}}"#,
            r#"{"kind": "CronWorkflow", "apiVersion": "argoproj.io/v1alpha1",
                "spec": {"workflowSpec": {"entrypoint": "a", "templates": [{"name": "a", "steps": []}],
                    "templateDefaults": {"retryStrategy": {}}, "hooks": {"exit": {"template": "bye"}}}}}"#,
        ]
        .map(yaml)
        .into();
        let library = Library::of(&documents);
        let of = |number: usize| Workflow {
            library: &library,
            document: &library.documents[number],
        };
        let run = of(2);
        assert_eq!(run.entrypoint(), Some("main"));
        assert_eq!(run.template_names(), Some(vec!["main", "b"]));
        assert_eq!(run.template("b").unwrap().kind, TemplateKind::Dag);
        let cron = of(3);
        let template = cron.template("a").unwrap();
        assert!(cron.is_tried_again(&template) && !run.is_tried_again(&template));
        assert_eq!(cron.entry_points(), ["a", "bye"]);
        for (call, expected) in [
            (r#"{"template": "a"}"#, Some(TemplateKind::Steps)),
            (r#"{"template": "b"}"#, None),
            (r#"{"inline": {"http": {}}}"#, Some(TemplateKind::Http)),
            (
                r#"{"templateRef": {"name": "shared", "template": "main"}}"#,
                Some(TemplateKind::Suspend),
            ),
            (
                r#"{"templateRef": {"name": "shared", "template": "main", "clusterScope": true}}"#,
                Some(TemplateKind::Container),
            ),
            (
                r#"{"templateRef": {"name": "other", "template": "main"}}"#,
                None,
            ),
        ] {
            let call = yaml(call);
            let found = cron.resolve(&call).map(|template| template.kind);
            assert_eq!(found, expected, "{call:?}");
        }
    }
}
