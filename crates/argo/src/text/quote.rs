//! Texts as Go writes them in quotes.

use std::fmt::Write as _;

/// The text as Go writes it between quotes (`strconv.Quote`).
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
                // A `String` takes all that is written.
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

/// Says whether Go prints a letter as it is (`strconv.IsPrint`): of spaces only the plain one.
fn is_printable(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_graphic() || letter == ' ';
    }
    // Behind another letter Rust leaves alone what Go prints.
    let two: String = ['a', letter].iter().collect();
    two.escape_debug().eq(two.chars())
}

/// Writes a text as it stands between quotes in JSON, with `<`, `>` and `&` escaped (`json.Marshal`).
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
                // A `String` takes all that is written.
                let _ = write!(written, "\\u{:04x}", u32::from(letter));
            }
            _ => written.push(letter),
        }
    }
}

/// The text that stands between quotes in JSON, if it does.
pub(crate) fn of_json(inside: &str) -> Option<String> {
    serde_json::from_str(&format!("\"{inside}\"")).ok()
}
