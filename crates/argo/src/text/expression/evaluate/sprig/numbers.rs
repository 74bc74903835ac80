//! Functions on numbers.

mod decimal;

use decimal::Decimal;

use super::super::budget::too_much_memory;
use super::super::failure::Failure;
use super::super::format;
use super::super::value::{Elements, Value};
use super::arguments::Arguments;
use super::bounds::{check_bytes, check_parts};
use super::cast;
use crate::text::{number, numeral};

/// Calls a function of this group; none if `name` is not one.
pub(super) fn call(name: &str, arguments: &Arguments<'_>) -> Result<Option<Value>, Failure> {
    let integer = |number| cast::integer(arguments.value(number));
    let float = |number| cast::float(arguments.value(number));
    let all = arguments.all();
    Ok(Some(match name {
        "atoi" => Value::Integer(numeral::nearest_integer(arguments.text(0))),
        "int" => Value::Integer(integer(0)),
        "int64" => Value::Long(integer(0)),
        "float64" => Value::Float(float(0)),
        "toDecimal" => {
            let text = format::shown(arguments.value(0))?;
            Value::Long(numeral::integer(&text, 8).unwrap_or(0))
        }
        "add" => Value::Long(fold(all, 0, i64::wrapping_add)),
        "add1" => Value::Long(integer(0).wrapping_add(1)),
        "sub" => Value::Long(integer(0).wrapping_sub(integer(1))),
        "mul" => Value::Long(fold(all, 1, i64::wrapping_mul)),
        "div" | "mod" if integer(1) == 0 => return Err(Failure::new("it divides by zero")),
        "div" => Value::Long(integer(0).wrapping_div(integer(1))),
        "mod" => Value::Long(integer(0).wrapping_rem(integer(1))),
        "max" | "biggest" => Value::Long(fold(all, i64::MIN, i64::max)),
        "min" => Value::Long(fold(all, i64::MAX, i64::min)),
        "maxf" => Value::Float(fold_floats(all, largest)),
        "minf" => Value::Float(fold_floats(all, |left, right| -largest(-left, -right))),
        "ceil" => Value::Float(float(0).ceil()),
        "floor" => Value::Float(float(0).floor()),
        "round" => {
            let from = arguments.value(2).as_float().unwrap_or(0.5);
            Value::Float(round(float(0), integer(1), from))
        }
        "add1f" => Value::Float(decimals(
            &[all, &[Value::Integer(1)]].concat(),
            Decimal::add,
        )?),
        "addf" => {
            let start = &[Value::Integer(0)][..];
            Value::Float(decimals(&[start, all].concat(), Decimal::add)?)
        }
        "subf" => Value::Float(decimals(all, Decimal::subtract)?),
        "mulf" => Value::Float(decimals(all, Decimal::multiply)?),
        "divf" => Value::Float(decimals(all, Decimal::divide)?),
        "until" => {
            let to = arguments.whole(0);
            steps(0, to, if to < 0 { -1 } else { 1 })?
        }
        "untilStep" => steps(arguments.whole(0), arguments.whole(1), arguments.whole(2))?,
        "seq" => Value::text(sequence(arguments)?),
        _ => return Ok(None),
    }))
}

fn fold(values: &[Value], start: i64, join: fn(i64, i64) -> i64) -> i64 {
    values.iter().map(cast::integer).fold(start, join)
}

fn fold_floats(values: &[Value], join: fn(f64, f64) -> f64) -> f64 {
    values.iter().map(cast::float).reduce(join).unwrap_or(0.0)
}

/// `math.Max`.
fn largest(left: f64, right: f64) -> f64 {
    if left == f64::INFINITY || right == f64::INFINITY {
        f64::INFINITY
    } else if left.is_nan() || right.is_nan() {
        f64::NAN
    } else if left == 0.0 && right == 0.0 && left.is_sign_negative() {
        right
    } else if left >= right {
        left
    } else {
        right
    }
}

fn round(value: f64, places: i64, from: f64) -> f64 {
    let power = number::power(10.0, super::super::value::as_float(places));
    let shifted = power * value;
    let rounded = if shifted.fract() >= from {
        shifted.ceil()
    } else {
        shifted.floor()
    };
    rounded / power
}

/// Calculates with decimals, and returns the nearest float.
fn decimals(
    values: &[Value],
    join: fn(&Decimal, &Decimal) -> Result<Decimal, Failure>,
) -> Result<f64, Failure> {
    let mut numbers = values.iter().map(|value| Decimal::of(cast::float(value)));
    let mut sum = numbers.next().unwrap_or_else(|| Decimal::of(0.0))?;
    for number in numbers {
        sum = join(&sum, &number?)?;
    }
    sum.nearest()
}

/// `untilStep`.
fn numbers_of(from: i64, to: i64, step: i64) -> Result<Vec<i64>, Failure> {
    let mut numbers = Vec::new();
    let mut number = from;
    while step > 0 && from <= to && number < to || step < 0 && from > to && number > to {
        check_parts(numbers.len())?;
        numbers.push(number);
        // In Go, the number wraps around, and the loop never ends.
        number = number.checked_add(step).ok_or_else(too_much_memory)?;
    }
    Ok(numbers)
}

fn steps(from: i64, to: i64, step: i64) -> Result<Value, Failure> {
    let numbers = numbers_of(from, to, step)?;
    let numbers = numbers.into_iter().map(Value::Integer).collect::<Vec<_>>();
    Ok(Value::List(Elements::Integers, numbers.into()))
}

fn sequence(arguments: &Arguments<'_>) -> Result<String, Failure> {
    let whole = |number| arguments.whole(number);
    let (from, step, to) = match arguments.all().len() {
        1 => (1, None, whole(0)),
        2 => (whole(0), None, whole(1)),
        3 => (whole(0), Some(whole(1)), whole(2)),
        _ => return Ok(String::new()),
    };
    let direction = if to < from { -1 } else { 1 };
    if direction < 0 && step.is_some_and(|step| step > 0) {
        return Ok(String::new());
    }
    let end = to.wrapping_add(direction);
    let numbers = numbers_of(from, end, step.unwrap_or(direction))?;
    check_bytes(2 * numbers.len())?;
    let texts: Vec<_> = numbers.iter().map(i64::to_string).collect();
    check_bytes(texts.iter().map(|text| text.len() + 1).sum())?;
    Ok(texts.join(" "))
}
