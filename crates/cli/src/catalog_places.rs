//! Findings about an entry of the catalog point at its line there.

use std::path::Path;

use diagnostic::{Diagnostic, Subject, yaml};
use project::Snapshot;

/// Puts findings that are about a dataset where the catalog has its entry. One that stands in a file of another kind
/// than Python's stays there.
pub(crate) fn point(findings: &mut [Diagnostic], snapshot: &Snapshot, root: &Path) {
    let is_meant = |finding: &Diagnostic| {
        let file = finding.place.file.as_deref();
        matches!(finding.place.subject, Some(Subject::Dataset(_)))
            && file.is_none_or(|file| Path::new(file).extension().is_some_and(|end| end == "py"))
    };
    if !findings.iter().any(is_meant) {
        return;
    }
    let catalogs = catalogs(snapshot, root);
    for finding in findings.iter_mut().filter(|finding| is_meant(finding)) {
        let Some(Subject::Dataset(name)) = &finding.place.subject else {
            continue;
        };
        let mut places = catalogs.iter().filter_map(|(file, documents)| {
            let key = documents.iter().find_map(|document| document.key(name))?;
            Some((file.clone(), key.span))
        });
        if let Some((file, span)) = places.next() {
            finding.place.file = Some(file);
            finding.place.span = Some(span);
        }
    }
}

/// The files of the catalog that can be read, those of the environment before those of the base environment.
fn catalogs(snapshot: &Snapshot, root: &Path) -> Vec<(String, Vec<yaml::Yaml>)> {
    let configuration = &snapshot.configuration;
    let is_catalog = |file: &&String| {
        let parts = Path::new(file.as_str()).components();
        let mut parts = parts.map(|part| part.as_os_str().to_string_lossy().into_owned());
        parts.any(|part| part.starts_with("catalog"))
    };
    let mut files: Vec<&String> = configuration.files.iter().filter(is_catalog).collect();
    let of_environment = |file: &&String| {
        let folder = configuration.environment.as_deref();
        folder.is_some_and(|folder| Path::new(file.as_str()).starts_with(folder))
    };
    files.sort_by_key(|file| !of_environment(file));
    // What Kedro could read and this cannot has no place.
    let read = |file: &String| {
        let text = fs_err::read_to_string(root.join(file)).ok()?;
        Some((file.clone(), yaml::parse(file, &text).ok()?))
    };
    files.into_iter().filter_map(read).collect()
}
