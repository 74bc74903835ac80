//! Moves findings about a catalog entry to its line in the catalog.

use std::path::Path;

use diagnostic::{Diagnostic, Span, Subject, yaml};
use project::Snapshot;
use project::snapshot::without_transcoding;

/// Moves findings about a dataset to its entry in the catalog. A finding in a file other than Python's stays.
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
        let place = place(&catalogs, name).or_else(|| place(&catalogs, pattern(snapshot, name)?));
        if let Some((file, span)) = place {
            finding.place.file = Some(file);
            finding.place.span = Some(span);
        }
    }
}

/// Finds an entry by name in the catalogs.
fn place(catalogs: &[(String, Vec<yaml::Yaml>)], name: &str) -> Option<(String, Span)> {
    catalogs.iter().find_map(|(file, documents)| {
        let key = documents.iter().find_map(|document| document.key(name))?;
        Some((file.clone(), key.span))
    })
}

/// Pattern that makes a dataset without its own entry.
fn pattern<'a>(snapshot: &'a Snapshot, name: &str) -> Option<&'a str> {
    let snapshots = std::iter::once(snapshot).chain(snapshot.on_exit.as_deref());
    let mut datasets = snapshots.flat_map(|snapshot| &snapshot.datasets);
    datasets.find_map(|(known, dataset)| {
        let is_meant = known == name || without_transcoding(known) == name;
        dataset.pattern.as_deref().filter(|_| is_meant)
    })
}

/// Readable files of the catalog, those of the environment before those of the base environment.
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
    // A file that only Kedro can read has no place.
    let read = |file: &String| {
        let text = fs_err::read_to_string(root.join(file)).ok()?;
        Some((file.clone(), yaml::parse(file, &text).ok()?))
    };
    files.into_iter().filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use diagnostic::Place;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_dataset_of_a_pattern_is_where_the_pattern_is() {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().join("conf/base");
        fs_err::create_dir_all(&base).unwrap();
        let catalog = "companies: {type: x}\n\"{name}_raw\": {type: x}\n\"{default}\": {type: x}\n";
        fs_err::write(base.join("catalog.yml"), catalog).unwrap();
        let dataset = |pattern: Option<&str>| json!({"type": "x", "place": "local", "registered": true, "pattern": pattern});
        let snapshot: Snapshot = serde_json::from_value(json!({
            "project": {"name": "Shop", "package": "shop", "path": "/shop", "source": "src"},
            "environment": "local", "pipelines": [], "registered": [], "nodes": [], "parameters": {},
            "datasets": {"companies": dataset(None), "shuttles_raw@spark": dataset(Some("{name}_raw")),
                "metrics": dataset(Some("{default}"))},
            "configuration": {"base": "conf/base", "files": ["conf/base/catalog.yml"]},
            "versions": {"kedro": "1.7.0", "python": "3.12.0", "argo_kedro": "1.0.0"},
        }))
        .unwrap();
        let line = |name: &str, place: Place| {
            let subject = Some(Subject::Dataset(name.to_owned()));
            let place = Place { subject, ..place };
            let mut findings = [Diagnostic::error("x", "x").at(place)];
            point(&mut findings, &snapshot, folder.path());
            let place = &findings[0].place;
            (place.file.clone(), place.span.map(|span| span.line))
        };
        let here = |line| (Some("conf/base/catalog.yml".to_owned()), Some(line));
        let in_code = || Place::default().line("src/shop/nodes.py", 3);
        assert_eq!(line("companies", in_code()), here(1));
        assert_eq!(line("shuttles_raw", in_code()), here(2));
        assert_eq!(line("metrics", Place::default()), here(3));
        assert_eq!(line("nobody", Place::default()), (None, None));
    }
}
