//! Kubernetes's amounts: `2`, `0.5`, `500m`, `4Gi`, `1e3`
//! (`resource.Quantity` in `k8s.io/apimachinery/pkg/api/resource/quantity.go`).

use std::fmt;

use num_bigint::{BigInt, Sign};

/// A suffix with the power of its base: ten for decimal ones, two for binary ones.
const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [(&str, u32); 6] = [
    ("Ki", 10),
    ("Mi", 20),
    ("Gi", 30),
    ("Ti", 40),
    ("Pi", 50),
    ("Ei", 60),
];

/// Exponent of the finest amount: a smaller one is rounded up to it.
const FINEST: i32 = -9;

/// Digits of the longest number that is read. Kubernetes has no such limit, but real amounts are far shorter.
const LONGEST: usize = 400;

/// An amount of a resource, exact.
///
/// Amounts finer than 10⁻⁹ are rounded up to it, and binary amounts end at 2⁶³ - 1, as in Kubernetes.
#[derive(Clone, Debug)]
pub struct Quantity {
    unscaled: BigInt,
    /// Power of ten that multiplies `unscaled`.
    exponent: i32,
    format: Format,
}

/// Notation of an amount, kept for output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    /// `12e6`
    Exponent,
    /// `12Mi`
    Binary,
    /// `12M`
    Decimal,
}

/// A text that is not an amount, or not a usable one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuantityError {
    /// The text.
    pub text: String,
    /// Fault of the amount.
    pub fault: QuantityFault,
}

/// Fault of an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuantityFault {
    /// The text does not begin with a number.
    Number,
    /// An unknown suffix follows the number.
    Suffix,
    /// The number has too many digits, or too large an exponent.
    TooLong,
    /// The amount is less than nothing.
    Negative,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = &self.text;
        match self.fault {
            QuantityFault::Number => write!(formatter, "`{text}` is not an amount"),
            QuantityFault::Suffix => {
                write!(
                    formatter,
                    "`{text}` is not an amount: Kubernetes has no such suffix"
                )
            }
            QuantityFault::TooLong => write!(formatter, "the amount `{text}` is too long"),
            QuantityFault::Negative => write!(formatter, "the amount `{text}` is less than zero"),
        }
    }
}

impl std::error::Error for QuantityError {}

impl Quantity {
    /// Reads an amount: digits with or without a point, and a suffix.
    ///
    /// The text must match both the pattern of Argo's CRDs and `ParseQuantity`. Each alone accepts a little more: the
    /// pattern accepts `1e1.5`, and `ParseQuantity` reads `.` and `Gi` as zero.
    ///
    /// # Errors
    ///
    /// Returns what is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        Self::read(text).map_err(|fault| QuantityError {
            text: text.to_owned(),
            fault,
        })
    }

    fn read(text: &str) -> Result<Self, QuantityFault> {
        let (is_negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (number, suffix) = split(unsigned);
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if whole.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return Err(QuantityFault::Number);
        }
        let whole = whole.trim_start_matches('0');
        let digits = format!("0{whole}{fraction}");
        // The canonical form has up to two more zeros.
        let is_too_long =
            digits.len() - 1 > LONGEST || digits.trim_matches('0').len() > LONGEST - 2;
        if is_too_long {
            return Err(QuantityFault::TooLong);
        }
        let mut unscaled: BigInt = digits.parse().map_err(|_| QuantityFault::Number)?;
        let length = i32::try_from(fraction.len()).map_err(|_| QuantityFault::TooLong)?;
        let (power, mut format) = scale(suffix)?;
        let mut exponent = -length;
        match power {
            Power::Ten(power) => {
                exponent = exponent.checked_add(power).ok_or(QuantityFault::TooLong)?;
            }
            Power::Two(power) => unscaled <<= power,
        }
        (unscaled, exponent) = rounded_up(unscaled, exponent, FINEST);
        if format == Format::Binary {
            let most = BigInt::from(i64::MAX);
            if scaled(&unscaled, exponent, 0) > most {
                (unscaled, exponent) = (most, 0);
            } else if exponent < 0 && scaled(&unscaled, exponent, 0) == BigInt::from(1) {
                // The canonical form writes less than one in thousandths.
                let is_one = unscaled == ten_to(exponent.unsigned_abs());
                format = if is_one { format } else { Format::Decimal };
            }
        }
        if is_negative {
            unscaled = -unscaled;
        }
        Ok(Self {
            unscaled,
            exponent,
            format,
        })
    }

    /// The amount in whole units, rounded up: bytes of memory, cores of CPU (`Value`). At most `i64::MAX`.
    pub fn value(&self) -> i64 {
        self.at(0)
    }

    /// The amount in thousandths, rounded up (`MilliValue`). At most `i64::MAX`.
    pub fn milli_value(&self) -> i64 {
        self.at(-3)
    }

    fn at(&self, exponent: i32) -> i64 {
        let scaled = scaled(&self.unscaled, self.exponent, exponent);
        let most = match scaled.sign() {
            Sign::Minus => i64::MIN,
            Sign::NoSign | Sign::Plus => i64::MAX,
        };
        i64::try_from(scaled).unwrap_or(most)
    }
}

