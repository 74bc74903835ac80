//! Ciphers.

use aes::Aes256;
use cbc::cipher::{BlockModeDecrypt, KeyIvInit};

use super::super::Failure;
use super::super::value::Value;
use super::encodings::base64;
use super::{Arguments, of_bytes};

/// Calls a function of this kind, if it is one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    Ok(Some(match name {
        "decryptAES" => Value::text(decrypt(arguments.text(0), arguments.text(1))?),
        _ => return Ok(None),
    }))
}

/// The key that a password is: cut to its size, or filled with zeros.
fn key(password: &str) -> [u8; 32] {
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(password.bytes()) {
        *place = byte;
    }
    key
}

fn decrypt(password: &str, text: &str) -> Result<String, Failure> {
    if text.is_empty() {
        return Ok(String::new());
    }
    let wrong = || Failure::new("this is not an encrypted text");
    let bytes = base64::decode(text.as_bytes()).map_err(Failure::new)?;
    let (start, rest) = bytes.split_first_chunk::<16>().ok_or_else(wrong)?;
    let (blocks, rest) = rest.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(wrong());
    }
    let mut decryptor = cbc::Decryptor::<Aes256>::new(&key(password).into(), &(*start).into());
    let mut plain = Vec::with_capacity(bytes.len());
    for block in blocks {
        let mut block = (*block).into();
        decryptor.decrypt_block(&mut block);
        plain.extend_from_slice(&block);
    }
    let padding = plain.last().copied().map(usize::from).ok_or_else(wrong)?;
    let end = plain.len().checked_sub(padding).ok_or_else(wrong)?;
    Ok(of_bytes(plain.get(..end).unwrap_or_default()))
}
