//! Edits of the text of `argo.yml`, which preserve everything else, including comments and order.

use diagnostic::Span;
use diagnostic::yaml::{self, Content, Yaml};
use serde_json::Value as Json;

/// Key of the settings of nodes.
const NODES: &str = "nodes";
/// Default indent of nested entries, if the file shows none.
const INDENT: usize = 2;

/// Sets settings of a selector: `nodes.SELECTOR.KEY`.
///
/// # Arguments
///
/// * `text`: Content of the file.
/// * `selector`: Selector, existing or new, below `nodes`.
/// * `settings`: Keys and values.
///
/// Returns the new text; none if the file's format does not allow the edit without other changes.
pub fn set_of_nodes(text: &str, selector: &str, settings: &[(String, Json)]) -> Option<String> {
    let mut wanted = read(text)?;
    for (key, value) in settings {
        put(&mut wanted, selector, key, value)?;
    }
    let mut changed = text.to_owned();
    let mut rest = settings;
    // A new selector gets one line with all settings; an existing one gets them one by one.
    if selector_in(&read(text)?, selector).is_none() {
        changed = add_selector(&changed, &tree(&changed)?, selector, settings)?;
        rest = &[];
    }
    for (key, value) in rest {
        changed = set(&changed, &tree(&changed)?, selector, key, value)?;
    }
    (read(&changed)? == wanted).then_some(changed)
}

/// Sets a text at a path of keys, e.g. `deployment.image`.
///
/// # Arguments
///
/// * `text`: Content of the file.
/// * `keys`: Path of the keys.
/// * `value`: New text.
///
/// Returns the new text; none if the file's format does not allow the edit without other changes.
pub fn set_text(text: &str, keys: &[&str], value: &str) -> Option<String> {
    let document = tree(text)?;
    let mut wanted = read(text)?;
    let mut place = &mut wanted;
    for key in keys {
        if place.is_null() {
            *place = Json::Object(serde_json::Map::new());
        }
        place = place.as_object_mut()?.entry(*key).or_insert(Json::Null);
    }
    if place.is_object() || place.is_array() {
        return None;
    }
    if place == value {
        // Keep the text even if its quotes differ.
        return Some(text.to_owned());
    }
    *place = value.into();
    let changed = set_at(text, &document, keys, &value.into())?;
    (read(&changed)? == wanted).then_some(changed)
}

/// Sets a value at a path of keys: replaces the existing one, or adds it to the deepest existing mapping.
fn set_at(text: &str, document: &Yaml, keys: &[&str], value: &Json) -> Option<String> {
    let lines = Lines::of(text);
    let (mut holder, mut above, mut rest) = (document, None, keys);
    while let [key, below @ ..] = rest
        && let (Some(named), Some(inner)) = (holder.key(key), holder.get(key))
    {
        (holder, above, rest) = (inner, Some(named), below);
    }
    let Some((last, outer)) = rest.split_last() else {
        let start = lines.offset(holder.span.line, holder.span.column)?;
        if matches!(holder.value, Content::Null) {
            let key = above?;
            let end = lines.offset(key.span.line, key.span.column + key.span.length)?;
            let colon = end + text.get(end..)?.find(':')? + 1;
            return Some(insert(text, colon, &format!(" {}", written(value))));
        }
        let end = lines.offset(holder.span.line, holder.span.column + holder.span.length)?;
        let (before, after) = (text.get(..start)?, text.get(end..)?);
        return Some(format!("{before}{}{after}", written(value)));
    };
    if lines.is_at(holder.span, "{") {
        let inside = outer.iter().rev().fold(
            format!("{}: {}", written_key(last, true), written(value)),
            |inside, key| format!("{}: {{{inside}}}", written_key(key, true)),
        );
        return lines.in_braces(holder, &inside);
    }
    let indent = match (holder.entries().first(), above) {
        (Some((first, _)), _) => first.span.column - 1,
        (None, Some(key)) => key.span.column - 1 + INDENT,
        (None, None) => 0,
    };
    let mut new: Vec<String> = Vec::new();
    for (depth, key) in outer.iter().enumerate() {
        let blanks = indent + depth * INDENT;
        new.push(format!("{:blanks$}{}:", "", written_key(key, false)));
    }
    let blanks = indent + outer.len() * INDENT;
    let key = written_key(last, false);
    new.push(format!("{:blanks$}{key}: {}", "", written(value)));
    let new = new.join("\n");
    Some(match above {
        Some(key) => lines.with_after(lines.end_of_block(key.span.line, indent), &new),
        None => lines.with_at_end(&new),
    })
}

