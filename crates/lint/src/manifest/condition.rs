//! `when`: the language of govaluate, with tags that may become anything.
//!
//! Reports only conditions that fail for all values of their tags.

use argo::document::read::entry;
use argo::text::condition::holds;
use argo::text::tags::{Piece, pieces};
use diagnostic::yaml::Yaml;

use super::expression::shortened;
use crate::finding::Findings;
use crate::rule::INVALID_CONDITION;

/// Checks the `when` of a task or step.
pub(super) fn check(call: &Yaml, findings: &mut Findings) {
    let Some((_, node)) = entry(call, "when") else {
        return;
    };
    let Some(text) = node.as_str().filter(|text| !text.is_empty()) else {
        return;
    };
    let problem = broken(text).err().or_else(|| fails_whatever_it_holds(text));
    if let Some((problem, help)) = problem {
        let message = format!(
            "the condition `{}` is not valid: {problem}",
            shortened(text)
        );
        let help = (!help.is_empty()).then(|| help.to_owned());
        findings.push(INVALID_CONDITION.at(node, message).maybe_help(help));
    }
}

/// Greatest number of tags; more would have too many combinations to try.
const MOST_TAGS: usize = 4;
/// Values to try in place of a tag: a word, a number, a boolean, nothing, an operator, and part of a quoted text.
const STAND_INS: &[&str] = &["x", "1", "true", "", "==", "' '"];

