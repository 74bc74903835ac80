//! The expressions of `{{=…}}`, in expr-lang (`util/template/expression_template.go:205`).

use expr::{Context, Value};
use indexmap::IndexMap;

use crate::substitute::Values;

/// Evaluates an expression over values whose names have dots.
///
/// Nothing comes of an expression that fails or gives nothing; a text is given as it is,
/// anything else as JSON.
pub(crate) fn evaluate(expression: &str, values: &Values) -> Option<String> {
    let mut context = Context::default();
    for (name, value) in nest(values) {
        context.insert(name, value);
    }
    match expr::eval(expression, &context).ok()? {
        Value::Nil => None,
        Value::String(text) => Some(text),
        other => serde_json::to_string(&other).ok(),
    }
}

/// `tasks.name` is the `name` in the map `tasks`. A name that is another's beginning gives
/// way to it.
fn nest(values: &Values) -> IndexMap<String, Value> {
    let mut names: Vec<&String> = values.keys().collect();
    names.sort_unstable();
    let mut nested = IndexMap::new();
    for name in names {
        put(&mut nested, name, &values[name]);
    }
    nested
}

fn put(map: &mut IndexMap<String, Value>, name: &str, value: &str) {
    let Some((first, rest)) = name.split_once('.') else {
        map.insert(name.to_owned(), Value::String(value.to_owned()));
        return;
    };
    let inner = map
        .entry(first.to_owned())
        .or_insert_with(|| Value::Map(IndexMap::new()));
    if !matches!(inner, Value::Map(_)) {
        *inner = Value::Map(IndexMap::new());
    }
    if let Value::Map(inner) = inner {
        put(inner, rest, value);
    }
}
