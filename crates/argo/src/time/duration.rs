//! Durations as in Go: a count of nanoseconds.

const SECOND: u64 = 1_000_000_000;

/// A duration in nanoseconds (`time.Duration`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(i64);

impl Duration {
    /// Duration of `nanoseconds`.
    pub fn new(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// Length in nanoseconds.
    pub fn nanoseconds(self) -> i64 {
        self.0
    }

    /// Parses a duration such as `1h30m` (`time.ParseDuration`); `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: u64 = 0;
        while !rest.is_empty() {
            let (part, after) = one(rest)?;
            total = total.checked_add(part).filter(|total| *total <= 1 << 63)?;
            rest = after;
        }
        if negative {
            return Some(Self(0_i64.wrapping_sub_unsigned(total)));
        }
        i64::try_from(total).ok().map(Self)
    }

    /// Rounds toward zero to a multiple of `step` (`Duration.Truncate`).
    #[must_use]
    pub fn truncate(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        Self(self.0 - self.0 % step.0)
    }

    /// Rounds to the nearest multiple of `step`, halves away from zero (`Duration.Round`).
    #[must_use]
    pub fn round(self, step: Self) -> Self {
        if step.0 <= 0 {
            return self;
        }
        let rest = self.0 % step.0;
        let down = self.0 - rest;
        if rest.unsigned_abs().saturating_mul(2) < step.0.unsigned_abs() {
            return Self(down);
        }
        Self(down.saturating_add(step.0 * self.0.signum()))
    }
}

/// Reads a number and its unit from the start. Gives nanoseconds, and the rest of the text.
fn one(text: &str) -> Option<(u64, &str)> {
    let (whole, has_whole, rest) = leading(text)?;
    let mut rest = rest;
    let mut fraction = (0_u64, 1.0_f64);
    let mut has_fraction = false;
    if let Some(after) = rest.strip_prefix('.') {
        let count = after.bytes().take_while(u8::is_ascii_digit).count();
        has_fraction = count > 0;
        fraction = fraction_of(after.get(..count)?);
        rest = after.get(count..)?;
    }
    if !has_whole && !has_fraction {
        return None;
    }
    let end = rest
        .find(|letter: char| letter == '.' || letter.is_ascii_digit())
        .unwrap_or(rest.len());
    let unit = match rest.get(..end)? {
        "ns" => 1,
        // The micro sign, and the Greek letter mu.
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => SECOND,
        "m" => 60 * SECOND,
        "h" => 3600 * SECOND,
        _ => return None,
    };
    if whole > (1 << 63) / unit {
        return None;
    }
    let mut total = whole * unit;
    if fraction.0 > 0 {
        total = total.checked_add(part(fraction, unit))?;
        if total > 1 << 63 {
            return None;
        }
    }
    Some((total, rest.get(end..)?))
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Go loses it as well"
)]
fn part((fraction, scale): (u64, f64), unit: u64) -> u64 {
    (fraction as f64 * (unit as f64 / scale)) as u64
}

fn leading(text: &str) -> Option<(u64, bool, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    if count == 0 {
        return Some((0, false, text));
    }
    let number: u64 = text.get(..count)?.parse().ok()?;
    if number > 1 << 63 {
        return None;
    }
    Some((number, true, text.get(count..)?))
}

/// The digits after a point, as a number and its divisor; ignores digits that do not fit.
fn fraction_of(digits: &str) -> (u64, f64) {
    let mut number: u64 = 0;
    let mut scale = 1.0;
    for digit in digits.bytes() {
        let more = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u64::from(digit - b'0')))
            .filter(|more| *more <= 1 << 63);
        let Some(more) = more else { break };
        number = more;
        scale *= 10.0;
    }
    (number, scale)
}

impl std::fmt::Display for Duration {
    /// Writes the duration like `Duration.String`: `1h30m0s`, `1.5ms`, `0s`.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let size = self.0.unsigned_abs();
        if self.0 < 0 {
            formatter.write_str("-")?;
        }
        if size == 0 {
            return formatter.write_str("0s");
        }
        let (unit, digits) = match size {
            1..1_000 => ("ns", 0),
            1_000..1_000_000 => ("\u{b5}s", 3),
            1_000_000..SECOND => ("ms", 6),
            _ => ("s", 9),
        };
        let scale = 10_u64.pow(digits);
        let (mut whole, fraction) = (size / scale, size % scale);
        if size >= SECOND {
            let (hours, minutes) = (whole / 3600, whole / 60);
            if hours > 0 {
                write!(formatter, "{hours}h")?;
            }
            if minutes > 0 {
                write!(formatter, "{}m", minutes % 60)?;
            }
            whole %= 60;
        }
        write!(formatter, "{whole}")?;
        if fraction > 0 {
            let width = usize::try_from(digits).unwrap_or(0);
            let shown = format!("{fraction:0width$}");
            write!(formatter, ".{}", shown.trim_end_matches('0'))?;
        }
        formatter.write_str(unit)
    }
}