/// Reads an amount in whole units, rounded up: bytes of memory, or a count.
///
/// # Errors
///
/// Returns what is wrong with the text. An amount below zero is an error: nobody can ask for it.
pub fn whole(text: &str) -> Result<u64, QuantityError> {
    positive(text, Quantity::parse(text)?.value())
}

/// Reads an amount in thousandths, rounded up: thousandths of a core.
///
/// # Errors
///
/// Returns what is wrong with the text. An amount below zero is an error: nobody can ask for it.
pub fn thousandths(text: &str) -> Result<u64, QuantityError> {
    positive(text, Quantity::parse(text)?.milli_value())
}

fn positive(text: &str, amount: i64) -> Result<u64, QuantityError> {
    u64::try_from(amount).map_err(|_| QuantityError {
        text: text.to_owned(),
        fault: QuantityFault::Negative,
    })
}

/// The canonical form: no fraction, and the largest suffix that keeps it so (`CanonicalizeBytes`).
impl fmt::Display for Quantity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unscaled.sign() == Sign::NoSign {
            return formatter.write_str("0");
        }
        if self.format == Format::Binary
            && let Some((number, suffix)) = self.binary()
        {
            return write!(formatter, "{number}{suffix}");
        }
        let (mut number, mut exponent) = without_factor(&self.unscaled, self.exponent, 10);
        if self.format == Format::Exponent {
            while exponent % 3 != 0 {
                number *= 10;
                exponent -= 1;
            }
            return match exponent {
                0 => write!(formatter, "{number}"),
                _ => write!(formatter, "{number}e{exponent}"),
            };
        }
        let found = DECIMAL.iter().rev().find(|(_, power)| *power <= exponent);
        let (suffix, power) = found.copied().unwrap_or(("n", FINEST));
        let number = number * ten_to(exponent.abs_diff(power));
        write!(formatter, "{number}{suffix}")
    }
}

impl Quantity {
    /// The number and the suffix in binary form; none for a small amount or one that is not whole.
    fn binary(&self) -> Option<(BigInt, &'static str)> {
        let whole = scaled(&self.unscaled, self.exponent, 0);
        let is_small = *whole.magnitude() < 1024_u32.into();
        let is_exact =
            self.exponent >= 0 || &whole * ten_to(self.exponent.unsigned_abs()) == self.unscaled;
        if is_small || !is_exact {
            return None;
        }
        let (number, times) = without_factor(&whole, 0, 1024);
        let power = u32::try_from(times).ok()? * 10;
        let found = BINARY.iter().find(|(_, of_suffix)| *of_suffix == power);
        let suffix = found.map_or("", |(suffix, _)| *suffix);
        Some((number, suffix))
    }
}

/// The factor of a suffix.
enum Power {
    Ten(i32),
    Two(u32),
}

fn scale(suffix: &str) -> Result<(Power, Format), QuantityFault> {
    if let Some((_, power)) = DECIMAL.iter().find(|(other, _)| *other == suffix) {
        return Ok((Power::Ten(*power), Format::Decimal));
    }
    if let Some((_, power)) = BINARY.iter().find(|(other, _)| *other == suffix) {
        return Ok((Power::Two(*power), Format::Binary));
    }
    let exponent = suffix
        .strip_prefix(['e', 'E'])
        .ok_or(QuantityFault::Suffix)?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QuantityFault::Suffix);
    }
    let power: i32 = exponent.parse().map_err(|_| QuantityFault::TooLong)?;
    Ok((Power::Ten(power), Format::Exponent))
}

/// Splits an amount without a sign into its number and its suffix.
fn split(text: &str) -> (&str, &str) {
    let end = text
        .find(|character: char| !character.is_ascii_digit() && character != '.')
        .unwrap_or(text.len());
    text.split_at(end)
}

/// The whole amount with the suffix that was probably meant, for one that Kubernetes lacks: `4Gi` for `4 GB`.
pub fn meant(text: &str) -> Option<String> {
    let compact = text.replace(' ', "");
    let (number, suffix) = split(&compact);
    if !number.bytes().any(|byte| byte.is_ascii_digit()) || number.matches('.').count() > 1 {
        return None;
    }
    let meant = match suffix.to_ascii_lowercase().as_str() {
        "" => "",
        "k" => "k",
        "kb" | "ki" | "kib" => "Ki",
        "mb" | "mi" | "mib" => "Mi",
        "g" | "gb" | "gi" | "gib" => "Gi",
        "t" | "tb" | "ti" | "tib" => "Ti",
        _ => return None,
    };
    Some(format!("{number}{meant}"))
}