/// Parses the single document of a file; an empty file is null.
fn tree(text: &str) -> Option<Yaml> {
    let mut documents = yaml::parse("argo.yml", text).ok()?.into_iter();
    let document = documents.next().unwrap_or_else(|| Json::Null.into());
    documents.next().is_none().then_some(document)
}

fn read(text: &str) -> Option<Json> {
    match tree(text)?.to_json() {
        Json::Null => Some(Json::Object(serde_json::Map::new())),
        read => Some(read),
    }
}

fn selector_in<'a>(document: &'a Json, selector: &str) -> Option<&'a Json> {
    document
        .get(NODES)?
        .get(selector)
        .filter(|it| !it.is_null())
}

/// Puts a value at its path. None if a parent is no mapping.
fn put(document: &mut Json, selector: &str, key: &str, value: &Json) -> Option<()> {
    let mut place = document;
    for part in [NODES, selector] {
        let below = place.as_object_mut()?.entry(part).or_insert(Json::Null);
        if below.is_null() {
            *below = Json::Object(serde_json::Map::new());
        }
        place = below;
    }
    // Use the number format of the reader.
    let value = Yaml::from(value.clone()).to_json();
    place.as_object_mut()?.insert(key.to_owned(), value);
    Some(())
}

/// Adds a selector with its settings.
fn add_selector(
    text: &str,
    document: &Yaml,
    selector: &str,
    settings: &[(String, Json)],
) -> Option<String> {
    let lines = Lines::of(text);
    let inside: Json = settings
        .iter()
        .cloned()
        .collect::<serde_json::Map<_, _>>()
        .into();
    let entry = |is_flow| format!("{}: {}", written_key(selector, is_flow), written(&inside));
    let Some(key) = document.key(NODES) else {
        return Some(lines.with_at_end(&format!("{NODES}:\n{:INDENT$}{}", "", entry(false))));
    };
    let nodes = document.get(NODES)?;
    if let Some(key) = nodes.key(selector) {
        // The selector exists without settings.
        let end = lines.offset(key.span.line, key.span.column + key.span.length)?;
        let rest = text.get(end..)?;
        let colon = end + rest.find(':')? + 1;
        return Some(insert(text, colon, &format!(" {}", written(&inside))));
    }
    match &nodes.value {
        Content::Null => {
            let indent = key.span.column - 1 + INDENT;
            let line = format!("{:indent$}{}", "", entry(false));
            Some(lines.with_after(key.span.line, &line))
        }
        Content::Mapping(_) if lines.is_at(nodes.span, "{") => lines.in_braces(nodes, &entry(true)),
        Content::Mapping(entries) => {
            let (first, _) = entries.first()?;
            let indent = first.span.column - 1;
            let line = format!("{:indent$}{}", "", entry(false));
            Some(lines.with_after(lines.end_of_block(key.span.line, indent), &line))
        }
        _ => None,
    }
}

/// Sets one key of a selector with settings.
fn set(text: &str, document: &Yaml, selector: &str, key: &str, value: &Json) -> Option<String> {
    let lines = Lines::of(text);
    let settings = document.get(NODES)?.get(selector)?;
    if let Some(there) = settings.get(key) {
        if there.to_json() == Yaml::from(value.clone()).to_json() {
            return Some(text.to_owned());
        }
        let end = match &there.value {
            Content::Mapping(_) if lines.is_at(there.span, "{") => {
                lines.end_of_braces(there.span)?
            }
            Content::Mapping(_) | Content::Sequence(_) | Content::Null => return None,
            _ => lines.offset(there.span.line, there.span.column + there.span.length)?,
        };
        let start = lines.offset(there.span.line, there.span.column)?;
        return Some(format!(
            "{}{}{}",
            text.get(..start)?,
            written(value),
            text.get(end..)?
        ));
    }
    if lines.is_at(settings.span, "{") {
        return lines.in_braces(settings, &format!("{key}: {}", written(value)));
    }
    let (first, _) = settings.entries().first()?;
    let indent = first.span.column - 1;
    let line = format!("{:indent$}{key}: {}", "", written(value));
    let above = document.get(NODES)?.key(selector)?.span.line;
    Some(lines.with_after(lines.end_of_block(above, indent), &line))
}

