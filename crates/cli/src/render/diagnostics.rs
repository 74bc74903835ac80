//! Findings for a terminal: the place, the line with a caret, what to do.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt::Write as _;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use diagnostic::{Diagnostic, Severity, Span};

use super::words::count;
use crate::terminal::wrapped::wrapped;

/// Columns for a line of a file if the width is unknown.
const USUAL: u16 = 80;
/// Indentation of a message from its second line on.
const INDENT: &str = "    ";

/// Renders findings and their count. Paths are looked up below `root`. Findings with the same help show it once.
///
/// # Arguments
///
/// * `width`: Columns of the terminal, if there is one: long messages break between words.
pub(crate) fn terminal(findings: &[Diagnostic], root: &Path, width: Option<u16>) -> String {
    let mut sources: HashMap<&str, Option<String>> = HashMap::new();
    let mut text = String::new();
    for alike in with_the_same_help(findings) {
        let number = alike.len();
        for (at, finding) in alike.into_iter().enumerate() {
            let source = finding.place.file.as_deref().and_then(|file| {
                sources
                    .entry(file)
                    .or_insert_with(|| {
                        let text = fs_err::read_to_string(root.join(file)).ok()?;
                        Some(diagnostic::without_users_in_place(&text))
                    })
                    .clone()
            });
            let helps = if at + 1 == number { number } else { 0 };
            let _ = writeln!(text, "{}\n", one(finding, source.as_deref(), helps, width));
        }
    }
    text.push_str(&summary(findings));
    text
}

/// Groups findings of one rule in one file with the same help, at the place of the first.
fn with_the_same_help(findings: &[Diagnostic]) -> Vec<Vec<&Diagnostic>> {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut known: HashMap<_, usize> = HashMap::new();
    for finding in findings {
        let Some(help) = &finding.help else {
            groups.push(vec![finding]);
            continue;
        };
        let key = (&finding.code, &finding.place.file, help);
        match known.entry(key) {
            Entry::Occupied(at) => groups[*at.get()].push(finding),
            Entry::Vacant(new) => {
                new.insert(groups.len());
                groups.push(vec![finding]);
            }
        }
    }
    groups
}

/// `warning[CODE]: MESSAGE`: a finding in one line.
pub(crate) fn in_one_line(finding: &Diagnostic, width: Option<u16>) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    broken(
        &format!("{severity}[{}]: {}", finding.code, finding.message),
        width,
    )
}

/// `2 errors, 1 warning`.
pub(crate) fn summary(findings: &[Diagnostic]) -> String {
    let number = |severity| {
        findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let parts: Vec<String> = [
        (number(Severity::Error), "error"),
        (number(Severity::Warning), "warning"),
        (number(Severity::Info), "note"),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, thing)| count(number, thing))
    .collect();
    if parts.is_empty() {
        "no findings".to_owned()
    } else {
        parts.join(", ")
    }
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    }
}

fn broken(text: &str, width: Option<u16>) -> String {
    match width {
        Some(width) => wrapped(text, usize::from(width), INDENT),
        None => text.to_owned(),
    }
}

