//! Go's times and durations in expressions.

#![allow(clippy::expect_used, reason = "a test that cannot go on fails")]

use argo::text::expression::{Outside, Value, Variables, evaluate};
use argo::time::Duration;

fn found(text: &str) -> Result<String, String> {
    let variables = Variables::of_argo([(
        "workflow.creationTimestamp".to_owned(),
        Value::text("2026-03-04T05:06:07Z"),
    )])
    .with(Outside {
        now: "2026-11-05T12:00:00Z".parse().expect("it is a time"),
        seed: 7,
    });
    evaluate(text, &variables)
        .and_then(|value| value.to_json())
        .map_err(|failure| failure.to_string())
}

#[test]
fn times_in_expressions() {
    for (text, expected) in [
        (
            "date(workflow.creationTimestamp).Format('2006-01-02')",
            "\"2026-03-04\"",
        ),
        (
            "date(workflow.creationTimestamp).Format('Mon Jan _2 3:04PM 06')",
            "\"Wed Mar  4 5:06AM 26\"",
        ),
        (
            "date('31.12.2025', '02.01.2006').AddDate(0, 2, 0).Format('Jan 2')",
            "\"Mar 3\"",
        ),
        (
            "date('2026-07-01 12:00:00', '2006-01-02 15:04:05', 'Europe/Berlin')",
            "\"2026-07-01T12:00:00+02:00\"",
        ),
        (
            "date('2026-07-01T12:00:00Z').In(timezone('Asia/Kolkata')).Hour()",
            "17",
        ),
        ("(date('2026-07-02') - date('2026-07-01')).Hours()", "24"),
        ("date('2026-07-02') > date('2026-07-01')", "true"),
        ("now().Year()", "2026"),
        ("now().Sub(date('2026-11-05')).String()", "\"12h0m0s\""),
        ("string(duration('90s') * 2)", "\"3m0s\""),
        ("duration('1h') + duration('30m')", "5400000000000"),
        ("date('2026-07-01').Weekday().String()", "\"Wednesday\""),
        ("date('2026-07-01').Month()", "7"),
        (
            "date('2026-07-01').Truncate(duration('24h')).Unix()",
            "1782864000",
        ),
    ] {
        assert_eq!(found(text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_no_time_fails() {
    for (text, part) in [
        ("date('yesterday')", "is not a date"),
        ("date('2026-02-30')", "is not a date"),
        ("date('2026-02-30', '2006-01-02')", "day of"),
        ("duration('1 day')", "is not a duration"),
        ("timezone('Nowhere/City')", "no time zone"),
        ("timezone('europe/berlin')", "no time zone"),
        ("date('2026-07-01').Month() == 7", "does not work on"),
        ("date('2026-07-01').Nope()", "Nope"),
        ("date('9999-12-31').AddDate(1, 0, 0)", "four digits"),
    ] {
        let failure = found(text).expect_err(text);
        assert!(failure.contains(part), "{text}: {failure}");
    }
}

#[test]
fn durations_of_texts() {
    for (text, shown) in [
        ("1h30m", "1h30m0s"),
        ("-1.5s", "-1.5s"),
        ("1500us", "1.5ms"),
        ("0", "0s"),
        (".5h", "30m0s"),
        ("2540400h10m10s", "2540400h10m10s"),
    ] {
        let duration = Duration::parse(text).expect(text);
        assert_eq!(duration.to_string(), shown);
    }
    for text in ["", "1", "1d", "h", "1h 2m", "-", "99999999h", "1.2.3s"] {
        assert_eq!(Duration::parse(text), None, "{text}");
    }
}
