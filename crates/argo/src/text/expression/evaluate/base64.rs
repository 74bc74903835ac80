//! Base64 with padding, as Go's `encoding/base64` reads and writes it.

use super::bytes::of_bytes;
use super::failure::Failure;
use super::value::Value;

/// Encodes bytes as Base64 with padding.
pub(super) fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let byte = |number: usize| u32::from(chunk.get(number).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4_usize {
            if position > chunk.len() {
                text.push('=');
                continue;
            }
            let index = (bits >> (18 - 6 * position)) & 63;
            let letter = usize::try_from(index)
                .ok()
                .and_then(|index| LETTERS.get(index));
            text.push(letter.copied().map_or('=', char::from));
        }
    }
    text
}

/// Decodes a text from Base64 with padding.
pub(super) fn decode(text: &str) -> Result<Value, Failure> {
    let wrong = || Failure::new("this is not Base64");
    let letters: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    if !letters.len().is_multiple_of(4) {
        return Err(wrong());
    }
    let mut bytes = Vec::new();
    let groups = letters.len() / 4;
    for (number, group) in letters.chunks(4).enumerate() {
        let padding = group.iter().rev().take_while(|byte| **byte == b'=').count();
        if padding > 2 || padding > 0 && number + 1 < groups {
            return Err(wrong());
        }
        let mut bits = 0_u32;
        for letter in group.iter().take(4 - padding) {
            let value = match letter {
                b'A'..=b'Z' => letter - b'A',
                b'a'..=b'z' => letter - b'a' + 26,
                b'0'..=b'9' => letter - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => return Err(wrong()),
            };
            bits = bits << 6 | u32::from(value);
        }
        for _ in 0..padding {
            bits <<= 6;
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].into_iter().take(3 - padding));
    }
    Ok(Value::text(of_bytes(&bytes)))
}
