//! Texts in quotes, as Go writes them.

use std::fmt::Write as _;

/// Writes a text like `strconv.Quote`, but without the quotes.
pub(crate) fn go(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\u{7}' => written.push_str("\\a"),
            '\u{8}' => written.push_str("\\b"),
            '\u{c}' => written.push_str("\\f"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\u{b}' => written.push_str("\\v"),
            _ if is_printable(letter) => written.push(letter),
            _ => {
                let number = u32::from(letter);
                // Writing to a `String` never fails.
                let _ = match number {
                    0..=0x7f => write!(written, "\\x{number:02x}"),
                    0x80..=0xffff => write!(written, "\\u{number:04x}"),
                    _ => write!(written, "\\U{number:08x}"),
                };
            }
        }
    }
    written
}

/// Says whether Go prints a letter unescaped (`strconv.IsPrint`); the only such blank is the plain space.
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_graphic() || letter == ' ';
    }
    // After another letter, Rust escapes exactly the letters that Go does not print.
    let two: String = ['a', letter].iter().collect();
    two.escape_debug().eq(two.chars())
}

/// Writes the text between the quotes of a JSON string, with `<`, `>` and `&` escaped (`json.Marshal`).
pub(crate) fn json(text: &str, written: &mut String) {
    for letter in text.chars() {
        match letter {
            '"' => written.push_str("\\\""),
            '\\' => written.push_str("\\\\"),
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\u{8}' => written.push_str("\\b"),
            '\u{c}' => written.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                // Writing to a `String` never fails.
                let _ = write!(written, "\\u{:04x}", u32::from(letter));
            }
            _ => written.push(letter),
        }
    }
}

/// The text of a JSON string, given without its quotes; none if it is not valid.
pub(crate) fn of_json(inside: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{inside}\"")).ok()
}
