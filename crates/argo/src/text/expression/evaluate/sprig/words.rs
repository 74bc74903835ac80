//! Words and their letters: `title`, `camelcase`, `snakecase` and the like (`goutils`, `huandu/xstrings`).

use super::super::failure::Failure;
use super::super::letters::{
    is_digit, is_letter, is_lower, is_number, is_punctuation, is_title, is_upper, lower, title,
    upper,
};
use super::super::value::Value;
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let text = arguments.text(0);
    Ok(Some(Value::text(match name {
        "title" => titled(text),
        "untitle" => untitled(text),
        "swapcase" => swapped(text),
        "camelcase" => pascal_case(text),
        "snakecase" => separated(text, '_'),
        "kebabcase" => separated(text, '-'),
        _ => return Ok(None),
    })))
}

/// `strings.Title`.
fn titled(text: &str) -> String {
    let separates = |letter: char| {
        if letter.is_ascii() {
            return !letter.is_ascii_alphanumeric() && letter != '_';
        }
        !is_letter(letter) && !is_digit(letter) && letter.is_whitespace()
    };
    let mut before = ' ';
    text.chars()
        .map(|letter| {
            let starts = separates(before);
            before = letter;
            if starts { title(letter) } else { letter }
        })
        .collect()
}

fn untitled(text: &str) -> String {
    let mut starts = true;
    text.chars()
        .map(|letter| {
            if letter.is_whitespace() {
                starts = true;
                letter
            } else if std::mem::take(&mut starts) {
                lower(letter)
            } else {
                letter
            }
        })
        .collect()
}

fn swapped(text: &str) -> String {
    let mut starts = true;
    text.chars()
        .map(|letter| {
            if is_upper(letter) || is_title(letter) {
                starts = false;
                lower(letter)
            } else if is_lower(letter) {
                if std::mem::take(&mut starts) {
                    title(letter)
                } else {
                    upper(letter)
                }
            } else {
                starts = letter.is_whitespace();
                letter
            }
        })
        .collect()
}

fn connects(letter: char) -> bool {
    matches!(letter, '-' | '_') || letter.is_whitespace()
}

fn pascal_case(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    let mut letters = text.chars();
    let mut current = None;
    for letter in letters.by_ref() {
        if !connects(letter) {
            current = Some(letter);
            break;
        }
        found.push(letter);
    }
    let Some(first) = current else {
        // A bug of the library: it repeats the last connector of a text that has only connectors.
        found.extend(text.chars().next_back());
        return found;
    };
    let mut starts_upper = is_upper(first);
    let mut current = upper(first);
    for letter in letters {
        let before = current;
        current = letter;
        if connects(current) && connects(before) {
            found.push(before);
            continue;
        }
        if connects(before) {
            starts_upper = is_upper(current);
            current = upper(current);
        } else {
            if starts_upper {
                if is_upper(current) {
                    current = lower(current);
                } else {
                    starts_upper = false;
                }
            }
            found.push(before);
        }
    }
    found.push(current);
    found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    None,
    Number,
    Upper,
    Alphabet,
    Connector,
    Punctuation,
    Other,
}

/// Lower case with a connector between words.
fn separated(text: &str, connector: char) -> String {
    let mut found = String::with_capacity(text.len());
    let mut write = |kind: Word, word: &str| {
        if !matches!(kind, Word::Upper | Word::Connector) {
            found.push_str(word);
            return;
        }
        found.extend(word.chars().map(|letter| {
            if connects(letter) {
                connector
            } else if is_upper(letter) {
                lower(letter)
            } else {
                letter
            }
        }));
    };
    let joined = connector.to_string();
    let mut rest = text;
    let (mut kind, mut word) = next_word(&mut rest);
    while !rest.is_empty() {
        if kind != Word::Connector {
            write(kind, word);
        }
        let (before, last) = (kind, word);
        (kind, word) = next_word(&mut rest);
        let join = |kind: Word, unless: &[Word], write: &mut dyn FnMut(Word, &str)| {
            if !unless.contains(&kind) {
                write(Word::Other, &joined);
            }
        };
        match before {
            Word::Number => {
                while matches!(kind, Word::Alphabet | Word::Number) {
                    write(kind, word);
                    (kind, word) = next_word(&mut rest);
                }
                join(
                    kind,
                    &[Word::None, Word::Punctuation, Word::Connector],
                    &mut write,
                );
            }
            Word::Connector => write(before, last),
            Word::Punctuation => {}
            _ if kind != Word::Number => {
                join(kind, &[Word::Connector, Word::Punctuation], &mut write);
            }
            _ if rest.is_empty() => {}
            _ => {
                let number = word;
                (kind, word) = next_word(&mut rest);
                if kind == Word::Alphabet {
                    write(Word::Other, &joined);
                    write(Word::Number, number);
                    while matches!(kind, Word::Alphabet | Word::Number) {
                        write(kind, word);
                        (kind, word) = next_word(&mut rest);
                    }
                    join(
                        kind,
                        &[Word::None, Word::Connector, Word::Punctuation],
                        &mut write,
                    );
                } else {
                    write(Word::Number, number);
                    join(kind, &[Word::Connector, Word::Punctuation], &mut write);
                }
            }
        }
    }
    write(kind, word);
    found
}

/// Says whether a letter is not a Chinese one.
fn is_alphabet(letter: char) -> bool {
    let is_chinese = matches!(
        letter,
        '\u{4e00}'..='\u{9fcc}' | '\u{3400}'..='\u{4d85}' | '\u{20000}'..='\u{2b81d}'
    );
    is_letter(letter) && !is_chinese
}

/// Removes the first word of a text and returns it.
fn next_word<'t>(rest: &mut &'t str) -> (Word, &'t str) {
    let text = *rest;
    let Some(first) = text.chars().next() else {
        return (Word::None, "");
    };
    let while_true = |fits: &dyn Fn(char) -> bool| {
        text.char_indices()
            .skip(1)
            .find(|(_, letter)| !fits(*letter))
            .map_or(text.len(), |(index, _)| index)
    };
    let small = |letter: char| is_alphabet(letter) && !is_upper(letter);
    let (kind, end) = if connects(first) {
        (Word::Connector, while_true(&connects))
    } else if is_punctuation(first) {
        (Word::Punctuation, while_true(&is_punctuation))
    } else if is_upper(first) {
        let capitals = while_true(&is_upper);
        let is_one = capitals == first.len_utf8();
        let after = text.get(capitals..).and_then(|after| after.chars().next());
        let end = match after {
            Some(after) if is_one && is_alphabet(after) => while_true(&small),
            Some(after) if !is_one && is_alphabet(after) => {
                // The last capital begins the next word.
                let last = text
                    .get(..capitals)
                    .and_then(|word| word.chars().next_back());
                capitals - last.map_or(0, char::len_utf8)
            }
            _ => capitals,
        };
        (Word::Upper, end)
    } else if is_alphabet(first) {
        (Word::Alphabet, while_true(&small))
    } else if is_number(first) {
        (Word::Number, while_true(&is_number))
    } else {
        let other = |letter: char| {
            !connects(letter)
                && !is_alphabet(letter)
                && !is_number(letter)
                && !is_punctuation(letter)
        };
        (Word::Other, while_true(&other))
    };
    let (word, after) = text.split_at_checked(end).unwrap_or((text, ""));
    *rest = after;
    (kind, word)
}
