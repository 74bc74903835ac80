//! Literals of numbers and texts in an expression.

/// A parsed number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

/// Says whether a character may be part of a name.
pub(super) fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '$')
}

/// Says whether a word may follow a `.`.
pub(super) fn is_name(word: &str) -> bool {
    word.chars()
        .next()
        .is_some_and(|first| is_of_name(first) && !first.is_numeric())
        && word.chars().all(is_of_name)
}

/// Number of bytes of the number at the start of a text.
pub(super) fn number_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or_default();
    let mut at = 0;
    let mut is_digit: fn(u8) -> bool = |byte| byte.is_ascii_digit() || byte == b'_';
    if byte(0) == b'0' {
        at = 1;
        match byte(1) {
            b'x' | b'X' => {
                at = 2;
                is_digit = |byte| byte.is_ascii_hexdigit() || byte == b'_';
            }
            b'o' | b'O' => {
                at = 2;
                is_digit = |byte| matches!(byte, b'0'..=b'7' | b'_');
            }
            b'b' | b'B' => {
                at = 2;
                is_digit = |byte| matches!(byte, b'0' | b'1' | b'_');
            }
            _ => {}
        }
    }
    let digits = |mut at: usize| {
        while is_digit(byte(at)) {
            at += 1;
        }
        at
    };
    at = digits(at);
    if byte(at) == b'.' {
        // `1..3` is a range.
        if byte(at + 1) == b'.' {
            return at;
        }
        at = digits(at + 1);
    }
    if matches!(byte(at), b'e' | b'E') {
        at += 1;
        if matches!(byte(at), b'+' | b'-') {
            at += 1;
        }
        at = digits(at);
    }
    at
}

/// Parses a number.
pub(super) fn number(written: &str) -> Option<Number> {
    let text: String = written.chars().filter(|&digit| digit != '_').collect();
    let lower = text.to_ascii_lowercase();
    let whole = |digits: &str, base| i64::from_str_radix(digits, base).ok().map(Number::Integer);
    if let Some(digits) = lower.strip_prefix("0x") {
        return whole(digits, 16);
    }
    if lower.contains(['.', 'e']) {
        let number: f64 = text.parse().ok()?;
        return number.is_finite().then_some(Number::Float(number));
    }
    if let Some(digits) = lower.strip_prefix("0b") {
        return whole(digits, 2);
    }
    if let Some(digits) = lower.strip_prefix("0o") {
        return whole(digits, 8);
    }
    whole(&text, 10)
}

/// Number of unreadable bytes, and the reason.
type Broken = (usize, String);

/// A character or a byte of a quoted text.
enum Piece {
    Character(char),
    Byte(u8),
}

/// Reads a text in quotes: its length with the quotes, and its content.
pub(super) fn text(rest: &str, quote: char) -> Result<(usize, String), Broken> {
    let (length, pieces) = pieces(rest, quote, false)?;
    let text: String = pieces
        .into_iter()
        .map(|piece| match piece {
            Piece::Character(character) => character,
            Piece::Byte(byte) => char::from(byte),
        })
        .collect();
    Ok((length, text))
}

/// Reads `b"..."`: its length with the quotes, and its bytes.
pub(super) fn bytes(rest: &str, quote: char) -> Result<(usize, Vec<u8>), Broken> {
    let (length, pieces) = pieces(rest, quote, true)?;
    let mut bytes = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Character(character) => {
                bytes.extend(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            Piece::Byte(byte) => bytes.push(byte),
        }
    }
    Ok((length, bytes))
}

fn pieces(rest: &str, quote: char, of_bytes: bool) -> Result<(usize, Vec<Piece>), Broken> {
    let mut pieces = Vec::new();
    let mut at = 1;
    loop {
        let left = rest.get(at..).unwrap_or_default();
        match left.chars().next() {
            None | Some('\n') => {
                return Err((at, format!("a text that starts with {quote} does not end")));
            }
            Some(end) if end == quote => return Ok((at + 1, pieces)),
            Some('\\') => {
                let Some((length, piece)) = escape(left, quote, of_bytes) else {
                    let shown: String = left.chars().take(2).collect();
                    return Err((at + shown.len(), format!("`{shown}` is not a valid escape")));
                };
                at += length;
                pieces.push(piece);
            }
            // Every kind of line end becomes one `\n`.
            Some('\r') => {
                at += if left.starts_with("\r\n") { 2 } else { 1 };
                pieces.push(Piece::Character('\n'));
            }
            Some(character) => {
                at += character.len_utf8();
                pieces.push(Piece::Character(character));
            }
        }
    }
}

fn escape(left: &str, quote: char, of_bytes: bool) -> Option<(usize, Piece)> {
    let letter = left.chars().nth(1)?;
    let plain = |character| Some((2, Piece::Character(character)));
    let digits = |from: usize, count: usize, base: u32| {
        let digits = left.get(from..from + count)?;
        let fits = digits.chars().all(|digit| digit.is_digit(base));
        fits.then(|| u32::from_str_radix(digits, base).ok())
            .flatten()
    };
    match letter {
        'a' => plain('\u{7}'),
        'b' => plain('\u{8}'),
        'f' => plain('\u{c}'),
        'n' => plain('\n'),
        'r' => plain('\r'),
        't' => plain('\t'),
        'v' => plain('\u{b}'),
        '\\' => plain('\\'),
        _ if letter == quote => plain(quote),
        'x' => {
            let byte = u8::try_from(digits(2, 2, 16)?).ok()?;
            Some((4, Piece::Byte(byte)))
        }
        '0'..='3' => {
            let byte = u8::try_from(digits(1, 3, 8)?).ok()?;
            Some((4, Piece::Byte(byte)))
        }
        'u' | 'U' if !of_bytes => {
            let (length, code) = if letter == 'u' && left.get(2..3) == Some("{") {
                let end = left.find('}')?;
                let count = end.checked_sub(3).filter(|count| (1..=6).contains(count))?;
                (end + 1, digits(3, count, 16)?)
            } else {
                let count = if letter == 'u' { 4 } else { 8 };
                (count + 2, digits(2, count, 16)?)
            };
            if code > u32::from(char::MAX) {
                return None;
            }
            // A lone UTF-16 surrogate is not a character.
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            Some((length, Piece::Character(character)))
        }
        _ => None,
    }
}

/// Reads a text in backticks; two backticks in it mean one.
pub(super) fn raw_text(rest: &str) -> Option<(usize, String)> {
    let mut text = String::new();
    let mut at = 1;
    loop {
        let left = rest.get(at..)?;
        let end = left.find('`')?;
        text.push_str(left.get(..end)?);
        at += end + 1;
        if !rest.get(at..)?.starts_with('`') {
            return Some((at, text));
        }
        text.push('`');
        at += 1;
    }
}
