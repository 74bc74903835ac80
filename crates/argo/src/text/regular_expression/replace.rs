//! Functions of Go's package `regexp`: find, split and replace.

use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};

use super::matches::Matches;
use super::pattern::Pattern;

/// `FindString`: empty if there is no match.
pub(in crate::text) fn first_of<'t>(pattern: &Pattern, text: &'t str) -> &'t str {
    let found = pattern.regex.find(text);
    found
        .and_then(|found| text.get(found.range()))
        .unwrap_or_default()
}

/// `FindAllString`: at most `most` matches, or all if `most` is negative; `None` if there is no match.
///
/// # Errors
///
/// Returns the error of `spend`.
pub(in crate::text) fn all_of<'t, E>(
    pattern: &Pattern,
    text: &'t str,
    most: i64,
    spend: impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<Vec<&'t str>>, E> {
    let mut all = Vec::new();
    for found in Matches::new(pattern, text, spend).take(count(most)) {
        all.extend(text.get(found?.range()));
    }
    Ok((!all.is_empty()).then_some(all))
}

fn count(most: i64) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// `Split`: `None` if at most no part is wanted.
///
/// # Errors
///
/// Returns the error of `spend`.
pub(in crate::text) fn split<'t, E>(
    pattern: &Pattern,
    text: &'t str,
    most: i64,
    spend: impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<Vec<&'t str>>, E> {
    if most == 0 {
        return Ok(None);
    }
    if !pattern.written.is_empty() && text.is_empty() {
        return Ok(Some(vec![""]));
    }
    let mut parts = Vec::new();
    let (mut start, mut end) = (0, 0);
    for found in Matches::new(pattern, text, spend).take(count(most)) {
        let found = found?;
        if most > 0 && parts.len() + 1 == count(most) {
            break;
        }
        end = found.start();
        if found.end() != 0 {
            parts.push(text.get(start..end).unwrap_or_default());
        }
        start = found.end();
    }
    if end != text.len() {
        parts.push(text.get(start..).unwrap_or_default());
    }
    Ok(Some(parts))
}

/// `ReplaceAllString`, or with `is_literal` `ReplaceAllLiteralString`; `None` if the result has more bytes than `most`.
///
/// # Errors
///
/// Returns the error of `spend`.
pub(in crate::text) fn replaced<E>(
    pattern: &Pattern,
    text: &str,
    (by, is_literal): (&str, bool),
    most: usize,
    spend: impl FnMut(usize) -> Result<(), E>,
) -> Result<Option<String>, E> {
    let mut found = String::new();
    let mut last = 0;
    let has_groups = !is_literal && by.contains('$');
    let mut groups = pattern.regex.create_captures();
    for whole in Matches::new(pattern, text, spend) {
        let whole = whole?;
        found.push_str(text.get(last..whole.start()).unwrap_or_default());
        last = whole.end();
        if has_groups {
            // Groups are slow to find, so search for them only in the match.
            let place = Input::new(text)
                .range(whole.range())
                .anchored(Anchored::Yes);
            pattern.regex.search_captures(&place, &mut groups);
            expand(pattern, by, (text, &groups), &mut found, most);
        } else {
            found.push_str(by);
        }
        if found.len() > most {
            return Ok(None);
        }
    }
    found.push_str(text.get(last..).unwrap_or_default());
    Ok(Some(found))
}

/// `Expand`: `$1`, `${1}`, `$name`, `${name}` and `$$`.
fn expand(
    pattern: &Pattern,
    template: &str,
    (text, groups): (&str, &Captures),
    found: &mut String,
    most: usize,
) {
    let group_of = |number| {
        let place = groups.get_group(number)?;
        text.get(place.range())
    };
    let mut left = template;
    while let Some((before, after)) = left.split_once('$') {
        found.push_str(before);
        left = after;
        if let Some(after) = left.strip_prefix('$') {
            found.push('$');
            left = after;
            continue;
        }
        let Some((name, after)) = reference(left) else {
            found.push('$');
            continue;
        };
        left = after;
        let group = match group_number(name) {
            Some(number) => group_of(number),
            None => pattern
                .names
                .iter()
                .enumerate()
                .filter(|(_, known)| known.as_deref() == Some(name))
                .find_map(|(number, _)| group_of(number)),
        };
        found.push_str(group.unwrap_or_default());
        if found.len() > most {
            return;
        }
    }
    found.push_str(left);
}

/// The name after a `$`, and the text after that name.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (text, braced) = match text.strip_prefix('{') {
        Some(text) => (text, true),
        None => (text, false),
    };
    let size: usize = text
        .chars()
        .take_while(|letter| is_of_name(*letter))
        .map(char::len_utf8)
        .sum();
    if size == 0 {
        return None;
    }
    let (name, rest) = text.split_at_checked(size)?;
    if braced {
        return Some((name, rest.strip_prefix('}')?));
    }
    Some((name, rest))
}

fn is_of_name(letter: char) -> bool {
    use unicode_general_category::GeneralCategory as Category;

    letter == '_'
        || matches!(
            unicode_general_category::get_general_category(letter),
            Category::UppercaseLetter
                | Category::LowercaseLetter
                | Category::TitlecaseLetter
                | Category::ModifierLetter
                | Category::OtherLetter
                | Category::DecimalNumber
        )
}

/// The number of a group, if the name is a number without leading zeros.
fn group_number(name: &str) -> Option<usize> {
    let is_number = name.bytes().all(|byte| byte.is_ascii_digit())
        && (name.len() == 1 || !name.starts_with('0'));
    // Go reads nine or more digits as a name; no such group exists either way.
    if is_number { name.parse().ok() } else { None }
}
