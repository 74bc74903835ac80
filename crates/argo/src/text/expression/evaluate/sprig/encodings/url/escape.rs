//! Percent encoding of URLs: `%41`.

use super::super::super::super::failure::Failure;

/// Failure of a text that is not a URL.
pub(super) fn wrong(what: &str) -> Failure {
    Failure::new(format!("the address cannot be read: {what}"))
}

/// Part of a URL: each part leaves different bytes unescaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum UrlPart {
    Path,
    Host,
    Zone,
    User,
    Fragment,
}

impl UrlPart {
    fn keeps(self, byte: u8) -> bool {
        let also: &[u8] = match self {
            Self::Path => b"$&+,/:;=@",
            Self::Host | Self::Zone => b"!\"$&'()*+,:;<=>[]",
            Self::User => b"$&+,;=",
            Self::Fragment => b"!$&()*+,/:;=?@",
        };
        byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || also.contains(&byte)
    }
}

/// Escapes bytes for this part of a URL.
pub(super) fn escape(bytes: &[u8], place: UrlPart) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if place.keeps(*byte) {
            text.push(char::from(*byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}

/// Unescapes the text of this part of a URL.
pub(super) fn unescape(text: &str, place: UrlPart) -> Result<Vec<u8>, Failure> {
    let is_of_host = matches!(place, UrlPart::Host | UrlPart::Zone);
    let mut bytes = Vec::with_capacity(text.len());
    let mut left = text.as_bytes();
    while let Some((first, rest)) = left.split_first() {
        if *first != b'%' {
            if is_of_host && first.is_ascii() && !place.keeps(*first) {
                return Err(wrong("a letter that no host has"));
            }
            bytes.push(*first);
            left = rest;
            continue;
        }
        let digits = rest
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let digits = digits.filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        let byte = byte.ok_or_else(|| wrong("a `%` without two digits"))?;
        let is_percent = byte == b'%';
        let is_wrong = match place {
            UrlPart::Host => byte.is_ascii() && !is_percent,
            UrlPart::Zone => !is_percent && byte != b' ' && !UrlPart::Host.keeps(byte),
            _ => false,
        };
        if is_wrong {
            return Err(wrong("a letter that no host has"));
        }
        bytes.push(byte);
        left = rest.get(2..).unwrap_or_default();
    }
    Ok(bytes)
}
