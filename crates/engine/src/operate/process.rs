//! Replacement of the inputs and the tags of a template (`ProcessArgs` and `SubstituteParams` of
//! `workflow/common/util.go`).

use std::rc::Rc;

use argo::spec::{Arguments, Artifact, Field, Template, from_json, to_json};
use argo::text::expression::{Outside, Value};
use argo::text::tags::{Strict, Values, has_tag, substitute, substitute_json};

use super::documents::{DocumentTemplate, Documents};
use super::outputs::{ABSENT, has_location};
use super::values::{json, mixed, of_config_map};

/// Values of the whole Workflow for a node: each node has its own random values.
pub(super) fn of_node(globals: &Values, node: &str) -> Values {
    let values = globals.clone();
    match globals.outside() {
        Some(outside) => values.with(Outside {
            seed: mixed(outside.seed, node),
            ..outside
        }),
        None => values,
    }
}

/// Replaces the inputs and tags of a template.
///
/// # Arguments
///
/// * `values`: Values of the Workflow and of the node; a tag without a value stays.
///
/// # Errors
///
/// An input has no value, or a tag cannot be replaced. The error has Argo's words, except for expressions.
pub(super) fn process(
    document_template: &DocumentTemplate,
    arguments: &Arguments,
    values: impl FnOnce() -> Values,
    documents: &Documents,
) -> Result<Rc<Template>, String> {
    let inputs = &document_template.template.inputs;
    if inputs.is_absent() {
        if !document_template.has_tags() {
            return Ok(Rc::clone(&document_template.template));
        }
        return fill_in(&document_template.template, values()).map(Rc::new);
    }
    let values = values();
    let mut template = document_template.template.as_ref().clone();
    set_inputs(&mut template, arguments, &values, documents)?;
    fill_in(&template, values).map(Rc::new)
}

fn set_inputs(
    template: &mut Template,
    arguments: &Arguments,
    values: &Values,
    documents: &Documents,
) -> Result<(), String> {
    for input in &mut template.inputs.parameters {
        let name = &input.name;
        if input.value.is_none() {
            input.value.clone_from(&input.default);
        }
        let mut given = arguments.parameters.iter();
        let given = given.find(|given| given.name == *name);
        match given {
            Some(given)
                if given.value.as_deref() == Some(ABSENT)
                    && input.value.is_none()
                    && input.value_from.is_none() =>
            {
                return Err(format!(
                    "inputs.parameters.{name}: argument references an absent optional (skipped/omitted node output with no default)"
                ));
            }
            Some(given) if given.value.as_deref() == Some(ABSENT) => {}
            Some(given) if given.value.is_some() => {
                input.value.clone_from(&given.value);
                input.value_from = None;
            }
            Some(given) => {
                input.value = None;
                input.value_from.clone_from(&given.value_from);
            }
            None => {}
        }
        let of_map = input.value_from.as_mut();
        match of_map.filter(|from| from.config_map_key_ref.is_some()) {
            Some(from) => {
                if let Some(reference) = &mut from.config_map_key_ref {
                    for text in [&mut reference.name, &mut reference.key] {
                        *text = substitute(text, values, Strict::All).map_err(|failure| {
                            format!("failed to substitute configMapKeyRef: {failure}")
                        })?;
                    }
                }
                let text = of_config_map(from, documents).map_err(|error| {
                    format!("unable to retrieve inputs.parameters.{name} from ConfigMap: {error}")
                })?;
                input.value = Some(text.into());
            }
            None if input.value.is_none() => {
                return Err(format!("inputs.parameters.{name} was not supplied"));
            }
            None => {}
        }
    }
    for input in &mut template.inputs.artifacts {
        let name = &input.name;
        let mut given = arguments.artifacts.iter();
        let given = given.find(|given| given.name == *name);
        if !input.optional && !has_location(input) {
            match given {
                None => return Err(format!("inputs.artifacts.{name} was not supplied")),
                Some(given) if !has_location(given) => {
                    return Err(format!(
                        "inputs.artifacts.{name} missing location information"
                    ));
                }
                Some(_) => {}
            }
        }
        if let Some(given) = given {
            *input = Artifact {
                path: input.path.clone(),
                mode: input.mode,
                recurse_mode: input.recurse_mode,
                ..given.clone()
            };
        }
    }
    Ok(())
}

/// Replaces the tags of a template whose inputs have their values: first with the outer values, then with its inputs
/// and paths, which may come from the first replacement.
///
/// # Errors
///
/// A tag cannot be replaced.
pub(super) fn fill_in(template: &Template, mut values: Values) -> Result<Template, String> {
    let text = to_json(template).to_string();
    if !has_tag(&text) {
        return Ok(template.clone());
    }
    let failed = |failure: argo::text::tags::Failure| failure.of_controller().to_owned();
    let text = substitute_json(&text, &values, Strict::No).map_err(failed)?;
    let first = read(&text)?;
    if !has_tag(&text) {
        return Ok(first);
    }
    let mut set = |name: String, text: &str| values.set(name, Value::text(text));
    for input in &first.inputs.parameters {
        if let Some(value) = &input.value {
            set(format!("inputs.parameters.{}", input.name), value);
        }
    }
    let inputs = &first.inputs.parameters;
    let all = if inputs.is_empty() {
        "null".to_owned()
    } else {
        json(&inputs.iter().map(to_json).collect())
    };
    set("inputs.parameters".to_owned(), &all);
    for (word, artifacts) in [
        ("inputs", &first.inputs.artifacts),
        ("outputs", &first.outputs.artifacts),
    ] {
        for artifact in artifacts
            .iter()
            .filter(|artifact| !artifact.path.is_empty())
        {
            let name = format!("{word}.artifacts.{}.path", artifact.name);
            set(name, &artifact.path);
        }
    }
    for output in &first.outputs.parameters {
        let path = output.value_from.as_ref().map(|from| from.path.as_str());
        if let Some(path) = path.filter(|path| !path.is_empty()) {
            set(format!("outputs.parameters.{}.path", output.name), path);
        }
    }
    let text = substitute_json(&text, &values, Strict::No).map_err(failed)?;
    read(&text)
}

/// Parses a part of a document after the replacement of its tags.
///
/// # Errors
///
/// A value has letters that JSON does not allow, or the wrong type for its field.
pub(super) fn read<T: Field>(text: &str) -> Result<T, String> {
    let value: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| format!("what was filled in is not JSON: {error}"))?;
    from_json(&value).map_err(|error| error.to_string())
}
