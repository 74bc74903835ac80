//! Escapes with a backslash.

/// Reads an escape that means one letter.
pub(super) fn read(left: &mut &str) -> Option<char> {
    let mut characters = left.chars();
    characters.next();
    let character = characters.next()?;
    let rest = characters.as_str();
    let (found, rest) = match character {
        '1'..='7' if !rest.starts_with(|next: char| next.is_digit(8)) => return None,
        '0'..='7' => octal(character, rest)?,
        'x' => hexadecimal(rest)?,
        'a' => ('\u{7}', rest),
        'f' => ('\u{c}', rest),
        'n' => ('\n', rest),
        'r' => ('\r', rest),
        't' => ('\t', rest),
        'v' => ('\u{b}', rest),
        _ if character.is_ascii() && !character.is_ascii_alphanumeric() => (character, rest),
        _ => return None,
    };
    *left = rest;
    Some(found)
}

/// Reads up to three octal digits.
fn octal(first: char, rest: &str) -> Option<(char, &str)> {
    let mut number = first.to_digit(8)?;
    let mut rest = rest;
    for _ in 0..2 {
        let Some(digit) = rest.chars().next().and_then(|next| next.to_digit(8)) else {
            break;
        };
        number = number * 8 + digit;
        rest = rest.get(1..)?;
    }
    Some((char::from_u32(number)?, rest))
}

/// Reads `x41` or `x{41}`.
fn hexadecimal(rest: &str) -> Option<(char, &str)> {
    let (digits, rest) = match rest.strip_prefix('{') {
        Some(rest) => rest.split_once('}')?,
        None => rest.split_at_checked(2)?,
    };
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_number {
        return None;
    }
    let significant = digits.trim_start_matches('0');
    let number = if significant.is_empty() {
        0
    } else {
        u32::from_str_radix(significant, 16).ok()?
    };
    Some((char::from_u32(number)?, rest))
}
