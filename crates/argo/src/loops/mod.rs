//! Loops: the items of `withItems`, `withParam` and `withSequence`, and the names of the nodes that they make
//! (`expandStep` in `workflow/controller/steps.go`, `processItem` and `expandSequence` in `workflow/controller/operator.go`).
//!
//! Items keep their original JSON, because Argo shows numbers as they were written.

mod format;
mod json;

use std::collections::BTreeMap;

use serde_json::value::RawValue;

pub use format::formatted;

/// A turn of a loop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Name of the task or step of this turn: `a(0:x)`.
    pub name: String,
    /// The variables of the turn with their values: `item`, and for an item with keys `item.KEY`.
    pub variables: BTreeMap<String, String>,
}

/// A `withSequence` after Argo has filled in the tags of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    /// First number; 0 if there is none.
    pub start: Option<String>,
    /// Last number.
    pub end: Option<String>,
    /// Number of numbers, if there is no `end`.
    pub count: Option<String>,
    /// A format of Go for each number, such as `host-%02d`.
    pub format: Option<String>,
}

/// The turns of `withParam`, or of `withItems` in JSON.
///
/// # Errors
///
/// Returns the reason if the text is not a JSON list.
pub fn of_list(name: &str, list: &str) -> Result<Vec<Turn>, String> {
    let items: Option<Vec<&RawValue>> = serde_json::from_str(list).map_err(|error| {
        let list = list.trim();
        let why = json::why_no_list(list).unwrap_or_else(|| error.to_string());
        format!("withParam value could not be parsed as a JSON list: {list}: {why}")
    })?;
    // Go reads `null` as an empty list.
    items
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, item)| turn(name, index, item))
        .collect()
}

/// The turns of `withSequence`. A sequence whose end is before its start counts down.
///
/// # Errors
///
/// Returns the reason if a number cannot be read, or if there are more than `most` numbers. Argo has no such limit; it
/// runs out of memory instead.
pub fn of_sequence(name: &str, sequence: &Sequence, most: usize) -> Result<Vec<Turn>, String> {
    let number = |text: &String| {
        text.parse::<i64>()
            .map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))
    };
    let start = sequence.start.as_ref().map_or(Ok(0), number)?;
    let end = match (&sequence.end, &sequence.count) {
        (Some(end), _) => number(end)?,
        (None, Some(count)) => match number(count)? {
            0 => return Ok(Vec::new()),
            count => start.saturating_add(count).saturating_sub(1),
        },
        (None, None) => {
            return Err("neither end nor count was specified in withSequence".to_owned());
        }
    };
    let count = usize::try_from(start.abs_diff(end)).ok();
    if count.is_none_or(|count| count >= most) {
        return Err(format!(
            "the sequence from {start} to {end} has more than {most} numbers"
        ));
    }
    let format = sequence
        .format
        .as_deref()
        .filter(|format| !format.is_empty());
    let numbers: Box<dyn Iterator<Item = i64>> = if start <= end {
        Box::new(start..=end)
    } else {
        Box::new((end..=start).rev())
    };
    numbers
        .enumerate()
        .map(|(index, number)| {
            let text = formatted(format.unwrap_or("%d"), number)?;
            // Argo puts the text between quotes and reads the result as JSON.
            let item = RawValue::from_string(format!("\"{text}\""))
                .map_err(|error| format!("`{text}` cannot be an item: {error}"))?;
            turn(name, index, &item)
        })
        .collect()
}

/// The turn of one item (`processItem`).
fn turn(name: &str, index: usize, item: &RawValue) -> Result<Turn, String> {
    let mut variables = BTreeMap::new();
    let raw = item.get();
    let described = match raw.bytes().next() {
        Some(b'"') => {
            let text: String = serde_json::from_str(raw).map_err(|error| error.to_string())?;
            variables.insert("item".to_owned(), text);
            json::shown(raw)
        }
        Some(b'{') => {
            let entries: BTreeMap<String, &RawValue> =
                serde_json::from_str(raw).map_err(|error| error.to_string())?;
            let mut pairs = Vec::with_capacity(entries.len());
            for (key, value) in &entries {
                let value = json::shown(value.get());
                pairs.push(format!("{key}:{value}"));
                variables.insert(format!("item.{key}"), value);
            }
            variables.insert("item".to_owned(), json::object(&entries));
            pairs.sort_unstable();
            pairs.join(",")
        }
        // Go reads `null` as an empty list; the variable's text stays `null`.
        Some(b'[' | b'n') => {
            let items: Option<Vec<&RawValue>> =
                serde_json::from_str(raw).map_err(|error| error.to_string())?;
            variables.insert("item".to_owned(), json::compact(raw));
            let items = items.unwrap_or_default();
            let items: Vec<String> = items.iter().map(|item| json::shown(item.get())).collect();
            format!("[{}]", items.join(" "))
        }
        _ => {
            let shown = json::shown(raw);
            variables.insert("item".to_owned(), shown.clone());
            shown
        }
    };
    // Drop the item's brackets: in the name of a node, brackets mark the turn.
    let described = described.replace(['(', ')'], "");
    Ok(Turn {
        name: format!("{name}({index}:{described})"),
        variables,
    })
}
