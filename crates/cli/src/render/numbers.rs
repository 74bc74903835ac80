//! Numbers of two runs, side by side.

use indexmap::IndexSet;
use project::Shape;
use serde::Serialize;
use serde_json::{Number, Value};

use super::results::dotted;
use super::runs::table as table_of;
use super::words;
use crate::run::data::Data;

/// Number that two runs have written.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    /// Name of the dataset.
    pub(crate) dataset: String,
    /// Dotted name of the number in the dataset; empty if the dataset is the number.
    pub(crate) key: String,
    /// Numbers of the two runs; `None` if a run has no such number. `"NaN"`, `"Infinity"` and
    /// `"-Infinity"` are numbers.
    pub(crate) values: [Option<Value>; 2],
    /// Second number minus the first; `None` if that is no number.
    pub(crate) difference: Option<Number>,
}

/// Numbers that JSON does not have, as `python/argo_kedro/worker/preview.py` writes them.
const NOT_IN_JSON: [&str; 3] = ["NaN", "Infinity", "-Infinity"];

/// Compares the numbers that two runs have written.
pub(crate) fn compare(data: &[Vec<Data>; 2]) -> Vec<Compared> {
    let mut all: Vec<Compared> = Vec::new();
    for (side, data) in data.iter().enumerate() {
        // A later run wrote changed data.
        for data in data.iter().filter(|data| !data.is_changed) {
            for (key, value) in numbers_of(data) {
                let dataset = &data.written.dataset;
                let known = all
                    .iter_mut()
                    .find(|known| known.dataset == *dataset && known.key == key);
                if let Some(known) = known {
                    known.values[side] = Some(value.clone());
                    continue;
                }
                let mut values = [None, None];
                values[side] = Some(value.clone());
                all.push(Compared {
                    dataset: dataset.clone(),
                    key,
                    values,
                    difference: None,
                });
            }
        }
    }
    // Numbers that only the second run has come after the others of their dataset.
    let order: Vec<String> = all.iter().map(|known| known.dataset.clone()).collect();
    all.sort_by_key(|known| order.iter().position(|dataset| *dataset == known.dataset));
    for compared in &mut all {
        if let [Some(Value::Number(one)), Some(Value::Number(other))] = &compared.values {
            compared.difference = difference(one, other);
        }
    }
    all
}

/// Most numbers of a list that get a row each; a longer list gets one row.
const FEW: usize = 8;

/// Comparison as a table.
pub(crate) fn table(compared: &[Compared], runs: [&str; 2], width: Option<u16>) -> String {
    let of_one_list = |one: &Compared, other: &Compared| {
        let list = list_of(&one.key);
        list.is_some() && one.dataset == other.dataset && list == list_of(&other.key)
    };
    let mut in_order: Vec<&Compared> = compared.iter().collect();
    // Numbers that only the second run has come after the others of their list.
    in_order.sort_by_cached_key(|one| {
        let first = compared.iter().position(|other| of_one_list(other, one));
        first.or_else(|| compared.iter().position(|other| std::ptr::eq(other, *one)))
    });
    let rows: Vec<Vec<String>> = in_order
        .chunk_by(|one, other| of_one_list(one, other))
        .flat_map(|together| match together {
            [first, ..] if together.len() > FEW => vec![row_of_list(first, together)],
            few => few.iter().copied().map(row).collect(),
        })
        .collect();
    table_of(&["NUMBER", runs[0], runs[1], "DIFFERENCE"], &rows, width)
}

/// Name of the list that a number is in: the text before the first bracket. `None` for a number outside of lists.
fn list_of(key: &str) -> Option<&str> {
    Some(key.split_once('[')?.0)
}

fn row(compared: &Compared) -> Vec<String> {
    let [one, other] = compared.values.each_ref().map(|value| match value {
        None => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    });
    let difference = difference_text(compared.difference.as_ref());
    vec![
        name(&compared.dataset, &compared.key),
        one,
        other,
        difference,
    ]
}

