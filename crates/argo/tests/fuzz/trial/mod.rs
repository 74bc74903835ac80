//! Trials of a reader: many texts that are similar to those of a corpus must cause no panic.
//!
//! The texts are the same in each run. `ARGO_FUZZ=500000` tries that number for each reader, one reader at a time, and
//! also limits the time and memory of each text; `ARGO_FUZZ=7..8` tries only the text number 7. The long trial needs a
//! release build: `ARGO_FUZZ=500000 cargo test --release --package argo --package lint --test fuzz`.

mod bounds;
mod generate;

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

use generate::Corpus;
pub(crate) use generate::Random;

/// Texts for each reader in a short trial.
const FEW: u64 = 500;
/// Number of texts after which the trial checks the memory.
const STRETCH: u64 = 1_000;
/// Number of faults after which a trial ends.
const MOST_FAULTS: usize = 20;

/// Gives one reader at a time the whole machine in a long trial.
static ALONE: Mutex<()> = Mutex::new(());

/// Tries a reader with texts that are similar to the seeds.
///
/// # Arguments
///
/// * `reader`: Name of the reader, for messages.
/// * `seeds`: Texts that the reader can read.
/// * `read`: Reads a text. It panics if it finds a fault.
pub(crate) fn read_texts(reader: &str, seeds: &[&str], read: impl Fn(&str)) {
    let corpus = Corpus::new(seeds);
    read_made(reader, |random| corpus.text(random), read);
}

/// Tries a reader with texts that `make` builds from random numbers.
pub(crate) fn read_made(reader: &str, make: impl Fn(&mut Random) -> String, read: impl Fn(&str)) {
    let wanted = std::env::var("ARGO_FUZZ").ok();
    let _alone = wanted
        .is_some()
        .then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner));
    let numbers = numbers(wanted.as_deref());
    let seed = reader.bytes().fold(1_u64, |seed, byte| {
        seed.wrapping_mul(31).wrapping_add(u64::from(byte))
    });
    let text = |number: u64| make(&mut Random::new(seed, number));
    let panics = |text: &str| catch_unwind(AssertUnwindSafe(|| read(text))).err();

    let mut faults = Vec::new();
    let mut fault = |number: u64, what: &str| {
        let text = text(number);
        let text: String = text.chars().take(2_000).collect();
        let fault = format!("number {number} {what}: {text:?}");
        if wanted.is_some() {
            eprintln!("{reader}: {fault}");
        }
        faults.push(fault);
        faults.len() >= MOST_FAULTS
    };
    let mut start = numbers.start;
    'trial: while start < numbers.end {
        let stretch = start..numbers.end.min(start + STRETCH);
        start = stretch.end;
        let memory = bounds::Memory::now();
        for number in stretch.clone() {
            let text = text(number);
            let (panic, is_slow) = if wanted.is_some() {
                let name = format!("{reader}: number {number}");
                bounds::timed(name, &text, || panics(&text))
            } else {
                (panics(&text), false)
            };
            if panic.is_some() && fault(number, "panics")
                || is_slow && fault(number, "takes too long")
            {
                break 'trial;
            }
        }
        if wanted.is_some() && memory.is_too_much() {
            for number in stretch {
                let text = text(number);
                let memory = bounds::Memory::now();
                panics(&text);
                if memory.is_too_much() && fault(number, "takes too much memory") {
                    break 'trial;
                }
            }
        }
    }
    if wanted.is_some() {
        eprintln!(
            "{reader}: {} texts, {} faults",
            start - numbers.start,
            faults.len()
        );
    }
    assert!(faults.is_empty(), "{reader}:\n{}", faults.join("\n"));
}

/// Numbers of the texts to try: `COUNT` or `FIRST..END`.
fn numbers(wanted: Option<&str>) -> Range<u64> {
    let number = |text: &str| match text.parse() {
        Ok(number) => number,
        Err(error) => panic!("ARGO_FUZZ is a number or `FIRST..END`, not `{text}`: {error}"),
    };
    match wanted.map(|wanted| wanted.split_once("..").ok_or(wanted)) {
        None => 0..FEW,
        Some(Ok((first, end))) => number(first)..number(end),
        Some(Err(count)) => 0..number(count),
    }
}
