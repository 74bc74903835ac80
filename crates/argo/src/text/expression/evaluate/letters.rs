//! Letters as in Go's package `unicode`: each letter maps to exactly one letter.

use unicode_general_category::{GeneralCategory as Category, get_general_category};

pub(super) fn is_upper(letter: char) -> bool {
    get_general_category(letter) == Category::UppercaseLetter
}

pub(super) fn is_lower(letter: char) -> bool {
    get_general_category(letter) == Category::LowercaseLetter
}

pub(super) fn is_title(letter: char) -> bool {
    get_general_category(letter) == Category::TitlecaseLetter
}

pub(super) fn is_letter(letter: char) -> bool {
    matches!(
        get_general_category(letter),
        Category::UppercaseLetter
            | Category::LowercaseLetter
            | Category::TitlecaseLetter
            | Category::ModifierLetter
            | Category::OtherLetter
    )
}

pub(super) fn is_digit(letter: char) -> bool {
    get_general_category(letter) == Category::DecimalNumber
}

pub(super) fn is_number(letter: char) -> bool {
    matches!(
        get_general_category(letter),
        Category::DecimalNumber | Category::LetterNumber | Category::OtherNumber
    )
}

pub(super) fn is_punctuation(letter: char) -> bool {
    matches!(
        get_general_category(letter),
        Category::ConnectorPunctuation
            | Category::DashPunctuation
            | Category::OpenPunctuation
            | Category::ClosePunctuation
            | Category::InitialPunctuation
            | Category::FinalPunctuation
            | Category::OtherPunctuation
    )
}

/// `unicode.ToUpper`.
pub(super) fn upper(letter: char) -> char {
    one(letter.to_uppercase()).unwrap_or_else(|| greek(letter))
}

/// `unicode.ToLower`.
pub(super) fn lower(letter: char) -> char {
    // In Unicode, the small letter of `İ` (U+0130) has two characters; Go maps it to `i`.
    one(letter.to_lowercase()).unwrap_or(if letter == '\u{130}' { 'i' } else { letter })
}

/// `unicode.ToTitle`.
pub(super) fn title(letter: char) -> char {
    match letter {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        // In Georgian, only whole texts have capitals, so titles have none.
        '\u{10d0}'..='\u{10fa}' | '\u{10fd}'..='\u{10ff}' => letter,
        _ => upper(letter),
    }
}

fn one(mut letters: impl Iterator<Item = char>) -> Option<char> {
    letters.next().filter(|_| letters.next().is_none())
}

/// The capital of a Greek letter whose other capital form is two letters.
fn greek(letter: char) -> char {
    let number = u32::from(letter);
    let capital = match number {
        0x1f80..=0x1f87 | 0x1f90..=0x1f97 | 0x1fa0..=0x1fa7 => number + 8,
        0x1fb3 | 0x1fc3 | 0x1ff3 => number + 9,
        _ => number,
    };
    char::from_u32(capital).unwrap_or(letter)
}
