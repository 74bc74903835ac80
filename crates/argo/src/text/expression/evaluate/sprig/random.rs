//! Random texts and numbers, made from the caller's seed: the same seed gives the same results.

use std::cell::Cell;

use sha2::{Digest, Sha256};

use super::super::base64;
use super::super::budget::too_much_memory;
use super::super::failure::Failure;
use super::super::value::Value;
use super::arguments::Arguments;

/// Greatest number of letters or bytes in a result.
const MOST: usize = 100_000;

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let letters = |fits: fn(&char) -> bool| text(arguments, fits);
    Ok(Some(match name {
        "randAlpha" => letters(char::is_ascii_alphabetic)?,
        "randAlphaNum" => letters(char::is_ascii_alphanumeric)?,
        "randNumeric" => letters(char::is_ascii_digit)?,
        "randAscii" => letters(|letter| matches!(letter, ' '..='~'))?,
        "randBytes" => {
            let count = usize::try_from(arguments.whole(0))
                .map_err(|_| Failure::new("the number of bytes is negative"))?;
            Value::text(base64::encode(&arguments.random(count)?))
        }
        "randInt" => {
            let (least, most) = (arguments.whole(0), arguments.whole(1));
            let span = u64::try_from(most.wrapping_sub(least))
                .ok()
                .filter(|span| *span > 0);
            let span = span.ok_or_else(|| Failure::new("there is no number in between"))?;
            Value::Integer(least.wrapping_add_unsigned(arguments.below(span)?))
        }
        "shuffle" => {
            let mut letters: Vec<char> = arguments.text(0).chars().collect();
            for last in (1..letters.len()).rev() {
                let other = arguments.below(u64::try_from(last + 1).unwrap_or(1))?;
                letters.swap(last, usize::try_from(other).unwrap_or(0));
            }
            Value::text(letters.into_iter().collect::<String>())
        }
        "uuidv4" => Value::text(uuid(&arguments.random(16)?)),
        _ => return Ok(None),
    }))
}

/// Draws the requested number of ASCII letters, only those that `fits` accepts.
fn text(arguments: &Arguments<'_>, fits: fn(&char) -> bool) -> Result<Value, Failure> {
    let count = usize::try_from(arguments.whole(0)).unwrap_or(0);
    let letters: Vec<char> = ('\0'..='~').filter(fits).collect();
    if count > MOST {
        return Err(too_much_memory());
    }
    let size = letters.len();
    let limit = 256 - 256 % size;
    let mut found = String::with_capacity(count);
    while found.len() < count {
        let bytes = arguments.random(2 * (count - found.len()))?;
        // Skip bytes above the limit: otherwise some letters would be more frequent.
        let bytes = bytes
            .into_iter()
            .map(usize::from)
            .filter(|byte| *byte < limit);
        let drawn = bytes.filter_map(|byte| letters.get(byte % size));
        found.extend(drawn.take(count - found.len()));
    }
    Ok(Value::text(found))
}

/// A UUID of version 4.
fn uuid(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.iter().enumerate() {
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match place {
            6 => byte & 0x0f | 0x40,
            8 => byte & 0x3f | 0x80,
            _ => *byte,
        };
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

impl Arguments<'_> {
    /// The next random bytes; no call gets the same bytes twice.
    pub(super) fn random(self, count: usize) -> Result<Vec<u8>, Failure> {
        let Some(outside) = self.context.outside else {
            return Err(Failure::Unsupported("a random value".to_owned()));
        };
        if count > 2 * MOST {
            return Err(too_much_memory());
        }
        let mut bytes = Vec::with_capacity(count + 32);
        while bytes.len() < count {
            let drawn: &Cell<u64> = &self.context.drawn;
            drawn.set(drawn.get() + 1);
            let block = Sha256::new()
                .chain_update(outside.seed.to_be_bytes())
                .chain_update(drawn.get().to_be_bytes());
            bytes.extend_from_slice(&block.finalize());
        }
        bytes.truncate(count);
        Ok(bytes)
    }

    /// A random number less than `limit`.
    fn below(self, limit: u64) -> Result<u64, Failure> {
        let bytes = self.random(16)?;
        let number = bytes
            .iter()
            .fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        // With 128 bits, the bias of the remainder is too small to notice.
        Ok(u64::try_from(number % u128::from(limit)).unwrap_or(0))
    }
}
