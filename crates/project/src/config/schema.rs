//! JSON Schemas of `argo.yml`: of the configuration that Kedro has merged, and of the files that people write.

use serde_json::{Map, Value, json};

use super::argo_config::ArgoConfig;

/// Address from which editors load this version's schema of the files.
const ID: &str = concat!(
    env!("CARGO_PKG_REPOSITORY"),
    "/raw/v",
    env!("CARGO_PKG_VERSION"),
    "/docs/argo.schema.json"
);
/// Name of the definition of an interpolation.
const INTERPOLATION: &str = "Interpolation";
/// Keys that hold schemas by name.
const BY_NAME: [&str; 2] = ["properties", "patternProperties"];
/// Keys that hold one schema.
const SINGLE: [&str; 2] = ["items", "additionalProperties"];
/// Keys of a schema that editors show: they are kept at their place.
const SHOWN: [&str; 4] = ["title", "description", "default", "deprecated"];

/// Schema of the merged configuration, which the check uses.
pub fn schema() -> Value {
    schemars::schema_for!(ArgoConfig).to_value()
}

/// Schema of a file as people write it, for editors.
///
/// It allows `${…}` in place of any value, and top-level keys with the prefix `_` for anchors: Kedro ignores these
/// (`OmegaConfigLoader.load_and_merge_dir_config`).
pub fn file_schema() -> Value {
    let mut schema = schema();
    join_lines(&mut schema);
    allow_interpolations(&mut schema);
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.values_mut().for_each(allow_interpolations);
        definitions.insert(
            INTERPOLATION.to_owned(),
            json!({
                "description": "An interpolation, which Kedro resolves: another key, a resolver such as `${oc.env:NAME}`, or `${globals:NAME}`.",
                "type": "string",
                "pattern": "\\$\\{.+\\}",
            }),
        );
    }
    if let Some(root) = schema.as_object_mut() {
        root.insert("patternProperties".to_owned(), json!({"^_": true}));
        let first = [
            ("$schema", root.get("$schema").cloned()),
            ("$id", Some(json!(ID))),
        ];
        let first = first
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)));
        let rest = std::mem::take(root);
        root.extend(first);
        root.extend(rest.into_iter().filter(|(key, _)| key != "$schema"));
    }
    schema
}

/// Address at which editors find [`file_schema`].
pub fn file_schema_id() -> &'static str {
    ID
}

/// Joins the lines of each paragraph in descriptions. Doc comments are wrapped, but editors show each line as a
/// paragraph.
fn join_lines(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                match field {
                    Value::String(text) if key == "description" => {
                        let paragraphs = text.split("\n\n").map(|lines| lines.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    other => join_lines(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(join_lines),
        _ => {}
    }
}

/// Allows `${…}` everywhere below a schema.
fn allow_interpolations(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else {
        return;
    };
    for key in BY_NAME {
        let Some(places) = schema.get_mut(key).and_then(Value::as_object_mut) else {
            continue;
        };
        places.values_mut().for_each(allow_interpolation);
    }
    for key in SINGLE {
        if let Some(place) = schema.get_mut(key) {
            allow_interpolation(place);
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        if let Some(choices) = schema.get_mut(key).and_then(Value::as_array_mut) {
            choices.iter_mut().for_each(allow_interpolations);
        }
    }
}

/// Allows `${…}` at a place, and everywhere below it.
fn allow_interpolation(place: &mut Value) {
    allow_interpolations(place);
    let Some(fields) = place.as_object_mut() else {
        return;
    };
    let is_text = match fields.get("type") {
        Some(Value::Array(types)) => types.contains(&json!("string")),
        other => other == Some(&json!("string")),
    };
    if is_text && !fields.contains_key("pattern") && !fields.contains_key("enum") {
        return;
    }
    let (shown, checked): (Map<_, _>, Map<_, _>) = std::mem::take(fields)
        .into_iter()
        .partition(|(key, _)| SHOWN.contains(&key.as_str()));
    fields.extend(shown);
    let interpolation = json!({"$ref": format!("#/$defs/{INTERPOLATION}")});
    fields.insert("anyOf".to_owned(), json!([checked, interpolation]));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `INSTA_UPDATE=always` writes the file again, like a snapshot.
    #[test]
    fn the_schema_that_is_shipped_is_the_one_of_the_types() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/argo.schema.json");
        let text = format!("{:#}\n", file_schema());
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            fs_err::write(path, &text).unwrap();
        }
        assert_eq!(fs_err::read_to_string(path).unwrap(), text);
    }

    #[test]
    fn a_paragraph_of_a_description_is_one_line() {
        let described = |schema: &Value, pointer: &str| {
            schema
                .pointer(pointer)
                .unwrap()
                .as_str()
                .unwrap()
                .to_owned()
        };
        let nodes = "/$defs/NodeSettings/description";
        assert!(
            described(&schema(), nodes)
                .split("\n\n")
                .any(|text| text.contains('\n'))
        );
        let shown = described(&file_schema(), nodes);
        assert_eq!(
            shown.lines().count(),
            3,
            "two paragraphs and an empty line: {shown}"
        );
    }

    #[test]
    fn a_file_may_have_interpolations_and_anchors_and_still_no_unknown_keys() {
        let validator = jsonschema::validator_for(&file_schema()).unwrap();
        for good in [
            "_machines: {small: &small {mem: 1, cpu: 1}}\nmachine_types: {small: *small}",
            "machine_types: \"${globals:machines}\"",
            "machine_types: {small: {mem: \"${globals:mem}\", cpu: \"${oc.env:CPU,1}\"}}",
            "runner: {use_memory_datasets: \"${globals:memory}\"}",
            "memory_datasets: {mode: \"${globals:mode}\", path: \"s3://${globals:bucket}/x\"}",
            "parallelism: \"${globals:most}\"",
            "template: {environment: [\"${globals:variable}\"]}",
            "nodes: {fit: {retry: {on: [\"${globals:cause}\"]}}}",
        ] {
            let document = diagnostic::yaml::parse("argo.yml", good).unwrap()[0].to_json();
            let faults: Vec<String> = validator
                .iter_errors(&document)
                .map(|error| error.to_string())
                .collect();
            assert!(faults.is_empty(), "{good}: {faults:?}");
        }
        for bad in [
            "machine_type: {}",
            "machine_types: {_small: {men: 1}}",
            "memory_datasets: {mode: persists}",
            "parallelism: many",
            "runner: {_x: 1}",
        ] {
            let document = diagnostic::yaml::parse("argo.yml", bad).unwrap()[0].to_json();
            assert!(!validator.is_valid(&document), "{bad}");
        }
    }
}
