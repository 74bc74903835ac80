//! Texts and their bytes: Go's texts may hold any bytes, and ours only letters.

use super::failure::Failure;

/// A text whose bytes count. Which bytes were no letters, and are now the one that says so, nobody knows.
pub(super) fn exact(text: &str) -> Result<&str, Failure> {
    if text.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Failure::Unsupported(
            "a text of bytes that are no letters".to_owned(),
        ));
    }
    Ok(text)
}

/// A text of bytes: what is no letter is one that says so, for each byte, as in the JSON that Go writes.
pub(super) fn of_bytes(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}
