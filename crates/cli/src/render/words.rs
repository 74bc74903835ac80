//! Amounts in words.

use std::borrow::Cow;

use jiff::Timestamp;
use pod::bytes;

/// `1 task`, `3 tasks`.
pub(crate) fn count(number: usize, thing: &str) -> String {
    match (number, thing.strip_suffix('y')) {
        (1, _) => format!("1 {thing}"),
        (_, Some(stem)) if !thing.ends_with("ey") => format!("{number} {stem}ies"),
        _ => format!("{number} {thing}s"),
    }
}

/// `a`, `a and b`, `a, b, c and 4 more`.
pub(crate) fn list(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] if names.len() <= SHOWN + 1 => format!("{} and {last}", all.join(", ")),
        _ => format!(
            "{} and {} more",
            names[..SHOWN].join(", "),
            names.len() - SHOWN
        ),
    }
}

/// `0.4s`, `12s`, `3m 20s`, `1h 05m`.
pub(crate) fn duration(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "durations are short"
    )]
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{:.1}s", seconds.max(0.0)),
        10..60 => format!("{whole}s"),
        60..3600 => format!("{}m {:02}s", whole / 60, whole % 60),
        _ => format!("{}h {:02}m", whole / 3600, whole % 3600 / 60),
    }
}

/// Seconds between two moments.
pub(crate) fn between(start: Timestamp, end: Timestamp) -> f64 {
    end.duration_since(start).as_secs_f64()
}

/// Most characters of a name in a line; recursive templates make names of thousands.
pub(crate) const LONGEST_NAME: usize = 80;

/// Cuts the middle out of a name that is too long for a line.
pub(crate) fn short_name(name: &str) -> Cow<'_, str> {
    const START: usize = 30;
    let letters = name.chars().count();
    if letters <= LONGEST_NAME {
        return name.into();
    }
    let start: String = name.chars().take(START).collect();
    let end = name.chars().skip(letters - (LONGEST_NAME - START - 1));
    format!("{start}…{}", end.collect::<String>()).into()
}

/// `34 B`, `2 KiB`: the size of data, which may be small.
pub(crate) fn size(size: u64) -> String {
    match size {
        0..1024 => format!("{size} B"),
        _ => bytes(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_name_the_middle_is_left_out() {
        let name = "ä".repeat(LONGEST_NAME);
        assert_eq!(short_name(&name), name);
        let long = format!("begin{name}{name}end");
        let short = short_name(&long);
        assert_eq!(short.chars().count(), LONGEST_NAME);
        assert!(short.starts_with("beginä") && short.ends_with("äend") && short.contains('…'));
    }

    #[test]
    fn amounts_read_well() {
        assert_eq!(count(1, "task"), "1 task");
        assert_eq!(count(0, "error"), "0 errors");
        assert_eq!(count(2, "dependency"), "2 dependencies");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b"]), "a and b");
        assert_eq!(list(&["a", "b", "c", "d"]), "a, b, c and d");
        assert_eq!(list(&["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
        assert_eq!(duration(0.449), "0.4s");
        assert_eq!(duration(59.6), "1m 00s");
        assert_eq!(duration(12.4), "12s");
        assert_eq!(duration(3_900.0), "1h 05m");
        assert_eq!(bytes(1_610_612_736), "1.5 GiB");
        assert_eq!([size(1023), size(2048)], ["1023 B", "2 KiB"]);
    }
}
