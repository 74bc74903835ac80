//! Files checked together, and parts of a finding besides its code.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use diagnostic::{Diagnostic, Severity, Subject};
use lint::manifest::{ManifestFile, check};

fn file(path: &str, text: &str) -> ManifestFile {
    let documents = diagnostic::yaml::parse(path, text).expect("a case is YAML");
    ManifestFile {
        path: path.to_owned(),
        documents,
    }
}

fn lint(files: &[(&str, &str)]) -> Vec<Diagnostic> {
    let files: Vec<_> = files.iter().map(|(path, text)| file(path, text)).collect();
    check(&files)
}

const CALLER: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: a-}
spec:
  entrypoint: main
  templates:
  - name: main
    steps:
    - - {name: a, templateRef: {name: shared, template: make}}
    - - name: b
        templateRef: {name: shared, template: use}
        arguments: {parameters: [{name: x, value: \"{{steps.a.outputs.parameters.o}}\"}]}
";

const SHARED: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: shared}
spec:
  templates:
  - name: make
    container: {image: a}
    outputs: {parameters: [{name: o, valueFrom: {path: /o}}]}
  - name: use
    inputs: {parameters: [{name: x}]}
    container: {image: \"{{inputs.parameters.x}}\"}
";

const OPEN: &str = "
apiVersion: argoproj.io/v1alpha1
kind: WorkflowTemplate
metadata: {name: open}
spec:
  templates:
  - name: make
    inputs: {parameters: [{name: x}]}
    container: {image: a}
    outputs: {parameters: [{name: o, valueFrom: {path: /o}, globalName: \"g-{{inputs.parameters.x}}\"}]}
";

const READS: &str = "
apiVersion: argoproj.io/v1alpha1
kind: Workflow
metadata: {generateName: a-}
spec:
  entrypoint: main
  templates:
  - name: main
    container: {image: \"{{workflow.outputs.parameters.g-1}}\"}
";

#[test]
fn what_another_file_leaves_open_is_open_only_where_it_is_run() {
    let codes = |text: &str| -> Vec<String> {
        let found = lint(&[("a.yaml", text), ("b.yaml", OPEN)]);
        let found = found.into_iter().filter(Diagnostic::is_error);
        found.map(|one| one.code.into_owned()).collect()
    };
    assert_eq!(codes(READS), ["unresolved-variable"]);
    let runs = "{name: main, steps: [[{name: b, templateRef: {name: open, template: make}, \
                arguments: {parameters: [{name: x, value: '1'}]}}], [{name: c, template: use}]]}";
    let runs = format!(
        "{}\n  - {runs}\n",
        READS.trim_end().replace("name: main\n", "name: use\n")
    );
    assert_eq!(codes(&runs), [""; 0]);
}

#[test]
fn an_unclosed_variable_is_an_error_where_argo_refuses_it() {
    let severity = |tag: &str, key: &str| {
        let text = format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {{generateName: a-}}\nspec:\n  \
             entrypoint: main\n  {key}\n  templates:\n  - {{name: main, container: {{image: \"{tag}\"}}}}\n"
        );
        let found = lint(&[("a.yaml", &text)]);
        assert_eq!(found.len(), 1, "{found:?}");
        (found[0].code.to_string(), found[0].severity)
    };
    let of = |severity| ("unclosed-tag".to_owned(), severity);
    for tag in [
        "{{inputs.parameters.p",
        "a {{ workflow.name } }",
        "{{item.x",
    ] {
        assert_eq!(severity(tag, "priority: 1"), of(Severity::Error), "{tag}");
    }
    for tag in [
        "{{",
        "{{other",
        "{{outputs.parameters.x",
        "{{workflow.creationTimestamp",
    ] {
        assert_eq!(severity(tag, "priority: 1"), of(Severity::Warning), "{tag}");
    }
    let outside = "nodeSelector: {a: \"{{workflow.name\"}";
    assert_eq!(severity("a", outside), of(Severity::Warning));
}

#[test]
fn references_are_followed_from_file_to_file() {
    assert!(lint(&[("a.yaml", CALLER), ("b.yaml", SHARED)]).is_empty());
    let alone = lint(&[("a.yaml", CALLER)]);
    assert!(
        alone
            .iter()
            .all(|one| one.code == "template-reference-not-given" && !one.is_error())
    );
    assert_eq!(alone.len(), 2);
}

#[test]
fn what_is_missing_in_another_file_is_told_where_it_is_used() {
    let changed = SHARED
        .replace("name: o,", "name: p,")
        .replace("name: use", "name: uses");
    let found = lint(&[("a.yaml", CALLER), ("b.yaml", &changed)]);
    let codes: Vec<_> = found
        .iter()
        .map(|one| (one.place.file.as_deref(), one.code.as_ref()))
        .collect();
    assert_eq!(
        codes,
        [
            (Some("a.yaml"), "undefined-template"),
            (Some("a.yaml"), "unresolved-variable")
        ]
    );
    assert_eq!(found[0].help.as_deref(), Some("did you mean `uses`?"));
}

#[test]
fn a_finding_says_where_it_is_and_what_it_is_about() {
    let text = CALLER.replace(
        "templateRef: {name: shared, template: make}",
        "template: mian",
    );
    let found = lint(&[("a.yaml", &text), ("b.yaml", SHARED)]);
    assert_eq!(found.len(), 1, "{found:?}");
    let place = &found[0].place;
    assert_eq!(
        place.path.as_deref(),
        Some("spec.templates[0].steps[0][0].template")
    );
    assert_eq!(place.subject, Some(Subject::Task("a".to_owned())));
    let span = place.span.expect("a finding has a span");
    assert_eq!((span.line, span.column, span.length), (10, 29, 4));
    assert_eq!(found[0].severity, Severity::Error);
    assert_eq!(found[0].help.as_deref(), Some("did you mean `main`?"));
}

#[test]
fn findings_come_by_file_line_and_column() {
    let bad = SHARED.replace("container:", "contaner:");
    let found = lint(&[("z.yaml", &bad), ("a.yaml", CALLER)]);
    let order: Vec<_> = found
        .iter()
        .map(|one| {
            (
                one.place.file.clone().expect("a file") != "z.yaml",
                one.place.span,
            )
        })
        .collect();
    let mut sorted = order.clone();
    sorted.sort();
    assert_eq!(order, sorted);
    assert_eq!(found, lint(&[("z.yaml", &bad), ("a.yaml", CALLER)]));
}

#[test]
fn a_manifest_without_places_is_checked_too() {
    let value = serde_json::json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"generateName": "a-"},
        "spec": {"entrypoint": "main", "templates": [{"name": "main", "container": {"image": 1}}]},
    });
    let documents = vec![diagnostic::yaml::Yaml::from(value)];
    let found = check(&[ManifestFile {
        path: "plan".to_owned(),
        documents,
    }]);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].place.path.as_deref(),
        Some("spec.templates[0].container.image")
    );
}

#[test]
fn nothing_is_said_of_nothing() {
    assert!(check(&[]).is_empty());
    assert!(lint(&[("a.yaml", "---\n---\n")]).is_empty());
}