fn row_of_list(first: &Compared, numbers: &[&Compared]) -> Vec<String> {
    let list = list_of(&first.key).unwrap_or(&first.key);
    let [one, other] = [0, 1].map(|side| {
        let there = numbers
            .iter()
            .filter(|number| number.values[side].is_some());
        match there.count() {
            0 => "–".to_owned(),
            count => words::count(count, "number"),
        }
    });
    let differ = |number: &&&Compared| match &number.difference {
        Some(difference) => difference.as_f64() != Some(0.0),
        None => number.values[0] != number.values[1],
    };
    let difference = match numbers.iter().filter(differ).count() {
        0 => "0".to_owned(),
        1 => "1 differs".to_owned(),
        many => format!("{many} differ"),
    };
    vec![name(&first.dataset, list), one, other, difference]
}

fn name(dataset: &str, key: &str) -> String {
    match key {
        "" => dataset.to_owned(),
        key if key.starts_with('[') => format!("{dataset}{key}"),
        key => format!("{dataset}.{key}"),
    }
}

/// Says what the comparison lacks.
pub(crate) fn notes(data: &[Vec<Data>; 2], runs: [&str; 2]) -> Option<String> {
    let mut lines = Vec::new();
    for (data, run) in data.iter().zip(runs) {
        for data in data {
            let name = &data.written.dataset;
            if let Some(problem) = &data.loaded.problem {
                lines.push(format!("{run}: {name}: cannot be loaded: {problem}"));
            } else if data.is_changed && has_numbers(data) {
                lines.push(format!(
                    "{run}: {name}: was written again after this run; so that each run has its own, set \
                     `versioned: true` in the catalog"
                ));
            }
        }
    }
    // A run may be compared with itself.
    let lines: Vec<String> = lines
        .into_iter()
        .collect::<IndexSet<_>>()
        .into_iter()
        .collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn has_numbers(data: &Data) -> bool {
    !numbers_of(data).is_empty()
}

/// Numbers of a small dataset with their dotted names.
fn numbers_of(data: &Data) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    if let Some(Shape::Json { json }) = data.loaded.value.as_ref().map(|value| &value.shape) {
        numbers(json, "", &mut found);
    }
    found
}

fn numbers<'a>(value: &'a Value, name: &str, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Number(_) => found.push((name.to_owned(), value)),
        Value::String(text) if NOT_IN_JSON.contains(&&**text) => {
            found.push((name.to_owned(), value));
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                numbers(value, &dotted(name, key), found);
            }
        }
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                numbers(item, &format!("{name}[{number}]"), found);
            }
        }
        _ => {}
    }
}

/// Second number minus the first, without digits that only binary fractions have.
fn difference(one: &Number, other: &Number) -> Option<Number> {
    if let (Some(one), Some(other)) = (one.as_i64(), other.as_i64())
        && let Some(difference) = other.checked_sub(one)
    {
        return Some(difference.into());
    }
    let (one, other) = (one.as_f64()?, other.as_f64()?);
    let exact = other - one;
    // Keep as many digits as the larger number has; a float has 15.
    let largest = format!("{:e}", one.abs().max(other.abs()));
    let (_, exponent) = largest.split_once('e')?;
    let digits = 14 - exponent.parse::<i32>().ok()?;
    let rounded = format!("{exact:.*}", usize::try_from(digits).unwrap_or(0));
    Number::from_f64(rounded.parse().unwrap_or(exact))
}

