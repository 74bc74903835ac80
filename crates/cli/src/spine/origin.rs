//! Where in `argo.yml` something of a manifest comes from: the line that the user wrote.

use diagnostic::Place;
use diagnostic::yaml::{self, Yaml};
use project::config::ArgoConfig;
use serde_json::Value;

/// Shorter texts stand in many places by chance.
const TELLING: usize = 3;

/// Where in `argo.yml` a field was said: the place with its key and its value that shares
/// most of its path. None where nothing there looks like it.
pub(crate) fn origin(steps: &[String], manifest: &Value, config: &ArgoConfig) -> Option<Place> {
    let mut known = steps.len();
    let mut value = manifest;
    for (count, step) in steps.iter().enumerate() {
        let Some(next) = child(value, step) else {
            known = count;
            break;
        };
        value = next;
    }
    let steps = &steps[..known];
    let leaf = steps
        .iter()
        .rev()
        .find(|step| step.parse::<usize>().is_err())?;
    let wanted = Wanted {
        leaf: plain(leaf),
        above: steps.iter().map(|step| plain(step)).collect(),
        value,
    };
    let mut best: Option<(usize, Place)> = None;
    for (file, root) in config.places.sources() {
        wanted.search(file, root, &mut Vec::new(), &mut best);
    }
    best.map(|(_, place)| place)
}

struct Wanted<'a> {
    /// Name of the field.
    leaf: String,
    /// The parts of its whole path.
    above: Vec<String>,
    value: &'a Value,
}

impl Wanted<'_> {
    fn search(
        &self,
        file: &str,
        node: &Yaml,
        path: &mut Vec<String>,
        best: &mut Option<(usize, Place)>,
    ) {
        for (key, inner) in node.entries() {
            path.push(plain(&key.name));
            let score = self.score(&key.name, inner, path);
            // Of two alike, the file that is merged later says it.
            if score > 0 && best.as_ref().is_none_or(|(known, _)| score >= *known) {
                let span = match inner.value {
                    yaml::Value::Sequence(_) | yaml::Value::Mapping(_) => key.span,
                    _ => inner.span,
                };
                *best = Some((score, Place::in_file(file, span)));
            }
            self.search(file, inner, path, best);
            path.pop();
        }
        for item in node.items() {
            self.search(file, item, path, best);
        }
    }

    fn score(&self, key: &str, there: &Yaml, path: &[String]) -> usize {
        const SAME_VALUE: usize = 100;
        const SAME_NAME: usize = 10;
        let same_name = plain(key) == self.leaf;
        let same_value = holds(self.value, &there.to_json());
        let shared = path.iter().filter(|part| self.above.contains(part)).count();
        let telling = match self.value {
            // Many texts stand in several places by chance.
            Value::String(text) if !same_name => same_value && shared > 0 && text.len() >= TELLING,
            // Of what the manifest adds to a mapping, the user's part is there as it stands.
            _ => same_value && same_name,
        };
        if !telling {
            return 0;
        }
        shared + SAME_NAME * usize::from(same_name) + SAME_VALUE * usize::from(same_value)
    }
}

/// Whether the manifest holds all that stands there, by names that are written alike.
fn holds(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => {
            !theirs.is_empty()
                && theirs.iter().all(|(key, inner)| {
                    let mut alike = ours.iter().filter(|(name, _)| plain(name) == plain(key));
                    alike.any(|(_, own)| holds(own, inner))
                })
        }
        (Value::Array(ours), Value::Array(theirs)) => {
            !theirs.is_empty()
                && theirs
                    .iter()
                    .all(|inner| ours.iter().any(|own| holds(own, inner)))
        }
        _ => same(ours, theirs),
    }
}

/// Whether two values are one; texts of numbers are numbers in YAML.
fn same(ours: &Value, theirs: &Value) -> bool {
    ours == theirs
        || match (ours, theirs) {
            (Value::String(text), Value::Number(number)) => *text == number.to_string(),
            (Value::String(text), Value::Bool(truth)) => *text == truth.to_string(),
            _ => false,
        }
}

/// A key without what tells `camelCase` from `snake_case`.
fn plain(key: &str) -> String {
    key.chars()
        .filter(|letter| *letter != '_')
        .flat_map(char::to_lowercase)
        .collect()
}

/// The parts of a field's path: `spec.templates[0].metadata.labels[a.b/c]` has six.
/// Keys with points stand in brackets, with or without quotes.
pub(crate) fn steps(field: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut inside = false;
    for letter in field.chars() {
        match letter {
            '[' if !inside => {
                inside = true;
                found.push(String::new());
            }
            ']' if inside => inside = false,
            '"' if inside => {}
            '.' if !inside => found.push(String::new()),
            other => {
                if let Some(last) = found.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    found.retain(|step| !step.is_empty());
    found
}

pub(crate) fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        other => other.get(step),
    }
}
