//! Checks `argo.yml` against its own schema: reports every fault at once, each at its place.
//!
//! Kedro merges the files of the environments; a fault of the merged configuration is reported in the file of its key.

mod build;
mod exactly_one;
mod notify;
mod pipelines;
mod references;
mod schedules;
mod ui_url;

use std::collections::BTreeSet;

use diagnostic::yaml::{self, Yaml};
use diagnostic::{Diagnostic, did_you_mean};
use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::{Location, LocationSegment};
use serde_json::Value;
use serde_path_to_error::Segment;

pub use pipelines::check_pipelines;

use super::argo_config::ArgoConfig;
use super::places::{Places, dotted, place_of, value_place};
use super::schema::schema;

/// File that is a part of the merged configuration.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Path as the user would type it.
    pub path: String,
    /// Text of the file.
    pub text: String,
}

/// Converts the merged configuration to its type, or reports all its faults.
///
/// `files` are the merged files, the base environment's first. If one of them is no YAML, only that is reported.
pub fn check(merged: &Value, files: &[ConfigFile]) -> Result<ArgoConfig, Vec<Diagnostic>> {
    let mut sources = Vec::new();
    for file in files {
        let documents = yaml::parse(&file.path, &file.text).map_err(|finding| vec![*finding])?;
        if let Some(root) = documents.into_iter().next() {
            if !matches!(root.value, yaml::Content::Mapping(_) | yaml::Content::Null) {
                let message = format!("argo.yml is {}, but it must be a mapping", root.kind());
                let finding = Diagnostic::error("invalid-setting", message);
                return Err(vec![finding.at_span(file.path.clone(), root.span)]);
            }
            sources.push((file.path.as_str(), root));
        }
    }
    // YAML reads a section whose lines are all comments (`template:`) as null.
    let schema = schema();
    let merged = without_empty_sections(merged, &known_keys(&schema));
    let mut findings: Vec<Diagnostic> = match jsonschema::validator_for(&schema) {
        Ok(validator) => validator
            .iter_errors(&merged)
            .flat_map(|error| explain(&error, &schema, &sources))
            .collect(),
        Err(error) => vec![Diagnostic::error("invalid-schema", error.to_string())],
    };
    if !findings.is_empty() {
        let file = |finding: &Diagnostic| {
            sources
                .iter()
                .position(|source| Some(source.0) == finding.place.file.as_deref())
        };
        findings.sort_by_key(|finding| (file(finding), finding.place.span));
        return Err(findings);
    }
    let mut config: ArgoConfig = serde_path_to_error::deserialize(&merged)
        .map_err(|error| vec![no_room(&error, &merged, &sources)])?;
    config.places = Places::new(&sources, &merged);
    let mut findings = references::check(&config);
    findings.extend(schedules::check(&config));
    findings.extend(build::check(&config));
    findings.extend(ui_url::check(&config));
    findings.extend(notify::check(&config));
    if findings.is_empty() {
        Ok(config)
    } else {
        Err(findings)
    }
}

/// Finding for a value that the schema allows but that is too large for its type.
fn no_room(
    error: &serde_path_to_error::Error<serde_json::Error>,
    merged: &Value,
    sources: &[(&str, Yaml)],
) -> Diagnostic {
    let owned: Vec<String> = error.path().iter().filter_map(key_of).collect();
    let path: Vec<&str> = owned.iter().map(String::as_str).collect();
    let reason = error.inner().to_string();
    let wanted = reason.split_once(", expected ").map(|(_, wanted)| wanted);
    let wanted = match wanted {
        Some("u32") => Some(format!("a whole number up to {}", u32::MAX)),
        Some("i64") => Some(format!("a whole number up to {}", i64::MAX)),
        Some("u64") => Some(format!("a whole number up to {}", u64::MAX)),
        other => other.map(str::to_owned),
    };
    let given = path.iter().try_fold(merged, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        value => value.get(key),
    });
    let message = match (given, wanted) {
        (Some(given), Some(wanted)) => format!(
            "`{}` is {}, but it must be {wanted}",
            dotted(&path),
            shown(given)
        ),
        _ => format!("`{}`: {reason}", dotted(&path)),
    };
    Diagnostic::error("invalid-setting", message).at(value_place(&path, sources))
}

