//! Kedro's runtime parameters: those that replace an earlier run's, and reading them without a project.

use std::path::{Path, PathBuf};

use clap::Args;
use diagnostic::yaml::{self, Yaml};
use serde_json::{Map, Value};

use crate::error::CommandError;

/// Runtime parameters that replace those of an earlier run.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct NewParameters {
    /// Runtime parameters that replace those of the run: `key=value,group.key=value`
    #[arg(long, value_name = "PARAMETERS")]
    pub(crate) params: Vec<String>,

    /// YAML or JSON file with such parameters; --params override it
    #[arg(long, value_name = "FILE")]
    pub(crate) params_file: Option<PathBuf>,
}

impl NewParameters {
    /// Says whether no parameters are given.
    pub(crate) fn is_empty(&self) -> bool {
        self.params.is_empty() && self.params_file.is_none()
    }

    /// Reads the parameters without a project.
    pub(crate) fn read(&self) -> Result<Map<String, Value>, CommandError> {
        let mut all = match &self.params_file {
            Some(file) => in_file(file)?,
            None => Map::new(),
        };
        compile::lay_over(&mut all, in_words(&self.params)?);
        Ok(all)
    }
}

/// Reads a file of `--params-file`: YAML or JSON with a mapping. `${...}` in it stays as it
/// is.
pub(crate) fn in_file(file: &Path) -> Result<Map<String, Value>, CommandError> {
    let shown = file.display().to_string();
    let text = fs_err::read_to_string(file)?;
    let documents = yaml::parse_for_python(&shown, &text)
        .map_err(|finding| CommandError::findings(vec![*finding]))?;
    match documents.first().map(|document| crossing(document, &text)) {
        Some(Value::Object(parameters)) => Ok(parameters),
        None | Some(Value::Null) => Ok(Map::new()),
        Some(_) => Err(CommandError::new(format!("{shown} is not a mapping"))
            .hint("the file must have runtime parameters, e.g. `model: {depth: 3}`")),
    }
}

/// Reads `--params` as Kedro does (`_split_params` of `kedro.framework.cli.utils`, and
/// `OmegaConf.from_dotlist`): dotted names, and values that are YAML.
pub(crate) fn in_words(words: &[String]) -> Result<Map<String, Value>, CommandError> {
    let wrong = |item: &str| {
        CommandError::new(format!("`{item}` is not a runtime parameter with a value"))
            .hint("e.g. --params model.depth=3,name=x")
    };
    let mut all = Map::new();
    let items = words.iter().flat_map(|word| word.split(','));
    for item in items.map(str::trim).filter(|item| !item.is_empty()) {
        let (name, text) = item.split_once('=').ok_or_else(|| wrong(item))?;
        let path: Vec<&str> = name.trim().split('.').collect();
        if path.contains(&"") {
            return Err(wrong(item));
        }
        insert(&mut all, &path, value(text.trim()));
    }
    Ok(all)
}

fn value(text: &str) -> Value {
    match text {
        // Words of YAML 1.1, as PyYAML reads them.
        "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => number("Infinity"),
        "-.inf" | "-.Inf" | "-.INF" => number("-Infinity"),
        ".nan" | ".NaN" | ".NAN" => number("NaN"),
        whole
            if marks::runtime_parameters::is_pythons(whole)
                && whole.ends_with(char::is_numeric) =>
        {
            number(whole)
        }
        _ => yaml::parse_for_python("", text)
            .ok()
            .and_then(|documents| documents.first().map(|document| crossing(document, text)))
            .unwrap_or_else(|| text.into()),
    }
}

/// A document in the form for the worker: numbers that JSON does not have are marked, at any depth.
fn crossing(node: &Yaml, text: &str) -> Value {
    match &node.value {
        yaml::Content::Sequence(items) => items.iter().map(|item| crossing(item, text)).collect(),
        yaml::Content::Mapping(entries) => entries
            .iter()
            .map(|(key, value)| (key.name.clone(), crossing(value, text)))
            .collect(),
        yaml::Content::Float(float) if float.is_nan() => number("NaN"),
        yaml::Content::Float(float) if float.is_infinite() && *float > 0.0 => number("Infinity"),
        yaml::Content::Float(float) if float.is_infinite() => number("-Infinity"),
        yaml::Content::Float(_) => match source(node, text) {
            // A whole number that is too large for the YAML reader.
            Some(digits) if is_whole(digits) => number(digits),
            _ => node.to_json(),
        },
        yaml::Content::String(word) => match source(node, text) {
            Some(digits) if digits == word && is_whole(digits) => number(digits),
            _ => node.to_json(),
        },
        _ => node.to_json(),
    }
}

