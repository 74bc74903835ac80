//! The environments of a project's configuration.

use std::path::Path;

use project::Snapshot;

/// Other environments of the project, besides the one that was read, Kedro's `local` and the base,
/// sorted. Empty if the folder cannot be read: they serve for advice.
pub(crate) fn others(snapshot: &Snapshot, root: &Path) -> Vec<String> {
    let configuration = &snapshot.configuration;
    let read = [&configuration.base, &configuration.environment];
    let read: Vec<&Path> = read.into_iter().flatten().map(Path::new).collect();
    let Some(folder) = read.first().and_then(|base| base.parent()) else {
        return Vec::new();
    };
    let entries = fs_err::read_dir(root.join(folder));
    let entries = entries.into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<String> = entries
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| {
            let path = folder.join(name);
            name != "local" && !name.starts_with('.') && !read.contains(&path.as_path())
        })
        .collect();
    found.sort_unstable();
    found
}
