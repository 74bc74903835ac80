//! Paths (Go's `path`; `path/filepath` is the same on Argo's systems).

use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let path = arguments.text(0);
    Ok(Some(match name {
        "base" | "osBase" => Value::text(base(path)),
        "dir" | "osDir" => {
            let end = path.rfind('/').map_or(0, |slash| slash + 1);
            Value::text(clean(path.get(..end).unwrap_or_default()))
        }
        "clean" | "osClean" => Value::text(clean(path)),
        "ext" | "osExt" => {
            let name = path.rsplit('/').next().unwrap_or_default();
            let extension = name.rfind('.').and_then(|point| name.get(point..));
            Value::text(extension.unwrap_or_default())
        }
        "isAbs" | "osIsAbs" => Value::Boolean(path.starts_with('/')),
        _ => return Ok(None),
    }))
}

fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    match (path, trimmed) {
        ("", _) => ".",
        (_, "") => "/",
        _ => trimmed.rsplit('/').next().unwrap_or_default(),
    }
}

fn clean(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match (part, parts.last()) {
            ("" | ".", _) => {}
            ("..", Some(last)) if *last != ".." => {
                parts.pop();
            }
            ("..", _) if is_absolute => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (is_absolute, joined.as_str()) {
        (true, _) => format!("/{joined}"),
        (false, "") => ".".to_owned(),
        _ => joined,
    }
}