/// Gives the source text of a scalar in a document.
fn source<'text>(node: &Yaml, text: &'text str) -> Option<&'text str> {
    let line = text.lines().nth(node.span.line.checked_sub(1)?)?;
    let letter = |count: usize| {
        line.char_indices()
            .nth(count)
            .map_or(line.len(), |(at, _)| at)
    };
    let start = node.span.column.checked_sub(1)?;
    line.get(letter(start)..letter(start + node.span.length))
        .map(str::trim)
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// A number that JSON does not have, in the form for the worker.
fn number(text: &str) -> Value {
    format!("{}{text}", marks::runtime_parameters::MARK).into()
}

fn insert(all: &mut Map<String, Value>, path: &[&str], value: Value) {
    match path {
        [] => {}
        [name] => {
            all.insert((*name).to_owned(), value);
        }
        [group, rest @ ..] => {
            let entry = all.entry((*group).to_owned()).or_insert(Value::Null);
            if !entry.is_object() {
                *entry = Value::Object(Map::new());
            }
            if let Some(inner) = entry.as_object_mut() {
                insert(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn runtime_parameters_are_read_as_kedro_reads_them() {
        let words = [
            "model.depth=3,model.rate=1e-3,name=x y,day=2026-01-02",
            "on=yes,quoted='3',none=null,list=[1],url=s3://b?a=b",
        ];
        let mut all = json!({"model": {"depth": 1, "kept": true}, "on": {}})
            .as_object()
            .cloned()
            .unwrap();
        compile::lay_over(&mut all, in_words(&words.map(str::to_owned)).unwrap());
        assert_eq!(
            Value::Object(all),
            json!({
                "model": {"depth": 3, "kept": true, "rate": 0.001},
                "on": true, "name": "x y", "day": "2026-01-02", "quoted": "3", "none": null,
                "list": [1], "url": "s3://b?a=b",
            })
        );
        let words = ["a=.inf,b=-.INF,c=.nan,d=12345678901234567890123".to_owned()];
        assert_eq!(
            compile::encode_runtime_parameters(&in_words(&words).unwrap()),
            r#"{"a": Infinity, "b": -Infinity, "c": NaN, "d": 12345678901234567890123}"#
        );
        let deep = in_words(&[
            "x={a: .inf},y=[-.inf],z={b: 12345678901234567890123},s={c: '12345678901234567890123'}"
                .to_owned(),
        ]);
        assert_eq!(
            compile::encode_runtime_parameters(&deep.unwrap()),
            r#"{"x": {"a": Infinity}, "y": [-Infinity], "z": {"b": 12345678901234567890123}, "s": {"c": "12345678901234567890123"}}"#
        );
        for bad in ["depth", "=3", "a..b=1"] {
            assert!(in_words(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_file_holds_a_mapping() {
        let marked = |number: &str| format!("{}{number}", marks::runtime_parameters::MARK);
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("parameters.yml");
        for (text, expected) in [
            (
                "model: {depth: 3}\nname: ${x}\n",
                json!({"model": {"depth": 3}, "name": "${x}"}),
            ),
            (r#"{"depth": 3}"#, json!({"depth": 3})),
            ("", json!({})),
            (
                "a:\n  - {b: -12345678901234567890123, c: .nan}\n",
                json!({"a": [{"b": marked("-12345678901234567890123"), "c": marked("NaN")}]}),
            ),
        ] {
            fs_err::write(&file, text).unwrap();
            assert_eq!(Value::Object(in_file(&file).unwrap()), expected, "{text}");
        }
        fs_err::write(&file, "model: {depth: 3, name: 'a,b=c'}\n").unwrap();
        let both = NewParameters {
            params: vec!["model.depth=4".to_owned()],
            params_file: Some(file.clone()),
        };
        let read = Value::Object(both.read().unwrap());
        assert_eq!(read, json!({"model": {"depth": 4, "name": "a,b=c"}}));
        for text in ["- 1\n", "x\n", "a: [\n"] {
            fs_err::write(&file, text).unwrap();
            assert!(in_file(&file).is_err(), "{text}");
        }
        assert!(in_file(&folder.path().join("none.yml")).is_err());
    }
}
