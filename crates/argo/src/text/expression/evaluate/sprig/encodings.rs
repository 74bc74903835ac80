//! Encodings, checksums and URLs.

mod base32;
pub(super) mod base64;
mod url;

use std::fmt::Write as _;

use sha1::{Digest, Sha1};
use sha2::{Sha256, Sha512};

use super::super::base64::encode;
use super::super::bytes::{exact, of_bytes};
use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    if !is_one(name) {
        return Ok(None);
    }
    let bytes = exact(arguments.text(0))?.as_bytes();
    // sprig returns the error message in place of the text.
    let decoded = |found: Result<Vec<u8>, String>| match found {
        Ok(bytes) => Value::text(of_bytes(&bytes)),
        Err(message) => Value::text(message),
    };
    Ok(Some(match name {
        "b64enc" => Value::text(encode(bytes)),
        "b64dec" => decoded(base64::decode(bytes)),
        "b32enc" => Value::text(base32::encode(bytes)),
        "b32dec" => decoded(base32::decode(bytes)),
        "sha1sum" => Value::text(hexadecimal(&Sha1::digest(bytes))),
        "sha256sum" => Value::text(hexadecimal(&Sha256::digest(bytes))),
        "sha512sum" => Value::text(hexadecimal(&Sha512::digest(bytes))),
        "adler32sum" => Value::text(adler32(bytes).to_string()),
        "urlParse" => Value::map(url::parsed(arguments.text(0))?),
        "urlJoin" => Value::text(url::joined(arguments.value(0))?),
        _ => return Ok(None),
    }))
}

fn is_one(name: &str) -> bool {
    ["b64", "b32", "sha", "adler", "url"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a `String` never fails.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    high << 16 | low
}