/// The lines of a text.
struct Lines<'a> {
    text: &'a str,
    /// Lines, each with its line end.
    all: Vec<&'a str>,
    /// Line end of the text.
    end: &'static str,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        Self {
            text,
            all: text.split_inclusive('\n').collect(),
            end,
        }
    }

    /// Byte offset of a column in a line. Both count from 1.
    fn offset(&self, line: usize, column: usize) -> Option<usize> {
        let before: usize = self
            .all
            .get(..line.checked_sub(1)?)?
            .iter()
            .map(|it| it.len())
            .sum();
        let text = self.all.get(line - 1)?;
        let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        Some(before + ends.nth(column.checked_sub(1)?)?)
    }

    fn is_at(&self, span: Span, what: &str) -> bool {
        let at = self.offset(span.line, span.column);
        at.and_then(|at| self.text.get(at..))
            .is_some_and(|rest| rest.starts_with(what))
    }

    /// Adds an entry at the end of a mapping in braces.
    fn in_braces(&self, mapping: &Yaml, entry: &str) -> Option<String> {
        if mapping.entries().is_empty() {
            let start = self.offset(mapping.span.line, mapping.span.column)? + 1;
            return Some(insert(self.text, start, entry));
        }
        let end = self.end_of_braces(mapping.span)? - 1;
        let inside = self.text.get(..end)?.trim_end();
        let comma = if inside.ends_with(',') { " " } else { ", " };
        Some(insert(self.text, inside.len(), &format!("{comma}{entry}")))
    }

    /// Offset after the brace that closes the one at a place. Ignores braces in quotes; unusual quotes are detected
    /// when the result is read again.
    fn end_of_braces(&self, span: Span) -> Option<usize> {
        let start = self.offset(span.line, span.column)?;
        let mut depth = 0_usize;
        let mut quote = None;
        let mut before = ' ';
        for (at, letter) in self.text.get(start..)?.char_indices() {
            match (quote, letter) {
                (Some(open), letter) if letter == open && before != '\\' => quote = None,
                (None, '"' | '\'') if " ,:[{\n".contains(before) => quote = Some(letter),
                (None, '{' | '[') => depth += 1,
                (None, '}' | ']') => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(start + at + 1);
                    }
                }
                _ => {}
            }
            before = letter;
        }
        None
    }

    /// Last line of a block below a line, whose keys have this indent. Excludes comments at the end with a smaller
    /// indent.
    fn end_of_block(&self, above: usize, indent: usize) -> usize {
        let mut last = above;
        for (index, line) in self.all.iter().enumerate().skip(above) {
            let text = line.trim_start_matches(' ');
            let blanks = line.len() - text.len();
            if text.trim().is_empty() {
                continue;
            }
            if blanks < indent {
                if text.starts_with('#') {
                    continue;
                }
                break;
            }
            last = index + 1;
        }
        last
    }

    /// Inserts a line after a line.
    fn with_after(&self, line: usize, new: &str) -> String {
        let (before, after) = self.all.split_at(line.min(self.all.len()));
        let mut text = before.concat();
        if !text.is_empty() && !text.ends_with('\n') {
            text.push_str(self.end);
        }
        text.push_str(&new.replace('\n', self.end));
        text.push_str(self.end);
        text.push_str(&after.concat());
        text
    }

    fn with_at_end(&self, new: &str) -> String {
        self.with_after(self.all.len(), new)
    }
}

fn insert(text: &str, at: usize, new: &str) -> String {
    let (before, after) = text.split_at(at);
    format!("{before}{new}{after}")
}

/// Formats a key, with quotes if needed.
fn written_key(key: &str, is_flow: bool) -> String {
    let is_word = |letter: char| letter.is_ascii_alphanumeric() || "_.-".contains(letter);
    let allowed = |letter: char| is_word(letter) || !is_flow && letter == ':';
    let starts = key.starts_with(|letter: char| letter.is_ascii_alphabetic());
    let is_plain = starts && key.chars().all(allowed) && !key.ends_with(':') && is_text(key);
    if is_plain {
        key.to_owned()
    } else {
        Json::from(key).to_string()
    }
}

