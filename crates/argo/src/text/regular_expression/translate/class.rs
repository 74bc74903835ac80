//! Classes of letters: `[a-z]`, `\d`, `[[:alpha:]]`, `\p{Greek}`.

use super::{escape, unicode};

/// Go's named classes, which contain only ASCII.
const NAMED: &[(&str, &str)] = &[
    ("alnum", "0-9A-Za-z"),
    ("alpha", "A-Za-z"),
    ("ascii", "\\x00-\\x7F"),
    ("blank", "\\t\\x20"),
    ("cntrl", "\\x00-\\x1F\\x7F"),
    ("digit", "0-9"),
    ("graph", "\\x21-\\x7E"),
    ("lower", "a-z"),
    ("print", "\\x20-\\x7E"),
    ("punct", "\\x21-\\x2F\\x3A-\\x40\\x5B-\\x60\\x7B-\\x7E"),
    ("space", "\\t\\n\\x0B\\x0C\\r\\x20"),
    ("upper", "A-Z"),
    ("word", "0-9A-Za-z_"),
    ("xdigit", "0-9A-Fa-f"),
];

/// A class that Go refuses.
pub(super) struct RefusedClass;

/// Reads a class such as `\d` or `\pL`; none for another escape.
pub(super) fn escaped(left: &mut &str) -> Result<Option<String>, RefusedClass> {
    let mut characters = left.chars();
    characters.next();
    let Some(character) = characters.next() else {
        return Ok(None);
    };
    let rest = characters.as_str();
    let found = match character {
        'd' => "[0-9]",
        'D' => "[^0-9]",
        's' => "[\\t\\n\\x0C\\r\\x20]",
        'S' => "[^\\t\\n\\x0C\\r\\x20]",
        'w' => "[0-9A-Za-z_]",
        'W' => "[^0-9A-Za-z_]",
        'p' | 'P' => {
            let (name, rest) = name_of(rest).ok_or(RefusedClass)?;
            *left = rest;
            return of_unicode(character == 'P', name)
                .map(Some)
                .ok_or(RefusedClass);
        }
        _ => return Ok(None),
    };
    *left = rest;
    Ok(Some(found.to_owned()))
}

/// The name after `\p`: one letter, or the text in braces.
fn name_of(text: &str) -> Option<(&str, &str)> {
    match text.strip_prefix('{') {
        Some(text) => text.split_once('}'),
        None => text.split_at_checked(text.chars().next()?.len_utf8()),
    }
}

fn of_unicode(negative: bool, name: &str) -> Option<String> {
    let (negative, name) = match name.strip_prefix('^') {
        Some(name) => (!negative, name),
        None => (negative, name),
    };
    unicode::class(negative, name)
}

/// Reads a class in brackets.
pub(super) fn read(left: &mut &str) -> Option<String> {
    let mut rest = left.strip_prefix('[')?;
    let mut class = String::from("[");
    if let Some(after) = rest.strip_prefix('^') {
        class.push('^');
        rest = after;
    }
    let mut is_first = true;
    loop {
        if !is_first && let Some(after) = rest.strip_prefix(']') {
            *left = after;
            class.push(']');
            return Some(class);
        }
        is_first = false;
        if let Some((named, after)) = named(rest).ok()? {
            class.push_str(&named);
            rest = after;
            continue;
        }
        if rest.starts_with('\\')
            && let Some(inner) = escaped(&mut rest).ok()?
        {
            class.push_str(&inner);
            continue;
        }
        let low = letter(&mut rest)?;
        let mut high = low;
        if let Some(after) = rest.strip_prefix('-')
            && !after.is_empty()
            && !after.starts_with(']')
        {
            rest = after;
            high = letter(&mut rest)?;
        }
        if high < low {
            return None;
        }
        class.push_str(&format!(
            "\\x{{{:X}}}-\\x{{{:X}}}",
            u32::from(low),
            u32::from(high)
        ));
    }
}

/// Reads `[:alpha:]` in brackets; none if the text does not start with a named class.
fn named(text: &str) -> Result<Option<(String, &str)>, RefusedClass> {
    let Some((name, rest)) = text
        .strip_prefix("[:")
        .and_then(|text| text.split_once(":]"))
    else {
        return Ok(None);
    };
    let (negation, name) = match name.strip_prefix('^') {
        Some(name) => ("^", name),
        None => ("", name),
    };
    let known = NAMED.iter().find(|(known, _)| *known == name);
    let (_, letters) = known.ok_or(RefusedClass)?;
    Ok(Some((format!("[{negation}{letters}]"), rest)))
}

fn letter(rest: &mut &str) -> Option<char> {
    if rest.starts_with('\\') {
        return escape::read(rest);
    }
    let mut characters = rest.chars();
    let character = characters.next()?;
    *rest = characters.as_str();
    Some(character)
}
