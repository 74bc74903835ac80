//! Exact decimal numbers (`shopspring/decimal`).

use num_bigint::{BigInt, Sign};

use super::super::super::budget::too_much_memory;
use super::super::super::failure::Failure;

/// Decimal places of a quotient.
const PLACES: i64 = 16;
/// Greatest number of decimal places; no float needs as many.
const MOST_PLACES: i64 = 5000;

/// `value * 10^exponent`.
pub(super) struct Decimal {
    value: BigInt,
    exponent: i64,
}

impl Decimal {
    /// The shortest decimal that means this float.
    pub(super) fn of(number: f64) -> Result<Self, Failure> {
        if !number.is_finite() {
            return Err(Failure::new("it is not a finite number"));
        }
        let text = format!("{number:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let places = digits.split_once('.').map_or(0, |(_, places)| places.len());
        let wrong = || Failure::new("it is not a number");
        let exponent: i64 = exponent.parse().map_err(|_| wrong())?;
        Ok(Self {
            value: digits.replace('.', "").parse().map_err(|_| wrong())?,
            exponent: exponent - super::super::super::value::length(places),
        })
    }

    /// The digits of the number with a smaller exponent.
    fn with(&self, exponent: i64) -> Result<BigInt, Failure> {
        Ok(&self.value * power(self.exponent - exponent)?)
    }

    pub(super) fn add(&self, other: &Self) -> Result<Self, Failure> {
        let exponent = self.exponent.min(other.exponent);
        Ok(Self {
            value: self.with(exponent)? + other.with(exponent)?,
            exponent,
        })
    }

    pub(super) fn subtract(&self, other: &Self) -> Result<Self, Failure> {
        let negative = Self {
            value: -&other.value,
            exponent: other.exponent,
        };
        self.add(&negative)
    }

    pub(super) fn multiply(&self, other: &Self) -> Result<Self, Failure> {
        let exponent = self.exponent + other.exponent;
        if exponent.abs() > MOST_PLACES {
            return Err(too_much_memory());
        }
        Ok(Self {
            value: &self.value * &other.value,
            exponent,
        })
    }

    /// Divides, and rounds to [`PLACES`] places, halves away from zero.
    pub(super) fn divide(&self, other: &Self) -> Result<Self, Failure> {
        if other.value.sign() == Sign::NoSign {
            return Err(Failure::new("it divides by zero"));
        }
        let shift = self.exponent - other.exponent + PLACES;
        let above = absolute(&self.value) * power(shift.max(0))?;
        let below = absolute(&other.value) * power((-shift).max(0))?;
        let mut value = &above / &below;
        let rest = above - &value * &below;
        if rest * 2 >= below {
            value += 1;
        }
        if (self.value.sign() == Sign::Minus) != (other.value.sign() == Sign::Minus) {
            value = -value;
        }
        Ok(Self {
            value,
            exponent: -PLACES,
        })
    }

    /// The nearest float.
    pub(super) fn nearest(&self) -> Result<f64, Failure> {
        format!("{}e{}", self.value, self.exponent)
            .parse()
            .map_err(|_| Failure::new("it is not a number"))
    }
}

fn absolute(value: &BigInt) -> BigInt {
    if value.sign() == Sign::Minus {
        -value
    } else {
        value.clone()
    }
}

fn power(exponent: i64) -> Result<BigInt, Failure> {
    match u32::try_from(exponent) {
        Ok(small) if exponent <= 2 * MOST_PLACES => Ok(BigInt::from(10).pow(small)),
        _ => Err(too_much_memory()),
    }
}
