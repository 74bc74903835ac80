//! Measures how fast Argo's languages are evaluated. Prints one line of JSON for each measure.

#![allow(clippy::print_stdout, reason = "it is what a bench is for")]
#![allow(clippy::expect_used, reason = "a bench that cannot go on stops")]

use std::hint::black_box;
use std::time::Instant;

use argo::text::expression::{Expression, Value, Variables};
use argo::text::tags::{Strict, Values, pieces, substitute};

fn main() {
    let variables = Variables::of_argo([
        ("inputs.parameters.x".to_owned(), Value::text("3")),
        ("retries".to_owned(), Value::text("2")),
    ]);
    for text in ["1 + 2 * 3", "retries == '2'", "asInt(retries) > 1"] {
        let expression = Expression::new(text, &variables).expect("it is valid");
        let count = 500_000;
        let start = Instant::now();
        for _ in 0..count {
            black_box(expression.evaluate(&variables)).expect("it has a value");
        }
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{{\"expression\": \"{text}\", \"a_second\": {:.0}}}",
            f64::from(count) / seconds
        );
    }
    let text = "run {{workflow.name}} with {{=asInt(x)}} and {{ item }} of 64 letters or so. "
        .repeat((1 << 20) / 76);
    let start = Instant::now();
    let count = pieces(black_box(&text)).count();
    println!(
        "{{\"scan_1_mib_ms\": {:.2}, \"pieces\": {count}}}",
        start.elapsed().as_secs_f64() * 1000.0
    );
    let values = Values::new([
        ("workflow.name".to_owned(), Value::text("a")),
        ("x".to_owned(), Value::text("3")),
    ]);
    let start = Instant::now();
    let size = substitute(black_box(&text), &values, Strict::No)
        .expect("it is valid")
        .len();
    println!(
        "{{\"substitute_1_mib_ms\": {:.2}, \"bytes\": {size}}}",
        start.elapsed().as_secs_f64() * 1000.0
    );
}
