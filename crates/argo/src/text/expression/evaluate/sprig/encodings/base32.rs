//! Base32 with padding, and Go's error messages.

const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Encodes bytes as Base32.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(5) {
        let mut bits = 0_u64;
        for place in 0..5 {
            bits = bits << 8 | u64::from(chunk.get(place).copied().unwrap_or(0));
        }
        let letters = (chunk.len() * 8).div_ceil(5);
        for place in 0..8 {
            let index = usize::try_from(bits >> (35 - 5 * place) & 31).unwrap_or(0);
            let letter = LETTERS.get(index).filter(|_| place < letters);
            text.push(letter.copied().map_or('=', char::from));
        }
    }
    text
}

/// Decodes Base32. The error is Go's message.
pub(super) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = |place: usize| Err(format!("illegal base32 data at input byte {place}"));
    let letters: Vec<u8> = text
        .iter()
        .copied()
        .filter(|byte| !matches!(byte, b'\n' | b'\r'))
        .collect();
    let size = letters.len();
    let mut found = Vec::new();
    let mut at = 0;
    while at < size {
        let mut bits = 0_u64;
        let mut count = 0;
        let mut is_end = false;
        while count < 8 {
            let Some(letter) = letters.get(at) else {
                return wrong(size - count);
            };
            at += 1;
            let left = size - at;
            if *letter == b'=' && count >= 2 && left < 8 {
                if left + count < 7 {
                    return wrong(size);
                }
                let padding = letters.get(at..).unwrap_or_default().iter().take(7 - count);
                if let Some(place) = padding.into_iter().position(|byte| *byte != b'=') {
                    return wrong(at + place - 1);
                }
                if matches!(count, 3 | 6) {
                    return wrong(at - 1);
                }
                is_end = true;
                break;
            }
            let Some(value) = LETTERS.iter().position(|known| known == letter) else {
                return wrong(at - 1);
            };
            bits = bits << 5 | u64::try_from(value).unwrap_or(0);
            count += 1;
        }
        bits <<= 5 * (8 - count);
        let [_, _, _, bytes @ ..] = bits.to_be_bytes();
        found.extend(bytes.into_iter().take(count * 5 / 8));
        if is_end {
            break;
        }
    }
    Ok(found)
}
