//! Variables: where they exist, of which kind, and with which value.

use argo::document::Template;
use argo::library::{Library, Workflow};
use argo::scope::{Globals, Scope, TemplateScope, Verdict, variables};
use diagnostic::yaml::Yaml;

const MANIFEST: &str = r#"{
    "apiVersion": "argoproj.io/v1alpha1",
    "kind": "Workflow",
    "metadata": {"name": "nightly", "labels": {"team": "a"}},
    "spec": {
        "entrypoint": "main",
        "arguments": {"parameters": [{"name": "day", "value": "mon"}, {"name": "tag", "value": "{{x}}"}]},
        "templates": [
            {
                "name": "main",
                "inputs": {"parameters": [{"name": "day"}, {"name": "size", "default": "3"}]},
                "dag": {"tasks": [
                    {"name": "a", "template": "work"},
                    {"name": "b", "template": "work", "depends": "a"},
                    {"name": "c", "template": "work", "dependencies": ["b"], "withItems": [1]}
                ]}
            },
            {
                "name": "work",
                "retryStrategy": {"limit": "2"},
                "container": {"image": "x"},
                "outputs": {"parameters": [{"name": "sum", "globalName": "total"}]}
            }
        ]
    }
}"#;

fn yaml() -> Yaml {
    match serde_json::from_str::<serde_json::Value>(MANIFEST) {
        Ok(value) => Yaml::from(value),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_task_knows_its_ancestors_and_its_item() {
    let documents = [yaml()];
    let library = Library::of(&documents);
    let found = |place: Option<&str>, prefix: &str| -> Vec<(String, Option<String>)> {
        variables(&library, place)
            .unwrap()
            .into_iter()
            .filter(|variable| variable.name.starts_with(prefix))
            .map(|variable| (variable.name, variable.value))
            .collect()
    };
    let known = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    let unknown = |name: &str| (name.to_owned(), None);
    assert_eq!(
        found(Some("c"), "inputs."),
        [
            known("inputs.parameters.day", "mon"),
            known("inputs.parameters.size", "3")
        ]
    );
    assert_eq!(found(Some("c"), "item"), [unknown("item")]);
    assert_eq!(found(Some("b"), "item"), []);
    assert_eq!(
        found(Some("b"), "tasks.a.outputs.parameters"),
        [unknown("tasks.a.outputs.parameters.sum")]
    );
    assert_eq!(found(Some("b"), "tasks.c"), []);
    assert!(!found(Some("c"), "tasks.a.status").is_empty());
    // A parameter whose value contains a tag has no known value.
    assert_eq!(
        found(None, "workflow.parameters."),
        [
            known("workflow.parameters.day", "mon"),
            unknown("workflow.parameters.json"),
            unknown("workflow.parameters.tag")
        ]
    );
    assert_eq!(
        found(None, "workflow.name"),
        [
            known("workflow.name", "nightly"),
            unknown("workflow.namespace")
        ]
    );
    assert_eq!(
        found(Some("work"), "lastRetry.status"),
        [unknown("lastRetry.status")]
    );
    let missing = variables(&library, Some("wrk")).unwrap_err();
    assert_eq!(missing.names, ["a", "b", "c", "main", "work"]);
    assert!(missing.suggestion.unwrap().contains("work"));
}

#[test]
fn a_tag_is_known_misplaced_or_foreign() {
    let documents = [yaml()];
    let library = Library::of(&documents);
    let document = &library.documents[0];
    let globals = Globals::new(&library, document);
    let scope = Scope {
        workflow: Workflow {
            library: &library,
            document,
        },
        globals: &globals,
    };
    let of = |template: &str| -> TemplateScope<'_> {
        let template: Template<'_> = document.template(template).unwrap();
        TemplateScope::new(scope, template)
    };
    for (template, tag, expected) in [
        ("main", "inputs.parameters.day", Verdict::Known),
        ("main", "workflow.labels.team", Verdict::Known),
        ("main", "workflow.outputs.parameters.total", Verdict::Known),
        ("work", "retries", Verdict::Known),
        ("work", "pod.name", Verdict::Known),
        ("main", "pod.name", Verdict::Unresolved(None)),
        ("main", "workflow.labels.other", Verdict::Unresolved(None)),
        ("work", "foo", Verdict::Foreign),
    ] {
        assert_eq!(
            of(template).resolve(tag, false),
            expected,
            "{template} {tag}"
        );
    }
    assert!(matches!(
        of("main").resolve("item", false),
        Verdict::Misplaced(_)
    ));
    assert!(matches!(
        of("main").resolve("retries", false),
        Verdict::Misplaced(_)
    ));
    assert_eq!(of("work").resolve("duration", true), Verdict::Known);
}