fn key_of(segment: &Segment) -> Option<String> {
    match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    }
}

fn explain(
    error: &jsonschema::ValidationError<'_>,
    schema: &Value,
    sources: &[(&str, Yaml)],
) -> Vec<Diagnostic> {
    let owned = segments(error.instance_path());
    let path: Vec<&str> = owned.iter().map(String::as_str).collect();
    if let Some(errors) = of_the_kind_meant(error) {
        return errors
            .iter()
            .flat_map(|error| explain(error, schema, sources))
            .collect();
    }
    let here = if path.is_empty() {
        "argo.yml".to_owned()
    } else {
        format!("`{}`", dotted(&path))
    };
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|key| {
                let mut full = path.clone();
                full.push(key);
                let known = properties(schema, error.schema_path());
                let of_nodes = path.is_empty() && is_node_setting(schema, key);
                Diagnostic::error("unknown-key", format!("{here} has no key `{key}`"))
                    .at(place_of(&full, sources))
                    .help(if of_nodes {
                        format!("`{key}` is a setting of nodes; to set it for every node: `nodes: {{\"*\": {{{key}: \
                            …}}}}`")
                    } else {
                        did_you_mean(key, known.iter().map(String::as_str))
                            .unwrap_or_else(|| format!("known keys: {}", known.join(", ")))
                    })
            })
            .collect(),
        ValidationErrorKind::Required { property } => {
            let property = property.as_str().unwrap_or_default();
            vec![
                Diagnostic::error("missing-key", format!("{here} needs the key `{property}`"))
                    .at(place_of(&path, sources)),
            ]
        }
        kind => {
            let wanted = wanted(kind, schema, error.schema_path());
            let given = shown(error.instance());
            let mut finding = Diagnostic::error(
                "invalid-setting",
                format!("{here} is {given}, but it must be {wanted}"),
            )
            .at(value_place(&path, sources));
            if let Some(text) = error.instance().as_str() {
                let options = wanted.split('`').skip(1).step_by(2);
                finding = finding.maybe_help(did_you_mean(text, options));
            }
            if wanted.contains("a string")
                && (error.instance().is_number() || error.instance().is_boolean())
            {
                finding = finding.help("put the value in quotes");
            }
            vec![finding]
        }
    }
}

/// Errors of a setting that may be a mapping or another kind of value: those of its only choice that is a mapping.
fn of_the_kind_meant<'e>(
    error: &'e jsonschema::ValidationError<'_>,
) -> Option<&'e [jsonschema::ValidationError<'static>]> {
    let (ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context }) =
        error.kind()
    else {
        return None;
    };
    let is_of_kind = |errors: &&Vec<jsonschema::ValidationError<'static>>| {
        errors.iter().all(|inner| {
            inner.instance_path() != error.instance_path()
                || matches!(
                    inner.kind(),
                    ValidationErrorKind::Required { .. }
                        | ValidationErrorKind::AdditionalProperties { .. }
                )
        })
    };
    let mut meant = context.iter().filter(is_of_kind);
    match (error.instance().is_object(), meant.next(), meant.next()) {
        (true, Some(errors), None) => Some(errors),
        _ => None,
    }
}