fn difference_text(difference: Option<&Number>) -> String {
    match difference {
        None => String::new(),
        Some(number) if number.as_f64() == Some(0.0) => "0".to_owned(),
        Some(number) if number.as_f64().is_some_and(|number| number > 0.0) => format!("+{number}"),
        Some(number) => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use project::Loaded;
    use runs::Written;
    use serde_json::json;

    use super::*;

    fn data(dataset: &str, loaded: Value) -> Data {
        Data {
            written: Written {
                dataset: dataset.to_owned(),
                path: "s3://b/x".to_owned(),
                ..Written::default()
            },
            loaded: serde_json::from_value::<Loaded>(loaded).unwrap(),
            is_changed: false,
        }
    }

    fn json_of(value: &Value) -> Value {
        json!({"value": {"kind": "json", "json": value}})
    }

    #[test]
    fn the_numbers_of_two_runs_stand_beside_each_other() {
        let mut again = data("again", json_of(&json!(1)));
        again.is_changed = true;
        let both = [
            vec![
                data(
                    "metrics",
                    json_of(
                        &json!({"accuracy": 0.91, "auc": {"test": 0.5}, "count": 3, "gone": 1,
                        "flag": true, "text": "x", "huge": 1e300, "loss": "NaN", "folds": [0.1, 0.2]}),
                    ),
                ),
                data("score", json_of(&json!(1))),
                again,
                data("broken", json!({"problem": "it is gone"})),
            ],
            vec![
                data(
                    "metrics",
                    json_of(
                        &json!({"accuracy": 0.93, "auc": {"test": 0.5}, "count": 5, "new": 2,
                        "flag": true, "text": "y", "huge": 2e300, "loss": 0.1, "folds": [0.1, 0.1]}),
                    ),
                ),
                data("score", json_of(&json!(-1))),
            ],
        ];
        let compared = compare(&both);
        let runs = ["shop-abcde", "shop-fghij"];
        insta::assert_snapshot!(format!(
            "{}\n\n{}",
            table(&compared, runs, Some(80)),
            notes(&both, runs).unwrap()
        ));
    }

    #[test]
    fn a_long_list_has_one_row() {
        let matrix = |corner: u32| json!([[corner, 1, 2], [3, 4, 5], [6, 7, 8]]);
        let of = |value: Value| vec![data("model", json_of(&value))];
        let both = [
            of(json!({"matrix": matrix(0), "score": 1, "short": [1, 2]})),
            of(json!({"matrix": matrix(9), "score": 1, "short": [1, 3]})),
        ];
        let shown = table(&compare(&both), ["a", "b"], None);
        let rows: Vec<Vec<&str>> = shown
            .lines()
            .map(|line| {
                line.split("  ")
                    .map(str::trim)
                    .filter(|cell| !cell.is_empty())
                    .collect()
            })
            .collect();
        assert_eq!(
            rows[1],
            ["model.matrix", "9 numbers", "9 numbers", "1 differs"]
        );
        assert_eq!(rows[2], ["model.score", "1", "1", "0"]);
        assert_eq!(rows[4], ["model.short[1]", "2", "3", "+1"]);
        let both = [
            of(json!({"loss": [0.0, 1.0, 2.0], "acc": [1, 2]})),
            of(json!({"loss": [0, 1, 3, 4, 5, 6, 7, 8, 9, 10], "acc": [1, 2]})),
        ];
        let shown = table(&compare(&both), ["a", "b"], None);
        let loss = shown.lines().nth(1).unwrap();
        let cells: Vec<&str> = loss
            .split("  ")
            .map(str::trim)
            .filter(|it| !it.is_empty())
            .collect();
        assert_eq!(cells, ["model.loss", "3 numbers", "10 numbers", "8 differ"]);
        assert_eq!(shown.lines().count(), 4);
    }

    #[test]
    fn a_difference_has_no_more_digits_than_its_numbers() {
        let of = |one: Value, other: Value| match (one, other) {
            (Value::Number(one), Value::Number(other)) => {
                difference_text(difference(&one, &other).as_ref())
            }
            _ => unreachable!(),
        };
        assert_eq!(of(json!(0.91), json!(0.93)), "+0.02");
        assert_eq!(of(json!(0.3), json!(0.1)), "-0.2");
        assert_eq!(of(json!(1), json!(1.5)), "+0.5");
        assert_eq!(of(json!(0.0), json!(-0.0)), "0");
        assert_eq!(of(json!(1e-20), json!(3e-20)), "+2e-20");
        assert_eq!(
            of(json!(i64::MIN), json!(i64::MAX)),
            "+1.8446744073709552e+19"
        );
        assert_eq!(of(json!(-1e308), json!(1.7e308)), "");
    }
}