/// The reason why a condition fails, if it fails for all values of its tags.
fn fails_whatever_it_holds(text: &str) -> Option<Problem> {
    let pieces: Vec<Piece<'_>> = pieces(text).collect::<Result<_, _>>().ok()?;
    let tags = pieces
        .iter()
        .filter(|piece| matches!(piece, Piece::Tag { .. }))
        .count();
    if tags > MOST_TAGS {
        return None;
    }
    let mut first = None;
    for number in 0..STAND_INS.len().pow(u32::try_from(tags).ok()?) {
        let mut rest = number;
        let filled: String = pieces
            .iter()
            .map(|piece| match piece {
                Piece::Text(text) => *text,
                Piece::Tag { .. } => {
                    let stand_in = STAND_INS.get(rest % STAND_INS.len()).copied();
                    rest /= STAND_INS.len();
                    stand_in.unwrap_or_default()
                }
            })
            .collect();
        match holds(&filled) {
            Ok(_) => return None,
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    let failure = first?;
    // govaluate reads a hyphen inside of a word as minus.
    let has_hyphen = text
        .split('-')
        .zip(text.split('-').skip(1))
        .any(|(before, after)| {
            before.ends_with(|letter: char| letter.is_alphanumeric())
                && after.starts_with(|letter: char| letter.is_alphanumeric())
        });
    let help = if has_hyphen {
        "a hyphen is minus here: put texts with one in quotes"
    } else {
        "put texts in quotes, and compare numbers with numbers"
    };
    Some((failure.message, help))
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Part<'a> {
    /// A tag, and the letters next to it.
    Anything,
    Value(&'a str),
    Operator(&'a str),
    Open,
    Close,
}

const OPERATORS: &[&str] = &[
    "<<", ">>", "==", "!=", ">=", "<=", "=~", "!~", "&&", "||", "**", "??", "=", ">", "<", "!",
    "+", "-", "*", "/", "%", "&", "|", "^", "~", "?", ":", ",",
];
const PREFIXES: &[&str] = &["!", "-", "~"];

type Problem = (String, &'static str);

fn broken(text: &str) -> Result<(), Problem> {
    let parts = split(text)?;
    let mut depth = 0_usize;
    let mut before: Option<Part<'_>> = None;
    for part in &parts {
        follows(before, *part)?;
        match part {
            Part::Open => depth += 1,
            Part::Close => match depth.checked_sub(1) {
                Some(left) => depth = left,
                None if parts.contains(&Part::Anything) => {}
                None => return Err(("`)` has no matching `(`".to_owned(), "")),
            },
            _ => {}
        }
        before = Some(*part);
    }
    if depth > 0 && !parts.contains(&Part::Anything) {
        return Err(("a closing bracket is missing".to_owned(), ""));
    }
    match before {
        Some(Part::Operator(operator)) => Err((format!("nothing follows `{operator}`"), "")),
        _ => Ok(()),
    }
}

fn follows(before: Option<Part<'_>>, part: Part<'_>) -> Result<(), Problem> {
    match (before, part) {
        (_, Part::Operator("=")) => Err(("`=` compares nothing".to_owned(), "write `==`")),
        (None | Some(Part::Open), Part::Operator(operator)) if !PREFIXES.contains(&operator) => {
            Err((format!("nothing stands before `{operator}`"), ""))
        }
        (Some(Part::Operator(first)), Part::Operator(second)) if !PREFIXES.contains(&second) => {
            Err((format!("`{second}` follows `{first}`"), ""))
        }
        (Some(Part::Value(_)), Part::Value(word @ ("and" | "AND"))) => {
            Err((format!("`{word}` is not an operator here"), "write `&&`"))
        }
        (Some(Part::Value(_)), Part::Value(word @ ("or" | "OR"))) => {
            Err((format!("`{word}` is not an operator here"), "write `||`"))
        }
        (Some(Part::Value(first)), Part::Value(second)) => Err((
            format!("an operator is missing between `{first}` and `{second}`"),
            "put words that belong together in quotes",
        )),
        (Some(Part::Operator(first)), Part::Close) => {
            Err((format!("nothing follows `{first}`"), ""))
        }
        _ => Ok(()),
    }
}

fn split(text: &str) -> Result<Vec<Part<'_>>, Problem> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '\'' || first == '"' {
            let Some(length) = quoted(rest) else {
                return Err((format!("the closing quote {first} is missing"), ""));
            };
            parts.push(Part::Value(rest.get(..length).unwrap_or_default()));
            length
        } else if first == '(' || first == ')' {
            parts.push(if first == '(' {
                Part::Open
            } else {
                Part::Close
            });
            1
        } else if first == '[' {
            let length = rest.find(']').map_or(rest.len(), |end| end + 1);
            parts.push(Part::Anything);
            length
        } else if let Some(operator) = operator(rest) {
            parts.push(Part::Operator(operator));
            operator.len()
        } else {
            let (length, part) = word(rest);
            parts.push(part);
            length
        };
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(parts)
}

fn operator(rest: &str) -> Option<&'static str> {
    OPERATORS
        .iter()
        .copied()
        .find(|operator| rest.starts_with(operator))
}

/// A bare word or number; with a tag in it, the word may be anything.
fn word(rest: &str) -> (usize, Part<'_>) {
    let mut end = 0;
    let mut tagged = false;
    while let Some(left) = rest.get(end..).filter(|left| !left.is_empty()) {
        if left.starts_with("{{") {
            tagged = true;
            end += left.find("}}").map_or(left.len(), |close| close + 2);
            continue;
        }
        let Some(character) = left.chars().next() else {
            break;
        };
        if character.is_whitespace() || "()'\"[".contains(character) || operator(left).is_some() {
            break;
        }
        end += character.len_utf8();
    }
    let text = rest.get(..end).unwrap_or_default();
    let part = match text {
        _ if tagged => Part::Anything,
        "in" | "IN" => Part::Operator("in"),
        _ => Part::Value(text),
    };
    (end.max(1), part)
}

fn quoted(rest: &str) -> Option<usize> {
    let quote = rest.chars().next()?;
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == quote {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{broken, fails_whatever_it_holds};

    #[test]
    fn sound_conditions() {
        for good in [
            "foo == foo",
            "{{steps.flip.outputs.result}} == heads",
            "'{{a}}' == \"b c\" && !({{x}} > 3)",
            "{{a}}{{b}} == 12 || {{=1 == 1}}",
            "{{c}}",
            "a in (1, 2, 3)",
            "(x =~ '^a') ? true : false",
            "-1 < 2",
            "{{inputs.parameters.x}} {{inputs.parameters.op}} 3",
            "{{steps.a.outputs.result}} != ''",
            "true",
        ] {
            assert_eq!(broken(good), Ok(()), "{good}");
            assert_eq!(fails_whatever_it_holds(good), None, "{good}");
        }
    }

    #[test]
    fn conditions_that_can_be_read_and_fail() {
        for bad in [
            "my-value == my-value",
            "100Mi == 100Mi",
            "{{tasks.a.outputs.result}} == fit-model",
            "{{a}} == b && c.d == e",
            "'true'",
            "10 > many",
            // Only an operator may follow a pattern; `?` does not count as one there.
            "x =~ '^a' ? true : false",
            "{{a}} =~ '('",
            "!yes",
        ] {
            assert!(
                broken(bad).is_err() || fails_whatever_it_holds(bad).is_some(),
                "{bad}"
            );
        }
    }

    #[test]
    fn broken_conditions() {
        for bad in [
            "a = b",
            "a ==",
            "== b",
            "(a == b",
            "a == b)",
            "a == 'b",
            "a and b",
            "hello world == x",
            "a == && b",
            "()a b",
        ] {
            assert!(broken(bad).is_err(), "{bad}");
        }
    }
}
