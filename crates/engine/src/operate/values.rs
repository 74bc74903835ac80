//! Variables of the whole Workflow (`setGlobalParameters` of `workflow/controller/operator.go`).

use std::collections::BTreeMap;

use argo::spec::{Parameter, ValueFrom, to_json};
use argo::status::Phase;
use argo::text::expression::{Outside, Value};
use argo::text::tags::Values;
use argo::time::{Time, Zone};
use jiff::Timestamp;
use serde_json::Value as Json;

use super::documents::Documents;

/// Letters of `workflow.creationTimestamp.LETTER`, and the matching layouts of Go (`util/strftime`).
const LETTERS: [(char, &str); 16] = [
    ('B', "January"),
    ('b', "Jan"),
    ('m', "01"),
    ('A', "Monday"),
    ('a', "Mon"),
    ('d', "02"),
    ('H', "15"),
    ('I', "03"),
    ('M', "04"),
    ('S', "05"),
    ('Y', "2006"),
    ('y', "06"),
    ('p', "PM"),
    ('Z', "MST"),
    ('z', "-0700"),
    ('L', ".000"),
];

/// Annotation with the time for which a schedule made a Workflow.
const SCHEDULED: &str = "workflows.argoproj.io/scheduled-time";

/// Values of a Workflow before anything runs.
///
/// # Errors
///
/// A parameter has no value.
pub(super) fn globals(documents: &Documents) -> Result<Values, String> {
    let mut values = Values::default().with(Outside {
        // Use one time for the run, so that a retried task gets the same.
        now: documents.created,
        seed: mixed(0, &documents.uid),
    });
    let metadata = &documents.metadata;
    let spec = &documents.spec;
    let mut set =
        |name: &str, text: &str| values.set(format!("workflow.{name}"), Value::text(text));
    set("name", &documents.name);
    set(
        "namespace",
        metadata.namespace.as_deref().unwrap_or("default"),
    );
    set("mainEntrypoint", &spec.entrypoint);
    set(
        "serviceAccountName",
        spec.service_account_name.as_deref().unwrap_or_default(),
    );
    set("uid", &documents.uid);
    set("status", "");
    if let Some(scheduled) = metadata.annotations.get(SCHEDULED) {
        set("scheduledTime", scheduled);
    }
    if let Some(priority) = spec.priority {
        set("priority", &priority.to_string());
    }
    let created = documents.created;
    let seconds = Timestamp::from_second(created.as_second()).unwrap_or(created);
    set("creationTimestamp", &rfc3339(seconds));
    set("creationTimestamp.RFC3339", &rfc3339(seconds));
    set("creationTimestamp.s", &created.as_second().to_string());
    if let Some(time) = Time::new(seconds, Zone::Utc) {
        for (letter, layout) in LETTERS {
            set(&format!("creationTimestamp.{letter}"), &time.format(layout));
        }
    }
    let parameters = &spec.arguments.parameters;
    let all = if parameters.is_empty() {
        "null".to_owned()
    } else {
        json(&parameters.iter().map(to_json).collect())
    };
    set("parameters", &all);
    set("parameters.json", &all);
    for parameter in parameters {
        let value = value_of(parameter, documents)?;
        set(&format!("parameters.{}", parameter.name), &value);
    }
    let from_expression = spec.workflow_metadata.as_ref();
    for (word, entries) in [
        ("annotations", &metadata.annotations),
        ("labels", &metadata.labels),
    ] {
        let mut entries: BTreeMap<&String, &String> = entries.iter().collect();
        let all = if entries.is_empty() {
            "null".to_owned()
        } else {
            json(&serde_json::json!(entries))
        };
        set(word, &all);
        set(&format!("{word}.json"), &all);
        if let Some(given) = from_expression {
            let more = if word == "labels" {
                &given.labels
            } else {
                &given.annotations
            };
            entries.extend(more);
        }
        for (name, text) in entries {
            set(&format!("{word}.{name}"), text);
        }
    }
    Ok(values)
}

fn value_of(parameter: &Parameter, documents: &Documents) -> Result<String, String> {
    if let Some(value) = &parameter.value {
        return Ok(value.to_string());
    }
    let name = &parameter.name;
    match &parameter.value_from {
        Some(from) if from.config_map_key_ref.is_some() => {
            of_config_map(from, documents).map_err(|error| {
                let reference = from.config_map_key_ref.clone().unwrap_or_default();
                format!(
                    "failed to set global parameter {name} from configmap with name {} and key {}: {error}",
                    reference.name, reference.key
                )
            })
        }
        _ => Err(format!(
            "either value or valueFrom must be specified in order to set global parameter {name}"
        )),
    }
}

/// Text of a key of a `ConfigMap`, or the default.
///
/// # Errors
///
/// Both the key and the default are missing.
pub(super) fn of_config_map(from: &ValueFrom, documents: &Documents) -> Result<String, String> {
    let reference = from.config_map_key_ref.clone().unwrap_or_default();
    let found = documents
        .config_maps
        .get(&reference.name)
        .ok_or_else(|| format!(
            "ConfigMap '{}' does not exist. Please make sure it has the label workflows.argoproj.io/configmap-type: Parameter to be detectable by the controller",
            reference.name
        ))
        .and_then(|keys| {
            keys.get(&reference.key).ok_or_else(|| {
                format!(
                    "ConfigMap '{}' does not have the key '{}'",
                    reference.name, reference.key
                )
            })
        });
    match (found, &from.default) {
        (Ok(text), _) => Ok(text.clone()),
        (Err(_), Some(default)) => Ok(default.to_string()),
        (Err(error), None) => Err(error),
    }
}

/// Time as in Argo's texts: whole seconds.
pub(super) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// JSON as Go writes it: with letters escaped that are special in HTML.
pub(super) fn json(value: &Json) -> String {
    let text = value.to_string();
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

/// Phase of a Workflow for the phase of its first node.
pub(super) fn of_workflow(node: Phase) -> Phase {
    match node {
        Phase::Skipped | Phase::Omitted => Phase::Succeeded,
        phase => phase,
    }
}

/// Derives a seed from another one and a name (FNV-1a).
pub(super) fn mixed(seed: u64, name: &str) -> u64 {
    name.bytes()
        .fold(seed ^ 0xcbf2_9ce4_8422_2325, |mixed, byte| {
            (mixed ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        })
}
