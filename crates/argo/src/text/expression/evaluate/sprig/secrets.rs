//! Ciphers and password hashes.

use aes::Aes256;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

use super::super::base64::encode;
use super::super::bytes::{exact, of_bytes};
use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;
use super::encodings::base64;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    Ok(Some(match name {
        "encryptAES" => Value::text(encrypt(arguments)?),
        "bcrypt" => Value::text(hashed(arguments, arguments.text(0))?),
        "htpasswd" => {
            let user = arguments.text(0);
            Value::text(if user.contains(':') {
                format!("invalid username: {user}")
            } else {
                format!("{user}:{}", hashed(arguments, arguments.text(1))?)
            })
        }
        "genPrivateKey" => match arguments.text(0) {
            "" | "rsa" | "dsa" | "ecdsa" | "ed25519" => return Ok(None),
            other => Value::text(format!("Unknown type {other}")),
        },
        "decryptAES" => Value::text(decrypt(exact(arguments.text(0))?, arguments.text(1))?),
        _ => return Ok(None),
    }))
}

/// The key of a password: cut to the key's size, or padded with zeros.
fn key(password: &str) -> [u8; 32] {
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(password.bytes()) {
        *place = byte;
    }
    key
}

fn encrypt(arguments: &Arguments<'_>) -> Result<String, Failure> {
    let (password, text) = (exact(arguments.text(0))?, exact(arguments.text(1))?);
    if text.is_empty() {
        return Ok(String::new());
    }
    let mut bytes = arguments.random(16)?;
    let start: [u8; 16] = bytes.as_slice().try_into().unwrap_or_default();
    let mut encryptor = cbc::Encryptor::<Aes256>::new(&key(password).into(), &start.into());
    let padding = 16 - text.len() % 16;
    let filled = u8::try_from(padding).unwrap_or_default();
    let plain = [text.as_bytes(), &vec![filled; padding]].concat();
    for block in plain.as_chunks::<16>().0 {
        let mut block = (*block).into();
        encryptor.encrypt_block(&mut block);
        bytes.extend_from_slice(&block);
    }
    Ok(encode(&bytes))
}

/// `bcrypt` with Go's default cost.
fn hashed(arguments: &Arguments<'_>, password: &str) -> Result<String, Failure> {
    const COST: u32 = 10;

    let refused = |why: &str| format!("failed to encrypt string with bcrypt: bcrypt: {why}");
    if exact(password)?.len() > 72 {
        return Ok(refused("password length exceeds 72 bytes"));
    }
    let salt = arguments
        .random(16)?
        .as_slice()
        .try_into()
        .unwrap_or_default();
    bcrypt::hash_with_salt(password, COST, salt)
        .map(|parts| parts.format_for_version(bcrypt::Version::TwoA))
        .map_err(|error| Failure::new(error.to_string()))
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
