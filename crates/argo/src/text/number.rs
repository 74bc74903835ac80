//! Numbers as Go writes and calculates them.

/// A number as `%v` writes it.
pub(crate) fn shown(number: f64) -> String {
    float(number, -4, 6, true)
}

/// A finite number as in JSON.
pub(crate) fn json(number: f64) -> String {
    float(number, -6, 21, false)
}

/// The shortest text that identifies a number, with an exponent if the number's own exponent is below `least` or not
/// below `most`.
fn float(number: f64, least: i32, most: i32, padded: bool) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if number == 0.0 || (least..most).contains(&exponent) {
        return format!("{number}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.unsigned_abs();
    if padded {
        format!("{digits}e{sign}{exponent:02}")
    } else {
        format!("{digits}e{sign}{exponent}")
    }
}

/// `math.Pow`. Multiplies for a whole exponent, so that the last digit is Go's.
#[expect(clippy::float_cmp, reason = "so does Go")]
pub(crate) fn power(base: f64, exponent: f64) -> f64 {
    if exponent == 0.5 {
        return base.sqrt();
    }
    if exponent == -0.5 {
        return 1.0 / base.sqrt();
    }
    let size = exponent.abs();
    if !base.is_finite() || base == 0.0 || size.fract() != 0.0 || size >= 1e15 {
        return base.powf(exponent);
    }
    let mut product = 1.0;
    let mut left = truncated(size);
    let mut square = base;
    while left > 0 {
        if left & 1 == 1 {
            product *= square;
        }
        square *= square;
        left >>= 1;
    }
    if exponent < 0.0 {
        1.0 / product
    } else {
        product
    }
}

/// Drops the fraction of a number, as Go's conversion to `int` does on Argo's usual processors: a number that does not
/// fit becomes the least `int`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "what does not fit is asked for before"
)]
pub(crate) fn truncated(number: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;

    if (-LIMIT..LIMIT).contains(&number) {
        number as i64
    } else {
        i64::MIN
    }
}
