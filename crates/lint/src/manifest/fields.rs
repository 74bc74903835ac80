//! Fields compared with the table: unknown fields, wrong types, missing fields, unknown words and amounts.

use argo::document::read::has;
use argo::quantity::{self, Quantity};
use argo::text::tags::has_tag;
use diagnostic::did_you_mean;
use diagnostic::yaml::{Content, Key, Yaml};

use super::table::{Field, FieldType, TABLE};
use crate::finding::Findings;
use crate::rule::{
    INVALID_QUANTITY, INVALID_VALUE, MISSING_FIELD, NUMBER_OUT_OF_RANGE,
    PARAMETER_VALUE_NOT_A_STRING, TAG_NOT_ALLOWED, UNKNOWN_FIELD, WRONG_TYPE,
};

/// Fields of earlier versions of Argo, with their replacements.
const RENAMED: &[(&str, &str)] = &[
    ("schedule", "use `schedules`, a list"),
    ("mutex", "use `mutexes`, a list"),
    ("semaphore", "use `semaphores`, a list"),
    ("podPriority", "use `podPriorityClassName`"),
];

/// Checks a node against a type of the table.
pub(crate) fn check(node: &Yaml, kind: &str, findings: &mut Findings) {
    let is_patch = false;
    Checker { findings, is_patch }.value(node, &TABLE.kind(kind), "this");
}

/// Checks a strategic merge patch for a type of the table: it may omit fields, and may contain directives (`$patch`).
pub(crate) fn check_patch(node: &Yaml, kind: &str, findings: &mut Findings) {
    let is_patch = true;
    Checker { findings, is_patch }.value(node, &TABLE.kind(kind), "this");
}

/// The fields of a mapping, and of the mappings in it, that a type does not have.
pub(super) fn unknown_fields(node: &Yaml, kind: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    collect_unknown(node, &TABLE.kind(kind), &mut unknown);
    unknown
}

fn collect_unknown(node: &Yaml, kind: &FieldType, unknown: &mut Vec<String>) {
    match kind {
        FieldType::List(item) => {
            node.items()
                .iter()
                .for_each(|entry| collect_unknown(entry, item, unknown));
        }
        FieldType::Object(number) => {
            for (key, value) in node.entries() {
                match TABLE.field(*number, &key.name) {
                    Some(field) => collect_unknown(value, &field.kind, unknown),
                    // Keys such as `$patch` are directives of a strategic merge patch.
                    None if key.name.starts_with('$') => {}
                    None => unknown.push(format!("`{}`", key.name)),
                }
            }
        }
        _ => {}
    }
}

struct Checker<'f> {
    findings: &'f mut Findings,
    is_patch: bool,
}

