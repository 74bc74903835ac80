//! Numbers in texts, parsed as in Go (`strconv`).

use super::number;

/// `strconv.ParseInt` with 64 bits. Base 0 allows a prefix for the base, as in `0x1f`, `0o17`, `017` and `0b11`, and
/// underscores.
pub(super) fn integer(text: &str, base: u32) -> Option<i64> {
    let (is_negative, digits) = signed(text);
    let size = u64::try_from(unsigned(digits, base)?).ok()?;
    if is_negative {
        0_i64.checked_sub_unsigned(size)
    } else {
        i64::try_from(size).ok()
    }
}

/// The number that `strconv.ParseInt` returns, even with an error: the limit for a number that is too large, 0 for a
/// text that is not a number. Like Go, stops at the digit that makes the number too large.
pub(super) fn nearest_integer(text: &str) -> i64 {
    let (is_negative, digits) = signed(text);
    let limit = if is_negative { i64::MIN } else { i64::MAX };
    let mut number: u64 = 0;
    for character in digits.chars() {
        let Some(digit) = character.to_digit(10) else {
            return 0;
        };
        let larger = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit)));
        match larger {
            Some(larger) => number = larger,
            None => return limit,
        }
    }
    let found = if is_negative {
        0_i64.checked_sub_unsigned(number)
    } else {
        i64::try_from(number).ok()
    };
    found.unwrap_or(limit)
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Parses a number without a sign. Stops growing at 128 bits: the caller refuses everything above 64 bits.
fn unsigned(text: &str, base: u32) -> Option<u128> {
    if text.is_empty() {
        return None;
    }
    let (digits, from) = if base == 0 {
        base_of(text)
    } else {
        (text, base)
    };
    if digits.is_empty() && base != 0 {
        return None;
    }
    let mut number: u128 = 0;
    for character in digits.chars() {
        if character == '_' && base == 0 {
            continue;
        }
        let digit = character.to_digit(from)?;
        number = number
            .saturating_mul(u128::from(from))
            .saturating_add(u128::from(digit));
    }
    if base == 0 && digits.contains('_') && !underscores_are_right(text) {
        return None;
    }
    Some(number)
}

fn base_of(text: &str) -> (&str, u32) {
    let Some(rest) = text.strip_prefix('0') else {
        return (text, 10);
    };
    let prefixed = text.len() >= 3;
    let (base, after) = match rest.chars().next() {
        Some('x' | 'X') if prefixed => (16, rest.get(1..)),
        Some('o' | 'O') if prefixed => (8, rest.get(1..)),
        Some('b' | 'B') if prefixed => (2, rest.get(1..)),
        _ => (8, Some(rest)),
    };
    (after.unwrap_or_default(), base)
}

/// Says whether each underscore is between digits, or between the prefix and a digit.
fn underscores_are_right(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let lower = text.to_ascii_lowercase();
    let is_prefixed = ["0b", "0o", "0x"]
        .iter()
        .any(|base| lower.starts_with(base));
    let is_hexadecimal = lower.starts_with("0x");
    let mut last = if is_prefixed { '0' } else { '^' };
    for character in lower.chars().skip(if is_prefixed { 2 } else { 0 }) {
        let is_digit =
            character.is_ascii_digit() || is_hexadecimal && character.is_ascii_hexdigit();
        match character {
            _ if is_digit => last = '0',
            '_' if last != '0' => return false,
            '_' => last = '_',
            _ if last == '_' => return false,
            _ => last = '!',
        }
    }
    last != '_'
}

/// `strconv.ParseFloat` with 64 bits; none if the number is too large.
pub(super) fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    match unsigned.to_ascii_lowercase().as_str() {
        "inf" | "infinity" => {
            let is_negative = text.starts_with('-');
            return Some(if is_negative {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            });
        }
        // Go accepts `nan` only without a sign.
        "nan" => return (unsigned.len() == text.len()).then_some(f64::NAN),
        _ => {}
    }
    let mut plain = text.to_ascii_lowercase();
    if plain.contains('_') {
        if !underscores_are_right(&plain) {
            return None;
        }
        plain.retain(|character| character != '_');
    }
    let bare = plain.strip_prefix(['+', '-']).unwrap_or(&plain);
    if let Some(digits) = bare.strip_prefix("0x") {
        let size = hexadecimal(digits)?;
        return Some(if plain.starts_with('-') { -size } else { size });
    }
    let is_number = bare
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_digit() || byte == b'.');
    if !is_number {
        return None;
    }
    plain.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Parses the digits after `0x`: a fraction of base 16, and a power of two.
fn hexadecimal(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once('p')?;
    let power: i64 = {
        let digits = power.strip_prefix(['+', '-']).unwrap_or(power);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        power.parse::<i64>().unwrap_or(if power.starts_with('-') {
            -100_000
        } else {
            100_000
        })
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut mantissa: u128 = 0;
    let mut exponent = power.clamp(-100_000, 100_000);
    for (number, character) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u128::from(character.to_digit(16)?);
        let after_point = number >= whole.len();
        if mantissa >> 100 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if after_point { 4 } else { 0 };
        } else {
            // Sticky bit: records that a dropped digit was not zero.
            mantissa |= u128::from(digit != 0);
            exponent += if after_point { 0 } else { 4 };
        }
    }
    scaled(mantissa, exponent)
}

/// `mantissa * 2^exponent`, rounded once; none if it is too large.
fn scaled(mut mantissa: u128, mut exponent: i64) -> Option<f64> {
    if mantissa == 0 {
        return Some(0.0);
    }
    // Keep the 53 bits of a float, or fewer for a subnormal one, and two more for rounding.
    let top = exponent + 128 - i64::from(mantissa.leading_zeros());
    let kept = (top + 1074).clamp(0, 53);
    let lowest = top - kept - 2;
    while exponent < lowest {
        mantissa = mantissa >> 1 | mantissa & 1;
        exponent += 1;
    }
    let mut bits = mantissa;
    if exponent == lowest {
        let rest = bits & 3;
        bits >>= 2;
        exponent += 2;
        bits += u128::from(rest == 3 || rest == 2 && bits & 1 == 1);
    }
    let mut number = u64::try_from(bits).ok().map(whole_as_float)?;
    let step = |number: f64, power: i64| number * 2_f64.powi(i32::try_from(power).unwrap_or(0));
    while exponent > 0 && number.is_finite() {
        let part = exponent.min(500);
        number = step(number, part);
        exponent -= part;
    }
    while exponent < 0 && number != 0.0 {
        let part = exponent.max(-500);
        number = step(number, part);
        exponent -= part;
    }
    number.is_finite().then_some(number)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "it has no more bits than a float"
)]
fn whole_as_float(number: u64) -> f64 {
    number as f64
}

/// `strconv.ParseBool`.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// A float without a fraction as a whole number. As in Go on Argo's processors, a number that is too large becomes the
/// least one.
pub(super) fn whole(number: f64) -> Option<i64> {
    (number.fract() == 0.0 || number.is_infinite()).then(|| number::truncated(number))
}
