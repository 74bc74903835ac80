//! Rules for Argo manifests.
//!
//! They find everything that Argo or the cluster's schema refuses, and everything that both accept but that fails at
//! run time. Files are checked together, so that the rules can follow a reference from one file to another.

mod arguments;
mod artifacts;
mod calls;
mod condition;
mod container_set;
mod containers;
mod context;
pub(crate) mod cron;
mod dag;
mod document;
mod durations;
mod expression;
mod expressions;
pub(crate) mod fields;
mod global_outputs;
mod hooks;
mod images;
mod limits;
mod loops;
mod metrics;
mod named_tasks;
mod names;
mod nested_tags;
mod outputs;
mod patch;
mod recursion;
mod reference;
mod references;
mod resource;
mod retry;
mod scope;
mod size;
mod skipped;
mod steps;
mod survey;
mod table;
mod tags;
mod templates;
mod texts;
mod unused;
mod variables;
mod workflow;

use std::collections::HashMap;

use argo::document::read::{at, field};
use argo::document::{Document, DocumentKind};
use argo::library::{Library, Workflow};
use argo::scope::Globals;
use diagnostic::yaml::Yaml;
use diagnostic::{Diagnostic, Place};

use self::context::Context;
use self::survey::Survey;
use crate::finding::Findings;
use crate::rule::{DUPLICATE_DOCUMENT, KIND_NOT_CHECKED};

/// A parsed file of manifests.
#[derive(Debug, Clone)]
pub struct ManifestFile {
    /// Path of the file for findings.
    pub path: String,
    /// Documents of the file.
    pub documents: Vec<Yaml>,
}

/// Checks files of manifests together; gives every finding, by file, line, column and code.
pub fn check(files: &[ManifestFile]) -> Vec<Diagnostic> {
    let mut library = Library::default();
    let mut known: Vec<(ManifestDocument<'_>, Findings)> = Vec::new();
    let mut names = HashMap::new();
    for file in files {
        for yaml in &file.documents {
            let mut findings = Findings::default();
            let kind = document::kind(yaml, &mut findings);
            if let Some(kind) = kind {
                duplicate(file, yaml, kind, &mut names, &mut findings);
            }
            let number = kind
                .and_then(|kind| Document::new(kind, yaml))
                .map(|document| {
                    library.add(document);
                    library.documents.len() - 1
                });
            known.push((
                ManifestDocument {
                    file,
                    yaml,
                    kind,
                    number,
                },
                findings,
            ));
        }
    }
    let mut diagnostics: Vec<Diagnostic> = Vec::new();
    for (found, mut findings) in known {
        if let Some(kind) = found.kind {
            of_document(&found, kind, &library, &mut findings);
        }
        diagnostics.extend(findings.place(&found.file.path, found.yaml));
    }
    let order: HashMap<&str, usize> = files
        .iter()
        .enumerate()
        .rev()
        .map(|(number, file)| (file.path.as_str(), number))
        .collect();
    let key = |diagnostic: &Diagnostic| {
        let file = diagnostic
            .place
            .file
            .as_deref()
            .and_then(|file| order.get(file).copied());
        (file, diagnostic.place.span)
    };
    diagnostics.sort_by(|left, right| {
        (key(left), &left.code, &left.message).cmp(&(key(right), &right.code, &right.message))
    });
    diagnostics.dedup();
    diagnostics
}

/// Says whether a document in a folder belongs neither to Argo nor to Kubernetes, e.g. the values of a chart. A
/// document that has only one of `kind` and `apiVersion`, and has Argo's, is a broken manifest.
pub fn is_foreign(document: &Yaml) -> bool {
    let is_whole = field(document, "kind").is_some() && field(document, "apiVersion").is_some();
    !is_whole && !argo::document::is_of_argo(document)
}

/// The note about files of a folder that are not manifests.
pub fn not_manifests(files: &[String]) -> Option<Diagnostic> {
    let first = files.first()?;
    let message = match files.len() {
        1 => "this file is not checked, because it is not a manifest of Argo or Kubernetes"
            .to_owned(),
        count => format!(
            "this file and {} more are not checked, because they are not manifests of Argo or Kubernetes",
            count - 1
        ),
    };
    Some(KIND_NOT_CHECKED.diagnostic(message).at(Place {
        file: Some(first.clone()),
        ..Place::default()
    }))
}

struct ManifestDocument<'a> {
    file: &'a ManifestFile,
    yaml: &'a Yaml,
    kind: Option<DocumentKind>,
    /// Number of the document in the library, if it contains a workflow.
    number: Option<usize>,
}

fn of_document(
    found: &ManifestDocument<'_>,
    kind: DocumentKind,
    library: &Library<'_>,
    findings: &mut Findings,
) {
    document::metadata(found.yaml, kind, findings);
    let root = if kind == DocumentKind::CronWorkflow {
        "CronWorkflow"
    } else {
        "Workflow"
    };
    fields::check(found.yaml, root, findings);
    if kind == DocumentKind::CronWorkflow {
        cron::check(found.yaml, findings);
    }
    let Some(document) = found
        .number
        .and_then(|number| library.documents.get(number))
    else {
        return;
    };
    let globals = Globals::new(library, document);
    let survey = Survey::new(found.yaml);
    let context = Context {
        workflow: Workflow { library, document },
        globals: &globals,
        survey: &survey,
    };
    workflow::check(context, findings);
    expressions::of_workflow(context, findings);
    limits::of_workflow(context, findings);
    size::check(context, findings);
    metrics::check(document.spec, findings);
    patch::of_workflow(context, findings);
    containers::volume_names(document.spec, findings);
    templates::defaults(context, findings);
    for template in document.templates() {
        templates::check(context, template, false, findings);
    }
    recursion::check(context, findings);
    texts::check(context, findings);
    nested_tags::check(context, findings);
    global_outputs::check(context, findings);
    unused::check(context, findings);
}

/// Two documents with the same kind and name: the cluster keeps the last one.
fn duplicate<'a>(
    file: &'a ManifestFile,
    yaml: &'a Yaml,
    kind: DocumentKind,
    names: &mut HashMap<(&'static str, &'a str, &'a str), &'a str>,
    findings: &mut Findings,
) {
    let Some(node) = at(yaml, &["metadata", "name"]) else {
        return;
    };
    let namespace = at(yaml, &["metadata", "namespace"])
        .and_then(Yaml::as_str)
        .unwrap_or_default();
    let word = kind.word();
    let Some(name) = node.as_str().filter(|_| field(yaml, "spec").is_some()) else {
        return;
    };
    if let Some(first) = names.insert((word, namespace, name), &file.path) {
        let message = format!("there is a {word} `{name}` in `{first}` already");
        findings.push(DUPLICATE_DOCUMENT.at(node, message));
    }
}
