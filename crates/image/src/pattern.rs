//! One pattern of a `.dockerignore`, with Docker's meaning.
//!
//! Docker turns a pattern into a regular expression of Go (moby/patternmatcher), letter by letter and without regard to
//! classes; that expression defines the meaning. So this module also translates in two steps: to Go's expression, and
//! then to one of the Rust library.

use regex::Regex;

/// Error: the pattern is not valid, and Docker refuses it as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BadPattern;

/// A pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    /// Says whether the pattern includes files again (`!`).
    pub(crate) readmits: bool,
    /// Line in the file, from 1.
    pub(crate) line: usize,
    text: String,
    kind: PatternKind,
}

#[derive(Debug)]
enum PatternKind {
    /// Exactly the pattern's text.
    Exact,
    /// Paths with this prefix.
    Prefix(String),
    /// Paths with this suffix; for `/x`, also the path `x`.
    Suffix(String),
    /// Paths that an expression matches.
    Expression(Regex),
    /// Broken pattern: Docker fails when it first tests a path against it.
    Broken,
}

impl Pattern {
    /// Compiles a cleaned pattern; `text` is without its `!`.
    pub(crate) fn new(text: &str, readmits: bool, line: usize) -> Result<Self, BadPattern> {
        check_syntax(text)?;
        let kind = compile(text).unwrap_or(PatternKind::Broken);
        Ok(Self {
            readmits,
            line,
            text: text.to_owned(),
            kind,
        })
    }

    /// Says whether the pattern matches a path itself, without regard to its folders.
    pub(crate) fn matches(&self, path: &str) -> Result<bool, BadPattern> {
        Ok(match &self.kind {
            PatternKind::Exact => path == self.text,
            PatternKind::Prefix(prefix) => path.starts_with(prefix.as_str()),
            PatternKind::Suffix(suffix) => {
                path.ends_with(suffix.as_str()) || suffix.strip_prefix('/') == Some(path)
            }
            PatternKind::Expression(expression) => expression.is_match(path),
            PatternKind::Broken => return Err(BadPattern),
        })
    }

    /// The pattern's text, without its `!`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The folder that contains all possible matches; `None` if that is unknown.
    pub(crate) fn literal(&self) -> Option<&str> {
        let text = self.text.strip_suffix("/**").unwrap_or(&self.text);
        let text = text.strip_suffix("/*").unwrap_or(text);
        (!text.contains(['*', '[', ']', '?', '^', '"', '\\'])).then_some(text)
    }
}

/// The shortest equivalent path, as from Go's `path.Clean`.
pub(crate) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(last) if *last != ".." => {
                    parts.pop();
                }
                _ if rooted => {}
                _ => parts.push(".."),
            },
            part => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.as_str()) {
        (true, joined) => format!("/{joined}"),
        (false, "") => ".".to_owned(),
        (false, _) => joined,
    }
}

/// Checks whether Docker accepts a pattern before it tests any path: Docker tests it on the path `.` with Go's
/// `filepath.Match`, which reads only as far as needed. That is up to the first star, and further up to the next one if
/// a dot could match the part before the first.
fn check_syntax(text: &str) -> Result<(), BadPattern> {
    let (first, rest) = until_star(text.trim_start_matches('*'));
    if can_be_dot(first)? {
        can_be_dot(until_star(rest.trim_start_matches('*')).0)?;
    }
    Ok(())
}

/// Splits a text before its first star outside of a class.
fn until_star(text: &str) -> (&str, &str) {
    let mut in_class = false;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '[' => in_class = true,
            ']' => in_class = false,
            '*' if !in_class => return text.split_at(at),
            _ => {}
        }
    }
    (text, "")
}

