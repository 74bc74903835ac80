//! Files that a Dockerfile's `COPY`s take from the build context, and their places in the image.

use super::image::Image;
use super::paths::is_below;
use crate::dockerfile::{Copy, Origin, has_suffix, resolve};

/// Paths in the project whose file may be at a path of the container, the likeliest first.
pub(super) fn sources(image: &Image<'_>, whole: &str) -> Vec<String> {
    let copies = image.dockerfile.copies_and_mounts().rev();
    let copies = copies.filter(|copy| copy.from == Origin::Context);
    copies
        .flat_map(|copy| copy.sources.iter().map(move |source| (copy, source)))
        .filter_map(|(copy, source)| source_of(copy, &cleaned(source), whole))
        .filter_map(|path| in_project(&path, image.folder))
        .collect()
}

/// The path in the build context of a path in the container, if a source of a `COPY` can put it there.
fn source_of(copy: &Copy, source: &str, whole: &str) -> Option<String> {
    if !is_below(whole, &copy.target) {
        return None;
    }
    let rest = whole[copy.target.trim_end_matches('/').len()..].trim_start_matches('/');
    let (folder, name) = source.rsplit_once('/').unwrap_or(("", source));
    let below = |folder: &str, rest: &str| {
        let path = format!("{folder}/{rest}");
        path.trim_matches('/').to_owned()
    };
    if rest.is_empty() {
        return (!copy.into_folder && !is_pattern(source)).then(|| source.to_owned());
    }
    if !name.is_empty() && fits(name, rest) {
        return Some(below(folder, rest));
    }
    Some(below(source, rest))
}

/// Says whether `COPY` or `ADD` may copy a part of a path of the project: a source matches the path, a folder around it
/// or a file in it, or the source is unknown.
pub(super) fn may_take(image: &Image<'_>, path: &str) -> bool {
    let whole = resolve(Some(&format!("/{}", image.folder)), path).unwrap_or_default();
    let path = whole.trim_matches('/');
    let copies = image.dockerfile.copies_and_mounts();
    let mut copies = copies.filter(|copy| copy.from == Origin::Context);
    copies.any(|copy| copy.sources.iter().any(|source| takes(source, path)))
}

/// The line of a Dockerfile that copies a path of the project to its place.
pub(super) fn line(image: &Image<'_>, path: &str) -> String {
    let path = path.trim_end_matches('/');
    let source = format!("{}/{path}", image.folder);
    format!("COPY {} {path}", source.trim_start_matches('/'))
}

fn takes(source: &str, path: &str) -> bool {
    let source = cleaned(source);
    let is_archive = ["tar", "tgz", "gz", "bz2", "xz", "zip"]
        .iter()
        .any(|suffix| has_suffix(&source, suffix));
    source.is_empty()
        || source.contains('$')
        || is_archive
        || source
            .split('/')
            .zip(path.split('/'))
            .all(|(pattern, part)| fits(pattern, part))
}

/// The path in the project of a path in the build context; `folder` is the project's folder in that context.
fn in_project(path: &str, folder: &str) -> Option<String> {
    if path.contains('$') {
        return None;
    }
    if folder.is_empty() {
        return Some(path.to_owned());
    }
    if let Some(rest) = path.strip_prefix(folder)
        && let Some(rest) = rest.strip_prefix('/')
    {
        return Some(rest.to_owned());
    }
    Some(format!("{}{path}", "../".repeat(folder.split('/').count())))
}

/// A normalized source: `./src/` becomes `src`, and `.` becomes the empty path.
fn cleaned(source: &str) -> String {
    let whole = resolve(Some("/"), source).unwrap_or_default();
    whole.trim_start_matches('/').to_owned()
}

fn is_pattern(text: &str) -> bool {
    text.contains(['*', '?', '['])
}

/// Says whether a pattern may match a name: the name has the pattern's beginning and end.
fn fits(pattern: &str, name: &str) -> bool {
    let Some(first) = pattern.find(['*', '?', '[']) else {
        return pattern == name;
    };
    let last = pattern.rfind(['*', '?', ']']).unwrap_or(first);
    let (begins, ends) = (&pattern[..first], pattern.get(last + 1..).unwrap_or(""));
    !name.contains('/')
        && name.len() >= begins.len() + ends.len()
        && name.starts_with(begins)
        && name.ends_with(ends)
}
