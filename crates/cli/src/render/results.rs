//! Results of a run: a table of the datasets, and below it the small values.

use pod::for_terminal;
use project::{Preview, Shape};
use runs::{Phase, RunState};
use serde_json::Value;

use super::runs::table;
use super::table::{new_table, trimmed};
use super::words;
use crate::record::results::place;
use crate::run::data::Data;
use crate::terminal::printer::output;

/// Most lines of a value, unless the user asked for its dataset alone.
const LINES: usize = 20;
/// Most characters of a cell, and of a value if the width of the terminal is unknown.
const CELL: usize = 30;
const VALUE: usize = 200;
const INDENT: &str = "  ";

/// Says why a run has written nothing.
pub(crate) fn nothing(run: &str, state: &RunState) -> String {
    let phase = match state.phase {
        phase if phase.is_final() => "has written no dataset that has a path",
        _ => "has written no dataset that has a path so far",
    };
    let why = if state.phase == Phase::Succeeded {
        ": the catalog stores none of its outputs in a file"
    } else {
        ""
    };
    format!("run {run} {phase}{why}")
}

/// Shows the datasets of a run. `is_named` says whether the user asked for these.
pub(crate) fn results(data: &[Data], is_named: bool, width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = data
        .iter()
        .map(|data| {
            vec![
                data.written.dataset.clone(),
                data.loaded.kind.clone().unwrap_or_default(),
                data.loaded.size.map(words::size).unwrap_or_default(),
                place(&data.written),
            ]
        })
        .collect();
    let filled: Vec<usize> = (0..4)
        .filter(|column| rows.iter().any(|row| !row[*column].is_empty()))
        .collect();
    let header: Vec<&str> = filled
        .iter()
        .map(|column| ["DATASET", "TYPE", "SIZE", "PATH"][*column])
        .collect();
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| filled.iter().map(|column| row[*column].clone()).collect())
        .collect();
    let mut parts = vec![table(&header, &rows, width)];
    let most = if is_named { usize::MAX } else { LINES };
    for data in data {
        if let Some(value) = &data.loaded.value {
            parts.push(of_dataset(&data.written.dataset, value, most, width));
        }
    }
    let notes: Vec<String> = data.iter().filter_map(note).collect();
    if !notes.is_empty() {
        parts.push(notes.join("\n"));
    }
    parts.join("\n\n")
}

/// Note about a dataset, besides its value.
fn note(data: &Data) -> Option<String> {
    let name = &data.written.dataset;
    if let Some(problem) = &data.loaded.problem {
        return Some(format!("{name}: cannot be loaded: {problem}"));
    }
    if data.is_changed {
        return Some(format!(
            "{name}: was written again after this run, so this is not what the run made"
        ));
    }
    data.loaded
        .is_large
        .then(|| format!("{name}: not loaded, because it is large"))
}

fn of_dataset(name: &str, value: &Preview, most: usize, width: Option<u16>) -> String {
    let (title, lines) = match &value.shape {
        Shape::Json { json } => (String::new(), json_lines(json, width)),
        Shape::Text { text } => {
            let lines = text.lines().map(|line| output(line).into_owned());
            (String::new(), lines.collect())
        }
        Shape::Table {
            columns,
            rows,
            count,
        } => {
            let of_columns = words::count(columns.len(), "column");
            let title = match count {
                Some(count) => format!(
                    " · {}, {of_columns}",
                    words::count(usize::try_from(*count).unwrap_or(usize::MAX), "row")
                ),
                None => format!(" · {of_columns}"),
            };
            (title, table_lines(columns, rows, width))
        }
        Shape::Names { names, count } => {
            let hidden = usize::try_from(*count)
                .unwrap_or(usize::MAX)
                .saturating_sub(names.len());
            let more = (hidden > 0).then(|| format!("… {hidden} more"));
            let lines = names.iter().cloned().chain(more).collect();
            (format!(" · {count} parts"), lines)
        }
        Shape::Other { text } => (format!(" · {text}"), Vec::new()),
    };
    let mut text = format!("{name}{title}");
    for line in lines.iter().take(most) {
        text.push_str(&format!("\n{INDENT}{line}"));
    }
    if lines.len() > most {
        text.push_str(&format!(
            "\n{INDENT}… {} more",
            words::count(lines.len() - most, "line")
        ));
    } else if value.is_cut {
        text.push_str(&format!("\n{INDENT}… the rest is not shown"));
    }
    text
}

/// Gives a line for each single value, with its dotted name.
fn json_lines(value: &Value, width: Option<u16>) -> Vec<String> {
    let mut leaves = Vec::new();
    flatten(value, "", &mut leaves);
    let longest = leaves.iter().map(|(key, _)| key.chars().count()).max();
    let longest = longest.unwrap_or_default();
    let room = width.map_or(VALUE, |width| {
        usize::from(width)
            .saturating_sub(longest + 2 * INDENT.len())
            .max(CELL)
    });
    let line = |(key, value): (String, &Value)| {
        let text = cut(&one_line(value), room);
        if key.is_empty() {
            text
        } else {
            format!("{key:longest$}  {text}")
        }
    };
    leaves.into_iter().map(line).collect()
}