/// Says whether a pattern without stars matches exactly one dot.
fn can_be_dot(text: &str) -> Result<bool, BadPattern> {
    let mut length = 0;
    let mut is_dot = true;
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        length += 1;
        match letter {
            '?' => {}
            '\\' => {
                let escaped = rest.chars().next().ok_or(BadPattern)?;
                rest = &rest[escaped.len_utf8()..];
                is_dot &= escaped == '.';
            }
            '[' => {
                let negated = rest.strip_prefix('^');
                rest = negated.unwrap_or(rest);
                let mut has_dot = false;
                let mut is_empty = true;
                loop {
                    if let Some(after) = rest.strip_prefix(']').filter(|_| !is_empty) {
                        rest = after;
                        break;
                    }
                    let (low, after) = one_of_class(rest)?;
                    let (high, after) = match after.strip_prefix('-') {
                        Some(after) => one_of_class(after)?,
                        None => (low, after),
                    };
                    has_dot |= (low..=high).contains(&'.');
                    is_empty = false;
                    rest = after;
                }
                is_dot &= has_dot != negated.is_some();
            }
            letter => is_dot &= letter == '.',
        }
    }
    Ok(is_dot && length == 1)
}

/// A letter of a class; more text must follow, at least the class's end.
fn one_of_class(text: &str) -> Result<(char, &str), BadPattern> {
    let mut letters = text.chars();
    let letter = match letters.next().ok_or(BadPattern)? {
        '-' | ']' => return Err(BadPattern),
        '\\' => letters.next().ok_or(BadPattern)?,
        letter => letter,
    };
    let rest = letters.as_str();
    if rest.is_empty() {
        return Err(BadPattern);
    }
    Ok((letter, rest))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PatternForm {
    Exact,
    Prefix,
    Suffix,
    Expression,
}

fn compile(text: &str) -> Result<PatternKind, BadPattern> {
    let mut expression = String::from("^");
    let mut found = PatternForm::Exact;
    let mut letters = text.chars().peekable();
    let mut is_first = true;
    while let Some(letter) = letters.next() {
        match letter {
            '*' if letters.next_if_eq(&'*').is_some() => {
                letters.next_if_eq(&'/');
                if letters.peek().is_some() {
                    expression.push_str("(.*/)?");
                    found = PatternForm::Expression;
                } else if found == PatternForm::Exact {
                    found = PatternForm::Prefix;
                } else {
                    expression.push_str(".*");
                    found = PatternForm::Expression;
                }
                if is_first {
                    found = PatternForm::Suffix;
                }
            }
            '*' => {
                expression.push_str("[^/]*");
                found = PatternForm::Expression;
            }
            '?' => {
                expression.push_str("[^/]");
                found = PatternForm::Expression;
            }
            // Docker intends to escape `|`, `{` and `}` too, but its table lacks them.
            '.' | '+' | '(' | ')' | '$' => {
                expression.push('\\');
                expression.push(letter);
            }
            '\\' => {
                expression.push('\\');
                expression.extend(letters.next());
                found = PatternForm::Expression;
            }
            '[' | ']' => {
                expression.push(letter);
                found = PatternForm::Expression;
            }
            letter => expression.push(letter),
        }
        is_first = false;
    }
    let plain = |text: &str| text.to_owned();
    Ok(match found {
        PatternForm::Exact => PatternKind::Exact,
        PatternForm::Prefix => PatternKind::Prefix(plain(text.strip_suffix("**").unwrap_or(text))),
        PatternForm::Suffix => PatternKind::Suffix(plain(text.strip_prefix("**").unwrap_or(text))),
        PatternForm::Expression => {
            expression.push('$');
            let expression = from_go(&expression)?;
            PatternKind::Expression(Regex::new(&expression).map_err(|_| BadPattern)?)
        }
    })
}

/// Kind of the part before a repetition count in braces.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Something,
    Repetition,
}

