//! Findings during collection: they refer to a node of a document, and not yet to a line and a path.
//!
//! Rules see only nodes of the YAML tree. One walk over the document at the end finds the path of each node.

use std::collections::HashMap;
use std::fmt::Write as _;

use diagnostic::yaml::{Content, Key, Yaml};
use diagnostic::{Diagnostic, Place, Severity, Span, Subject};

use crate::Rule;

/// Part of a document that a finding can refer to.
pub(crate) trait DocumentPart {
    /// Address that identifies the part in its document.
    fn address(&self) -> usize;
    /// Place of the part in its document.
    fn span(&self) -> Span;
}

impl DocumentPart for Yaml {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn span(&self) -> Span {
        self.span
    }
}

impl DocumentPart for Key {
    fn address(&self) -> usize {
        std::ptr::from_ref(self).addr()
    }

    fn span(&self) -> Span {
        self.span
    }
}

/// A finding whose file and path are unknown.
#[derive(Debug)]
pub(crate) struct Finding {
    code: &'static str,
    severity: Severity,
    message: String,
    help: Option<String>,
    span: Span,
    address: usize,
}

impl Rule {
    /// A finding of this rule at a node.
    pub(crate) fn at(self, spot: &impl DocumentPart, message: impl Into<String>) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            message: message.into(),
            help: None,
            span: spot.span(),
            address: spot.address(),
        }
    }
}

impl Finding {
    /// Turns the finding of a warning rule into an error: Argo refuses the document here.
    #[must_use]
    pub(crate) fn error(mut self) -> Self {
        self.severity = Severity::Error;
        self
    }

    /// Turns the finding of an error rule into a warning: Argo accepts the document here.
    #[must_use]
    pub(crate) fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Adds help: what to do.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds help, if there is any.
    #[must_use]
    pub(crate) fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

/// Findings of one document.
#[derive(Debug, Default)]
pub(crate) struct Findings(Vec<Finding>);

impl Findings {
    /// Adds a finding.
    pub(crate) fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Gives every finding its file, its path and its subject.
    pub(crate) fn place(self, file: &str, document: &Yaml) -> Vec<Diagnostic> {
        let mut places = HashMap::new();
        if !self.0.is_empty() {
            for finding in &self.0 {
                places.insert(finding.address, Place::default());
            }
            let mut walk = Walk {
                left: places.len(),
                places: &mut places,
                steps: Vec::new(),
                subjects: vec![workflow(document)],
            };
            walk.visit(document);
        }
        self.0
            .into_iter()
            .map(|finding| {
                let known = places.get(&finding.address).cloned().unwrap_or_default();
                let place = Place {
                    file: Some(file.to_owned()),
                    span: Some(finding.span),
                    ..known
                };
                Diagnostic::new(finding.code, finding.severity, finding.message)
                    .at(place)
                    .maybe_help(finding.help)
            })
            .collect()
    }
}

fn workflow(document: &Yaml) -> Option<Subject> {
    let metadata = document.get("metadata")?;
    let name = metadata
        .get("name")
        .or_else(|| metadata.get("generateName"))?;
    Some(Subject::Workflow(name.as_str()?.to_owned()))
}

enum PathElement<'a> {
    Key(&'a str),
    Index(usize),
}

struct Walk<'a, 'w> {
    /// Number of places that the walk has not found yet.
    left: usize,
    places: &'w mut HashMap<usize, Place>,
    steps: Vec<PathElement<'a>>,
    subjects: Vec<Option<Subject>>,
}

impl<'a> Walk<'a, '_> {
    fn visit(&mut self, node: &'a Yaml) {
        if self.left == 0 {
            return;
        }
        self.note(node.address());
        match &node.value {
            Content::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.steps.push(PathElement::Index(index));
                    let subject = self.subject(item);
                    let named = subject.is_some();
                    if named {
                        self.subjects.push(subject);
                    }
                    self.visit(item);
                    if named {
                        self.subjects.pop();
                    }
                    self.steps.pop();
                }
            }
            Content::Mapping(entries) => {
                for (key, value) in entries {
                    self.steps.push(PathElement::Key(&key.name));
                    self.note(key.address());
                    self.visit(value);
                    self.steps.pop();
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, address: usize) {
        if !self.places.contains_key(&address) {
            return;
        }
        let path = self.path();
        let subject = self.subjects.last().cloned().flatten();
        self.left = self.left.saturating_sub(1);
        if let Some(place) = self.places.get_mut(&address) {
            place.path = (!path.is_empty()).then_some(path);
            place.subject = subject;
        }
    }

    /// The template, task or step of a list item.
    fn subject(&self, item: &Yaml) -> Option<Subject> {
        let name = || item.get("name")?.as_str().map(str::to_owned);
        match self.steps.as_slice() {
            [
                ..,
                PathElement::Key("spec" | "workflowSpec"),
                PathElement::Key("templates"),
                PathElement::Index(_),
            ] => name().map(Subject::Template),
            [
                ..,
                PathElement::Key("dag"),
                PathElement::Key("tasks"),
                PathElement::Index(_),
            ]
            | [
                ..,
                PathElement::Key("steps"),
                PathElement::Index(_),
                PathElement::Index(_),
            ] => name().map(Subject::Task),
            _ => None,
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                PathElement::Index(index) => {
                    // Writing to a `String` never fails.
                    let _ = write!(path, "[{index}]");
                }
                PathElement::Key(key) if key.contains(['.', '/', '[', ' ']) => {
                    let _ = write!(path, "[\"{key}\"]");
                }
                PathElement::Key(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(key);
                }
            }
        }
        path
    }
}
