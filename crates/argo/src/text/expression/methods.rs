//! The methods of Go's times, durations and time zones.

use super::types::Type;

/// Type of a method's first result; any value if the method has several results.
pub(super) fn result(of: &Type, name: &str) -> Option<Type> {
    let methods: &[(&str, Type)] = match of {
        Type::Time => TIME,
        Type::Duration => DURATION,
        Type::Zone | Type::Other("a month" | "a day of the week") => &[("String", Type::Text)],
        _ => &[],
    };
    methods
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, result)| result.clone())
}

const TIME: &[(&str, Type)] = &[
    ("Add", Type::Time),
    ("AddDate", Type::Time),
    ("After", Type::Boolean),
    ("AppendBinary", Type::Bytes),
    ("AppendFormat", Type::Bytes),
    ("AppendText", Type::Bytes),
    ("Before", Type::Boolean),
    ("Clock", Type::Any),
    ("Compare", Type::Integer),
    ("Date", Type::Any),
    ("Day", Type::Integer),
    ("Equal", Type::Boolean),
    ("Format", Type::Text),
    ("GoString", Type::Text),
    ("GobEncode", Type::Bytes),
    ("Hour", Type::Integer),
    ("ISOWeek", Type::Integer),
    ("In", Type::Time),
    ("IsDST", Type::Boolean),
    ("IsZero", Type::Boolean),
    ("Local", Type::Time),
    ("Location", Type::Zone),
    ("MarshalBinary", Type::Bytes),
    ("MarshalJSON", Type::Bytes),
    ("MarshalText", Type::Bytes),
    ("Minute", Type::Integer),
    ("Month", Type::Other("a month")),
    ("Nanosecond", Type::Integer),
    ("Round", Type::Time),
    ("Second", Type::Integer),
    ("String", Type::Text),
    ("Sub", Type::Duration),
    ("Truncate", Type::Time),
    ("UTC", Type::Time),
    ("Unix", Type::Long),
    ("UnixMicro", Type::Long),
    ("UnixMilli", Type::Long),
    ("UnixNano", Type::Long),
    ("Weekday", Type::Other("a day of the week")),
    ("Year", Type::Integer),
    ("YearDay", Type::Integer),
    ("Zone", Type::Text),
    ("ZoneBounds", Type::Time),
];

const DURATION: &[(&str, Type)] = &[
    ("Abs", Type::Duration),
    ("Hours", Type::Float),
    ("Microseconds", Type::Long),
    ("Milliseconds", Type::Long),
    ("Minutes", Type::Float),
    ("Nanoseconds", Type::Long),
    ("Round", Type::Duration),
    ("Seconds", Type::Float),
    ("String", Type::Text),
    ("Truncate", Type::Duration),
];
