//! Answers the cases on standard input, one line for each case.

use std::io::{BufRead as _, Write as _, stdin, stdout};

use argo::text::cases::answer;
use argo::text::expression::Outside;

fn main() -> std::io::Result<()> {
    let outside = Outside {
        now: jiff::Timestamp::now(),
        seed: 1,
    };
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        writeln!(out, "{}", answer(&line?, outside))?;
    }
    Ok(())
}