/// Converts Go's expression to one of the `regex` crate, which differs in classes, escapes and braces.
fn from_go(go: &str) -> Result<String, BadPattern> {
    let mut ours = String::new();
    let mut rest = go;
    let mut before = Before::Nothing;
    while let Some(letter) = rest.chars().next() {
        rest = &rest[letter.len_utf8()..];
        let now = match letter {
            '(' | '|' => Before::Nothing,
            '*' | '?' => Before::Repetition,
            _ => Before::Something,
        };
        if letter == '{'
            && let Some((count, after)) = count(rest)?
        {
            if before != Before::Something {
                return Err(BadPattern);
            }
            ours.push_str(&count);
            rest = after;
            before = Before::Repetition;
            continue;
        }
        match letter {
            '\\' => {
                let escaped = rest.chars().next().ok_or(BadPattern)?;
                rest = &rest[escaped.len_utf8()..];
                match escaped {
                    'b' => ours.push_str(r"(?-u:\b)"),
                    'B' => ours.push_str(r"(?-u:\B)"),
                    'A' => ours.push_str(r"\A"),
                    'z' => ours.push_str(r"\z"),
                    _ => ours.push_str(&format!("[{}]", escape(escaped)?)),
                }
            }
            '[' => {
                let (class, after) = class(rest)?;
                ours.push_str(&class);
                rest = after;
            }
            // The first translation made these letters, or does not escape them.
            '^' | '$' | '.' | '*' | '?' | '(' | ')' | '|' => ours.push(letter),
            letter => ours.push_str(&regex::escape(letter.encode_utf8(&mut [0; 4]))),
        }
        before = now;
    }
    Ok(ours)
}

/// A repetition count after its `{`, such as `1,2}`; any other text in braces is literal.
fn count(rest: &str) -> Result<Option<(String, &str)>, BadPattern> {
    const MOST: u32 = 1000;
    let Some((inside, after)) = rest.split_once('}') else {
        return Ok(None);
    };
    let (least, most) = match inside.split_once(',') {
        Some((least, most)) => (least, most),
        None => (inside, inside),
    };
    let is_number = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && (text.len() == 1 || !text.starts_with('0'))
    };
    if !is_number(least) || !(most.is_empty() || is_number(most)) {
        return Ok(None);
    }
    let number = |text: &str| text.parse().ok().filter(|number: &u32| *number <= MOST);
    let least = number(least).ok_or(BadPattern)?;
    if !most.is_empty() && number(most).ok_or(BadPattern)? < least {
        return Err(BadPattern);
    }
    Ok(Some((format!("{{{inside}}}"), after)))
}

/// The class of letters that a letter after a backslash means.
fn escape(letter: char) -> Result<String, BadPattern> {
    Ok(match letter {
        'd' => "0-9".to_owned(),
        'D' => "[^0-9]".to_owned(),
        's' => r"\t\n\x0C\r\x20".to_owned(),
        'S' => r"[^\t\n\x0C\r\x20]".to_owned(),
        'w' => "0-9A-Za-z_".to_owned(),
        'W' => "[^0-9A-Za-z_]".to_owned(),
        'a' => literal('\u{7}'),
        'f' => literal('\u{c}'),
        'n' => literal('\n'),
        'r' => literal('\r'),
        't' => literal('\t'),
        'v' => literal('\u{b}'),
        letter if letter.is_ascii() && !letter.is_ascii_alphanumeric() => literal(letter),
        _ => return Err(BadPattern),
    })
}

fn literal(letter: char) -> String {
    format!("\\x{{{:X}}}", u32::from(letter))
}

