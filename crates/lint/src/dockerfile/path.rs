//! Paths in an image.

/// A path from a folder, without `.` and `..`; `None` if the path is relative and the folder is unknown.
pub(crate) fn resolve(folder: Option<&str>, path: &str) -> Option<String> {
    let whole = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{}/{path}", folder?)
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(format!("/{}", parts.join("/")))
}
