//! Names of months and of days of the week.

use jiff::civil::Weekday;

/// Names of the months.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Names of the days of the week, from Sunday on.
pub(super) const WEEKDAYS: [&str; 7] = [
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
];

/// Name of a day of the week.
pub(crate) fn weekday(day: Weekday) -> &'static str {
    let index = usize::try_from(day.to_sunday_zero_offset()).unwrap_or(0);
    WEEKDAYS.get(index).copied().unwrap_or_default()
}

/// Name of a month by its number, 1 to 12.
pub(crate) fn month(number: i8) -> &'static str {
    usize::try_from(number - 1)
        .ok()
        .and_then(|index| MONTHS.get(index))
        .copied()
        .unwrap_or_default()
}
