//! Documents as types: which are readable, which are not, and that nothing is lost.

#![allow(clippy::unwrap_used, reason = "a test may stop")]
#![allow(clippy::print_stdout, reason = "it says what it did not test")]

use std::fs;
use std::path::{Path, PathBuf};

use argo::spec::{
    AnyString, Field, IntOrString, Item, Manifest, Parameter, Template, WorkflowSpec, from_json,
    from_yaml, read, to_json,
};
use argo::write::to_yaml;
use diagnostic::yaml;
use serde_json::{Value, json};

/// Values of Argo's `AnyString`: each text is what Go's `strconv.FormatFloat(v, 'f', -1, 64)` makes of a number.
#[test]
fn any_value_is_the_text_that_go_makes_of_it() {
    for (written, text) in [
        ("3", "3"),
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("-0.0", "-0"),
        ("1e21", "1000000000000000000000"),
        ("1e-7", "0.0000001"),
        ("9007199254740993", "9007199254740992"),
        ("true", "true"),
        ("yes", "true"),
        ("'yes'", "yes"),
        ("\"\"", ""),
        ("2020-01-01", "2020-01-01"),
        ("0x1F", "31"),
        ("0755", "493"),
    ] {
        let document = format!("name: x\nvalue: {written}\n");
        let tree = &yaml::parse("a.yaml", &document).unwrap()[0];
        let parameter: Parameter = read(tree).unwrap();
        assert_eq!(parameter.value, Some(AnyString::from(text)), "{written}");
        // Argo writes the value as a text, whatever it was before.
        assert_eq!(to_json(&parameter)["value"], json!(text));
    }
    let absent: Parameter = from_json(&json!({"name": "x", "value": null})).unwrap();
    assert_eq!(absent.value, None);
}

#[test]
fn a_number_or_a_text_is_read_as_either() {
    let limit = |limit: Value| -> Option<IntOrString> {
        let template: Template = from_json(&json!({"retryStrategy": {"limit": limit}})).unwrap();
        template.retry_strategy.unwrap().limit
    };
    assert_eq!(limit(json!(2)), Some(IntOrString::Int(2)));
    assert_eq!(limit(json!(0)), Some(IntOrString::Int(0)));
    assert_eq!(limit(json!("{{x}}")), Some("{{x}}".into()));
    assert_eq!(limit(Value::Null), None);
}

#[test]
fn an_item_is_of_one_of_five_kinds() {
    let spec: WorkflowSpec = from_json(&json!({"templates": [{"name": "m", "steps": [[
        {"name": "a", "withItems": ["1", 1.5, false, {"a": 1}, [1, 2], null]}]]}]}))
    .unwrap();
    let items = &spec.templates[0].steps[0].0[0].with_items;
    assert!(matches!(
        items.as_slice(),
        [
            Item::String(_),
            Item::Number(_),
            Item::Bool(false),
            Item::Map(_),
            Item::List(two),
            Item::List(none),
        ] if two.len() == 2 && none.is_empty()
    ));
}

/// Documents that Argo's Go types refuse, and the path that the error names.
#[test]
fn what_argo_cannot_read_is_an_error_at_its_path() {
    for (spec, path, reason) in [
        (
            json!({"entrypoint": 3}),
            "spec.entrypoint",
            "it is a whole number, but Argo needs a string",
        ),
        (
            json!({"templates": {"name": "a"}}),
            "spec.templates",
            "it is a mapping, but Argo needs a list",
        ),
        (
            json!({"templates": [{"name": "a"}, {"name": true}]}),
            "spec.templates[1].name",
            "it is a boolean, but Argo needs a string",
        ),
        (
            json!({"templates": [{"dag": {"tasks": [{"name": "a", "dependencies": "b"}]}}]}),
            "spec.templates[0].dag.tasks[0].dependencies",
            "it is a string, but Argo needs a list",
        ),
        (
            json!({"templates": [{"inputs": {"parameters": [{"name": "a", "value": [1]}]}}]}),
            "spec.templates[0].inputs.parameters[0].value",
            "it is a list, but Argo needs a string, a number or a boolean",
        ),
        (
            json!({"templates": [{"retryStrategy": {"limit": 1.5}}]}),
            "spec.templates[0].retryStrategy.limit",
            "it is a number, but Argo needs a whole number or a string",
        ),
        (
            json!({"templates": [{"activeDeadlineSeconds": 4_000_000_000_u32}]}),
            "spec.templates[0].activeDeadlineSeconds",
            "the number is too large for Argo: it has 32 bits there",
        ),
        (
            json!({"templates": [{"steps": [{"name": "a"}]}]}),
            "spec.templates[0].steps[0]",
            "it is a mapping, but Argo needs a list",
        ),
        (
            json!({"templates": [{"steps": [[{"name": "a", "whn": "b"}]]}]}),
            "spec.templates[0].steps[0][0].whn",
            "a step has no such field, and Argo refuses it",
        ),
        (
            json!({"templates": [{"steps": [[{"name": "a", "depends": "b"}]]}]}),
            "spec.templates[0].steps[0][0].depends",
            "a step has no such field, and Argo refuses it",
        ),
        (
            json!({"podMetadata": {"labels": {"a.b/c": 1}}}),
            "spec.podMetadata.labels[a.b/c]",
            "it is a whole number, but Argo needs a string",
        ),
        (
            json!({"templates": [{"script": {"source": 1}}]}),
            "spec.templates[0].script.source",
            "it is a whole number, but Argo needs a string",
        ),
        (
            json!({"suspend": "yes"}),
            "spec.suspend",
            "it is a string, but Argo needs a boolean",
        ),
    ] {
        let document = json!({"kind": "Workflow", "spec": spec});
        let error = from_json::<Manifest>(&document).unwrap_err();
        assert_eq!((error.path.as_str(), error.reason.as_str()), (path, reason));
    }
}