fn ten_to(power: u32) -> BigInt {
    BigInt::from(10).pow(power)
}

/// Gives a number at another power of ten, rounded away from zero. A result that is too large for any use is not exact.
fn scaled(unscaled: &BigInt, exponent: i32, wanted: i32) -> BigInt {
    let power = i64::from(exponent) - i64::from(wanted);
    let distance = u32::try_from(power.unsigned_abs()).unwrap_or(u32::MAX);
    if power >= 0 {
        return unscaled * ten_to(distance.min(40));
    }
    // Zero stays zero; any other number becomes at least one.
    let sign = unscaled.sign();
    if distance > digits(unscaled) {
        return BigInt::from(match sign {
            Sign::Minus => -1,
            Sign::NoSign => 0,
            Sign::Plus => 1,
        });
    }
    let magnitude = BigInt::from(unscaled.magnitude().clone());
    let divisor = ten_to(distance);
    let up: BigInt = (magnitude + &divisor - 1_u32) / divisor;
    if sign == Sign::Minus { -up } else { up }
}

/// Rounds a number that is too fine up to a power of ten.
fn rounded_up(unscaled: BigInt, exponent: i32, finest: i32) -> (BigInt, i32) {
    if exponent >= finest {
        return (unscaled, exponent);
    }
    (scaled(&unscaled, exponent, finest), finest)
}

/// An upper bound for the number of decimal digits.
fn digits(number: &BigInt) -> u32 {
    u32::try_from(number.bits()).unwrap_or(u32::MAX) / 3 + 1
}

/// Divides by a factor as often as possible, and counts the divisions.
fn without_factor(number: &BigInt, count: i32, factor: u32) -> (BigInt, i32) {
    let (mut number, mut count) = (number.clone(), count);
    while number.sign() != Sign::NoSign && (&number % factor).sign() == Sign::NoSign {
        number /= factor;
        count += 1;
    }
    (number, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_those_of_kubernetes() {
        // The table holds the answers of `ParseQuantity`, `CanonicalizeBytes`, `Value` and `MilliValue`.
        let table = include_str!("../tests/tables/quantity.txt");
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            let [text, canonical, rest @ ..] = columns.as_slice() else {
                panic!("{line}");
            };
            let Ok(quantity) = Quantity::parse(text) else {
                assert_eq!(*canonical, "-", "{line}");
                continue;
            };
            assert_eq!(quantity.to_string(), *canonical, "{line}");
            let numbers =
                [quantity.value(), quantity.milli_value()].map(|number| number.to_string());
            if !rest.is_empty() {
                assert_eq!(numbers.as_slice(), rest, "{line}");
            }
            // The canonical form must be the same amount.
            let again = Quantity::parse(canonical).unwrap();
            assert_eq!(again.to_string(), *canonical, "{line}");
        }
    }

    #[test]
    fn what_is_not_an_amount_is_an_error_and_not_nothing() {
        for (text, fault) in [
            ("", QuantityFault::Number),
            ("Gi", QuantityFault::Number),
            (".", QuantityFault::Number),
            ("1.2.3", QuantityFault::Number),
            ("{{x}}Gi", QuantityFault::Number),
            ("4GB", QuantityFault::Suffix),
            ("4 Gi", QuantityFault::Suffix),
            ("4gi", QuantityFault::Suffix),
            ("1e", QuantityFault::Suffix),
            ("1e1.5", QuantityFault::Suffix),
            ("1e99999999999", QuantityFault::TooLong),
            ("-1", QuantityFault::Negative),
        ] {
            assert_eq!(whole(text).unwrap_err().fault, fault, "{text}");
        }
        assert!(Quantity::parse(&"9".repeat(LONGEST + 1)).is_err());
        // Every readable amount must be readable again after it is written.
        let nines = "9".repeat(LONGEST - 2);
        assert!(Quantity::parse(&format!("{nines}9.4e2")).is_err());
        let written = Quantity::parse(&format!("{nines}e2")).unwrap().to_string();
        assert_eq!(Quantity::parse(&written).unwrap().to_string(), written);
        assert_eq!(Quantity::parse("10E").unwrap().value(), i64::MAX);
        assert_eq!(whole("4Gi"), Ok(4 << 30));
        assert_eq!(thousandths("0.5"), Ok(500));
        // The canonical form of the second text is long, so it is not written here.
        for hostile in ["1e2147483647", "1e-2147483648", "0e2147483647"] {
            assert!(Quantity::parse(hostile).is_ok(), "{hostile}");
        }
    }

    #[test]
    fn a_wrong_suffix_was_meant_to_be_another() {
        assert_eq!(meant("4 GB").as_deref(), Some("4Gi"));
        assert_eq!(meant("a lot"), None);
    }
}