/// Reads a class after its `[`; gives it and the rest of the text.
fn class(mut rest: &str) -> Result<(String, &str), BadPattern> {
    let mut ours = String::from("[");
    if let Some(after) = rest.strip_prefix('^') {
        ours.push('^');
        rest = after;
    }
    let mut is_first = true;
    loop {
        if let Some(after) = rest.strip_prefix(']').filter(|_| !is_first) {
            ours.push(']');
            return Ok((ours, after));
        }
        is_first = false;
        if let Some(end) = rest.strip_prefix("[:").and_then(|name| name.find(":]")) {
            let length = "[:".len() + end + ":]".len();
            ours.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        let (low, after) = member(rest)?;
        rest = after;
        let range = rest
            .strip_prefix('-')
            .filter(|after| !after.starts_with(']'));
        match (low, range) {
            (Member::Letter(low), Some(after)) => {
                let (Member::Letter(high), after) = member(after)? else {
                    return Err(BadPattern);
                };
                if high < low {
                    return Err(BadPattern);
                }
                ours.push_str(&format!("{}-{}", literal(low), literal(high)));
                rest = after;
            }
            (Member::Letter(letter), None) => ours.push_str(&literal(letter)),
            (Member::Several(class), _) => ours.push_str(&class),
        }
    }
}

enum Member {
    Letter(char),
    Several(String),
}

fn member(rest: &str) -> Result<(Member, &str), BadPattern> {
    let mut letters = rest.chars();
    let member = match letters.next().ok_or(BadPattern)? {
        '\\' => match letters.next().ok_or(BadPattern)? {
            letter @ ('d' | 'D' | 's' | 'S' | 'w' | 'W') => Member::Several(escape(letter)?),
            'a' => Member::Letter('\u{7}'),
            'f' => Member::Letter('\u{c}'),
            'n' => Member::Letter('\n'),
            'r' => Member::Letter('\r'),
            't' => Member::Letter('\t'),
            'v' => Member::Letter('\u{b}'),
            letter if letter.is_ascii() && !letter.is_ascii_alphanumeric() => {
                Member::Letter(letter)
            }
            _ => return Err(BadPattern),
        },
        letter => Member::Letter(letter),
    };
    Ok((member, letters.as_str()))
}

/// Says whether a source of a `COPY`, which may contain `*`, `?` and `[…]`, matches a path of the build context.
pub fn is_copied_by(source: &str, path: &str) -> bool {
    Pattern::new(&clean(source), false, 0)
        .is_ok_and(|pattern| pattern.matches(path).unwrap_or(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_as_go_does() {
        for (path, expected) in [
            ("a/b", "a/b"),
            ("a//b/", "a/b"),
            ("./a", "a"),
            ("a/./b", "a/b"),
            ("a/../b", "b"),
            ("../a", "../a"),
            ("a/../../b", "../b"),
            ("/..", "/"),
            ("/a/", "/a"),
            ("", "."),
            (".", "."),
            ("**/", "**"),
        ] {
            assert_eq!(clean(path), expected, "{path}");
        }
    }

    #[test]
    fn what_docker_refuses_is_refused() {
        for text in [
            "[", "[]", "[^]", "[a", "[a-", "[-a]", "[a-]", "a\\", "a[]b", "*[", ".*[", "?*[-a]",
        ] {
            assert!(Pattern::new(text, false, 1).is_err(), "{text}");
        }
    }

    #[test]
    fn what_docker_does_not_look_at_is_taken() {
        for text in ["a*[-a]", "..*[]a]", ".*a*[-a]"] {
            assert!(Pattern::new(text, false, 1).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_stops_docker_only_when_asked_does_so_here() {
        for text in [
            "\\1x", "\\ä", "[b-a]", "*{2}", "a*|{2}", "a{1001}?", "a{3,2}?", "a*[",
        ] {
            let pattern = Pattern::new(text, false, 1).unwrap();
            assert_eq!(pattern.matches("a"), Err(BadPattern), "{text}");
        }
    }

    #[test]
    fn the_folder_of_a_pattern_is_known_where_it_is_literal() {
        let of = |text: &str| {
            let pattern = Pattern::new(text, true, 1).unwrap();
            pattern.literal().map(str::to_owned)
        };
        assert_eq!(of("a/b").as_deref(), Some("a/b"));
        assert_eq!(of("a/b/**").as_deref(), Some("a/b"));
        assert_eq!(of("a/b/*").as_deref(), Some("a/b"));
        for text in ["a*", "**/b", "a/?", "[a]", "a\\b"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