impl Checker<'_> {
    fn value(&mut self, node: &Yaml, kind: &FieldType, name: &str) {
        match (kind, &node.value) {
            (FieldType::Any, _)
            | (FieldType::Text | FieldType::IntegerOrText, Content::String(_))
            | (FieldType::Number, Content::Integer(_) | Content::Float(_))
            | (FieldType::Boolean, Content::Bool(_))
            | (FieldType::IntegerOrText | FieldType::Quantity, Content::Integer(_))
            | (FieldType::Opaque, Content::Mapping(_)) => {}
            (FieldType::Integer(low, high), Content::Integer(number)) => {
                self.range(node, name, *number, (*low, *high));
            }
            (FieldType::Quantity, Content::String(text)) => self.quantity(node, name, text),
            (FieldType::Word(words), Content::String(text)) => self.word(node, name, text, words),
            (FieldType::Object(number), Content::Mapping(entries)) => {
                self.object(node, *number, entries);
            }
            (FieldType::List(item), Content::Sequence(items)) => {
                for entry in items {
                    self.value(entry, item, name);
                }
            }
            (FieldType::Map(value), Content::Mapping(entries)) => {
                for (key, entry) in entries {
                    if entry.value != Content::Null {
                        self.value(entry, value, &key.name);
                    }
                }
            }
            (
                FieldType::Boolean | FieldType::Integer(..) | FieldType::Number,
                Content::String(text),
            ) if has_tag(text) => {
                self.tag(node, name, expected(kind));
            }
            _ => self.wrong_type(node, name, kind),
        }
    }

    fn object(&mut self, node: &Yaml, number: usize, entries: &[(Key, Yaml)]) {
        for (key, value) in entries {
            match TABLE.field(number, &key.name) {
                None if self.is_patch && key.name.starts_with('$') => {}
                None => self.unknown(key, number, node),
                Some(_) if value.value == Content::Null => {}
                Some(field) if is_parameter_value(number, field) => {
                    parameter_value(self.findings, value, &key.name);
                }
                Some(field) => self.value(value, &field.kind, &key.name),
            }
        }
        for name in TABLE.required(number) {
            if !self.is_patch && !has(node, name) {
                self.findings
                    .push(MISSING_FIELD.at(node, format!("`{name}` is missing")));
            }
        }
    }

    fn unknown(&mut self, key: &Key, number: usize, node: &Yaml) {
        let free = TABLE
            .fields(number)
            .iter()
            .map(|field| field.name)
            .filter(|name| !has(node, name));
        let renamed = RENAMED
            .iter()
            .find(|(old, _)| *old == key.name)
            .map(|(_, help)| (*help).to_owned());
        let elsewhere =
            (key.name == "podSpecPatch").then(|| "`podSpecPatch` belongs to a template".to_owned());
        let help = renamed
            .or(elsewhere)
            .or_else(|| did_you_mean(&key.name, free));
        let message = format!("Argo has no field `{}` here", key.name);
        self.findings
            .push(UNKNOWN_FIELD.at(key, message).maybe_help(help));
    }

    fn range(&mut self, node: &Yaml, name: &str, number: i64, (low, high): (i64, i64)) {
        if number < low {
            let message = format!("`{name}` is {number}, but it must be at least {low}");
            self.findings.push(NUMBER_OUT_OF_RANGE.at(node, message));
        } else if number > high {
            let message = format!("`{name}` is {number}, but it must be at most {high}");
            self.findings.push(NUMBER_OUT_OF_RANGE.at(node, message));
        }
    }

    fn quantity(&mut self, node: &Yaml, name: &str, text: &str) {
        if has_tag(text) {
            let help = "write the amount into the template's `podSpecPatch`, which can hold tags";
            let message = format!("`{name}` is an amount and cannot hold a tag");
            self.findings
                .push(TAG_NOT_ALLOWED.at(node, message).help(help));
        } else if Quantity::parse(text).is_err() {
            let message = format!("`{text}` is not an amount");
            let help = quantity::meant(text).map(|meant| format!("did you mean `{meant}`?"));
            self.findings
                .push(INVALID_QUANTITY.at(node, message).maybe_help(help));
        }
    }

    fn word(&mut self, node: &Yaml, name: &str, text: &str, words: &[&str]) {
        if words.contains(&text) || text.is_empty() {
            return;
        }
        if has_tag(text) {
            self.tag(node, name, "one of a few words");
            return;
        }
        let help = did_you_mean(text, words.iter().copied())
            .unwrap_or_else(|| format!("use one of `{}`", words.join("`, `")));
        let message = format!("`{name}` cannot be `{text}`");
        self.findings
            .push(INVALID_VALUE.at(node, message).help(help));
    }

    fn tag(&mut self, node: &Yaml, name: &str, expected: &str) {
        let message = format!("`{name}` is {expected} and cannot hold a tag");
        self.findings.push(TAG_NOT_ALLOWED.at(node, message));
    }

    fn wrong_type(&mut self, node: &Yaml, name: &str, kind: &FieldType) {
        let message = format!(
            "`{name}` is {}, but it must be {}",
            node.kind(),
            expected(kind)
        );
        let help = match (kind, &node.value) {
            (FieldType::Text, Content::Bool(_)) => Some(
                "put it in quotes: without them YAML reads `y`, `n`, `yes`, `no`, `on`, `off`, \
                 `true` and `false` as booleans",
            ),
            (FieldType::Text | FieldType::Quantity, Content::Integer(_) | Content::Float(_)) => {
                Some("put it in quotes")
            }
            (FieldType::Boolean, Content::String(text))
                if !matches!(text.as_str(), "true" | "false") =>
            {
                Some("write true or false")
            }
            (FieldType::Integer(..) | FieldType::Number, Content::String(text))
                if text.trim().parse::<f64>().is_err() =>
            {
                Some("write a number")
            }
            (
                FieldType::Boolean | FieldType::Integer(..) | FieldType::Number,
                Content::String(_),
            ) => Some("write it without quotes"),
            (FieldType::List(_), _) => Some("start each item with a dash"),
            _ => None,
        };
        self.findings.push(
            WRONG_TYPE
                .at(node, message)
                .maybe_help(help.map(str::to_owned)),
        );
    }
}

fn is_parameter_value(number: usize, field: &Field) -> bool {
    match field.name {
        "value" | "default" => {
            TABLE.is(number, "Parameter")
                || (field.name == "default" && TABLE.is(number, "ValueFrom"))
        }
        _ => false,
    }
}

/// A parameter's value is a text, even if it looks like a number.
fn parameter_value(findings: &mut Findings, value: &Yaml, name: &str) {
    let quoted = match &value.value {
        Content::String(_) => return,
        Content::Integer(number) => format!("write `\"{number}\"`, in quotes"),
        Content::Float(number) => format!("write `\"{number}\"`, in quotes"),
        Content::Bool(_) => {
            "write it in quotes, or YAML reads `yes`, `no`, `on` and `off` as booleans".to_owned()
        }
        Content::Null | Content::Sequence(_) | Content::Mapping(_) => {
            "write it as JSON, in quotes".to_owned()
        }
    };
    let message = format!(
        "`{name}` of a parameter is {}, but it must be a string",
        value.kind()
    );
    findings.push(PARAMETER_VALUE_NOT_A_STRING.at(value, message).help(quoted));
}

fn expected(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Text | FieldType::Word(_) => "a string",
        FieldType::Integer(..) => "a whole number",
        FieldType::Number => "a number",
        FieldType::Boolean => "`true` or `false`",
        FieldType::IntegerOrText => "a whole number or a string",
        FieldType::Quantity => "an amount such as `500m` or `4Gi`",
        FieldType::Opaque | FieldType::Object(_) | FieldType::Map(_) => "a mapping",
        FieldType::List(_) => "a list",
        FieldType::Any => "anything",
    }
}
