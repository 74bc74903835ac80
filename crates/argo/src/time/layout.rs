//! Layouts: Go describes a time format by an example, the second of January 2006.

/// A part of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `January`.
    LongMonth,
    /// `Jan`.
    Month,
    /// `1`.
    NumberOfMonth,
    /// `01`.
    ZeroMonth,
    /// `Monday`.
    LongWeekday,
    /// `Mon`.
    Weekday,
    /// `2`.
    Day,
    /// `_2`.
    UnderDay,
    /// `02`.
    ZeroDay,
    /// `__2`.
    UnderYearDay,
    /// `002`.
    ZeroYearDay,
    /// `15`.
    Hour,
    /// `3`.
    Hour12,
    /// `03`.
    ZeroHour12,
    /// `4`.
    Minute,
    /// `04`.
    ZeroMinute,
    /// `5`.
    Second,
    /// `05`.
    ZeroSecond,
    /// `2006`.
    LongYear,
    /// `06`.
    Year,
    /// `PM`.
    UpperHalf,
    /// `pm`.
    LowerHalf,
    /// `MST`.
    ZoneName,
    /// `-0700` and similar offsets.
    Offset(Offset),
    /// `.000`: exactly this number of digits.
    Fraction {
        /// `.` or `,`.
        mark: u8,
        /// Number of digits.
        digits: usize,
    },
    /// `.999`: at most this number of digits, without trailing zeros.
    ShortFraction {
        /// `.` or `,`.
        mark: u8,
        /// Number of digits.
        digits: usize,
    },
}

/// Form of an offset from Greenwich.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offset {
    /// Says whether an offset of zero is written `Z`.
    pub(super) zulu: bool,
    /// Says whether a colon separates the parts.
    pub(super) colon: bool,
    /// Number of parts: hours, minutes and seconds.
    pub(super) parts: usize,
}

const fn offset(zulu: bool, colon: bool, parts: usize) -> Part {
    Part::Offset(Offset { zulu, colon, parts })
}

/// Parts by their text. A longer text comes before its own beginning.
const WRITTEN: &[(&str, Part)] = &[
    ("January", Part::LongMonth),
    ("Monday", Part::LongWeekday),
    ("MST", Part::ZoneName),
    ("002", Part::ZeroYearDay),
    ("01", Part::ZeroMonth),
    ("02", Part::ZeroDay),
    ("03", Part::ZeroHour12),
    ("04", Part::ZeroMinute),
    ("05", Part::ZeroSecond),
    ("06", Part::Year),
    ("15", Part::Hour),
    ("1", Part::NumberOfMonth),
    ("2006", Part::LongYear),
    ("2", Part::Day),
    ("__2", Part::UnderYearDay),
    ("_2", Part::UnderDay),
    ("3", Part::Hour12),
    ("4", Part::Minute),
    ("5", Part::Second),
    ("PM", Part::UpperHalf),
    ("pm", Part::LowerHalf),
    ("-070000", offset(false, false, 3)),
    ("-07:00:00", offset(false, true, 3)),
    ("-0700", offset(false, false, 2)),
    ("-07:00", offset(false, true, 2)),
    ("-07", offset(false, false, 1)),
    ("Z070000", offset(true, false, 3)),
    ("Z07:00:00", offset(true, true, 3)),
    ("Z0700", offset(true, false, 2)),
    ("Z07:00", offset(true, true, 2)),
    ("Z07", offset(true, false, 1)),
];

/// Splits a layout before its first part (`nextStdChunk` in Go's `time/format.go`).
///
/// Gives the text before the part, the part, and the layout after it.
pub(super) fn next(layout: &str) -> (&str, Option<Part>, &str) {
    for (at, _) in layout.char_indices() {
        let Some(rest) = layout.get(at..) else {
            continue;
        };
        if let Some((part, length)) = part(rest) {
            // In `_2006`, the underscore is plain text before a year, not a padded day `_2`.
            let skipped = usize::from(part == Part::LongYear && rest.starts_with('_'));
            let before = layout.get(..at + skipped).unwrap_or_default();
            let after = layout.get(at + length..).unwrap_or_default();
            return (before, Some(part), after);
        }
    }
    (layout, None, "")
}

fn part(rest: &str) -> Option<(Part, usize)> {
    if rest.starts_with("_2006") {
        return Some((Part::LongYear, "_2006".len()));
    }
    if let Some((written, part)) = WRITTEN.iter().find(|(text, _)| rest.starts_with(text)) {
        return Some((*part, written.len()));
    }
    // A longer word such as `Monkey` contains no short name.
    for (written, part) in [("Jan", Part::Month), ("Mon", Part::Weekday)] {
        let after = rest.strip_prefix(written);
        if after.is_some_and(|after| !after.starts_with(|letter: char| letter.is_ascii_lowercase()))
        {
            return Some((part, written.len()));
        }
    }
    fraction(rest.as_bytes())
}

fn fraction(rest: &[u8]) -> Option<(Part, usize)> {
    let (mark, digits) = rest.split_first()?;
    let kind = *digits.first()?;
    if !matches!(mark, b'.' | b',') || !matches!(kind, b'0' | b'9') {
        return None;
    }
    let count = digits.iter().take_while(|digit| **digit == kind).count();
    if digits.get(count).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    let mark = *mark;
    let part = if kind == b'0' {
        Part::Fraction {
            mark,
            digits: count,
        }
    } else {
        Part::ShortFraction {
            mark,
            digits: count,
        }
    };
    Some((part, count + 1))
}