/// Renders a finding. `helps` counts the findings that share its help: 0 if another one shows it.
fn one(finding: &Diagnostic, source: Option<&str>, helps: usize, width: Option<u16>) -> String {
    let title = level(finding.severity)
        .primary_title(finding.message.as_str())
        .id(finding.code.as_ref());
    let place = &finding.place;
    let about = place
        .subject
        .as_ref()
        .map(|subject| format!("{} {}", subject.kind(), subject.name()));
    // Lines of a snippet begin with the line number, a bar and spaces.
    let gutter = place.span.map_or(0, |span| span.line.to_string().len());
    let room =
        |before: usize| width.map(|width| usize::from(width).saturating_sub(gutter + before));
    let mut notes = Vec::new();
    let mut group = match (&place.file, place.span, source) {
        (Some(file), Some(span), Some(source)) => {
            let mut annotation = AnnotationKind::Primary.span(bytes_of(source, span));
            if let Some(about) = about {
                let end = span.column.saturating_sub(1) + span.length + 1 + about.chars().count();
                if room(3).is_some_and(|room| end > room) {
                    notes.push((Level::NOTE, "note".to_owned(), about));
                } else {
                    annotation = annotation.label(about);
                }
            }
            let snippet = Snippet::source(source)
                .path(file.as_str())
                .annotation(annotation);
            Group::with_title(title).element(snippet)
        }
        (Some(file), span, _) => {
            let mut origin = Origin::path(file.as_str());
            if let Some(span) = span {
                origin = origin.line(span.line).char_column(span.column);
            }
            Group::with_title(title).element(origin)
        }
        (None, _, _) => match about.or_else(|| place.path.clone()) {
            Some(about) => Group::with_title(title).element(Origin::path(about)),
            None => Group::with_title(title),
        },
    };
    if let Some(help) = finding.help.as_ref().filter(|_| helps > 0) {
        let name = match helps {
            1 => "help".to_owned(),
            _ => format!("help for these {helps}"),
        };
        notes.push((Level::HELP, name, help.clone()));
    }
    for (level, name, text) in notes {
        // ` = NAME: `
        let text = match room(name.len() + 5) {
            Some(room) => wrapped(&text, room, ""),
            None => text,
        };
        group = group.element(level.with_name(name).message(text));
    }
    let renderer = Renderer::styled().term_width(usize::from(width.unwrap_or(USUAL)));
    let text = renderer.render(&[group]);
    // The renderer would indent all lines of the title by its code, which is too much for a narrow terminal.
    let (title, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{}\n{rest}", broken(title, width))
        .trim_end()
        .to_owned()
}

/// Bytes of a source that a span covers; always within the source.
fn bytes_of(source: &str, span: Span) -> std::ops::Range<usize> {
    let mut start = 0;
    for line in source
        .split_inclusive('\n')
        .take(span.line.saturating_sub(1))
    {
        start += line.len();
    }
    let line = source[start..].split('\n').next().unwrap_or_default();
    let at = |column: usize| {
        line.char_indices()
            .nth(column)
            .map_or(line.len(), |(index, _)| index)
    };
    let first = at(span.column.saturating_sub(1));
    // A value of several lines is marked on its first.
    let last = at(span.column.saturating_sub(1) + span.length).max(first);
    start + first..start + last
}

#[cfg(test)]
mod tests {
    use diagnostic::{Place, Subject};

    use super::*;

    fn plain(findings: &[Diagnostic], root: &Path) -> String {
        on_columns(findings, root, None)
    }

    fn on_columns(findings: &[Diagnostic], root: &Path, width: Option<u16>) -> String {
        anstream::adapter::strip_str(&terminal(findings, root, width)).to_string()
    }

    /// Two datasets in a catalog with the same fault, one with another fault, and one in another file.
    fn of_a_catalog(root: &Path) -> Vec<Diagnostic> {
        fs_err::write(
            root.join("catalog.yml"),
            "model: {}\nmetrics: {}\nreport: {}\n",
        )
        .unwrap();
        let finding = |code: &'static str, line, name: &str, file: &str| {
            let span = Span {
                line,
                column: 1,
                length: name.len(),
            };
            let message = format!(
                "dataset `{name}` crosses tasks and is on local disk (`data/06_models/{name}.json`)"
            );
            let mut finding = Diagnostic::warning(code, message)
                .at(Place::of(Subject::Dataset(name.to_owned())))
                .help("mount a volume there, or use a catalog that points to a bucket, which this makes: kedro argo init --cloud s3://BUCKET");
            finding.place.file = Some(file.to_owned());
            finding.place.span = Some(span);
            finding
        };
        vec![
            finding("local-path-crosses-tasks", 1, "model", "catalog.yml"),
            finding("output-lost-with-pod", 3, "report", "catalog.yml"),
            finding("local-path-crosses-tasks", 2, "metrics", "catalog.yml"),
            finding("local-path-crosses-tasks", 1, "other", "other.yml"),
        ]
    }

    #[test]
    fn findings_of_a_rule_in_a_file_stand_together_and_their_help_once_below_them() {
        let folder = tempfile::tempdir().unwrap();
        let findings = of_a_catalog(folder.path());
        insta::assert_snapshot!(plain(&findings, folder.path()));
    }

    #[test]
    fn a_narrow_terminal_breaks_findings_between_words() {
        let folder = tempfile::tempdir().unwrap();
        let findings = of_a_catalog(folder.path());
        for width in [40, 80, 120] {
            let text = on_columns(&findings[..1], folder.path(), Some(width));
            for line in text.lines() {
                assert!(line.chars().count() <= usize::from(width), "{line}");
            }
        }
        let words = |width| {
            let text = on_columns(&findings[..1], folder.path(), width);
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(words(Some(80)), words(None), "no word is broken or lost");
        insta::assert_snapshot!(on_columns(&findings, folder.path(), Some(40)));
    }

    #[test]
    fn a_finding_shows_its_line_with_a_caret() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("argo.yml"), "namespace: a\nrunnr: {}\n").unwrap();
        let span = Span {
            line: 2,
            column: 1,
            length: 5,
        };
        let finding = Diagnostic::error("unknown-key", "argo.yml has no key `runnr`")
            .at_span("argo.yml", span)
            .help("did you mean `runner`?");
        insta::assert_snapshot!(plain(&[finding], folder.path()));
    }

    #[test]
    fn a_finding_without_a_file_names_what_it_is_about() {
        let place = Place::of(Subject::Dataset("model".to_owned()));
        let finding = Diagnostic::warning("x", "something").at(place);
        insta::assert_snapshot!(plain(&[finding], Path::new("/")));
    }

    #[test]
    fn a_span_outside_its_file_is_no_panic() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("a.yml"), "ä: ö\n").unwrap();
        for (line, column, length) in [(1, 4, 9), (9, 1, 1), (1, 99, 1), (2, 1, 5)] {
            let span = Span {
                line,
                column,
                length,
            };
            let finding = Diagnostic::error("x", "y").at_span("a.yml", span);
            assert!(plain(&[finding], folder.path()).contains("a.yml"));
        }
    }
}
