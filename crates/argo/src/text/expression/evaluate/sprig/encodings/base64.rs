//! Base64 with padding, and Go's error messages.

/// Decodes Base64. The error is Go's message.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, String> {
    let wrong = |place: usize| Err(format!("illegal base64 data at input byte {place}"));
    let is_line_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let mut found = Vec::new();
    let mut group: Vec<u8> = Vec::with_capacity(4);
    let mut letters = text.iter().copied().enumerate().peekable();
    while let Some((place, letter)) = letters.next() {
        if is_line_end(&letter) {
            continue;
        }
        if let Some(value) = value(letter) {
            group.push(value);
            if group.len() == 4 {
                found.extend(bytes(&group));
                group.clear();
            }
            continue;
        }
        if letter != b'=' || group.len() < 2 {
            return wrong(place);
        }
        while letters.next_if(|(_, next)| is_line_end(next)).is_some() {}
        if group.len() == 2 {
            match letters.next() {
                None => return wrong(text.len()),
                Some((_, b'=')) => {}
                Some((place, _)) => return wrong(place - 1),
            }
            while letters.next_if(|(_, next)| is_line_end(next)).is_some() {}
        }
        if let Some((place, _)) = letters.next() {
            return wrong(place);
        }
        found.extend(bytes(&group));
        return Ok(found);
    }
    if group.is_empty() {
        Ok(found)
    } else {
        wrong(text.len() - group.len())
    }
}

fn value(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

fn bytes(group: &[u8]) -> impl Iterator<Item = u8> {
    let mut bits = 0_u32;
    for place in 0..4 {
        bits = bits << 6 | u32::from(group.get(place).copied().unwrap_or(0));
    }
    let [_, bytes @ ..] = bits.to_be_bytes();
    bytes.into_iter().take(group.len().saturating_sub(1))
}