#[test]
fn an_error_says_where_the_value_stands() {
    let text = "kind: Workflow\nspec:\n  entrypoint: [a]\n";
    let tree = &yaml::parse("a.yaml", text).unwrap()[0];
    let error = read::<Manifest>(tree).unwrap_err();
    assert_eq!((error.span.line, error.span.column), (3, 15));
    assert_eq!(
        error.to_string(),
        "the field `spec.entrypoint` cannot be read: it is a list, but Argo needs a string"
    );
    let error = from_yaml("kind: Pod\n").unwrap_err().to_string();
    assert!(
        error.contains("`kind`") && error.contains("`Pod`"),
        "{error}"
    );
    let error = from_yaml("a: 1\n---\nb: 1\n").unwrap_err().to_string();
    assert!(error.contains("2 documents"), "{error}");
}

/// Reads a document, writes it, and reads it again: the tree, the JSON and the YAML must all give the same document.
fn there_and_back(name: &str, tree: &yaml::Yaml) {
    let manifest: Manifest = read(tree).unwrap_or_else(|error| panic!("{name}: {error}"));
    let written = manifest.write();
    assert_eq!(read::<Manifest>(&written).unwrap(), manifest, "{name}");
    let text = to_yaml(&manifest).unwrap();
    assert_eq!(from_yaml(&text).unwrap(), manifest, "{name}: {text}");
    assert_eq!(to_yaml(&from_yaml(&text).unwrap()).unwrap(), text, "{name}");
    if let Some(lost) = lost(&tree.to_json(), &to_json(&manifest), "") {
        panic!("{name}: {lost} got lost");
    }
}

/// The path of a value that the document has and the written one lacks. Go treats empty values as absent, and a number
/// or a boolean may have become a text.
fn lost(before: &Value, after: &Value, path: &str) -> Option<String> {
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        _ => false,
    };
    match (before, after) {
        (Value::Object(before), Value::Object(after)) => before.iter().find_map(|(key, value)| {
            let path = format!("{path}.{key}");
            match after.get(key) {
                Some(after) => lost(value, after, &path),
                None if is_empty(value) => None,
                // The mapping contains only empty values.
                None => value
                    .as_object()
                    .is_none_or(|entries| !entries.values().all(is_empty))
                    .then_some(path),
            }
        }),
        (Value::Array(before), Value::Array(after)) if before.len() == after.len() => {
            let mut pairs = before.iter().zip(after).enumerate();
            pairs.find_map(|(index, (before, after))| {
                lost(before, after, &format!("{path}[{index}]"))
            })
        }
        (Value::Number(_) | Value::Bool(_), Value::String(text)) => {
            let number = before.as_f64().map(|number| number.to_string());
            let same = [Some(before.to_string()), number].contains(&Some(text.clone()));
            (!same).then(|| path.to_owned())
        }
        _ => (before != after).then(|| path.to_owned()),
    }
}

#[test]
fn our_own_examples_are_read_and_written_without_loss() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/spec");
    for path in files(&folder) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.display().to_string();
        for tree in yaml::parse(&name, &text).unwrap() {
            there_and_back(&name, &tree);
        }
    }
}

const KINDS: [&str; 4] = [
    "Workflow",
    "WorkflowTemplate",
    "ClusterWorkflowTemplate",
    "CronWorkflow",
];

/// Argo's own examples, in the folder that `ARGO_EXAMPLES` names (`examples` of the repository of Argo Workflows 4.1.2).
#[test]
fn argos_examples_are_read_and_written_without_loss() {
    let Some(folder) = std::env::var_os("ARGO_EXAMPLES") else {
        println!("not tested: ARGO_EXAMPLES names no folder");
        return;
    };
    let mut count = 0;
    for path in files(Path::new(&folder)) {
        let name = path.display().to_string();
        let text = fs::read_to_string(&path).unwrap();
        // One example has a duplicate key, which our parser refuses.
        let Ok(trees) = yaml::parse(&name, &text) else {
            println!("not YAML: {name}");
            continue;
        };
        for tree in trees {
            let kind = tree.get("kind").and_then(yaml::Yaml::as_str);
            if kind.is_some_and(|kind| KINDS.contains(&kind)) {
                there_and_back(&name, &tree);
                count += 1;
            }
        }
    }
    assert!(count > 150, "{count} documents");
}

/// The YAML files of a folder and of the folders in it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Found by the trial `documents`: a document was read as a Workflow, and then as a `CronWorkflow`.
#[test]
fn a_cron_workflow_without_a_spec_is_one() {
    let text = "apiVersion: argoproj.io/v1alpha1\nkind: CronWorkflow\nmetadata: {name: a}\n";
    let manifest = from_yaml(text).unwrap();
    assert!(matches!(manifest.spec, argo::spec::Spec::Cron(_)));
    assert_eq!(from_yaml(&to_yaml(&manifest).unwrap()).unwrap(), manifest);
}