/// Says whether a bare word is text, and no number, date or word for true, even in YAML 1.1, which Kedro's reader uses.
fn is_text(word: &str) -> bool {
    const OTHERS: [&str; 10] = [
        "true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan",
    ];
    !OTHERS.contains(&word.to_lowercase().as_str())
}

/// Formats a value on one line.
fn written(value: &Json) -> String {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                // YAML 1.1 reads `on` as true; `retry` accepts that.
                let key = if key == "on" {
                    key.clone()
                } else {
                    written_key(key, true)
                };
                format!("{key}: {}", written(value))
            });
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(written).collect();
            format!("[{}]", items.join(", "))
        }
        Json::String(text) => {
            let is_word = text
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter));
            let is_quantity =
                text.starts_with(|first: char| first.is_ascii_digit()) && text.ends_with("Mi");
            let starts = text.starts_with(|first: char| first.is_ascii_alphabetic());
            if is_word && (starts || is_quantity) && is_text(text) {
                text.clone()
            } else {
                value.to_string()
            }
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_set_wherever_its_key_stands() {
        for (before, after) in [
            ("", "deployment:\n  image: r:5000/team/shop\n"),
            (
                "# ours\ndeployment:\n  image: old # why\n  tag: x\nnodes: {}\n",
                "# ours\ndeployment:\n  image: r:5000/team/shop # why\n  tag: x\nnodes: {}\n",
            ),
            (
                "deployment:\n    tag: x\n\n# next\nnodes: {}\n",
                "deployment:\n    tag: x\n    image: r:5000/team/shop\n\n# next\nnodes: {}\n",
            ),
            (
                "deployment: {image: \"old\", tag: x}\n",
                "deployment: {image: r:5000/team/shop, tag: x}\n",
            ),
            (
                "deployment: {tag: x}\n",
                "deployment: {tag: x, image: r:5000/team/shop}\n",
            ),
            (
                "deployment:\n  image:\n",
                "deployment:\n  image: r:5000/team/shop\n",
            ),
            (
                "deployment:\nnodes: {}\n",
                "deployment:\n  image: r:5000/team/shop\nnodes: {}\n",
            ),
            (
                "namespace: a\r\n",
                "namespace: a\r\ndeployment:\r\n  image: r:5000/team/shop\r\n",
            ),
            (
                "deployment:\n  image: 'é' # é\n",
                "deployment:\n  image: r:5000/team/shop # é\n",
            ),
        ] {
            let keys = ["deployment", "image"];
            let set = set_text(before, &keys, "r:5000/team/shop");
            // Ignore the quotes: the expected text has none.
            let set = set.map(|text| text.replace("\"r:5000/team/shop\"", "r:5000/team/shop"));
            assert_eq!(set.as_deref(), Some(after), "{before}");
        }
        for (before, keys) in [
            ("deployment: [1]\n", ["deployment", "image"]),
            ("deployment: {image: {a: b}}\n", ["deployment", "image"]),
            (
                "deployment: &a {tag: x}\nother: *a\n",
                ["deployment", "image"],
            ),
            ("a: 1\n---\nb: 2\n", ["deployment", "image"]),
        ] {
            assert_eq!(set_text(before, &keys, "x"), None, "{before}");
        }
        let number = set_text("namespace: a\n", &["namespace"], "12").unwrap();
        assert_eq!(number, "namespace: \"12\"\n");
    }

    fn sized(text: &str, selector: &str) -> Option<String> {
        let settings = [
            ("mem".to_owned(), json!("320Mi")),
            ("cpu".to_owned(), json!(0.5)),
        ];
        let changed = set_of_nodes(text, selector, &settings)?;
        // A second edit changes nothing.
        assert_eq!(
            set_of_nodes(&changed, selector, &settings).as_ref(),
            Some(&changed)
        );
        Some(changed)
    }

    #[test]
    fn settings_are_set_and_everything_else_stays() {
        let rows = [
            ("", "nodes:\n  fit: {mem: 320Mi, cpu: 0.5}\n"),
            (
                "# mine\nnamespace: a",
                "# mine\nnamespace: a\nnodes:\n  fit: {mem: 320Mi, cpu: 0.5}\n",
            ),
            (
                "a: 1\r\n",
                "a: 1\r\nnodes:\r\n  fit: {mem: 320Mi, cpu: 0.5}\r\n",
            ),
            (
                "nodes: # sizes\nnamespace: a\n",
                "nodes: # sizes\n  fit: {mem: 320Mi, cpu: 0.5}\nnamespace: a\n",
            ),
            ("nodes: {}\n", "nodes: {fit: {mem: 320Mi, cpu: 0.5}}\n"),
            (
                "nodes: {\"*\": {cpu: 1}} # all\n",
                "nodes: {\"*\": {cpu: 1}, fit: {mem: 320Mi, cpu: 0.5}} # all\n",
            ),
            (
                "nodes:\n    \"*\": # all\n        cpu: 1\n\n# next\nnamespace: a\n",
                "nodes:\n    \"*\": # all\n        cpu: 1\n    fit: {mem: 320Mi, cpu: 0.5}\n\n# next\nnamespace: a\n",
            ),
            (
                "nodes:\n  fit: {cpu: 4, mem: \"8Gi\"} # big\n  other: {mem: 1}\n",
                "nodes:\n  fit: {cpu: 0.5, mem: 320Mi} # big\n  other: {mem: 1}\n",
            ),
            (
                "nodes:\n  fit: {timeout: 4h,\n        labels: {a: \"}\"}}\n",
                "nodes:\n  fit: {timeout: 4h,\n        labels: {a: \"}\"}, mem: 320Mi, cpu: 0.5}\n",
            ),
            (
                "nodes:\n  # größer\n  fit:\n    cpu: 4 # cores\n    labels:\n      a: b\n  other: {mem: 1}\n",
                "nodes:\n  # größer\n  fit:\n    cpu: 0.5 # cores\n    labels:\n      a: b\n    mem: 320Mi\n  other: {mem: 1}\n",
            ),
            (
                "nodes:\n  fit:\n  other: {mem: 1}\n",
                "nodes:\n  fit: {mem: 320Mi, cpu: 0.5}\n  other: {mem: 1}\n",
            ),
            (
                "nodes: {fit: {}}\n",
                "nodes: {fit: {mem: 320Mi, cpu: 0.5}}\n",
            ),
            (
                "nodes:\n  fit: {mem: 320Mi, cpu: 0.5}\n",
                "nodes:\n  fit: {mem: 320Mi, cpu: 0.5}\n",
            ),
        ];
        for (text, expected) in rows {
            assert_eq!(sized(text, "fit").as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn selectors_are_quoted_where_yaml_needs_it() {
        for (selector, key) in [
            ("training.fit", "training.fit"),
            ("group:prepare", "group:prepare"),
            ("a b", "\"a b\""),
            ("no", "\"no\""),
            ("1", "\"1\""),
            ("a: b", "\"a: b\""),
            ("größer", "\"größer\""),
        ] {
            let expected = format!("nodes:\n  {key}: {{mem: 320Mi, cpu: 0.5}}\n");
            assert_eq!(sized("", selector), Some(expected), "{selector}");
        }
        let flow = sized("nodes: {}\n", "group:prepare").unwrap();
        assert_eq!(flow, "nodes: {\"group:prepare\": {mem: 320Mi, cpu: 0.5}}\n");
    }

    #[test]
    fn what_cannot_be_changed_alone_is_not_changed() {
        for text in [
            "nodes: \"${globals:nodes}\"\n",
            "nodes: [1]\n",
            "nodes: {fit: \"${globals:fit}\"}\n",
            "_big: &big {cpu: 4}\nnodes: {fit: *big, other: *big}\n",
            "_big: &big\n  cpu: 4\nnodes:\n  fit: *big\n",
            "nodes:\n  fit:\n    mem: {a: b\n",
            "just a text\n",
            "a: 1\n---\nb: 2\n",
        ] {
            assert_eq!(sized(text, "fit"), None, "{text}");
        }
    }

    #[test]
    fn a_mapping_is_written_in_braces() {
        let retry = json!({"limit": 2, "on": ["oom"], "memory": {"factor": 2, "max": "640Mi"}});
        let settings = [("retry".to_owned(), retry)];
        let text = "nodes:\n  fit: {retry: {limit: 1}, cpu: 1}\n";
        assert_eq!(
            set_of_nodes(text, "fit", &settings).as_deref(),
            Some(
                "nodes:\n  fit: {retry: {limit: 2, on: [oom], memory: {factor: 2, max: 640Mi}}, cpu: 1}\n"
            )
        );
    }
}