/// Collects single values with their dotted names; a list of single values counts as one.
fn flatten<'a>(value: &'a Value, name: &str, leaves: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(entries) if !entries.is_empty() => {
            for (key, value) in entries {
                flatten(value, &dotted(name, key), leaves);
            }
        }
        Value::Array(items)
            if items
                .iter()
                .any(|item| matches!(item, Value::Object(_) | Value::Array(_))) =>
        {
            for (number, item) in items.iter().enumerate() {
                flatten(item, &format!("{name}[{number}]"), leaves);
            }
        }
        _ => leaves.push((name.to_owned(), value)),
    }
}

pub(super) fn dotted(name: &str, key: &str) -> String {
    if name.is_empty() {
        key.to_owned()
    } else {
        format!("{name}.{key}")
    }
}

fn table_lines(columns: &[Value], rows: &[Vec<Value>], width: Option<u16>) -> Vec<String> {
    let texts = |row: &[Value]| -> Vec<String> {
        row.iter().map(|cell| cut(&one_line(cell), CELL)).collect()
    };
    let header = texts(columns);
    let rows: Vec<Vec<String>> = rows.iter().map(|row| texts(row)).collect();
    let mut fits = header.len();
    if let Some(width) = width {
        // Leave room for the mark of omitted columns.
        let mut left = usize::from(width).saturating_sub(2 * INDENT.len() + 1);
        fits = (0..header.len())
            .take_while(|column| {
                let cells = rows.iter().filter_map(|row| row.get(*column));
                let widest = cells
                    .chain([&header[*column]])
                    .map(|text| text.chars().count());
                let needed = widest.max().unwrap_or(0) + 2;
                let there = left >= needed;
                left = left.saturating_sub(needed);
                there
            })
            .count();
    }
    let part = |row: &[String]| -> Vec<String> {
        let shown = row.iter().take(fits.max(1)).cloned();
        let more = (row.len() > fits.max(1)).then(|| "…".to_owned());
        shown.chain(more).collect()
    };
    let mut table = new_table(None);
    table.set_header(part(&header));
    for row in &rows {
        table.add_row(part(row));
    }
    trimmed(&table).lines().map(str::to_owned).collect()
}

/// Value as one line: a text as it is, any other value as JSON.
fn one_line(value: &Value) -> String {
    match value {
        // Escape the text now, so that columns fit what the terminal shows.
        Value::String(text) => {
            for_terminal(&text.split('\n').collect::<Vec<_>>().join(" ")).into_owned()
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            format!("[{}]", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn cut(text: &str, most: usize) -> String {
    if text.char_indices().nth(most).is_none() {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use project::Loaded;
    use runs::{Disk, Written};
    use serde_json::json;

    use super::*;

    fn data(dataset: &str, path: &str, loaded: serde_json::Value) -> Data {
        Data {
            written: Written {
                dataset: dataset.to_owned(),
                path: path.to_owned(),
                ..Written::default()
            },
            loaded: serde_json::from_value::<Loaded>(loaded).unwrap(),
            is_changed: false,
        }
    }

    fn all() -> Vec<Data> {
        let mut gone = data("left", "/pod/left.csv", json!({"problem": "it is gone"}));
        gone.written.disk = Some(Disk::Pod);
        let mut again = data("again", "s3://b/again.json", json!({"size": 2}));
        again.is_changed = true;
        vec![
            data(
                "metrics",
                "s3://b/metrics.json/v1/metrics.json",
                json!({"type": "json.JSONDataset", "size": 34, "value": {"kind": "json", "json":
                    {"accuracy": 0.91, "auc": {"test": "NaN", "folds": [0.8, 0.9]},
                     "best": [{"depth": 3}], "note": format!("two\nlines {}", "x".repeat(90))}}}),
            ),
            data(
                "companies",
                "s3://b/companies.csv",
                json!({"type": "pandas.CSVDataset", "size": 123_456, "value": {"kind": "table",
                    "columns": ["id", "name of the company", "a", "b", "address", "city", "country"],
                    "rows": [[1, "x".repeat(40), true, null, "a street", "somewhere", "here"],
                             [2, "short", false, 0.5, "another", "there", "there"]],
                    "count": 1234}}),
            ),
            data(
                "report",
                "s3://b/report.txt",
                json!({"type": "text.TextDataset", "size": 70_000, "value": {"kind": "text",
                    "text": (0..25).map(|line| format!("line {line}\n")).collect::<String>(),
                    "is_cut": true}}),
            ),
            data(
                "parts",
                "s3://b/parts",
                json!({"size": 5_000_000, "value": {"kind": "names", "names": ["a", "b"], "count": 60}}),
            ),
            data(
                "model[a]",
                "s3://b/model.pickle",
                json!({"value": {"kind": "other", "text": "sklearn.linear_model.LinearRegression"}}),
            ),
            data(
                "large",
                "s3://b/large",
                json!({"size": 50_000_000, "is_large": true}),
            ),
            gone,
            again,
        ]
    }

    #[test]
    fn results_are_a_table_and_the_values_that_are_small() {
        let text = results(&all(), false, Some(80));
        assert!(
            text.lines().all(|line| line.chars().count() <= 80),
            "{text}"
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_dataset_that_is_asked_for_is_shown_whole_and_a_path_is_never_broken() {
        let report = &all()[2..3];
        assert!(results(report, true, Some(80)).contains("line 24\n  … the rest is not shown"));
        assert!(results(report, false, Some(80)).contains("line 19\n  … 5 lines more"));
        let path = format!("s3://bucket/{}", "x".repeat(100));
        let long = [data("a", &path, json!({}))];
        for width in [None, Some(40), Some(80)] {
            assert!(results(&long, false, width).contains(&path));
        }
    }
}
