//! Findings for a terminal: the place, the line with a caret, what to do.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use diagnostic::{Diagnostic, Severity, Span};

use super::words::count;

/// Renders findings and their count. Paths are looked up below `root`.
pub(crate) fn terminal(findings: &[Diagnostic], root: &Path) -> String {
    let mut sources: HashMap<&str, Option<String>> = HashMap::new();
    let mut text = String::new();
    let renderer = Renderer::styled().term_width(usize::from(crate::terminal::printer::columns()));
    for finding in findings {
        let source = finding.place.file.as_deref().and_then(|file| {
            sources
                .entry(file)
                .or_insert_with(|| {
                    let text = fs_err::read_to_string(root.join(file)).ok()?;
                    Some(diagnostic::without_users_in_place(&text))
                })
                .clone()
        });
        let _ = writeln!(text, "{}\n", one(finding, source.as_deref(), &renderer));
    }
    text.push_str(&summary(findings));
    text
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

fn one(finding: &Diagnostic, source: Option<&str>, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let title = level
        .primary_title(finding.message.as_str())
        .id(finding.code.as_ref());
    let place = &finding.place;
    let about = place
        .subject
        .as_ref()
        .map(|subject| format!("{} {}", subject.kind(), subject.name()));
    let mut group = match (&place.file, place.span, source) {
        (Some(file), Some(span), Some(source)) => {
            let mut annotation = AnnotationKind::Primary.span(bytes_of(source, span));
            if let Some(about) = about {
                annotation = annotation.label(about);
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
    if let Some(help) = &finding.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The stretch of a source that a span stands for; always within it.
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
    // A value over several lines is marked on its first.
    let last = at(span.column.saturating_sub(1) + span.length).max(first);
    start + first..start + last
}

#[cfg(test)]
mod tests {
    use diagnostic::{Place, Subject};

    use super::*;

    fn plain(findings: &[Diagnostic], root: &Path) -> String {
        anstream::adapter::strip_str(&terminal(findings, root)).to_string()
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