fn wanted(kind: &ValidationErrorKind, schema: &Value, location: &Location) -> String {
    // The title in the schema of the failed keyword is the best description.
    let mut parts = segments(location);
    parts.pop();
    if let Some(title) = resolve(schema, &parts).and_then(|found| found.get("title")?.as_str()) {
        return title.to_owned();
    }
    match kind {
        ValidationErrorKind::Type { kind } => match kind {
            TypeKind::Single(single) => words(&single.to_string()),
            TypeKind::Multiple(several) => several
                .iter()
                .map(|single| words(&single.to_string()))
                .filter(|word| word != "nothing")
                .collect::<Vec<_>>()
                .join(" or "),
        },
        ValidationErrorKind::Enum { options } => {
            let options: Vec<String> = options
                .as_array()
                .into_iter()
                .flatten()
                .map(|option| format!("`{}`", option.as_str().unwrap_or_default()))
                .collect();
            format!("one of {}", options.join(", "))
        }
        ValidationErrorKind::OneOfNotValid { .. } | ValidationErrorKind::AnyOf { .. } => {
            options(schema, &parts)
        }
        ValidationErrorKind::Minimum { limit } => format!("at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("at most {limit}"),
        ValidationErrorKind::MinItems { limit: 1 } => "a list with at least one entry".to_owned(),
        _ => "something else".to_owned(),
    }
}

/// Description of a choice of schemas: usually the constants of an enumeration.
fn options(schema: &Value, parts: &[String]) -> String {
    let Some(found) = resolve(schema, parts) else {
        return "something else".to_owned();
    };
    let words = constants(schema, found);
    if !words.is_empty() {
        return format!("one of {}", words.join(", "));
    }
    // An optional section has this schema: `anyOf: [{$ref}, {type: null}]`.
    "a mapping".to_owned()
}

/// Constants of an enumeration, also of an optional one.
fn constants(schema: &Value, value: &Value) -> Vec<String> {
    let options = ["oneOf", "anyOf"]
        .iter()
        .filter_map(|key| value.get(key)?.as_array())
        .flatten();
    options
        .flat_map(|option| match option.get("const").and_then(Value::as_str) {
            Some(word) => vec![format!("`{word}`")],
            None => option
                .get("$ref")
                .and_then(|target| schema.pointer(target.as_str()?.strip_prefix('#')?))
                .map(|target| constants(schema, target))
                .unwrap_or_default(),
        })
        .collect()
}

fn words(kind: &str) -> String {
    match kind {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "array" => "a list",
        "object" => "a mapping",
        _ => "nothing",
    }
    .to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("{value}"),
        Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
        Value::String(_) => "a string".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

fn is_node_setting(schema: &Value, key: &str) -> bool {
    let properties = schema.pointer("/$defs/NodeSettings/properties");
    properties.is_some_and(|properties| properties.get(key).is_some())
}

fn properties(schema: &Value, location: &Location) -> Vec<String> {
    let mut parts = segments(location);
    parts.pop();
    resolve(schema, &parts)
        .and_then(|found| found.get("properties")?.as_object())
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// Follows a path through the schema, including references.
fn resolve<'a>(schema: &'a Value, parts: &[String]) -> Option<&'a Value> {
    let mut node = schema;
    for part in parts {
        node = if part == "$ref" {
            let target = node.get("$ref")?.as_str()?;
            schema.pointer(target.strip_prefix('#')?)?
        } else if let Some(items) = node.as_array() {
            items.get(part.parse::<usize>().ok()?)?
        } else {
            node.get(part)?
        };
    }
    Some(node)
}

fn segments(location: &Location) -> Vec<String> {
    location
        .into_iter()
        .map(|segment| match segment {
            LocationSegment::Property(name) => name.to_string(),
            LocationSegment::Index(index) => index.to_string(),
        })
        .collect()
}

/// Removes null sections with a known key; an unknown key is a fault even without a value.
fn without_empty_sections(value: &Value, known: &BTreeSet<String>) -> Value {
    match value {
        Value::Object(entries) => Value::Object(
            entries
                .iter()
                .filter(|(key, value)| !value.is_null() || !known.contains(*key))
                .map(|(key, value)| {
                    // In a patch, null deletes a field.
                    let value = match key.as_str() {
                        "patches" => value.clone(),
                        "retry" => with_on(without_empty_sections(value, known)),
                        _ => without_empty_sections(value, known),
                    };
                    (key.clone(), value)
                })
                .collect(),
        ),
        other => other.clone(),
    }
}

/// Restores a key that Kedro's reader changes: YAML 1.1 reads the key `on` as `true`.
fn with_on(retry: Value) -> Value {
    match retry {
        Value::Object(entries) => Value::Object(
            entries
                .into_iter()
                .map(|(key, value)| match key.as_str() {
                    "true" | "True" => ("on".to_owned(), value),
                    _ => (key, value),
                })
                .collect(),
        ),
        other => other,
    }
}

/// All keys anywhere in the schema.
fn known_keys(schema: &Value) -> BTreeSet<String> {
    let definitions = schema.get("$defs").and_then(Value::as_object);
    definitions
        .into_iter()
        .flat_map(serde_json::Map::values)
        .chain([schema])
        .filter_map(|definition| definition.get("properties")?.as_object())
        .flat_map(|properties| properties.keys().cloned())
        .collect()
}
