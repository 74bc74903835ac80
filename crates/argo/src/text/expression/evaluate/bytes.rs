//! Texts and their bytes: a text of Go may contain any bytes, a Rust text only valid UTF-8.

use super::failure::Failure;

/// A text whose exact bytes are needed. Fails if the text contains a replacement character: its original bytes are
/// lost.
pub(super) fn exact(text: &str) -> Result<&str, Failure> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Failure::Unsupported(
            "a text of bytes that are no letters".to_owned(),
        ));
    }
    Ok(text)
}

/// Makes a text of bytes. Each invalid byte becomes a replacement character, as in Go's JSON.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
